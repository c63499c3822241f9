//! The ring, and the only unsafe code of the program.
//!
//! Why it is sound: a submitted entry holds the address of a buffer. The buffers are borrowed for as long
//! as [`Batch::send`] or [`Batch::receive`] runs, and neither returns before the kernel has reported
//! every entry it took as done. Entries that it did not take are never seen by it: the ring is closed.

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};

use io_uring::register::Restriction;
use io_uring::{IoUring, opcode, squeue, types};

/// Sends and receives on many sockets at once. Buffers are kept from call to call.
pub struct Batch {
    /// `None` once the system has failed it.
    ring: Option<IoUring>,
    /// How many entries fit.
    room: usize,
    entries: Vec<squeue::Entry>,
    outcomes: Vec<Option<i32>>,
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("room", &self.room).finish_non_exhaustive()
    }
}

impl Batch {
    /// A batch that takes up to `most` operations with one call, and more with several.
    ///
    /// # Errors
    /// The system has no io_uring, or does not permit it.
    pub fn new(most: u32) -> io::Result<Self> {
        let most = most.clamp(1, 4096);
        let mut builder = IoUring::builder();
        builder.setup_r_disabled().setup_submit_all().setup_single_issuer();
        let ring = builder.build(most).or_else(|_| {
            // Linux before 6.0.
            IoUring::builder().setup_r_disabled().build(most)
        })?;
        // What is inherited or guessed at can do no more with it than with the sockets themselves.
        let mut allowed =
            [Restriction::sqe_op(opcode::Send::CODE), Restriction::sqe_op(opcode::Recv::CODE)];
        ring.submitter().register_restrictions(&mut allowed)?;
        ring.submitter().register_enable_rings()?;
        let room = ring.params().sq_entries() as usize;
        Ok(Self {
            ring: Some(ring),
            room,
            entries: Vec::with_capacity(room),
            outcomes: Vec::with_capacity(room),
        })
    }

    /// Sends on each socket what it will take now of its bytes; [`Self::outcome`] tells how much.
    pub fn send<'a>(&mut self, sends: impl IntoIterator<Item = (BorrowedFd<'a>, &'a [u8])>) {
        self.entries.clear();
        self.entries.extend(sends.into_iter().map(|(socket, bytes)| {
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            opcode::Send::new(types::Fd(socket.as_raw_fd()), bytes.as_ptr(), length)
                .flags(libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL)
                .build()
        }));
        self.perform();
    }

    /// Receives from each socket what is there now; [`Self::outcome`] tells how much, 0 for the end.
    pub fn receive<'a>(
        &mut self,
        receives: impl IntoIterator<Item = (BorrowedFd<'a>, &'a mut [u8])>,
    ) {
        self.entries.clear();
        self.entries.extend(receives.into_iter().map(|(socket, buffer)| {
            let length = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
            opcode::Recv::new(types::Fd(socket.as_raw_fd()), buffer.as_mut_ptr(), length)
                .flags(libc::MSG_DONTWAIT)
                .build()
        }));
        self.perform();
    }

    /// What came of an operation of the last call, by its place in it: as from `send` or `recv` on a
    /// socket that does not block. `None` when it was not begun, and may be made in another way.
    pub fn outcome(&self, at: usize) -> Option<io::Result<usize>> {
        let code = (*self.outcomes.get(at)?)?;
        Some(usize::try_from(code).map_err(|_| io::Error::from_raw_os_error(-code)))
    }

    /// How many operations the last call had.
    pub fn len(&self) -> usize {
        self.outcomes.len()
    }

    /// Whether it had none.
    pub fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }

    /// Carries the entries out.
    fn perform(&mut self) {
        self.outcomes.clear();
        self.outcomes.resize(self.entries.len(), None);
        let mut first = 0;
        while let Some(ring) = self.ring.as_mut().filter(|_| first < self.entries.len()) {
            let last = self.entries.len().min(first + self.room);
            for (entry, name) in self.entries[first..last].iter_mut().zip(first as u64..) {
                entry.set_user_data(name);
            }
            if !carry_out(ring, &self.entries[first..last], &mut self.outcomes) {
                self.ring = None;
            }
            first = last;
        }
        // Their addresses mean nothing from here on.
        self.entries.clear();
    }
}

/// Submits entries, no more than there is room for, and waits until all that were taken are done. `false`
/// if the system fails; the ring then holds entries that must never be submitted.
#[allow(unsafe_code)]
fn carry_out(ring: &mut IoUring, entries: &[squeue::Entry], outcomes: &mut [Option<i32>]) -> bool {
    // SAFETY: each entry points to a buffer that the caller of `send` or `receive` has lent, for
    // writing in the latter case, until this function has returned; and it returns only when all
    // entries that the kernel took are reported as done (below), or does not return at all.
    if unsafe { ring.submission().push_multiple(entries) }.is_err() {
        return false;
    }
    let mut done = 0;
    let mut failed = false;
    loop {
        let left = ring.submission().len();
        let taken = entries.len() - left;
        for completion in ring.completion() {
            done += 1;
            if let Some(outcome) = outcomes.get_mut(completion.user_data() as usize) {
                *outcome = Some(completion.result());
            }
        }
        if done == entries.len() || (failed && done == taken) {
            return !failed;
        }
        // What was taken never waits for its socket, and is done by the time the call returns.
        let call = match done < taken {
            true => ring.submit_and_wait(1),
            false => ring.submit(),
        };
        match call {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Buffers that the kernel may yet write to cannot be given back.
            Err(_) if done < taken => std::process::abort(),
            Err(_) => failed = true,
        }
    }
}
