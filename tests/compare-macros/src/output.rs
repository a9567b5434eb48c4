//! Outputs of guests, and those from source that `macro-bridge` has for its own tests.

pub(crate) use macro_bridge::output::*;

#[path = "../../../macro-bridge/src/output/source.rs"]
pub(crate) mod source;
