//! The `cell` command as a library, so that tests can parse the commands that error texts name.
#![forbid(unsafe_code)]
