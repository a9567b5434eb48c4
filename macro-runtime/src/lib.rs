//! Runs macro components in a sandbox.
#![deny(unsafe_code)]

pub use macro_bridge as bridge;
