//! The host's macros with an engine that runs the guest side of the token bridge as ordinary code:
//! everything that happens to tokens happens, without WebAssembly in between. So the bridge is
//! tested in a live rustc on a machine that has no wasmtime.
#![forbid(unsafe_code)]

#[path = "../../../macro-bridge/src/policy/corpus.rs"]
#[expect(dead_code, reason = "what is proved by them is for the test that builds programs")]
mod corpus;
mod engine;
mod output;
mod table;

use macro_bridge::host::Engine;
use macro_bridge::text;

const ENGINES: &[&dyn Engine] = &[&engine::GuestSide];

compare_tokens::host_macros!(ENGINES);
