//! A ledger, as somebody writes it who uses `cell-sdk` alone.
#![forbid(unsafe_code)]
// Of enums with named fields rkyv's derive makes a type whose fields it does not document.
#![allow(missing_docs)]

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cell::{Fault, Items};

cell::cell_remote!(Published = "ledger");

/// The same service as those see it who have only what it published.
pub mod remote {
    pub use crate::Published::*;
}

mod oracle;
mod probe;

pub use oracle::{NoSuchTable, Oracle, OracleClient, Table};
pub use probe::{Probe, ProbeClient};

/// A movement of money.
#[cell::protein]
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Cents, negative if they went away.
    pub amount: i64,
    /// What for.
    pub note: Option<String>,
}

/// Why the ledger does not do something.
#[cell::protein]
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    /// There is no such account.
    NoSuchAccount(u64),
    /// There is not enough in it.
    Overdraft {
        /// Cents.
        missing: u64,
    },
    /// Something newer.
    #[protein(default)]
    Other,
}

/// Accounts in memory.
#[cell::service]
#[derive(Default)]
pub struct Ledger {
    accounts: Mutex<BTreeMap<u64, Vec<Entry>>>,
}

#[cell::handler]
impl Ledger {
    /// Opens an account, and returns its number.
    pub async fn open(&self, owner: String) -> u64 {
        let mut accounts = self.accounts();
        let id = accounts.len() as u64 + 1;
        accounts.insert(id, vec![Entry { amount: 0, note: Some(owner) }]);
        id
    }

    /// Puts cents into an account.
    pub async fn put(&self, account: u64, entry: Entry) -> Result<i64, Refused> {
        let mut accounts = self.accounts();
        let entries = accounts.get_mut(&account).ok_or(Refused::NoSuchAccount(account))?;
        entries.push(entry);
        Ok(balance(entries))
    }

    /// Moves cents between accounts.
    pub async fn transfer(&self, from: u64, to: u64, amount: u64) -> Result<(), Refused> {
        let mut accounts = self.accounts();
        if !accounts.contains_key(&to) {
            return Err(Refused::NoSuchAccount(to));
        }
        let entries = accounts.get_mut(&from).ok_or(Refused::NoSuchAccount(from))?;
        let missing = amount as i64 - balance(entries);
        if missing > 0 {
            return Err(Refused::Overdraft { missing: missing as u64 });
        }
        entries.push(Entry { amount: -(amount as i64), note: None });
        let entry = Entry { amount: amount as i64, note: None };
        accounts.entry(to).or_default().push(entry);
        Ok(())
    }

    /// All movements of an account.
    pub async fn entries(&self, account: u64, items: Items<Entry>) -> Result<(), Fault> {
        let all = self.accounts().get(&account).cloned().unwrap_or_default();
        for entry in all {
            items.send(entry).await?;
        }
        Ok(())
    }

    /// The tables that there are.
    #[compile_time]
    pub async fn tables(&self) -> Vec<String> {
        vec!["accounts".to_owned(), "entries".to_owned()]
    }
}

fn balance(entries: &[Entry]) -> i64 {
    entries.iter().map(|entry| entry.amount).sum()
}

impl Ledger {
    fn accounts(&self) -> MutexGuard<'_, BTreeMap<u64, Vec<Entry>>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
