//! What a service is, and what generated code needs to be one.

use std::future::Future;
use std::io;
use std::sync::Arc;

use cell_model::{Code, Fault, Schema};
use cell_transport::{Answer, Call, Reply};

use crate::builder::Builder;

/// What `#[handler]` implements: methods that clients can call.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no service",
    note = "write `#[cell::service]` on the struct and `#[cell::handler]` on the `impl` block with its methods"
)]
pub trait Service: Send + Sync + Sized + 'static {
    /// Its name, by which clients ask for it.
    const NAME: &'static str;

    /// What it can be asked.
    fn schema() -> Schema;

    /// Answers a call of one of its methods.
    #[doc(hidden)]
    fn call(self: Arc<Self>, call: Call) -> Answer;
}

/// `MyService::new().serve("name").await`: a cell with one service.
pub trait Serve: Service {
    /// Serves it under a cell's name until the process is told to end: see [`Builder::serve`].
    ///
    /// # Errors
    /// As [`Builder::serve`].
    fn serve(self, name: &str) -> impl Future<Output = io::Result<()>> + Send;
}

impl<S: Service> Serve for S {
    async fn serve(self, name: &str) -> io::Result<()> {
        Builder::new(name).with(self).serve().await
    }
}

/// For generated code: nobody has this method.
#[doc(hidden)]
#[must_use]
pub fn unknown_method(service: &'static str, number: u32) -> Answer {
    let text = format!("`{service}` has no method with the number {number:#010x}");
    Box::pin(async move { Err(Fault::new(Code::UnknownMethod, text)) })
}

/// For generated code: what a handler of a stream returns at its end.
#[doc(hidden)]
pub fn ended(end: impl StreamEnd) -> Result<Reply, Fault> {
    end.into_end().map(|()| Reply::Stream)
}

/// What the handler of a stream may return: nothing, or a fault.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the handler of a stream returns nothing, or `Result<(), Fault>`"
)]
pub trait StreamEnd {
    /// The fault, if any.
    fn into_end(self) -> Result<(), Fault>;
}

impl StreamEnd for () {
    fn into_end(self) -> Result<(), Fault> {
        Ok(())
    }
}

impl StreamEnd for Result<(), Fault> {
    fn into_end(self) -> Result<(), Fault> {
        self
    }
}

/// For generated code: a check on the service's own name.
#[doc(hidden)]
pub const fn is_service<S: Send + Sync + 'static>() {}
