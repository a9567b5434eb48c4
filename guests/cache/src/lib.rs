//! Macros of the cell `cache`.
//!
//! ```text
//! #[Postgres::table(name = "accounts")]
//! #[Cache::invalidate(on = "account_update")]
//! struct Account { #[Postgres::primary_key] id: u64, owner: String }
//!
//! #[Cache::memoize(ttl = "5m", until = Account::when_account_update)]
//! fn balance(account: u64) -> i64 { .. }
//!
//! Account::account_update(&7); // `balance` forgets what it returned
//! ```
//!
//! What they do not do: talk to anything. What is kept is kept in this process, and the trigger that
//! tells other processes is a plan entry.
#![forbid(unsafe_code)]

mod invalidate;
mod kept;
mod memoize;

macro_guest_sdk::component!(invalidate::invalidate, memoize::memoize);
