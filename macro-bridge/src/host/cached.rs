//! The user's expansion cache: what any build of this user made, for all its projects, target
//! folders, profiles and editors. The macro server and the embedded engine write it; rustc reads.
//!
//! What is in it was checked when it was made, and nobody else can write there.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use super::{Engine, home};
use crate::digest::Digest;
use crate::expansion::{Expansion, compact};
use crate::failure::Failure;
use crate::project::Project;
use crate::request::Request;

/// The expansion cache as a place to ask.
pub struct Cached;

impl Engine for Cached {
    fn name(&self) -> &'static str {
        "expansion cache"
    }

    fn expand(
        &self,
        project: &Project,
        _request: &Request,
        key: &Digest,
    ) -> Option<Result<Expansion, Failure>> {
        // Asked until it is there: rust-analyzer lives longer than an empty cache.
        static FOLDER: OnceLock<PathBuf> = OnceLock::new();
        let folder = match FOLDER.get() {
            Some(folder) => folder,
            None => {
                let found = home::expansions().filter(|folder| home::is_ours(folder))?;
                FOLDER.get_or_init(|| found)
            }
        };
        let bytes = read(&entry(folder, key))?;
        // A damaged entry is as good as none: whoever makes the expansion writes it anew.
        let expansion = compact::read_entry(&bytes, key).ok()?;
        // Answers belong to the project; an entry may be of one that was told something else.
        project.has_answers(&expansion).ok()?.then_some(Ok(expansion))
    }
}

/// Where an expansion is in the folder of the cache: 256 folders keep listings short.
#[must_use]
pub fn entry(folder: &Path, key: &Digest) -> PathBuf {
    let name = key.to_string();
    folder.join(&name[..2]).join(name)
}

/// Bytes of the largest entry that is read.
const LARGEST: u64 = 256 << 20;

/// After this, an entry that is used counts as new again: the oldest go first.
const FRESH: Duration = Duration::from_secs(24 * 60 * 60);

/// A plain file, of this user and not for others to write. Its folder is the same, so nobody puts
/// another file in its place in between.
fn read(path: &Path) -> Option<Vec<u8>> {
    let found = fs::symlink_metadata(path).ok()?;
    let fine = found.is_file() && found.len() <= LARGEST && home::belongs_to_us(&found);
    if !fine || !home::is_ours(path.parent()?) {
        return None;
    }
    let mut bytes = Vec::with_capacity(found.len() as usize);
    File::open(path).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    if found.modified().is_ok_and(|time| time.elapsed().is_ok_and(|age| age > FRESH)) {
        let _ =
            File::options().write(true).open(path).map(|file| file.set_modified(SystemTime::now()));
    }
    Some(bytes)
}
