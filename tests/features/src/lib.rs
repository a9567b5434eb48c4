//! Nothing but dependencies; `Cargo.toml` says why.
#![forbid(unsafe_code)]
