//! A unix socket as a pipe.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::pipe::Pipe;

/// A connected socket.
///
/// To a process that waits for room the kernel also tells each read of the other side, so once in each
/// call. Where the two run on different cores that is welcome: the caller's core wakes up while the
/// other one works, and not only when there is an answer. Where both have one core it is a change of
/// tasks for nothing: there the kernel is asked for what can be read, and no more.
#[derive(Debug)]
pub struct UnixPipe(AsyncFd<UnixStream>);

impl UnixPipe {
    /// The pipe over this connection.
    ///
    /// # Errors
    /// Those of the system.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn new(stream: tokio::net::UnixStream) -> io::Result<Self> {
        let room = if shares_its_core(&stream) { None } else { Some(Interest::WRITABLE) };
        let interest = room.map_or(Interest::READABLE, |room| Interest::READABLE | room);
        register(stream.into_std()?, interest).map(Self)
    }
}

/// Have both sides one core, and the same?
#[cfg(target_os = "linux")]
fn shares_its_core(stream: &tokio::net::UnixStream) -> bool {
    use rustix::process::Pid;
    use rustix::thread::sched_getaffinity;

    let peer = stream.peer_cred().ok().and_then(|peer| Pid::from_raw(peer.pid()?));
    let cores = |process| sched_getaffinity(process).ok().filter(|cores| cores.count() == 1);
    // Of a process that is not seen here nothing is known.
    peer.is_some_and(|peer| cores(None).is_some_and(|ours| cores(Some(peer)) == Some(ours)))
}

#[cfg(not(target_os = "linux"))]
fn shares_its_core(_: &tokio::net::UnixStream) -> bool {
    false
}

#[expect(deprecated, reason = "the other way is unsafe, for types that change their descriptor")]
fn register(stream: UnixStream, interest: Interest) -> io::Result<AsyncFd<UnixStream>> {
    AsyncFd::with_interest(stream, interest)
}

impl Pipe for UnixPipe {
    fn try_read(&self, into: &mut [u8]) -> io::Result<usize> {
        let mut read = Ok(0);
        let tried = self.0.try_io(Interest::READABLE, |mut stream| {
            read = stream.read(into);
            match read {
                // A socket that gave less has no more, and says so when it has: asking it again is
                // not worth a system call.
                Ok(count) if count > 0 && count < into.len() => {
                    Err(io::ErrorKind::WouldBlock.into())
                }
                Ok(_) => Ok(()),
                Err(ref error) => Err(io::Error::from(error.kind())),
            }
        });
        match (tried, read) {
            // It was not tried, since nothing came.
            (Err(error), Ok(0)) => Err(error),
            (_, read) => read,
        }
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.get_ref().write(bytes)
    }

    async fn readable(&self) -> io::Result<()> {
        self.0.readable().await.map(|mut ready| ready.retain_ready())
    }

    async fn writable(&self) -> io::Result<()> {
        let stream = match self.0.get_ref().try_clone() {
            Ok(stream) => stream,
            // Out of file descriptors, say: then it is tried now and then.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(10)).await;
                return Ok(());
            }
        };
        let full = register(stream, Interest::WRITABLE)?;
        full.writable().await.map(|mut ready| ready.retain_ready())
    }
}
