//! A bank with macros of five cells, of which none knows more of the others than what they say of
//! themselves:
//!
//! - [`account`]: three on a struct. `Cache::invalidate` is told by `Postgres::table` what the table
//!   and its key are, and `Search::index` asks a cell for the table's columns.
//! - [`bank`]: three on a function. `Auth::require` adds a parameter and a check, `Cache::memoize` keeps
//!   what was returned, `Telemetry::span` says when the body runs.
//!
//! However they are written, they run in one order: each behind those that it needs, else by their
//! names. So who may not call is told nothing, however much is kept; and a span is what it took to
//! find out, not what it took to look it up.
//!
//! Not one of them runs when this is built from a clone: what they made is in `.cell`.
#![forbid(unsafe_code)]

use std::sync::OnceLock;

pub mod account;
pub mod bank;

cell::cell_remote!(Auth = "auth");
cell::cell_remote!(Cache = "cache");
cell::cell_remote!(Postgres = "postgres");
cell::cell_remote!(Search = "search");
cell::cell_remote!(Telemetry = "telemetry");

/// Who is told when functions are entered and left, if anybody is: what `Telemetry::span` looks at.
pub static OBSERVER: OnceLock<fn(&'static str, bool)> = OnceLock::new();

/// Who calls: what `Auth::require` asks.
#[derive(Clone, Debug)]
pub struct AuthContext {
    /// Who it is.
    pub user: String,
    /// What they may do.
    pub roles: Vec<&'static str>,
}

/// Somebody may not do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Who.
    pub user: String,
    /// What they would have to be.
    pub role: String,
}

impl AuthContext {
    /// Has the user this role?
    ///
    /// # Errors
    /// If not.
    pub fn require(&self, role: &str) -> Result<(), Denied> {
        if self.roles.contains(&role) {
            return Ok(());
        }
        Err(Denied { user: self.user.clone(), role: role.to_owned() })
    }
}
