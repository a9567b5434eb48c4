//! The index as a service.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::index::Index;

/// Bytes of a row's text.
const TEXT: usize = 64 << 10;
/// How many rows there may be: all of them are in memory.
const ROWS: usize = 1_000_000;

/// Why a row was not put in.
#[cell::protein]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Its text is too long.
    TooLong {
        /// Its bytes.
        bytes: u64,
        /// How many there may be.
        most: u64,
    },
    /// There are as many rows as there may be.
    Full {
        /// How many that is.
        rows: u64,
    },
    /// Something newer.
    #[protein(default)]
    Other,
}

/// How much is in the index.
#[cell::protein]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Rows.
    pub rows: u64,
    /// Different words.
    pub words: u64,
}

/// Rows of text, found by their words.
#[cell::service]
#[derive(Debug, Default)]
pub struct Search {
    index: Mutex<Index>,
}

#[cell::handler]
impl Search {
    /// Puts a row in, in place of the one of this number.
    pub async fn put(&self, row: u64, text: String) -> Result<(), Refused> {
        if text.len() > TEXT {
            return Err(Refused::TooLong { bytes: text.len() as u64, most: TEXT as u64 });
        }
        let mut index = self.lock();
        if !index.has(row) && index.size().0 >= ROWS {
            return Err(Refused::Full { rows: ROWS as u64 });
        }
        index.put(row, &text);
        Ok(())
    }

    /// Takes a row out, and says whether it was there.
    pub async fn remove(&self, row: u64) -> bool {
        self.lock().remove(row)
    }

    /// The rows that have all of these words, whatever their case, in order.
    pub async fn search(&self, words: String) -> Vec<u64> {
        self.lock().search(&words)
    }

    /// How much is in it.
    pub async fn size(&self) -> Size {
        let (rows, words) = self.lock().size();
        Size { rows: rows as u64, words: words as u64 }
    }
}

impl Search {
    fn lock(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
