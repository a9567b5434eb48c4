//! Token tables, and those from source that `macro-bridge` has for its own tests.

pub(crate) use macro_bridge::table::*;

#[path = "../../../macro-bridge/src/table/source.rs"]
pub(crate) mod source;
