//! Streams: what a handler sends, and what a client reads, one after the other.

use std::marker::PhantomData;
use std::sync::Arc;

use cell_model::Fault;
use cell_model::frame::Format;

/// Takes the items of a stream from a handler: `async fn watch(&self, items: Items<Trade>)`.
pub struct Items<T> {
    to: cell_transport::Items,
    encode: Arc<Encode<T>>,
}

type Encode<T> = dyn Fn(T) -> Result<Vec<u8>, Fault> + Send + Sync;

impl<T> Items<T> {
    /// For generated code.
    #[doc(hidden)]
    pub fn new(
        to: cell_transport::Items,
        encode: impl Fn(T) -> Result<Vec<u8>, Fault> + Send + Sync + 'static,
    ) -> Self {
        Self { to, encode: Arc::new(encode) }
    }

    /// Sends an item, as soon as the client takes it.
    ///
    /// # Errors
    /// If nobody reads them any more, or the item is one that cannot be sent.
    pub async fn send(&self, item: T) -> Result<(), Fault> {
        let bytes = (self.encode)(item)?;
        self.to.send(bytes).await
    }
}

impl<T> Clone for Items<T> {
    fn clone(&self) -> Self {
        Self { to: self.to.clone(), encode: Arc::clone(&self.encode) }
    }
}

type Decode<T> = dyn Fn(Format, &[u8]) -> Result<T, Fault> + Send + Sync;

/// The items of a stream, as a client reads them. Dropping it tells the cell to stop.
pub struct ItemsOf<T> {
    from: cell_transport::Stream,
    format: Format,
    decode: Box<Decode<T>>,
    item: PhantomData<fn() -> T>,
}

impl<T> ItemsOf<T> {
    pub(crate) fn new(
        from: cell_transport::Stream,
        format: Format,
        decode: impl Fn(Format, &[u8]) -> Result<T, Fault> + Send + Sync + 'static,
    ) -> Self {
        Self { from, format, decode: Box::new(decode), item: PhantomData }
    }

    /// The next item; `None` at the end. A fault is the last item.
    pub async fn next(&mut self) -> Option<Result<T, Fault>> {
        let item = self.from.next().await?;
        Some(item.and_then(|bytes| (self.decode)(self.format, &bytes)))
    }
}
