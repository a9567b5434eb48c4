//! Nothing but the test in `tests/bindings.rs`.
