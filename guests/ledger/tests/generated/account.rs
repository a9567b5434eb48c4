//! Made by the test in `src/generated.rs`; do not edit.

/// A row of the table `accounts`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Account {
    pub(crate) id: u64,
    pub(crate) owner: String,
    pub(crate) balance: i64,
    pub(crate) note: Option<String>,
}
#[allow(dead_code)]
impl Account {
    /// The name of the table.
    pub(crate) const TABLE: &'static str = "accounts";
    /// Names and types of its columns, as far as they are fields in this build.
    pub(crate) const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("id", "numeric(20)"),
        ("owner", "text"),
        ("balance", "bigint"),
        ("note", "text"),
    ];
    /// The statement that creates it.
    pub(crate) const CREATE_TABLE: &'static str = "create table accounts (id numeric(20) primary key, owner text not null, balance bigint not null, note text)";
    ///The column `id`.
    pub(crate) fn get_id(&self) -> &u64 {
        &self.id
    }
    ///The column `owner`.
    pub(crate) fn get_owner(&self) -> &String {
        &self.owner
    }
    ///The column `balance`.
    pub(crate) fn get_balance(&self) -> &i64 {
        &self.balance
    }
    ///The column `note`.
    pub(crate) fn get_note(&self) -> &Option<String> {
        &self.note
    }
}
///Rows of the table `accounts` in memory, by `id`.
#[allow(dead_code)]
pub(crate) struct AccountCache {
    rows: ::std::collections::BTreeMap<u64, (u64, Account)>,
    ages: ::std::collections::BTreeMap<u64, u64>,
    clock: u64,
    capacity: usize,
}
#[allow(dead_code)]
impl AccountCache
where
    u64: ::core::clone::Clone + ::core::cmp::Ord,
{
    /// The table whose rows these are.
    pub(crate) const TABLE: &'static str = "accounts";
    /// An empty cache.
    pub(crate) fn new() -> Self {
        Self::with_capacity(2usize)
    }
    /// An empty cache for `capacity` rows, at least one.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            rows: ::std::collections::BTreeMap::new(),
            ages: ::std::collections::BTreeMap::new(),
            clock: 0,
            capacity: ::core::cmp::Ord::max(capacity, 1),
        }
    }
    /// The row with this key. A row that is not there is loaded and kept.
    ///
    /// # Errors
    /// Those of `load`.
    pub(crate) fn get<LoadError>(
        &mut self,
        key: &u64,
        load: impl ::core::ops::FnOnce(
            &u64,
        ) -> ::core::result::Result<::core::option::Option<Account>, LoadError>,
    ) -> ::core::result::Result<::core::option::Option<&Account>, LoadError> {
        if self.rows.contains_key(key) {
            self.touch(key);
        } else if let ::core::option::Option::Some(row) = load(key)? {
            self.insert(row);
        }
        ::core::result::Result::Ok(self.peek(key))
    }
    /// The row with this key, if it is in memory. Does not count as a use.
    pub(crate) fn peek(&self, key: &u64) -> ::core::option::Option<&Account> {
        self.rows.get(key).map(|(_, row)| row)
    }
    /// Keeps a row, and gives back the one that it replaces.
    pub(crate) fn insert(&mut self, row: Account) -> ::core::option::Option<Account> {
        let key = ::core::clone::Clone::clone(&row.id);
        let old = self.remove(&key);
        if self.rows.len() >= self.capacity {
            if let ::core::option::Option::Some((_, oldest)) = self.ages.pop_first() {
                self.rows.remove(&oldest);
            }
        }
        self.clock += 1;
        self.ages.insert(self.clock, ::core::clone::Clone::clone(&key));
        self.rows.insert(key, (self.clock, row));
        old
    }
    /// Forgets a row.
    pub(crate) fn remove(&mut self, key: &u64) -> ::core::option::Option<Account> {
        let (age, row) = self.rows.remove(key)?;
        self.ages.remove(&age);
        ::core::option::Option::Some(row)
    }
    /// How many rows are in memory.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
    /// Is there none?
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
    fn touch(&mut self, key: &u64) {
        if let ::core::option::Option::Some((age, _)) = self.rows.get_mut(key) {
            self.clock += 1;
            let before = ::core::mem::replace(age, self.clock);
            if let ::core::option::Option::Some(key) = self.ages.remove(&before) {
                self.ages.insert(self.clock, key);
            }
        }
    }
}
impl ::core::default::Default for AccountCache
where
    u64: ::core::clone::Clone + ::core::cmp::Ord,
{
    fn default() -> Self {
        Self::new()
    }
}
#[allow(dead_code)]
impl Account {
    /// The names of the fields that `changes` compares.
    pub(crate) const FIELDS: [&'static str; 3usize] = ["id", "owner", "balance"];
    /// The names of the fields in which `newer` differs.
    pub(crate) fn changes(&self, newer: &Self) -> ::std::vec::Vec<&'static str> {
        let mut changed = ::std::vec::Vec::new();
        if newer.id != self.id {
            changed.push("id");
        }
        if newer.owner != self.owner {
            changed.push("owner");
        }
        if newer.balance != self.balance {
            changed.push("balance");
        }
        changed
    }
    /// Takes over the named fields of `newer`.
    pub(crate) fn apply(&mut self, newer: &Self, fields: &[&str]) {
        if fields.contains(&"id") {
            self.id = ::core::clone::Clone::clone(&newer.id);
        }
        if fields.contains(&"owner") {
            self.owner = ::core::clone::Clone::clone(&newer.owner);
        }
        if fields.contains(&"balance") {
            self.balance = ::core::clone::Clone::clone(&newer.balance);
        }
    }
}
