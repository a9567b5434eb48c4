//! All automation of this workspace: `cargo xtask`.
#![forbid(unsafe_code)]

fn main() {}
