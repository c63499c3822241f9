//! Passing listening sockets from a running process to the one that replaces it.
//!
//! Whoever serves keeps a Unix socket in the abstract namespace, named after its first listener. A
//! process that is started on the same files asks there for the listening sockets themselves, so that
//! no connection is lost in the queue of a socket that closes; once it serves, it says so, and the
//! first one retires. Both sides look at who the other is: the one that hands over obeys the superuser and
//! the user that started it; the other believes those two and the `User` of the site.

use std::io::{self, BufRead as _, BufReader, IoSlice, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use jk_proxy::{Inherited, LONGEST_STATE};
use rustix::cmsg_space;
use rustix::net::sockopt::socket_peercred;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// How long the other side may take for a step; on either side it is a matter of microseconds.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the process that takes over may take until it serves.
const STARTING: Duration = Duration::from_secs(60);
/// Sockets in one message; Linux allows 253.
const BATCH: usize = 64;
/// More than any path is long.
const LONGEST: u64 = 8192;

/// Sockets come with this byte.
const SOCKETS: u8 = b's';
/// What was edited: the length as four bytes, the highest first, and the text.
const EDITS: u8 = b'e';
/// That was all of them.
const ALL: u8 = b'.';
/// Another site is served.
const OTHER: u8 = b'n';
/// The new process serves.
const SERVES: u8 = b'r';
/// The name is free; what was edited follows, as before.
const FREED: u8 = b'd';

/// Why a running process did not hand its sockets over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandoverError {
    /// It serves another site.
    #[error("a jackdaw that serves other files listens on {0} already; stop it first")]
    OtherSite(String),
    /// The conversation failed.
    #[error("the running process does not hand its sockets over: {0}")]
    Io(#[from] io::Error),
}

/// What was taken over, and the process it came from.
pub(crate) struct Taken {
    /// The listening sockets, and what was edited.
    pub(crate) inherited: Inherited,
    /// Its process id.
    pub(crate) from: i32,
    peer: UnixStream,
}

/// Asks the process that serves `site` on `listener`, if there is one, for its sockets.
///
/// # Errors
/// It does not give them.
pub(crate) fn take(
    listener: &str,
    site: &Path,
    user: Option<u32>,
) -> Result<Option<Taken>, HandoverError> {
    let Ok(mut peer) = UnixStream::connect_addr(&name(listener)?) else { return Ok(None) };
    let known = [Some(started_by()), user];
    let Some(from) = trusted(&peer, &known) else { return Ok(None) };
    peer.set_read_timeout(Some(PATIENCE))?;
    peer.set_write_timeout(Some(PATIENCE))?;
    let mut question = site.as_os_str().as_encoded_bytes().to_vec();
    question.push(b'\n');
    match peer.write_all(&question) {
        Err(error) if has_gone(&error) => return Ok(None),
        asked => asked?,
    }
    let mut inherited = Inherited::default();
    loop {
        let (tag, descriptors) = match receive(&peer) {
            // It was stopping, and listens no longer when it says so by this.
            Err(error) if has_gone(&error) => return Ok(None),
            received => received?,
        };
        inherited.sockets.extend(descriptors.into_iter().map(TcpListener::from));
        match tag {
            SOCKETS => {}
            EDITS => inherited.edits = Some(receive_edits(&mut peer)?),
            ALL => return Ok(Some(Taken { inherited, from, peer })),
            OTHER => return Err(HandoverError::OtherSite(listener.to_owned())),
            _ => return Err(io::Error::from(io::ErrorKind::InvalidData).into()),
        }
    }
}

fn has_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}

impl Taken {
    /// What is to be served on and with.
    pub(crate) fn inherited(&mut self) -> Inherited {
        std::mem::take(&mut self.inherited)
    }

    /// Tells the other process that it may retire, and waits until it has given up its name; what was edited
    /// there until then.
    pub(crate) fn complete(mut self) -> io::Result<Vec<u8>> {
        self.peer.write_all(&[SERVES])?;
        self.peer.read_exact(&mut [0])?;
        receive_edits(&mut self.peer)
    }
}

/// Where a successor can ask.
pub(crate) struct Door {
    listener: UnixListener,
    /// Who may ask, besides the superuser.
    owner: u32,
}

impl Door {
    /// Takes the name.
    ///
    /// # Errors
    /// Somebody has it.
    pub(crate) fn open(listener: &str, owner: u32) -> io::Result<Self> {
        Ok(Self { listener: UnixListener::bind_addr(&name(listener)?)?, owner })
    }

