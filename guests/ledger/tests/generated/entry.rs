//! Made by the test in `src/generated.rs`; do not edit.

#[derive(Debug)]
pub(super) struct Entry<'a, T: Copy = u8>
where
    T: Ord,
{
    pub(super) key: T,
    pub(super) r#type: &'a str,
    pub(super) row: bool,
    #[cfg(not(test))]
    pub(super) absent: u8,
}
#[allow(dead_code)]
impl<'a, T: Copy> Entry<'a, T>
where
    T: Ord,
{
    /// The name of the table.
    pub(super) const TABLE: &'static str = "entry";
    /// Names and types of its columns, as far as they are fields in this build.
    pub(super) const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("key", "text"),
        ("type", "text"),
        ("row", "boolean"),
        #[cfg(not(test))]
        ("absent", "smallint"),
    ];
    /// The statement that creates it.
    pub(super) const CREATE_TABLE: &'static str = "create table entry (key text primary key, type text not null, row boolean not null, absent smallint)";
    ///The column `key`.
    pub(super) fn get_key(&self) -> &T {
        &self.key
    }
    ///The column `type`.
    pub(super) fn get_type(&self) -> &&'a str {
        &self.r#type
    }
    ///The column `row`.
    pub(super) fn get_row(&self) -> &bool {
        &self.row
    }
    #[cfg(not(test))]
    ///The column `absent`.
    pub(super) fn get_absent(&self) -> &u8 {
        &self.absent
    }
}
///Rows of the table `entry` in memory, by `key`.
#[allow(dead_code)]
pub(super) struct EntryCache<'a, T: Copy = u8>
where
    T: Ord,
{
    rows: ::std::collections::BTreeMap<T, (u64, Entry<'a, T>)>,
    ages: ::std::collections::BTreeMap<u64, T>,
    clock: u64,
    capacity: usize,
}
#[allow(dead_code)]
impl<'a, T: Copy> EntryCache<'a, T>
where
    T: Ord,
    T: ::core::clone::Clone + ::core::cmp::Ord,
{
    /// The table whose rows these are.
    pub(super) const TABLE: &'static str = "entry";
    /// An empty cache.
    pub(super) fn new() -> Self {
        Self::with_capacity(1000usize)
    }
    /// An empty cache for `capacity` rows, at least one.
    pub(super) fn with_capacity(capacity: usize) -> Self {
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
    pub(super) fn get<LoadError>(
        &mut self,
        key: &T,
        load: impl ::core::ops::FnOnce(
            &T,
        ) -> ::core::result::Result<::core::option::Option<Entry<'a, T>>, LoadError>,
    ) -> ::core::result::Result<::core::option::Option<&Entry<'a, T>>, LoadError> {
        if self.rows.contains_key(key) {
            self.touch(key);
        } else if let ::core::option::Option::Some(row) = load(key)? {
            self.insert(row);
        }
        ::core::result::Result::Ok(self.peek(key))
    }
    /// The row with this key, if it is in memory. Does not count as a use.
    pub(super) fn peek(&self, key: &T) -> ::core::option::Option<&Entry<'a, T>> {
        self.rows.get(key).map(|(_, row)| row)
    }
    /// Keeps a row, and gives back the one that it replaces.
    pub(super) fn insert(
        &mut self,
        row: Entry<'a, T>,
    ) -> ::core::option::Option<Entry<'a, T>> {
        let key = ::core::clone::Clone::clone(&row.key);
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
    pub(super) fn remove(&mut self, key: &T) -> ::core::option::Option<Entry<'a, T>> {
        let (age, row) = self.rows.remove(key)?;
        self.ages.remove(&age);
        ::core::option::Option::Some(row)
    }
    /// How many rows are in memory.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
    /// Is there none?
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
    fn touch(&mut self, key: &T) {
        if let ::core::option::Option::Some((age, _)) = self.rows.get_mut(key) {
            self.clock += 1;
            let before = ::core::mem::replace(age, self.clock);
            if let ::core::option::Option::Some(key) = self.ages.remove(&before) {
                self.ages.insert(self.clock, key);
            }
        }
    }
}
impl<'a, T: Copy> ::core::default::Default for EntryCache<'a, T>
where
    T: Ord,
    T: ::core::clone::Clone + ::core::cmp::Ord,
{
    fn default() -> Self {
        Self::new()
    }
}
#[allow(dead_code)]
impl<'a, T: Copy> Entry<'a, T>
where
    T: Ord,
    T: ::core::clone::Clone + ::core::cmp::PartialEq,
{
    /// The names of the fields that `changes` compares.
    pub(super) const FIELDS: [&'static str; 3usize] = ["key", "type", "row"];
    /// The names of the fields in which `newer` differs.
    pub(super) fn changes(&self, newer: &Self) -> ::std::vec::Vec<&'static str> {
        let mut changed = ::std::vec::Vec::new();
        if newer.key != self.key {
            changed.push("key");
        }
        if newer.r#type != self.r#type {
            changed.push("type");
        }
        if newer.row != self.row {
            changed.push("row");
        }
        changed
    }
    /// Takes over the named fields of `newer`.
    pub(super) fn apply(&mut self, newer: &Self, fields: &[&str]) {
        if fields.contains(&"key") {
            self.key = ::core::clone::Clone::clone(&newer.key);
        }
        if fields.contains(&"type") {
            self.r#type = ::core::clone::Clone::clone(&newer.r#type);
        }
        if fields.contains(&"row") {
            self.row = ::core::clone::Clone::clone(&newer.row);
        }
    }
}
