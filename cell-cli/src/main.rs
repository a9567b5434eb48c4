//! The `cell` command.
#![forbid(unsafe_code)]

fn main() {}
