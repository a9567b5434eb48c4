//! The index without I/O: words to rows and back.

use std::collections::{BTreeMap, BTreeSet};

/// Rows by their words.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Index {
    rows: BTreeMap<String, BTreeSet<u64>>,
    words: BTreeMap<u64, BTreeSet<String>>,
}

impl Index {
    /// Puts a row in, in place of the one of this number.
    pub(crate) fn put(&mut self, row: u64, text: &str) {
        self.remove(row);
        let words: BTreeSet<String> = words(text).collect();
        for word in &words {
            self.rows.entry(word.clone()).or_default().insert(row);
        }
        self.words.insert(row, words);
    }

    /// Is there a row of this number?
    pub(crate) fn has(&self, row: u64) -> bool {
        self.words.contains_key(&row)
    }

    /// Takes a row out, and says whether it was there.
    pub(crate) fn remove(&mut self, row: u64) -> bool {
        let Some(words) = self.words.remove(&row) else { return false };
        for word in words {
            if let Some(rows) = self.rows.get_mut(&word) {
                rows.remove(&row);
                if rows.is_empty() {
                    self.rows.remove(&word);
                }
            }
        }
        true
    }

    /// The rows that have all of these words, in order; without a word there are none.
    pub(crate) fn search(&self, text: &str) -> Vec<u64> {
        let mut having: Vec<&BTreeSet<u64>> = Vec::new();
        for word in words(text) {
            let Some(rows) = self.rows.get(&word) else { return Vec::new() };
            having.push(rows);
        }
        // The rarest word leaves the fewest rows to look at.
        having.sort_by_key(|rows| rows.len());
        let Some((rarest, others)) = having.split_first() else { return Vec::new() };
        rarest.iter().copied().filter(|row| others.iter().all(|rows| rows.contains(row))).collect()
    }

    /// How many rows and different words there are.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.words.len(), self.rows.len())
    }
}

/// Letters and digits that stand together, in lower case.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rows_are_found_by_all_their_words() {
        let mut index = Index::default();
        for (row, text) in [(3, "Ada Lovelace"), (1, "Ada Byron"), (2, "Größe-M bob")] {
            index.put(row, text);
        }
        assert_eq!((index.search("ADA"), index.search("byron ada")), (vec![1, 3], vec![1]));
        assert_eq!((index.search("m GRÖßE"), index.search("ada bob")), (vec![2], vec![]));
        assert_eq!((index.search(""), index.search("ad")), (vec![], vec![]));
        index.put(3, "Ada King");
        assert_eq!((index.search("lovelace"), index.search("king")), (vec![], vec![3]));
        assert!(index.remove(3) && !index.remove(3));
        assert_eq!((index.search("ada"), index.size()), (vec![1], (2, 5)));
    }

    proptest! {
        /// It finds what reading all rows would find, and forgets what was removed.
        #[test]
        fn it_is_as_good_as_reading_all_rows(
            changes in vec((0..6u64, proptest::option::of("[a-c ]{0,5}")), 0..40),
            asked in "[a-c ]{0,4}",
        ) {
            let (mut index, mut rows) = (Index::default(), BTreeMap::new());
            for (row, text) in changes {
                match text {
                    Some(text) => {
                        index.put(row, &text);
                        rows.insert(row, text);
                    }
                    None => prop_assert_eq!(index.remove(row), rows.remove(&row).is_some()),
                }
            }
            let asked_words: Vec<String> = words(&asked).collect();
            let has = |text: &String| {
                let text: Vec<String> = words(text).collect();
                !asked_words.is_empty() && asked_words.iter().all(|word| text.contains(word))
            };
            let expected: Vec<u64> =
                rows.iter().filter(|(_, text)| has(text)).map(|(row, _)| *row).collect();
            prop_assert_eq!(index.search(&asked), expected);
            rows.keys().for_each(|row| { index.remove(*row); });
            prop_assert_eq!(index, Index::default());
        }
    }
}
