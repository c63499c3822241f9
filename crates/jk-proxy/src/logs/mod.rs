//! Log lines, written off the loop threads.
//!
//! A loop collects the lines of one wake-up in a [`Sink`] and hands them over as one batch; a writer
//! thread owns the files, pipes and sockets. When the writer cannot keep up, lines are dropped and
//! counted: a full disk must not stop the service.

mod target;
mod writer;

use std::collections::HashMap;
use std::io;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use jk_config::LogTarget;

use crate::assemble::AssembleError;
use target::Target;

/// Names an open log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LogId(u32);

/// Batches that may wait for the writer.
const QUEUE: usize = 512;

/// Bytes a loop gathers while the writer is behind, before it drops lines.
const PATIENCE: usize = 1024 * 1024;

/// How long reloading or stopping waits for the writer. A program that reads no log lines any more may
/// hold it up for ever.
const STUCK: Duration = Duration::from_secs(5);

/// Lines of one wake-up of one loop, each ending in a line feed.
#[derive(Debug, Default)]
struct Batch {
    bytes: Vec<u8>,
    /// Which log, and where in `bytes` its line ends.
    lines: Vec<(LogId, usize)>,
}

/// What the writer is told.
enum Message {
    Open(LogId, Target),
    Lines(Batch),
    /// Open files again, after they were moved away.
    Reopen,
    /// Everything before this has been written when the channel is dropped.
    Barrier(Sender<()>),
}

/// All logs of the process, and the thread that writes them.
#[derive(Debug)]
pub(crate) struct Logs {
    writer: Sender<Message>,
    spare: Receiver<Batch>,
    open: HashMap<LogTarget, LogId>,
    thread: Option<JoinHandle<()>>,
    /// [`STUCK`]
    patience: Duration,
}

impl Logs {
    /// Starts the writer.
    ///
    /// # Errors
    /// No thread could be started.
    pub(crate) fn start() -> io::Result<Self> {
        Self::start_with(STUCK)
    }

    fn start_with(patience: Duration) -> io::Result<Self> {
        let (writer, messages) = bounded(QUEUE);
        let (give_back, spare) = bounded(QUEUE);
        let thread = std::thread::Builder::new()
            .name("logs".to_owned())
            .spawn(move || writer::run(&messages, &give_back))?;
        Ok(Self { writer, spare, open: HashMap::new(), thread: Some(thread), patience })
    }

    /// Opens a log, or finds it open.
    ///
    /// # Errors
    /// The file cannot be opened or the program not be started, or the writer is stuck.
    pub(crate) fn open(&mut self, target: &LogTarget) -> Result<LogId, AssembleError> {
        if let Some(&id) = self.open.get(target) {
            return Ok(id);
        }
        let failed = |source| AssembleError::Log { target: target::describe(target), source };
        let opened = Target::open(target).map_err(failed)?;
        let id = LogId(u32::try_from(self.open.len()).unwrap_or(u32::MAX));
        let sent = self.writer.send_timeout(Message::Open(id, opened), self.patience);
        sent.map_err(|_| failed(io::ErrorKind::TimedOut.into()))?;
        self.open.insert(target.clone(), id);
        Ok(id)
    }

    /// A way for one thread to write lines.
    pub(crate) fn sink(&self) -> Sink {
        Sink {
            writer: self.writer.clone(),
            spare: self.spare.clone(),
            batch: Batch::default(),
            dropped: 0,
        }
    }

    /// Opens files again.
    pub(crate) fn reopen(&self) {
        let _ = self.writer.send_timeout(Message::Reopen, self.patience);
    }

    /// Waits until everything handed over has been written, unless the writer is stuck.
    pub(crate) fn flush(&self) {
        let (done, wait) = bounded(0);
        if self.writer.send_timeout(Message::Barrier(done), self.patience).is_ok() {
            // Ends with an error, when the writer drops its side.
            let _ = wait.recv_timeout(self.patience);
        }
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        self.flush();
        let (closed, _) = bounded(0);
        self.writer = closed;
        if let Some(thread) = self.thread.take().filter(|_| self.spare.is_empty()) {
            // Sinks of loops that still run keep the writer alive; it ends with the last of them.
            drop(thread);
        }
    }
}

