//! What the market knows of an account.

use crate::{Ledger, Search};

/// An account: a row of the table `accounts`, kept in memory by `AccountCache` and found by its words
/// with `AccountIndex`. The ledger says what the columns `owner` and `id` hold; `balance` could not be
/// indexed, since the ledger's is a `u64`.
#[Ledger::table(name = "accounts")]
#[Ledger::cache(capacity = 2)]
#[Search::index(table = "accounts", fields(owner, id))]
#[derive(Clone, Debug, PartialEq, Ledger::Model)]
pub(crate) struct Account {
    #[Ledger::primary_key]
    pub(crate) id: u64,
    pub(crate) owner: String,
    /// In cents.
    #[Ledger::column("numeric(20, 0)")]
    pub(crate) balance: i64,
    /// How often it was read; no change that anybody has to know of.
    #[cell(skip)]
    pub(crate) reads: u32,
}

Ledger::query!(
    pub(crate) RichestOf = "select id, balance from accounts where owner = ? order by balance desc limit ?"
);
