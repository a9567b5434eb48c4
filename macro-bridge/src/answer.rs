//! Recorded answers: what a cell said to a question, kept so that later builds need no cell.

use crate::digest::{Digest, Sha256};
use crate::sealed::{self, Damage};
use crate::table::push_length;

#[cfg(feature = "engine")]
mod record;
#[cfg(feature = "engine")]
mod value;

#[cfg(feature = "engine")]
pub use record::{Answer, Source};

const FORMAT: &str = "cell-answer 3";
/// How lines begin that say who answered: the last ones of a record, which its digest leaves out.
#[cfg(feature = "engine")]
const FROM: &str = "from ";

/// A call of a function of a cell.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Question {
    /// The cell.
    pub cell: String,
    /// Its function.
    pub function: String,
    /// The arguments, encoded as the function's schema says.
    pub arguments: Vec<u8>,
}

impl Question {
    /// The name of its record.
    #[must_use]
    pub fn key(&self) -> Digest {
        let mut head = b"cell-question 1\n".to_vec();
        for part in [self.cell.as_bytes(), self.function.as_bytes(), &self.arguments] {
            push_length(&mut head, part.len());
            head.extend_from_slice(part);
        }
        let mut hash = Sha256::new();
        hash.update(&head);
        hash.finish()
    }
}

/// The digest of what a record says was asked and answered, which an expansion that used it names.
/// Who answered does not count: a new release of a cell that says the same changes no expansion.
///
/// # Errors
/// [`Damage`] if the bytes are no record.
pub fn digest(record: &[u8]) -> Result<Digest, Damage> {
    let body = sealed::open(record, FORMAT)?;
    // The first line names the cell, so none of these is before it.
    let end = body.find("\nfrom ").map_or(body.len(), |at| at + 1);
    Ok(Digest::of(&body.as_bytes()[..end]))
}
