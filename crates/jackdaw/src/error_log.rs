//! Where the program's own messages go: to standard error while it starts, then to `ErrorLog`, in
//! the shape httpd gives its lines.

use std::io::{self, Write};
use std::sync::Arc;

use env_logger::fmt::Formatter;
use jk_config::LogLevel;
use jk_proxy::ErrorLog;
use log::{Level, LevelFilter, Record};
use parking_lot::Mutex;

/// The end of the line of messages, which can be moved while they flow.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outlet(Arc<Mutex<Option<ErrorLog>>>);

impl Outlet {
    /// Begins to take messages.
    pub(crate) fn install() -> Self {
        let outlet = Self::default();
        env_logger::Builder::new()
            .filter_level(LevelFilter::Info)
            .format(line)
            .target(env_logger::Target::Pipe(Box::new(outlet.clone())))
            .init();
        outlet
    }

    /// From now on messages go to the error log, as far as `level` lets them through.
    pub(crate) fn connect(&self, log: ErrorLog, level: LogLevel) {
        *self.0.lock() = Some(log);
        log::set_max_level(filter(level));
    }
}

impl Write for Outlet {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match &*self.0.lock() {
            Some(log) => log.write(line),
            None => io::stderr().write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What happens to the program is told whatever the level: httpd, too, never leaves its notices out
/// of a file.
fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Debug => LevelFilter::Debug,
        LogLevel::Trace => LevelFilter::Trace,
        _ => LevelFilter::Info,
    }
}

fn line(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let level = match record.level() {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "notice",
        Level::Debug => "debug",
        Level::Trace => "trace",
    };
    let time = chrono::Local::now().format("%a %b %d %H:%M:%S%.6f %Y");
    let module = record.target().split(':').next().unwrap_or_default();
    writeln!(out, "[{time}] [{module}:{level}] [pid {}] {}", std::process::id(), record.args())
}
