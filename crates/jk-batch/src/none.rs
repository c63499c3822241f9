//! Systems without io_uring.

use std::io;
use std::os::fd::BorrowedFd;

/// Not to be had here.
#[derive(Debug)]
pub struct Batch(std::convert::Infallible);

impl Batch {
    /// Never succeeds.
    ///
    /// # Errors
    /// Always.
    pub fn new(_: u32) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Cannot be called.
    pub fn send<'a>(&mut self, _: impl IntoIterator<Item = (BorrowedFd<'a>, &'a [u8])>) {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn receive<'a>(&mut self, _: impl IntoIterator<Item = (BorrowedFd<'a>, &'a mut [u8])>) {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn len(&self) -> usize {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn is_empty(&self) -> bool {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn outcome(&self, _: usize) -> Option<io::Result<usize>> {
        match self.0 {}
    }
}
