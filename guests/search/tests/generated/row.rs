//! Made by the test in `src/generated.rs`; do not edit.

pub(super) struct Row<'a, K: Copy = u8>
where
    K: Ord,
{
    pub(super) terms: K,
    pub(super) r#type: Option<&'a str>,
    pub(super) id: Option<u128>,
}
///Rows of the table `accounts` by their words, each with a key.
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub(super) struct RowIndex<Key> {
    /// The rows that have a term, by column and term.
    rows: [::std::collections::BTreeMap<
        ::std::string::String,
        ::std::collections::BTreeSet<Key>,
    >; 2usize],
    /// The terms of a row, with their columns.
    terms: ::std::collections::BTreeMap<
        Key,
        ::std::collections::BTreeSet<(usize, ::std::string::String)>,
    >,
}
impl<Key> ::core::default::Default for RowIndex<Key> {
    fn default() -> Self {
        Self {
            rows: ::core::array::from_fn(|_| ::std::collections::BTreeMap::new()),
            terms: ::std::collections::BTreeMap::new(),
        }
    }
}
#[allow(dead_code)]
impl<Key: ::core::cmp::Ord + ::core::clone::Clone> RowIndex<Key> {
    /// The table of cell `ledger` that these are rows of.
    pub(super) const TABLE: &'static str = "accounts";
    /// Names and types of the indexed columns, as the ledger said they are.
    pub(super) const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("type", "text"),
        ("id", "u64"),
    ];
    /// An index without rows.
    pub(super) fn new() -> Self {
        <Self as ::core::default::Default>::default()
    }
    /// How many rows it has.
    pub(super) fn len(&self) -> usize {
        self.terms.len()
    }
    /// Is there no row?
    pub(super) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
    /// Puts a row in, in place of the one with this key.
    pub(super) fn insert<'a, K: Copy>(&mut self, key: Key, row: &Row<'a, K>)
    where
        K: Ord,
    {
        self.remove(&key);
        let mut terms = ::std::collections::BTreeSet::new();
        if let ::core::option::Option::Some(value) = &row.r#type {
            terms.extend(Self::words(value).map(|word| (0usize, word)));
        }
        if let ::core::option::Option::Some(value) = &row.id {
            terms.insert((1usize, ::std::string::ToString::to_string(value)));
        }
        for (column, term) in &terms {
            let rows = self.rows[*column].entry(::core::clone::Clone::clone(term));
            rows.or_default().insert(::core::clone::Clone::clone(&key));
        }
        self.terms.insert(key, terms);
    }
    /// Takes a row out, and says whether it was there.
    pub(super) fn remove(&mut self, key: &Key) -> bool {
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
    pub(super) fn search(&self, words: &str) -> ::std::vec::Vec<&Key> {
        self.with_all(0..2usize, Self::words(words))
    }
    ///The keys of the rows whose `type` has all of these words.
    pub(super) fn by_type(&self, words: &str) -> ::std::vec::Vec<&Key> {
        self.with_all(0usize..1usize, Self::words(words))
    }
    ///The keys of the rows whose `id` is this number.
    pub(super) fn by_id(&self, number: ::core::primitive::u64) -> ::std::vec::Vec<&Key> {
        let number = ::std::string::ToString::to_string(&number);
        self.with_all(1usize..2usize, ::core::iter::once(number))
    }
    fn with_all(
        &self,
        columns: ::core::ops::Range<usize>,
        words: impl ::core::iter::Iterator<Item = ::std::string::String>,
    ) -> ::std::vec::Vec<&Key> {
        let mut found: ::core::option::Option<::std::collections::BTreeSet<&Key>> = ::core::option::Option::None;
        for word in words {
            let all = columns.clone().filter_map(|column| self.rows[column].get(&word));
            let having: ::std::collections::BTreeSet<&Key> = all.flatten().collect();
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
