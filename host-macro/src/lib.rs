//! The one proc-macro crate of Cell.
