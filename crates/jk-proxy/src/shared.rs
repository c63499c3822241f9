//! What all event loops share: a site and the connections to its backends.

use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;

use crate::edits::Book;
use crate::pool::Pool;
use crate::site::Site;

/// One configuration in service, with its pools.
#[derive(Debug)]
pub(crate) struct Shared<S> {
    /// The site.
    pub site: Site,
    /// The pool of each backend, by its place in [`Site::backends`].
    pub pools: Vec<Mutex<Pool<S>>>,
    /// What was edited, in this site and in those before it.
    pub book: Arc<Book<S>>,
}

impl<S> Shared<S> {
    /// Pools for a site that `loops` loops serve, where nothing was edited.
    pub(crate) fn new(site: Site, loops: usize, now: Instant) -> Arc<Self> {
        Self::with(site, loops, now, Arc::default())
    }

    /// Pools for a site that `loops` loops serve.
    pub(crate) fn with(site: Site, loops: usize, now: Instant, book: Arc<Book<S>>) -> Arc<Self> {
        let pools = site
            .backends
            .iter()
            .map(|backend| Mutex::new(Pool::new(backend.pool_size, loops, now)))
            .collect();
        Arc::new(Self { site, pools, book })
    }
}
