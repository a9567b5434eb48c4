//! What cells and their clients say to each other, as data: [`frame`]s on [`channel`]s, the
//! [`schema`] of a service, the [`fault`]s that a call may end with, and the messages of the two
//! channels that every cell answers ([`ops`], [`coordination`]).
//!
//! Nothing here does I/O, waits, or knows a service. Everything that is read may come from anybody:
//! it becomes a value or an error, never a panic, and takes no more memory than it has bytes.
//!
//! Read [`schema::Schema`] first: all else follows from it.
#![forbid(unsafe_code)]

pub mod channel;
pub mod coordination;
pub mod fault;
pub mod frame;
pub mod hello;
pub mod message;
pub mod ops;
pub mod question;
pub mod schema;

pub use channel::Channel;
pub use fault::{Code, Fault};
pub use schema::{Schema, SchemaHash};

#[cfg(test)]
mod fuzz;
