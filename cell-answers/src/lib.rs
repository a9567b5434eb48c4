//! Asks running cells on behalf of macros that expand: bytes in, bytes out, and in between all that
//! can go wrong with another process, each as a [`Why`] and within the time that was given.
//!
//! ```no_run
//! # use std::time::Duration;
//! # fn example(locked: &cell_model::Schema) -> std::io::Result<()> {
//! let folder = cell_transport::unix::folder().expect("a folder for sockets");
//! let asker = cell_answers::Asker::new(folder)?;
//! // `{"table": "accounts"}` as MessagePack, checked against the schema before it is sent.
//! let arguments = b"\x81\xa5table\xa8accounts";
//! match asker.ask("ledger", locked, "columns", arguments, Duration::from_secs(2), 1) {
//!     Ok(answered) => drop(answered.reply),
//!     Err(refusal) => assert!(!refusal.to_string().is_empty()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! - A question changes nothing, by what its author promised with `#[compile_time]`: so it may be asked
//!   once more when a connection is lost.
//! - A cell that did not answer costs one wait. For some seconds nobody waits for it again, unless its
//!   socket is another one: then it has been started anew.
//! - What the cell serves is compared with the schema that the project locked. Where they differ, they
//!   must be the same for this method; what a cell can be asked otherwise does not matter.
//!
//! It knows no WebAssembly, no grants and no records, and never starts a cell. Read [`Asker::ask`]
//! first.
#![forbid(unsafe_code)]

mod asker;
mod breaker;
mod connection;
mod refusal;

pub use asker::{Answered, Asker, REPLY};
pub use refusal::{Refusal, Why};
