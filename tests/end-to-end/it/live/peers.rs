//! Who listens under the oracle's name instead of the oracle, or between it and those who ask.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;

/// What is done with each connection, until it is dropped.
pub(crate) struct Peer {
    stop: Arc<AtomicBool>,
    path: std::path::PathBuf,
}

impl Peer {
    /// Listens at `path` and gives each connection to `talk`, on a thread of its own.
    pub(crate) fn listen(path: &Path, talk: fn(UnixStream, &AtomicBool)) -> Result<Self> {
        Self::with(path, talk)
    }

    fn with(
        path: &Path,
        talk: impl Fn(UnixStream, &AtomicBool) + Send + Sync + 'static,
    ) -> Result<Self> {
        let _ = std::fs::remove_file(path);
        let listener = UnixListener::bind(path)?;
        listener.set_nonblocking(true)?;
        let stop = Arc::new(AtomicBool::new(false));
        let (ended, talk) = (Arc::clone(&stop), Arc::new(talk));
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => {
                        let (talk, ended) = (Arc::clone(&talk), Arc::clone(&ended));
                        let _ = stream.set_nonblocking(false);
                        std::thread::spawn(move || talk(stream, &ended));
                    }
                    Err(_) => std::thread::sleep(Duration::from_millis(2)),
                }
            }
        });
        Ok(Self { stop, path: path.to_owned() })
    }

    /// Listens at `path` for a cell that listens elsewhere, and passes what it says through `change`,
    /// which is given the number of bytes that were passed before.
    pub(crate) fn between(
        path: &Path,
        cell: &Path,
        change: fn(usize, &mut Vec<u8>) -> Passing,
    ) -> Result<Self> {
        let cell = cell.to_owned();
        Self::with(path, move |client, stop| {
            let Ok(server) = UnixStream::connect(&cell) else { return };
            let (Ok(mut from), Ok(mut to)) = (client.try_clone(), server.try_clone()) else {
                return;
            };
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
            pass(server, client, stop, change);
        })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = std::fs::remove_file(&self.path);
    }
}

/// What becomes of bytes.
pub(crate) enum Passing {
    /// They are written.
    On,
    /// They are written one by one, each after a while.
    Slowly(Duration),
    /// They are written, and the connection ends.
    End,
    /// Nothing more is written, and the connection stays.
    Never,
}

fn pass(
    mut from: UnixStream,
    mut to: UnixStream,
    stop: &AtomicBool,
    change: fn(usize, &mut Vec<u8>) -> Passing,
) {
    let mut passed = 0;
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let mut bytes = buffer[..count].to_vec();
        let how = change(passed, &mut bytes);
        passed += count;
        match how {
            Passing::On => {
                if to.write_all(&bytes).is_err() {
                    return;
                }
            }
            Passing::Slowly(pause) => {
                for byte in bytes {
                    if stop.load(Ordering::Relaxed) || to.write_all(&[byte]).is_err() {
                        return;
                    }
                    std::thread::sleep(pause);
                }
            }
            Passing::End => {
                let _ = to.write_all(&bytes);
                let _ = to.shutdown(Shutdown::Both);
                return;
            }
            Passing::Never => return hold(to, stop),
        }
    }
}

/// Keeps a connection and says nothing.
pub(crate) fn hold(stream: UnixStream, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(stream);
}
