//! From guest crates to core WebAssembly modules: which compiler of this machine can do it, what it
//! must be given, and how to tell later what a component was built from.
//!
//! It never runs a guest, never encodes a component and does not know wasmtime, so that `xtask`
//! stays quick to build. The `cell` command does the rest.
//!
//! Read [`compiler::search`] first, then [`build::build`].
#![forbid(unsafe_code)]

pub mod build;
pub mod cache;
pub mod compiler;
mod copy;
pub mod error;
mod inside;
pub mod kit;
pub mod library;
pub mod packages;
mod profile;
pub mod record;
pub mod shim;
pub mod sources;

/// The only target of guests: no operating system, so nothing to reach.
pub const TARGET: &str = "wasm32-unknown-unknown";
