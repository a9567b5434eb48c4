//! A row of a table, and who wants to know that it changed.

use crate::{Cache, Postgres, Search};

/// An account. The table is a plan entry, and so is the trigger that tells other processes of a change.
#[Postgres::table(name = "accounts")]
#[Search::index(table = "accounts", fields(owner))]
#[Cache::invalidate(on = "account_update")]
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// The key.
    #[Postgres::primary_key]
    pub id: u64,
    /// Whose it is.
    pub owner: String,
    /// In cents.
    pub balance: i64,
}
