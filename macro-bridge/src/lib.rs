//! What stands between rustc and a sandboxed macro: token tables and their checks, spans as
//! numbers, keys, and the readers of the files that a build uses.
//!
//! Everything except [`live`] and [`host`] is plain data and pure functions, so the runtime, the command line
//! and the tests use it outside rustc. Those two are the only modules that
//! touch `proc_macro`.
//!
//! What it does not do: run WebAssembly, open a connection, or write a file.
//!
//! Read [`table::Table`] first: it is what a macro sees of a token stream.
#![forbid(unsafe_code)]
#![cfg_attr(feature = "nightly", feature(proc_macro_diagnostic, proc_macro_span))]

extern crate proc_macro;

pub mod answer;
pub mod asking;
#[cfg(feature = "engine")]
pub mod compose;
pub mod digest;
pub mod expansion;
pub mod failure;
pub mod host;
pub mod item;
pub mod live;
pub mod lock;
pub mod order;
pub mod output;
pub mod outside;
pub mod policy;
pub mod project;
pub mod request;
pub mod sealed;
pub mod table;
pub mod text;
pub mod wire;

#[cfg(test)]
mod fuzz;

/// The version of `cell:macros` that this release speaks.
pub const API_VERSION: &str = "0.1.0";

/// The version of `cell:sandbox` that this release answers.
pub const SANDBOX_VERSION: &str = "0.1.0";
