//! Macros of the cell `ledger`.
//!
//! ```text
//! #[Ledger::table(name = "accounts")]
//! #[Ledger::cache(capacity = 100)]
//! struct Account {
//!     #[Ledger::primary_key]
//!     id: u64,
//!     owner: String,
//!     balance: i64,
//! }
//!
//! const BY_OWNER: &str = Ledger::query!("select balance from accounts where owner = ?").sql;
//! ```
//!
//! What they do not do: create anything. A table is a plan entry, which `cell apply` carries out.
#![forbid(unsafe_code)]

mod cache;
mod columns;
#[cfg(test)]
mod generated;
mod model;
mod query;
mod sql;
mod table;

macro_guest_sdk::component!(table::table, cache::cache, model::model, query::query);
