//! Made by the test in `src/generated.rs`; do not edit.

/// A row of the table `accounts`.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: u64,
    pub(crate) owner: String,
    pub(crate) asset: u32,
}
///Rows of the table `accounts` by their words, each with a key.
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub(crate) struct AccountIndex<K> {
    /// The rows that have a term, by column and term.
    rows: [::std::collections::BTreeMap<
        ::std::string::String,
        ::std::collections::BTreeSet<K>,
    >; 2usize],
    /// The terms of a row, with their columns.
    terms: ::std::collections::BTreeMap<
        K,
        ::std::collections::BTreeSet<(usize, ::std::string::String)>,
    >,
}
impl<K> ::core::default::Default for AccountIndex<K> {
    fn default() -> Self {
        Self {
            rows: ::core::array::from_fn(|_| ::std::collections::BTreeMap::new()),
            terms: ::std::collections::BTreeMap::new(),
        }
    }
}
#[allow(dead_code)]
impl<K: ::core::cmp::Ord + ::core::clone::Clone> AccountIndex<K> {
    /// The table of cell `ledger` that these are rows of.
    pub(crate) const TABLE: &'static str = "accounts";
    /// Names and types of the indexed columns, as the ledger said they are.
    pub(crate) const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("owner", "text"),
        ("asset", "u32"),
    ];
    /// An index without rows.
    pub(crate) fn new() -> Self {
        <Self as ::core::default::Default>::default()
    }
    /// How many rows it has.
    pub(crate) fn len(&self) -> usize {
        self.terms.len()
    }
    /// Is there no row?
    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
    /// Puts a row in, in place of the one with this key.
    pub(crate) fn insert(&mut self, key: K, row: &Account) {
        self.remove(&key);
        let mut terms = ::std::collections::BTreeSet::new();
        {
            let value = &row.owner;
            terms.extend(Self::words(value).map(|word| (0usize, word)));
        }
        {
            let value = &row.asset;
            terms.insert((1usize, ::std::string::ToString::to_string(value)));
        }
        for (column, term) in &terms {
            let rows = self.rows[*column].entry(::core::clone::Clone::clone(term));
            rows.or_default().insert(::core::clone::Clone::clone(&key));
        }
        self.terms.insert(key, terms);
    }
    /// Takes a row out, and says whether it was there.
    pub(crate) fn remove(&mut self, key: &K) -> bool {
        let terms = match self.terms.remove(key) {
            ::core::option::Option::Some(terms) => terms,
            ::core::option::Option::None => return false,
        };
        for (column, term) in terms {
            if let ::core::option::Option::Some(rows) = self.rows[column].get_mut(&term)
            {
                rows.remove(key);
                if rows.is_empty() {
                    self.rows[column].remove(&term);
                }
            }
        }
        true
    }
    /// The keys of the rows that have all of these words, in any of their columns, in
    /// order. Without a word there are none.
    pub(crate) fn search(&self, words: &str) -> ::std::vec::Vec<&K> {
        self.with_all(0..2usize, Self::words(words))
    }
    ///The keys of the rows whose `owner` has all of these words.
    pub(crate) fn by_owner(&self, words: &str) -> ::std::vec::Vec<&K> {
        self.with_all(0usize..1usize, Self::words(words))
    }
    ///The keys of the rows whose `asset` is this number.
    pub(crate) fn by_asset(
        &self,
        number: ::core::primitive::u32,
    ) -> ::std::vec::Vec<&K> {
        let number = ::std::string::ToString::to_string(&number);
        self.with_all(1usize..2usize, ::core::iter::once(number))
    }
    fn with_all(
        &self,
        columns: ::core::ops::Range<usize>,
        words: impl ::core::iter::Iterator<Item = ::std::string::String>,
    ) -> ::std::vec::Vec<&K> {
        let mut found: ::core::option::Option<::std::collections::BTreeSet<&K>> = ::core::option::Option::None;
        for word in words {
            let all = columns.clone().filter_map(|column| self.rows[column].get(&word));
            let having: ::std::collections::BTreeSet<&K> = all.flatten().collect();
            found = ::core::option::Option::Some(
                match found {
                    ::core::option::Option::None => having,
                    ::core::option::Option::Some(found) => {
                        found.intersection(&having).copied().collect()
                    }
                },
            );
        }
        found.into_iter().flatten().collect()
    }
    /// Letters and digits that stand together, in lower case.
    fn words(
        text: &str,
    ) -> impl ::core::iter::Iterator<Item = ::std::string::String> + '_ {
        let words = text.split(|letter: char| !letter.is_alphanumeric());
        words.filter(|word| !word.is_empty()).map(|word| word.to_lowercase())
    }
}
