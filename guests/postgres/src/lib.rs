//! Macro of the cell `postgres`.
//!
//! ```text
//! #[Postgres::table(name = "accounts")]
//! struct Account {
//!     #[Postgres::primary_key]
//!     id: u64,
//!     owner: String,
//! }
//! ```
//!
//! What it does not do: connect to a database, or create anything. A table is a plan entry, which
//! `cell apply` carries out.
#![forbid(unsafe_code)]

mod columns;
mod table;

macro_guest_sdk::component!(table::table);
