//! A client's way to a service: what the typed clients call through.

use std::time::Duration;

use cell_model::frame::{Format, Trace};
use cell_model::hello::{Formats, Hello};
use cell_model::{Channel, Code, Fault, Schema};
use cell_transport::{Grown, Local, OnThisMachine, Request, Synapse};

use crate::items::ItemsOf;

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
    Grown(Grown<OnThisMachine>),
    Synapse(Synapse<Local>),
}

impl Caller {
    /// The service with this schema in a cell of this user on this machine.
    ///
    /// # Errors
    /// If the user has no folder for sockets.
    pub fn of(cell: &str, schema: &Schema) -> Result<Self, Fault> {
        let grown = Grown::on_this_machine(cell, hello(schema))?;
        Ok(Self { way: Way::Grown(grown), timeout: TIMEOUT, trace: None })
    }

    /// Over a connection that there is.
    #[must_use]
    pub fn over(synapse: Synapse<Local>) -> Self {
        Self { way: Way::Synapse(synapse), timeout: TIMEOUT, trace: None }
    }

    /// With another limit for each call, its way and the cell's work together. 5 s otherwise.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// As part of a trace.
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
            Way::Grown(grown) => {
                let timeout = Some(self.timeout);
                let request = |format| Ok(self.request(method, encode(format)?));
                let (format, bytes) = grown.call_in(timeout, request).await?;
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
        let synapse = match &self.way {
            Way::Synapse(synapse) => synapse.clone(),
            Way::Grown(grown) => grown.synapse().await?,
        };
        let format = synapse.format();
        // A stream may go on for ever.
        let request = Request { timeout: None, ..self.request(method, encode(format)?) };
        Ok(ItemsOf::new(synapse.stream(request).await?, format, decode))
    }

    fn request(&self, method: u32, payload: Vec<u8>) -> Request {
        let (timeout, trace) = (Some(self.timeout), self.trace);
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
