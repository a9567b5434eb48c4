//! The rows of the table, in place of a database.

use crate::account::{Account, RichestOf};

/// All accounts, in the order in which they were opened.
pub(crate) struct Rows {
    accounts: Vec<Account>,
    /// How often somebody had to come here.
    pub(crate) loads: u32,
}

impl Rows {
    pub(crate) fn new(opened: &[(&str, i64)]) -> Self {
        let account = |(index, (owner, balance)): (usize, &(&str, i64))| Account {
            id: index as u64 + 1,
            owner: (*owner).to_owned(),
            balance: *balance,
            reads: 0,
        };
        Self { accounts: opened.iter().enumerate().map(account).collect(), loads: 0 }
    }

    /// All of them, as they are now.
    pub(crate) fn all(&self) -> &[Account] {
        &self.accounts
    }

    /// The row with this id.
    pub(crate) fn load(&mut self, id: u64) -> Option<Account> {
        self.loads += 1;
        let row = self.accounts.iter_mut().find(|account| account.id == id)?;
        row.reads += 1;
        Some(row.clone())
    }

    /// Writes the columns in which `row` differs from what is here, and says which.
    pub(crate) fn save(&mut self, row: &Account) -> Vec<&'static str> {
        let Some(stored) = self.accounts.iter_mut().find(|account| account.id == row.id) else {
            return Vec::new();
        };
        let changed = stored.changes(row);
        stored.apply(row, &changed);
        changed
    }

    /// What `RichestOf` selects.
    pub(crate) fn richest_of(&self, owner: &str, limit: usize) -> Vec<(u64, i64)> {
        const { assert!(matches!(RichestOf::PARAMETERS.len(), 2), "an owner and a limit") };
        let mut rows: Vec<_> = self
            .accounts
            .iter()
            .filter(|account| account.get_owner() == owner)
            .map(|account| (*account.get_id(), *account.get_balance()))
            .collect();
        rows.sort_by_key(|(_, balance)| std::cmp::Reverse(*balance));
        rows.truncate(limit);
        rows
    }
}
