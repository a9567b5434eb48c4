//! Nothing but the test in `tests/bindings.rs`.
#![forbid(unsafe_code)]
