//! An append-only file of records: what the cells of the market keep their state in.
//!
//! A record is written with one `write` before anybody is told of it. A process that is killed at
//! any moment loses nothing that it told of, since the system has the bytes: what is left of a
//! record that was not written whole is cut off by the next start. Losing power is another matter:
//! see [`SyncMode`].
//!
//! [`format`] is the file without I/O, [`Journal`] the file. It knows nothing of what is in a record,
//! keeps no index, and never shortens itself.
#![forbid(unsafe_code)]

mod flusher;
pub mod format;
mod journal;

pub use flusher::Durable;
pub use format::Damage;
pub use journal::{Journal, OpenError, Opened};

/// When what is written goes to the disk itself. However it is: `kill -9` of the process loses
/// nothing, since the bytes are the system's when `write` returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncMode {
    /// When the system likes to. Losing power loses the last seconds, also of what was answered.
    #[default]
    None,
    /// Each record by itself, before it is answered. Losing power loses nothing that was answered.
    Each,
    /// As `Each`, but all records that came while the disk was busy go together: many at a time
    /// wait a little longer, and the disk is asked much less often.
    Group,
}

impl std::str::FromStr for SyncMode {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "none" => Ok(Self::None),
            "each" => Ok(Self::Each),
            "group" => Ok(Self::Group),
            other => Err(format!("`{other}` is none of `none`, `each` and `group`")),
        }
    }
}
