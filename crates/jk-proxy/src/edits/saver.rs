//! The thread that writes edits, so that nobody else waits for a disk.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use jk_status::edits::Edits;
use parking_lot::Mutex;

use super::store::{Store, StoreError};
use super::unkept;

/// How long the end waits for a disk.
const PATIENCE: Duration = Duration::from_secs(5);

/// Writes edits. Dropping it waits until they are written.
#[derive(Debug)]
pub(super) struct Saver {
    /// What is to be written; whoever comes first is overtaken.
    latest: Arc<Mutex<Option<Edits>>>,
    orders: Option<Sender<Order>>,
    done: Receiver<()>,
}

#[derive(Debug)]
enum Order {
    /// Write what is the latest.
    Save,
    /// The files are ours now.
    Acquire,
}

impl Saver {
    /// Begins to write; unless they are `acquired`, not before [`Self::acquire`].
    ///
    /// # Errors
    /// There is no thread to be had.
    pub(super) fn start(store: Store, acquired: bool) -> io::Result<Self> {
        let latest = Arc::new(Mutex::new(None));
        let (orders, received) = unbounded();
        let (ended, done) = bounded(0);
        let work = Work { store, acquired, latest: Arc::clone(&latest) };
        std::thread::Builder::new().name("edits".to_owned()).spawn(move || {
            work.run(&received);
            drop(ended);
        })?;
        Ok(Self { latest, orders: Some(orders), done })
    }

    /// Has edits written soon.
    pub(super) fn save(&self, edits: &Edits) {
        if self.latest.lock().replace(edits.clone()).is_none() {
            self.order(Order::Save);
        }
    }

    /// The process whose files these were writes no more.
    pub(super) fn acquire(&self, edits: &Edits) {
        *self.latest.lock() = Some(edits.clone());
        self.order(Order::Acquire);
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
        }
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        drop(self.orders.take());
        if self.done.recv_timeout(PATIENCE) == Err(crossbeam_channel::RecvTimeoutError::Timeout) {
            log::warn!("{}", unkept(&"the disk does not answer"));
        }
    }
}

struct Work {
    store: Store,
    acquired: bool,
    latest: Arc<Mutex<Option<Edits>>>,
}

impl Work {
    fn run(mut self, orders: &Receiver<Order>) {
        for order in orders {
            let done = match order {
                Order::Acquire => self.acquire(),
                Order::Save => self.save(),
            };
            if let Err(error) = done {
                log::warn!("{}", unkept(&error));
            }
        }
    }

    fn acquire(&mut self) -> Result<(), StoreError> {
        self.store.acquire()?;
        self.acquired = true;
        // Only to know which file is the older one.
        self.store.load(&mut Vec::new());
        self.save()
    }

    fn save(&mut self) -> Result<(), StoreError> {
        if !self.acquired {
            return Ok(());
        }
        let latest = self.latest.lock().take();
        latest.map_or(Ok(()), |edits| self.store.save(&edits))
    }
}
