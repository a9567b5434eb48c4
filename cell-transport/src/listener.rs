//! Where connections come from.

use std::future::Future;
use std::io;

use crate::memory::{MemoryListener, MemoryPipe};
use crate::pipe::Pipe;

/// Takes connections under a name, which is free again when this is dropped.
pub trait Listener: Send + 'static {
    /// What a connection is.
    type Pipe: Pipe;

    /// The next connection.
    ///
    /// # Errors
    /// Those of the system; another connection may still come.
    fn accept(&mut self) -> impl Future<Output = io::Result<Self::Pipe>> + Send;
}

impl Listener for MemoryListener {
    type Pipe = MemoryPipe;

    async fn accept(&mut self) -> io::Result<MemoryPipe> {
        self.accept().await
    }
}
