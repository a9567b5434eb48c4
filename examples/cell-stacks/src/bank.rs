//! What a bank does with accounts.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::account::{Account, AccountIndex};
use crate::{Auth, Cache, Denied, Telemetry};

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The caller may not do it.
    Denied(Denied),
    /// There is no such account.
    NoAccount(u64),
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

/// Accounts in memory, in place of a database.
#[derive(Debug, Default)]
pub struct Bank {
    /// Its name: caches of two banks are kept apart by it.
    pub name: String,
    accounts: Mutex<BTreeMap<u64, Account>>,
    /// How often somebody had to look at the accounts.
    pub looks: AtomicU32,
}

impl Bank {
    /// A bank with these accounts.
    #[must_use]
    pub fn new(name: &str, accounts: impl IntoIterator<Item = Account>) -> Self {
        let accounts = accounts.into_iter().map(|account| (account.id, account)).collect();
        Self { name: name.to_owned(), accounts: Mutex::new(accounts), looks: AtomicU32::new(0) }
    }

    /// What is in an account, for those who may see it.
    ///
    /// # Errors
    /// If the caller may not, or there is no such account.
    #[Telemetry::span]
    #[Auth::require(role = "teller")]
    #[Cache::memoize(ttl = "5m", by = self.name, until = Account::when_account_update)]
    pub async fn balance(&self, account: u64) -> Result<i64, Refused> {
        self.looks.fetch_add(1, Ordering::Relaxed);
        let accounts = self.accounts.lock().expect("nobody panics with it");
        let found = accounts.get(&account).ok_or(Refused::NoAccount(account))?;
        Ok(found.balance)
    }

    /// Puts money into an account, and lets those know who remember what was in it.
    ///
    /// # Errors
    /// If the caller may not, or there is no such account.
    #[Auth::require(role = "teller")]
    #[Telemetry::span(name = "bank.deposit")]
    pub fn deposit(&self, account: u64, cents: i64) -> Result<(), Refused> {
        {
            let mut accounts = self.accounts.lock().expect("nobody panics with it");
            let found = accounts.get_mut(&account).ok_or(Refused::NoAccount(account))?;
            found.balance += cents;
        }
        Account::account_update(&account);
        Ok(())
    }

    /// The accounts by the words in their owners.
    #[must_use]
    pub fn index(&self) -> AccountIndex<u64> {
        let mut index = AccountIndex::new();
        let accounts = self.accounts.lock().expect("nobody panics with it");
        for account in accounts.values() {
            index.insert(account.id, account);
        }
        index
    }
}

/// Fees in cents, found out at some cost.
#[Cache::memoize(ttl = "1h", capacity = 2)]
pub fn fee(country: &str, cents: u64) -> u64 {
    FEES.fetch_add(1, Ordering::Relaxed);
    country.len() as u64 * cents / 1_000
}

/// How often fees were found out.
pub static FEES: AtomicU32 = AtomicU32::new(0);

/// A rate that soon is another one.
#[Cache::memoize(ttl = "1ms")]
pub fn rate(country: String) -> Option<u32> {
    (country == "de").then(|| RATES.fetch_add(1, Ordering::Relaxed))
}

/// How often rates were found out.
pub static RATES: AtomicU32 = AtomicU32::new(0);
