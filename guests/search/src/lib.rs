//! Macros of the cell `search`.
//!
//! ```text
//! #[Search::index(table = "accounts", fields(owner, asset))]
//! struct Account {
//!     id: u64,
//!     owner: String,
//!     asset: u32,
//! }
//!
//! let mut accounts = AccountIndex::new();
//! accounts.insert(7, &Account { id: 7, owner: "Ada Lovelace".into(), asset: 1 });
//! assert_eq!(accounts.search("ada"), [&7]);
//! ```
//!
//! While the application compiles, `index` asks the cell `ledger` what its table looks like: a field
//! that is no column of it, or could not hold what the column does, is an error in the editor.
#![forbid(unsafe_code)]

mod arguments;
mod fields;
mod fit;
#[cfg(test)]
mod generated;
mod index;

// As the ledger publishes it: `cell schema ledger > ledger.schema`.
macro_guest_sdk::questions!(ledger = "ledger.schema");

macro_guest_sdk::component!(index::index);
