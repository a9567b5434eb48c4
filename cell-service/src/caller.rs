//! A client's way to a service: what the typed clients call through.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cell_model::frame::{Format, Trace};
use cell_model::hello::{Formats, Hello};
use cell_model::{Channel, Code, Fault, Schema};
use cell_transport::{Limits, Local, Pipe, Request, Synapse, unix};

use crate::items::ItemsOf;
use crate::pool::{Pooled, pooled};

/// How long a call may take unless the caller says otherwise.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A way to one service of one cell. Clones share the connection.
#[derive(Clone)]
pub struct Caller {
    way: Way,
    timeout: Duration,
    trace: Option<Trace>,
}

#[derive(Clone)]
enum Way {
    Pooled(Arc<Pooled>),
    Synapse(Synapse<Local>),
}

impl Caller {
    /// The service with this schema in a cell of this user on this machine. All who call it in this
    /// process share a connection, which is made when it is needed, and made again when it is lost.
    ///
    /// # Errors
    /// If the user has no folder for sockets.
    pub fn of(cell: &str, schema: &Schema) -> Result<Self, Fault> {
        let none = "this user has no folder for sockets: set CELL_HOME or XDG_RUNTIME_DIR";
        let folder = unix::folder().ok_or_else(|| Fault::new(Code::Disconnected, none))?;
        Ok(Self::in_folder(folder, cell, schema))
    }

    /// As [`Caller::of`], of a cell whose socket is in another folder.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>, cell: &str, schema: &Schema) -> Self {
        let way = Way::Pooled(pooled(folder.into(), cell, hello(schema)));
        Self { way, timeout: TIMEOUT, trace: None }
    }

    /// Over a connection that there is.
    #[must_use]
    pub fn over(synapse: Synapse<Local>) -> Self {
        Self { way: Way::Synapse(synapse), timeout: TIMEOUT, trace: None }
    }

    /// Over a pipe to a cell that has the service with this schema: one in memory, or of your own.
    ///
    /// # Errors
    /// What the cell says against this client.
    pub async fn on(pipe: impl Pipe, schema: &Schema) -> Result<Self, Fault> {
        Synapse::over(pipe, hello(schema), Limits::default()).await.map(Self::over)
    }

    /// With another limit for each call, its way and the cell's work together; of a stream, for its
    /// beginning. 5 s otherwise.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// As part of this trace, under its span. A caller that is used in a handler goes on with the
    /// handler's trace, unless it was given one here; outside of handlers none begins by itself:
    /// [`trace::begin`](crate::trace::begin) makes one.
    #[must_use]
    pub fn traced(self, trace: Trace) -> Self {
        Self { trace: Some(trace), ..self }
    }

    /// For generated code: calls, with arguments and value in the connection's format.
    #[doc(hidden)]
    pub async fn call<T>(
        &self,
        method: u32,
        encode: impl Fn(Format) -> Result<Vec<u8>, Fault>,
        decode: impl Fn(Format, &[u8]) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        match &self.way {
            Way::Synapse(synapse) => {
                let format = synapse.format();
                let bytes = synapse.call(self.request(method, encode(format)?)).await?;
                decode(format, &bytes)
            }
            Way::Pooled(pooled) => {
                let timeout = Some(self.timeout);
                let request = |format| Ok(self.request(method, encode(format)?));
                let (format, bytes) = pooled.grown()?.call_in(timeout, request).await?;
                decode(format, &bytes)
            }
        }
    }

    /// For generated code: calls for a stream.
    #[doc(hidden)]
    pub async fn stream<T>(
        &self,
        method: u32,
        encode: impl Fn(Format) -> Result<Vec<u8>, Fault>,
        decode: impl Fn(Format, &[u8]) -> Result<T, Fault> + Send + Sync + 'static,
    ) -> Result<ItemsOf<T>, Fault> {
        // A stream may go on for ever; what the caller waits for is its beginning.
        let request =
            |format| Ok(Request { timeout: None, ..self.request(method, encode(format)?) });
        let (format, stream) = match &self.way {
            Way::Synapse(synapse) => {
                let format = synapse.format();
                (format, synapse.stream(request(format)?).await?)
            }
            Way::Pooled(pooled) => pooled.grown()?.stream_in(Some(self.timeout), request).await?,
        };
        Ok(ItemsOf::new(stream, format, decode))
    }

    fn request(&self, method: u32, payload: Vec<u8>) -> Request {
        let (timeout, trace) = (Some(self.timeout), self.trace.or_else(crate::trace::current));
        Request { channel: Channel::App, method, timeout, trace, payload }
    }
}

/// For generated code: the schema that a client was made of.
#[doc(hidden)]
pub fn published(text: &str) -> Result<Schema, Fault> {
    let bad =
        |error: cell_model::schema::ReadError| Fault::new(Code::Incompatible, error.to_string());
    cell_model::schema::read(text).map_err(bad)
}

/// What a client of this schema says first.
pub(crate) fn hello(schema: &Schema) -> Hello {
    let (schema, service) = (schema.hash(), schema.service.clone());
    Hello { formats: Formats::ALL, bytes: 0, calls: 0, schema, service }
}
