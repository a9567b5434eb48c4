//! What a caller may want to tell the user although the expansion went well. Nothing is printed
//! here: inside rustc there is no good place for it.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Something that made an expansion slower, not different.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The cache cannot be used at all.
    CacheUnusable {
        /// Its folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Compiled code could not be kept.
    CacheNotWritten {
        /// The cache's folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file of the cache is damaged or not ours; it is replaced.
    CacheEntryIgnored {
        /// The file.
        path: PathBuf,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CacheUnusable { path, reason } => {
                write!(
                    f,
                    "compiled macros are not kept: {} cannot be used: {reason}",
                    path.display()
                )
            }
            Self::CacheNotWritten { path, reason } => {
                write!(f, "a compiled macro was not kept in {}: {reason}", path.display())
            }
            Self::CacheEntryIgnored { path } => {
                write!(f, "{} is damaged or not yours and is replaced", path.display())
            }
        }
    }
}

/// Takes notices. Each is given once per runtime, however often it happens.
#[derive(Clone, Default)]
pub struct Notices(Option<Arc<Channel>>);

struct Channel {
    take: Box<dyn Fn(&Notice) + Send + Sync>,
    said: Mutex<Vec<Notice>>,
}

impl Notices {
    /// Calls `take` for each.
    #[must_use]
    pub fn to(take: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(Channel { take: Box::new(take), said: Mutex::default() })))
    }

    pub(crate) fn say(&self, notice: Notice) {
        let Some(channel) = &self.0 else { return };
        let mut said = channel.said.lock().unwrap_or_else(PoisonError::into_inner);
        if !said.contains(&notice) {
            said.push(notice.clone());
            drop(said);
            (channel.take)(&notice);
        }
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Notices(..)" } else { "Notices(none)" })
    }
}
