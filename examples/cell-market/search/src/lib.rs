//! Search: rows of text, found by their words.
//!
//! Rows come from whoever has them, such as the accounts of the ledger with their owners. The index
//! is in memory and nowhere else: it says nothing that its rows do not, and whoever has them puts
//! them in again after a start.
//!
//! The cell also publishes the attribute macro `index`, whose source is in `guests/search`: it makes
//! an index of an application's own struct, and asks the ledger while the application compiles
//! whether the fields are columns of its table.
#![forbid(unsafe_code)]
// Of enums with named fields rkyv's derive makes a type whose fields it does not document.
#![allow(missing_docs)]

pub mod cli;
mod index;
mod service;

pub use service::{Refused, Search, SearchClient, Size};
