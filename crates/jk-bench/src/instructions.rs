//! Instructions per request, counted by callgrind: unlike time, hardly touched by what else the
//! machine does, and fine enough to compare two commits.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::idle;
use crate::peer::{MOD_JK, Server, Setting, free_port, httpd, loopback};

/// A run of so many requests, and one of twice as many; the difference knows nothing of starting.
const REQUESTS: usize = 1000;

/// Valgrind is slow to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const GET: &[u8] =
    b"GET /b/1024 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n";

/// Instructions in user space of one 1 KiB request on a connection that stays open.
///
/// # Errors
/// Valgrind is missing, or the program does not answer.
pub(crate) fn per_request(program: &Path, setting: &Setting<'_>) -> io::Result<u64> {
    let once = run(program, setting, REQUESTS)?;
    let twice = run(program, setting, 2 * REQUESTS)?;
    Ok(twice.saturating_sub(once) / REQUESTS as u64)
}

fn run(program: &Path, setting: &Setting<'_>, requests: usize) -> io::Result<u64> {
    let port = free_port()?;
    let dir = setting.dir.join(format!("instructions-{port}"));
    fs::create_dir_all(&dir)?;
    let workers =
        format!("worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={}\n", setting.ajp);
    fs::write(dir.join("workers.properties"), workers)?;
    // As the user who runs valgrind, or it could not write the counts at the end.
    let conf = httpd(&dir, port, MOD_JK).replace("User www-data\nGroup www-data\n", "");
    fs::write(dir.join("httpd.conf"), conf)?;
    let counts = dir.join("counts");
    let mut command = Command::new("valgrind");
    command.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", counts.display()));
    command.arg(program).args(["serve", "--threads", "1", "-f"]).arg(dir.join("httpd.conf"));
    command.current_dir(&dir);
    let server = Server::spawn(command, loopback(port), &dir.join("output.txt"))?;
    let began = Instant::now();
    let mut client = loop {
        match idle::answered(server.addr) {
            Ok(client) => break client,
            Err(error) if began.elapsed() > PATIENCE => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    for _ in 0..requests {
        play(&mut client)?;
    }
    // An orderly end, which is when the counts are written.
    Command::new("kill").args(["-s", "TERM", &server.pid().to_string()]).status()?;
    drop(client);
    let began = Instant::now();
    loop {
        if let Some(total) = fs::read_to_string(&counts).ok().as_deref().and_then(total) {
            return Ok(total);
        }
        if began.elapsed() > PATIENCE {
            return Err(io::Error::other("no counts were written"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn play(client: &mut TcpStream) -> io::Result<()> {
    client.write_all(GET)?;
    let mut buffer = [0; 4096];
    let mut got = 0;
    while !buffer[..got].ends_with(&[b'x'; 1024]) {
        match client.read(&mut buffer[got..])? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => got += read,
        }
    }
    Ok(())
}

/// The last line of callgrind's file says how many there were in all.
fn total(text: &str) -> Option<u64> {
    text.lines().rev().find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_found_at_the_end() {
        assert_eq!(total("summary: 7\n1 2\n\ntotals: 332672300\n"), Some(332_672_300));
        assert_eq!(total("events: Ir\n1 2\n"), None);
    }
}
