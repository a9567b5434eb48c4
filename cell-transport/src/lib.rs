//! Calls between a cell and its clients. It moves payloads, matches answers to calls, and keeps
//! deadlines; it knows no service and no encoding.
//!
//! [`core`] is the protocol without I/O. Around it: a [`Synapse`] is a client's connection, a
//! [`Membrane`] a cell that listens, [`memory`] and [`unix`] carry the bytes. A [`Grown`] connection
//! is made when it is needed, and again when it is lost. All transports run the same protocol and pass
//! the same tests.
#![forbid(unsafe_code)]

pub mod core;
mod grown;
mod link;
mod listener;
mod membrane;
pub mod memory;
mod pipe;
mod synapse;
#[cfg(unix)]
pub mod unix;

pub use crate::core::Limits;
#[cfg(unix)]
pub use grown::OnThisMachine;
pub use grown::{Connect, Grown};
pub use listener::Listener;
pub use membrane::{Answer, Call, Handler, Items, Membrane, Reply};
pub use pipe::Pipe;
pub use synapse::{Local, Remote, Request, Stream, Synapse};