    /// Another handle on the same door.
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { listener: self.listener.try_clone()?, owner: self.owner })
    }

    /// Gives the name up: whoever waits at the door is woken, and nobody comes any more. The name is
    /// free once `waiting`, which has a handle of its own, has ended.
    pub(crate) fn close(self, waiting: JoinHandle<()>) {
        // Fails only if it is closed.
        let _ = rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Both);
        let _ = waiting.join();
    }

    /// Waits for somebody who may ask; `None` when nobody can any more.
    pub(crate) fn wait(&self) -> Option<Caller> {
        loop {
            match self.listener.accept() {
                Ok((peer, _)) => {
                    if trusted(&peer, &[Some(self.owner)]).is_some() {
                        return Some(Caller { peer });
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }
}

/// A process that wants to take over.
pub(crate) struct Caller {
    peer: UnixStream,
}

impl Caller {
    /// Gives it the sockets and what was edited, if it is for the same site.
    ///
    /// # Errors
    /// It did not get them; this process goes on.
    pub(crate) fn give<'s>(
        &mut self,
        site: &Path,
        sockets: impl Iterator<Item = &'s TcpListener>,
        edits: &[u8],
    ) -> io::Result<()> {
        self.peer.set_read_timeout(Some(PATIENCE))?;
        self.peer.set_write_timeout(Some(PATIENCE))?;
        let mut asked = Vec::new();
        BufReader::new(self.peer.try_clone()?.take(LONGEST)).read_until(b'\n', &mut asked)?;
        if asked.strip_suffix(b"\n") != Some(site.as_os_str().as_encoded_bytes()) {
            self.peer.write_all(&[OTHER])?;
            return Err(io::Error::other("it is for another site"));
        }
        let descriptors: Vec<BorrowedFd<'_>> = sockets.map(|socket| socket.as_fd()).collect();
        for batch in descriptors.chunks(BATCH) {
            send(&self.peer, batch)?;
        }
        send_edits(&mut self.peer, EDITS, edits)?;
        self.peer.write_all(&[ALL])
    }

    /// Waits until it serves. `false` if it never does.
    pub(crate) fn serves(&mut self) -> bool {
        let mut answer = [0];
        let said = self.peer.set_read_timeout(Some(STARTING));
        said.and_then(|()| self.peer.read_exact(&mut answer)).is_ok() && answer == [SERVES]
    }

    /// Tells it that the door is its own, and what was edited until now.
    pub(crate) fn leave(mut self, edits: &[u8]) {
        // If it is gone, nobody waits.
        let _ = send_edits(&mut self.peer, FREED, edits);
    }
}

fn name(listener: &str) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(format!("jackdaw/{listener}"))
}

/// The user that this process belongs to, until it becomes another.
pub(crate) fn started_by() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The other side's process, if it belongs to the superuser or to one of these users.
fn trusted(peer: &UnixStream, users: &[Option<u32>]) -> Option<i32> {
    let who = socket_peercred(peer).ok()?;
    let known = who.uid.is_root() || users.contains(&Some(who.uid.as_raw()));
    known.then(|| who.pid.as_raw_nonzero().get())
}

fn send(peer: &UnixStream, descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(BATCH))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(descriptors));
    sendmsg(peer, &[IoSlice::new(&[SOCKETS])], &mut control, SendFlags::empty())?;
    Ok(())
}

fn send_edits(peer: &mut UnixStream, tag: u8, edits: &[u8]) -> io::Result<()> {
    let length = u32::try_from(edits.len()).map_err(io::Error::other)?;
    let mut message = vec![tag];
    message.extend_from_slice(&length.to_be_bytes());
    message.extend_from_slice(edits);
    peer.write_all(&message)
}

fn receive_edits(peer: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    peer.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
    if length > LONGEST_STATE {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut edits = vec![0; length];
    peer.read_exact(&mut edits)?;
    Ok(edits)
}

/// One byte and the descriptors that came with it.
fn receive(peer: &UnixStream) -> io::Result<(u8, Vec<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(BATCH))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut tag = [0];
    let into = &mut [IoSliceMut::new(&mut tag)];
    let got = recvmsg(peer, into, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    if got.bytes == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut descriptors = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            descriptors.extend(rights);
        }
    }
    Ok((tag[0], descriptors))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_and_edits_go_to_who_serves_the_same_site_and_to_nobody_else() {
        let listeners: Vec<TcpListener> =
            (0..70).map(|_| TcpListener::bind(("127.0.0.1", 0)).unwrap()).collect();
        let key = format!("test/{}", listeners[0].local_addr().unwrap());
        let site = Path::new("/etc/a.conf");
        assert!(take(&key, site, None).unwrap().is_none());
        let door = Door::open(&key, started_by()).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut stranger = door.wait().unwrap();
                assert!(stranger.give(site, listeners.iter(), b"").is_err());
                let mut caller = door.wait().unwrap();
                caller.give(site, listeners.iter(), b"first").unwrap();
                assert!(caller.serves());
                caller.leave(b"last");
            });
            let refused = take(&key, Path::new("/etc/b.conf"), None);
            assert!(matches!(refused, Err(HandoverError::OtherSite(_))));
            let mut taken = take(&key, site, None).unwrap().unwrap();
            let addresses = |sockets: &[TcpListener]| -> Vec<_> {
                sockets.iter().map(|socket| socket.local_addr().unwrap()).collect()
            };
            let inherited = taken.inherited();
            assert_eq!(addresses(&inherited.sockets), addresses(&listeners));
            assert_eq!(inherited.edits.as_deref(), Some(&b"first"[..]));
            assert_eq!(taken.complete().unwrap(), b"last");
        });
    }

    #[test]
    fn who_asks_somebody_who_leaves_is_on_its_own() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let key = format!("test/{}", listener.local_addr().unwrap());
        let door = Door::open(&key, started_by()).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| drop(door.wait().unwrap()));
            assert!(take(&key, Path::new("/etc/a.conf"), None).unwrap().is_none());
        });
    }
}
