//! Connections that are counted, and their bytes, whatever they run over.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use cell_transport::{Listener, Pipe};

/// What goes through a cell's connections.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) connections: AtomicI64,
    pub(crate) accepted: AtomicU64,
    pub(crate) received: AtomicU64,
    pub(crate) sent: AtomicU64,
}

/// A listener whose connections are counted.
pub(crate) struct Counted<L>(pub(crate) L, pub(crate) Arc<Traffic>);

impl<L: Listener> Listener for Counted<L> {
    type Pipe = CountedPipe<L::Pipe>;

    async fn accept(&mut self) -> io::Result<Self::Pipe> {
        let pipe = self.0.accept().await?;
        self.1.connections.fetch_add(1, Ordering::Relaxed);
        self.1.accepted.fetch_add(1, Ordering::Relaxed);
        Ok(CountedPipe(pipe, Arc::clone(&self.1)))
    }
}

/// A connection that is counted until it is dropped.
pub(crate) struct CountedPipe<P>(P, Arc<Traffic>);

impl<P> Drop for CountedPipe<P> {
    fn drop(&mut self) {
        self.1.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<P: Pipe> Pipe for CountedPipe<P> {
    fn try_read(&self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.0.try_read(into)?;
        self.1.received.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.0.try_write(bytes)?;
        self.1.sent.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }

    async fn readable(&self) -> io::Result<()> {
        self.0.readable().await
    }

    async fn writable(&self) -> io::Result<()> {
        self.0.writable().await
    }
}