/// The error log of the main server, for messages that belong to no request.
#[derive(Debug)]
pub struct ErrorLog {
    sink: parking_lot::Mutex<Sink>,
    log: LogId,
}

impl ErrorLog {
    pub(crate) fn new(sink: Sink, log: LogId) -> Self {
        Self { sink: parking_lot::Mutex::new(sink), log }
    }

    /// Writes one line, without waiting for the disk.
    pub fn write(&self, line: &[u8]) {
        let mut sink = self.sink.lock();
        sink.line(self.log, |out| out.extend_from_slice(line));
        sink.hand_over();
    }
}

/// Where one loop puts its lines.
#[derive(Debug)]
pub(crate) struct Sink {
    writer: Sender<Message>,
    spare: Receiver<Batch>,
    batch: Batch,
    dropped: u64,
}

impl Sink {
    /// Adds the line that `write` appends.
    pub(crate) fn line(&mut self, log: LogId, write: impl FnOnce(&mut Vec<u8>)) {
        if self.batch.bytes.len() > PATIENCE {
            self.dropped += 1;
            return;
        }
        write(&mut self.batch.bytes);
        if self.batch.bytes.last() != Some(&b'\n') {
            self.batch.bytes.push(b'\n');
        }
        self.batch.lines.push((log, self.batch.bytes.len()));
    }

    /// Hands the gathered lines over, without waiting.
    pub(crate) fn hand_over(&mut self) {
        if self.batch.lines.is_empty() {
            return;
        }
        let next = self.spare.try_recv().unwrap_or_default();
        match self.writer.try_send(Message::Lines(std::mem::replace(&mut self.batch, next))) {
            Ok(()) if self.dropped > 0 => {
                log::error!("logs: {} lines were dropped, the writer was behind", self.dropped);
                self.dropped = 0;
            }
            Ok(()) => {}
            // Kept, to be tried again at the next wake-up.
            Err(TrySendError::Full(Message::Lines(batch))) => self.batch = batch,
            Err(_) => self.batch = Batch::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads nothing, and holds no output of ours open.
    const DEAF: &str = "exec sleep 10 >/dev/null 2>&1";

    /// COMPAT [log-program]: lines that a program does not read are dropped; nobody waits for it.
    #[test]
    fn a_log_program_that_does_not_read_holds_nobody_up() {
        let mut logs = Logs::start_with(Duration::from_millis(20)).unwrap();
        let deaf = logs.open(&LogTarget::Program(DEAF.to_owned(), true)).unwrap();
        let mut sink = logs.sink();
        // More than a pipe holds: whoever writes it waits from then on.
        sink.line(deaf, |out| out.resize(out.len() + (1 << 20), b'x'));
        sink.hand_over();
        while !logs.writer.is_empty() {
            std::thread::yield_now();
        }
        for _ in 0..2 * QUEUE {
            sink.line(deaf, |out| out.resize(out.len() + 4096, b'x'));
            sink.hand_over();
        }
        assert!(sink.batch.bytes.len() <= PATIENCE + 8192, "what is kept is bounded");
        let dir = tempfile::tempdir().unwrap();
        let late = logs.open(&LogTarget::File(dir.path().join("a.log")));
        assert!(matches!(late, Err(AssembleError::Log { .. })), "{late:?}");
        logs.reopen();
        drop(logs);
    }

    #[test]
    fn lines_reach_their_logs_in_order_and_survive_a_move() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        let mut logs = Logs::start().unwrap();
        let first = logs.open(&LogTarget::File(path.clone())).unwrap();
        assert_eq!(logs.open(&LogTarget::File(path.clone())).unwrap(), first);
        let second = logs.open(&LogTarget::File(dir.path().join("b.log"))).unwrap();

        let mut sink = logs.sink();
        sink.line(first, |out| out.extend_from_slice(b"one"));
        sink.line(second, |out| out.extend_from_slice(b"other"));
        sink.line(first, |out| out.extend_from_slice(b"two"));
        sink.hand_over();
        logs.flush();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\n");

        let moved = dir.path().join("a.log.1");
        std::fs::rename(&path, &moved).unwrap();
        logs.reopen();
        sink.line(first, |out| out.extend_from_slice(b"three"));
        sink.hand_over();
        logs.flush();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "three\n");
        assert_eq!(std::fs::read_to_string(&moved).unwrap(), "one\ntwo\n");
    }
}
