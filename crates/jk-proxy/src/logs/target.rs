//! The places lines can go to.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use jk_config::LogTarget;

/// An open log.
#[derive(Debug)]
pub(super) enum Target {
    File {
        path: PathBuf,
        file: File,
        /// The last line is there only in part, because there was no room for more.
        torn: bool,
    },
    Program {
        command: String,
        shell: bool,
        child: Child,
    },
    Syslog {
        socket: UnixDatagram,
        priority: u8,
    },
    Stderr,
    Off,
}

impl Target {
    pub(super) fn open(target: &LogTarget) -> io::Result<Self> {
        Ok(match target {
            LogTarget::File(path) => {
                Self::File { path: path.clone(), file: append(path)?, torn: false }
            }
            LogTarget::Program(command, shell) => Self::Program {
                command: command.clone(),
                shell: *shell,
                child: spawn(command, *shell)?,
            },
            LogTarget::Syslog(facility) => {
                let socket = UnixDatagram::unbound()?;
                socket.connect("/dev/log")?;
                socket.set_nonblocking(true)?;
                Self::Syslog { socket, priority: priority(facility) }
            }
            LogTarget::Stderr => Self::Stderr,
            LogTarget::Off => Self::Off,
        })
    }

    /// Writes whole lines. What cannot be written is lost; a program that died is started again.
    pub(super) fn write(&mut self, lines: &[u8]) {
        let written = match self {
            Self::File { file, torn, .. } => return write_lines(file, torn, lines),
            Self::Program { child, .. } => write_to(child, lines),
            Self::Syslog { socket, priority } => {
                lines.split(|&b| b == b'\n').filter(|line| !line.is_empty()).for_each(|line| {
                    let mut datagram = format!("<{priority}>jackdaw: ").into_bytes();
                    datagram.extend_from_slice(line);
                    let _ = socket.send(&datagram);
                });
                Ok(())
            }
            Self::Stderr => io::stderr().write_all(lines),
            Self::Off => Ok(()),
        };
        if written.is_err() {
            self.restart(lines);
        }
    }

    pub(super) fn reopen(&mut self) {
        if let Self::File { path, file, torn } = self {
            match append(path) {
                Ok(fresh) => (*file, *torn) = (fresh, false),
                Err(error) => log::error!(
                    "log {}: cannot be opened again, {error}; the old file is written on",
                    path.display()
                ),
            }
        }
    }

    fn restart(&mut self, lines: &[u8]) {
        let Self::Program { command, shell, child } = self else { return };
        let _ = child.try_wait();
        if let Ok(fresh) = spawn(command, *shell) {
            *child = fresh;
            let _ = write_to(child, lines);
        }
    }
}

/// Writes what there is room for. A line that was torn is ended before another begins.
fn write_lines(file: &mut impl Write, torn: &mut bool, lines: &[u8]) {
    if *torn && file.write_all(b"\n").is_err() {
        return;
    }
    *torn = false;
    let mut rest = lines;
    while !rest.is_empty() {
        match file.write(rest) {
            Ok(n) if n > 0 => {
                *torn = rest[n - 1] != b'\n';
                rest = &rest[n..];
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            _ => return,
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Self::Program { child, .. } = self {
            // Its input ends; it is left to finish what it has.
            drop(child.stdin.take());
            let _ = child.try_wait();
        }
    }
}

/// A log's name in messages.
pub(super) fn describe(target: &LogTarget) -> String {
    match target {
        LogTarget::File(path) => path.display().to_string(),
        LogTarget::Program(command, _) => format!("|{command}"),
        LogTarget::Syslog(facility) => format!("syslog:{facility}"),
        LogTarget::Stderr => "standard error".to_owned(),
        LogTarget::Off => "none".to_owned(),
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

fn spawn(command: &str, shell: bool) -> io::Result<Child> {
    let mut words = command.split_whitespace();
    let mut process = if shell {
        let mut process = Command::new("/bin/sh");
        process.arg("-c").arg(command);
        process
    } else {
        let mut process = Command::new(words.next().unwrap_or_default());
        process.args(words);
        process
    };
    process.stdin(Stdio::piped()).spawn()
}

fn write_to(child: &mut Child, lines: &[u8]) -> io::Result<()> {
    match &mut child.stdin {
        Some(stdin) => stdin.write_all(lines),
        None => Err(io::ErrorKind::BrokenPipe.into()),
    }
}

/// RFC 3164 priority: the facility's number times eight, plus "informational".
fn priority(facility: &str) -> u8 {
    let local =
        facility.strip_prefix("local").and_then(|n| n.parse::<u8>().ok()).filter(|n| *n < 8);
    let number = match (facility, local) {
        (_, Some(n)) => 16 + n,
        ("user", _) => 1,
        ("daemon", _) => 3,
        ("auth", _) => 4,
        // httpd's default is local7.
        _ => 23,
    };
    number * 8 + 6
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with room for some bytes.
    struct Disk {
        content: Vec<u8>,
        room: usize,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let n = bytes.len().min(self.room - self.content.len());
            self.content.extend_from_slice(&bytes[..n]);
            if n == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(n) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn no_line_is_written_behind_half_a_line() {
        let mut disk = Disk { content: Vec::new(), room: 6 };
        let mut torn = false;
        write_lines(&mut disk, &mut torn, b"one\ntwo\n");
        write_lines(&mut disk, &mut torn, b"lost\n");
        disk.room = 100;
        write_lines(&mut disk, &mut torn, b"three\n");
        write_lines(&mut disk, &mut torn, b"four\n");
        assert_eq!(disk.content, b"one\ntw\nthree\nfour\n");
    }
}
