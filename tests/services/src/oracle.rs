//! A cell that macros of tests ask: what it says nobody else can know, and it can be slow, large and
//! broken.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A table, as a macro wants to know it.
#[cell::protein]
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Rows, if they were counted.
    pub rows: Option<u64>,
}

/// A column.
#[cell::protein]
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub kind: Kind,
}

/// What is in a column.
#[cell::protein]
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Text.
    Text,
    /// Numbers of so many bits.
    Number(u8),
    /// Something newer.
    #[protein(default)]
    Other,
}

/// There is no such table.
#[cell::protein]
#[derive(Clone, Debug, PartialEq)]
pub struct NoSuchTable {
    /// Those that there are.
    pub known: Vec<String>,
}

/// Knows a word that is another one in each process.
#[cell::service]
pub struct Oracle {
    nonce: String,
    asked: &'static AtomicU64,
}

impl Oracle {
    /// An oracle with this word, which counts its answers in `asked`.
    #[must_use]
    pub fn new(nonce: &str, asked: &'static AtomicU64) -> Self {
        Self { nonce: nonce.to_owned(), asked }
    }

    fn count(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }
}

#[cell::handler]
impl Oracle {
    /// The word, and the number.
    #[compile_time]
    pub async fn value(&self, number: u64) -> String {
        self.count();
        format!("{}-{number}", self.nonce)
    }

    /// A table.
    #[compile_time]
    pub async fn table(&self, name: String) -> Result<Table, NoSuchTable> {
        self.count();
        if name != "accounts" {
            return Err(NoSuchTable { known: vec!["accounts".to_owned()] });
        }
        let column = |name: &str, kind| Column { name: name.to_owned(), kind };
        let columns = vec![column("id", Kind::Number(64)), column(&self.nonce, Kind::Text)];
        Ok(Table { columns, rows: None })
    }

    /// The word, after a while.
    #[compile_time]
    pub async fn slow(&self, millis: u64) -> String {
        self.count();
        tokio::time::sleep(Duration::from_millis(millis)).await;
        self.nonce.clone()
    }

    /// Many bytes.
    #[compile_time]
    pub async fn large(&self, bytes: u64) -> String {
        self.count();
        "x".repeat(usize::try_from(bytes).unwrap_or(usize::MAX))
    }

    /// Never says anything.
    #[compile_time]
    pub async fn panics(&self) -> String {
        self.count();
        panic!("the oracle panics as it was told to")
    }

    /// Is nothing for macros.
    pub async fn unmarked(&self) -> String {
        self.count();
        self.nonce.clone()
    }
}
