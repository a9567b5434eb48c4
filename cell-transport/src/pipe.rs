//! What carries the bytes of a connection: something that is read and written without waiting, and
//! that says when that is worth trying again.

use std::future::Future;
use std::io;

/// One end of a two-way stream of bytes.
pub trait Pipe: Send + Sync + 'static {
    /// Reads what is there. 0 bytes mean that no more will come.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is there yet; anything else ends the connection.
    fn try_read(&self, into: &mut [u8]) -> io::Result<usize>;

    /// Writes as much as fits.
    ///
    /// # Errors
    /// As [`Pipe::try_read`].
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Waits until there may be something to read.
    fn readable(&self) -> impl Future<Output = io::Result<()>> + Send;

    /// Waits until something may fit.
    fn writable(&self) -> impl Future<Output = io::Result<()>> + Send;
}
