//! The host's macros with an engine that runs the guest side of the token bridge as ordinary code:
//! everything that happens to tokens happens, without WebAssembly in between. So the bridge is
//! tested in a live rustc on a machine that has no wasmtime.
#![forbid(unsafe_code)]

mod engine;

use macro_bridge::host::Engine;

const ENGINES: &[&dyn Engine] = &[&engine::GuestSide];

compare_tokens::host_macros!(ENGINES);
