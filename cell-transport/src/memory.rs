//! Connections within one process: the reference that every other transport must match.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cell_model::{Code, Fault};
use tokio::sync::{Notify, mpsc};

use crate::pipe::Pipe;

/// Bytes that are under way in one direction, as in a socket's buffer.
const ROOM: usize = 208 << 10;
/// Connections that wait to be taken.
const BACKLOG: usize = 128;

/// Names within this process. Clones are the same names.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<HashMap<String, mpsc::Sender<MemoryPipe>>>>);

impl Memory {
    /// No names yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a name. It is free again when what is returned is dropped.
    ///
    /// # Errors
    /// `AddrInUse` if somebody listens there.
    pub fn listen(&self, name: &str) -> io::Result<MemoryListener> {
        let mut names = self.names();
        if names.get(name).is_some_and(|there| !there.is_closed()) {
            let text = format!("a cell named `{name}` listens already");
            return Err(io::Error::new(io::ErrorKind::AddrInUse, text));
        }
        let (sender, incoming) = mpsc::channel(BACKLOG);
        names.insert(name.to_owned(), sender);
        Ok(MemoryListener { incoming })
    }

    /// Connects to a name.
    ///
    /// # Errors
    /// [`Code::Disconnected`] if nobody listens there, [`Code::Overloaded`] if too many wait.
    pub fn connect(&self, name: &str) -> Result<MemoryPipe, Fault> {
        let nobody = || Fault::new(Code::Disconnected, format!("no cell named `{name}` is here"));
        let sender = self.names().get(name).cloned().ok_or_else(nobody)?;
        let (ours, theirs) = pair();
        sender.try_send(theirs).map_err(|error| match error {
            mpsc::error::TrySendError::Closed(_) => nobody(),
            mpsc::error::TrySendError::Full(_) => {
                Fault::new(Code::Overloaded, format!("too many wait to be connected to `{name}`"))
            }
        })?;
        Ok(ours)
    }

    fn names(&self) -> MutexGuard<'_, HashMap<String, mpsc::Sender<MemoryPipe>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes connections.
pub struct MemoryListener {
    incoming: mpsc::Receiver<MemoryPipe>,
}

impl MemoryListener {
    /// The next connection.
    pub(crate) async fn accept(&mut self) -> io::Result<MemoryPipe> {
        self.incoming.recv().await.ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }
}

/// Two ends of a connection.
#[must_use]
pub fn pair() -> (MemoryPipe, MemoryPipe) {
    let (one, other) = (Arc::<Way>::default(), Arc::<Way>::default());
    (
        MemoryPipe { input: Arc::clone(&one), output: Arc::clone(&other) },
        MemoryPipe { input: other, output: one },
    )
}

/// One end of a connection in memory.
pub struct MemoryPipe {
    input: Arc<Way>,
    output: Arc<Way>,
}

/// Bytes in one direction.
#[derive(Default)]
struct Way {
    state: Mutex<Bytes>,
    /// Something came, or no more will.
    filled: Notify,
    /// Something was taken, or nobody will.
    emptied: Notify,
}

#[derive(Default)]
struct Bytes {
    bytes: VecDeque<u8>,
    closed: bool,
}

impl Way {
    fn state(&self) -> MutexGuard<'_, Bytes> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.state().closed = true;
        self.filled.notify_one();
        self.emptied.notify_one();
    }
}

impl Drop for MemoryPipe {
    fn drop(&mut self) {
        self.input.close();
        self.output.close();
    }
}

impl Pipe for MemoryPipe {
    fn try_read(&self, into: &mut [u8]) -> io::Result<usize> {
        let mut state = self.input.state();
        if state.bytes.is_empty() {
            return if state.closed { Ok(0) } else { Err(io::ErrorKind::WouldBlock.into()) };
        }
        let was_full = state.bytes.len() == ROOM;
        let read = io::Read::read(&mut state.bytes, into)?;
        drop(state);
        if was_full {
            self.input.emptied.notify_one();
        }
        Ok(read)
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.output.state();
        if state.closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let count = bytes.len().min(ROOM - state.bytes.len());
        if count == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let was_empty = state.bytes.is_empty();
        state.bytes.extend(&bytes[..count]);
        drop(state);
        if was_empty {
            self.output.filled.notify_one();
        }
        Ok(count)
    }

    async fn readable(&self) -> io::Result<()> {
        loop {
            {
                let state = self.input.state();
                if state.closed || !state.bytes.is_empty() {
                    return Ok(());
                }
            }
            // A notification that comes before this waits for it.
            self.input.filled.notified().await;
        }
    }

    async fn writable(&self) -> io::Result<()> {
        loop {
            {
                let state = self.output.state();
                if state.closed || state.bytes.len() < ROOM {
                    return Ok(());
                }
            }
            self.output.emptied.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bytes_arrive_in_order_and_are_bounded() {
        let (one, other) = pair();
        let sent: Vec<u8> = (0..3 * ROOM).map(|n| n as u8).collect();
        let expected = sent.clone();
        let writer = tokio::spawn(async move {
            let mut rest = &sent[..];
            while !rest.is_empty() {
                match one.try_write(rest) {
                    Ok(count) => rest = &rest[count..],
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        one.writable().await.unwrap();
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        });
        let (mut found, mut buffer) = (Vec::new(), vec![0; 7_001]);
        loop {
            match other.try_read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => found.extend_from_slice(&buffer[..count]),
                Err(_) => other.readable().await.unwrap(),
            }
            assert!(other.input.state().bytes.len() <= ROOM);
        }
        writer.await.unwrap();
        assert!(found == expected);
    }

    #[tokio::test]
    async fn a_name_is_free_when_its_listener_is_gone() {
        let memory = Memory::new();
        let mut first = memory.listen("a").unwrap();
        assert_eq!(memory.listen("a").err().map(|e| e.kind()), Some(io::ErrorKind::AddrInUse));
        let client = memory.connect("a").unwrap();
        let server = first.accept().await.unwrap();
        client.try_write(b"x").unwrap();
        server.readable().await.unwrap();
        drop(first);
        assert_eq!(memory.connect("a").err().map(|fault| fault.code), Some(Code::Disconnected));
        memory.listen("a").unwrap();
        drop(server);
        assert_eq!(client.try_read(&mut [0; 8]).unwrap(), 0);
        assert!(client.try_write(b"x").is_err());
    }
}
