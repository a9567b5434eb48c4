//! The user's expansion cache: every expansion that an engine of this user made, by its key. rustc
//! reads it with std alone (`macro_bridge::host::Cached`); here it is written, bounded and checked.
//!
//! Entries are compact, and end with a sum. Losing one costs an expansion, so nothing is flushed to
//! the disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

use macro_bridge::digest::Digest;
use macro_bridge::expansion::{Expansion, compact};
use macro_bridge::host::{entry, home};

use crate::cache::{CacheDir, dir};
use crate::replace::{replace, sweep};
use crate::{Notice, Notices};

/// Bytes of all entries; when there are more, the ones that were not used for longest go.
pub const ALL_BYTES: u64 = 256 << 20;
/// What one entry costs on the disk besides its content.
const BLOCK: u64 = 4 << 10;
/// Bytes of the largest entry that is read, as in `macro_bridge::host::Cached`.
const LARGEST: u64 = 256 << 20;

/// Is the size of the whole looked at when this entry was written? One in 256 says yes by its key:
/// compilers make few entries each, and do not know of each other's.
fn is_looked_at(key: &Digest) -> bool {
    key.to_string().starts_with("00")
}

/// The cache of one user.
#[derive(Debug)]
pub struct Expansions {
    folder: PathBuf,
    notices: Notices,
    usable: OnceLock<bool>,
}

/// What is in the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Files.
    pub entries: u64,
    /// Bytes that they take on the disk.
    pub bytes: u64,
}

impl Expansions {
    /// The cache in the user's folder. Touches no file yet.
    #[must_use]
    pub fn new(cache: &CacheDir, notices: Notices) -> Self {
        let folder = cache.path().join(home::EXPANSIONS);
        Self { folder, notices, usable: OnceLock::new() }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps an expansion. What goes wrong is reported once, and costs the same expansion next time.
    pub fn save(&self, key: &Digest, expansion: &Expansion) {
        if !self.is_usable() {
            return;
        }
        let path = entry(&self.folder, key);
        let folder = path.parent().unwrap_or(&self.folder);
        let written = dir::make(folder)
            .and_then(|()| replace(&path, &[&compact::entry(key, expansion)], dir::PASSING));
        if let Err(error) = written {
            let (path, reason) = (self.folder.clone(), error.to_string());
            self.notices.say(Notice::CacheNotWritten { path, reason });
            return;
        }
        if is_looked_at(key) {
            self.shrink(ALL_BYTES);
        }
    }

    /// How much there is.
    #[must_use]
    pub fn contents(&self) -> Contents {
        let mut contents = Contents::default();
        for (_, bytes, _) in self.files() {
            contents.entries += 1;
            contents.bytes += bytes;
        }
        contents
    }

    /// Removes the entries that were not used for longest until the rest is no larger than three
    /// quarters of `limit`, if all are larger than it, and what killed writers left. Says what it
    /// removed.
    pub fn shrink(&self, limit: u64) -> Contents {
        list(&self.folder).iter().for_each(|folder| sweep(&folder.path()));
        let mut files = self.files();
        let mut all: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        let mut removed = Contents::default();
        if all <= limit {
            return removed;
        }
        files.sort();
        for (_, bytes, path) in files {
            if all <= limit / 4 * 3 {
                break;
            }
            if fs::remove_file(path).is_ok() {
                all -= bytes;
                removed.entries += 1;
                removed.bytes += bytes;
            }
        }
        removed
    }

    /// Reads every entry and removes those that are damaged. Says how many were good, and which
    /// were not.
    pub fn verify(&self) -> (u64, Vec<PathBuf>) {
        let (mut good, mut damaged) = (0, Vec::new());
        for (_, _, path) in self.files() {
            let key = path.file_name().and_then(|name| Digest::parse(&name.to_string_lossy()));
            let bytes = dir::read_own(&path, LARGEST);
            if key
                .zip(bytes.ok())
                .is_some_and(|(key, bytes)| compact::read_entry(&bytes, &key).is_ok())
            {
                good += 1;
            } else {
                let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
                damaged.push(path);
            }
        }
        (good, damaged)
    }

    fn is_usable(&self) -> bool {
        *self.usable.get_or_init(|| match dir::prepare(&self.folder) {
            Ok(()) => true,
            Err(error) => {
                let (path, reason) = (self.folder.clone(), error.to_string());
                self.notices.say(Notice::CacheUnusable { path, reason });
                false
            }
        })
    }

    /// Time of last use, bytes on the disk, path.
    fn files(&self) -> Vec<(SystemTime, u64, PathBuf)> {
        let entry = |entry: fs::DirEntry| -> Option<(SystemTime, u64, PathBuf)> {
            let found = entry.metadata().ok()?;
            let bytes = found.len().next_multiple_of(BLOCK);
            // Temporary files have other names.
            (entry.file_name().len() == 64).then_some((found.modified().ok()?, bytes, entry.path()))
        };
        list(&self.folder).iter().flat_map(|one| list(&one.path())).filter_map(entry).collect()
    }
}

/// What is in a folder, as far as it can be read.
fn list(folder: &Path) -> Vec<fs::DirEntry> {
    fs::read_dir(folder).into_iter().flatten().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, Expansions) {
        let folder = tempfile::tempdir().unwrap();
        let cache = CacheDir::at(folder.path().join("cache"));
        (folder, Expansions::new(&cache, Notices::default()))
    }

    fn key(number: u32) -> Digest {
        Digest::of(&number.to_le_bytes())
    }

    #[test]
    fn what_is_kept_can_be_read_and_damage_is_found() {
        let (_folder, cache) = cache();
        for number in 0..20 {
            cache.save(&key(number), &Expansion::default());
        }
        assert_eq!(cache.contents(), Contents { entries: 20, bytes: 20 * BLOCK });
        assert_eq!(cache.verify(), (20, vec![]));
        let path = entry(cache.folder(), &key(7));
        let mut bytes = fs::read(&path).unwrap();
        bytes[20] ^= 1;
        fs::write(&path, bytes).unwrap();
        let other = entry(cache.folder(), &key(8));
        fs::copy(entry(cache.folder(), &key(9)), &other).unwrap();
        let (good, mut damaged) = cache.verify();
        damaged.sort();
        let mut expected = vec![path, other];
        expected.sort();
        assert_eq!((good, damaged), (18, expected));
        assert_eq!(cache.contents().entries, 18);
    }

    #[test]
    fn the_oldest_entries_go_first() {
        let (_folder, cache) = cache();
        for number in 0..8 {
            cache.save(&key(number), &Expansion::default());
            let file = fs::File::open(entry(cache.folder(), &key(number))).unwrap();
            let age = std::time::Duration::from_secs(1000 - u64::from(number));
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        assert_eq!(cache.shrink(8 * BLOCK), Contents::default());
        assert_eq!(cache.shrink(7 * BLOCK).entries, 3);
        let left = |number| entry(cache.folder(), &key(number)).exists();
        assert_eq!([left(2), left(3), left(7)], [false, true, true]);
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_that_others_write_is_not_used_and_said_once() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_folder, cache) = cache();
        fs::create_dir_all(cache.folder()).unwrap();
        fs::set_permissions(cache.folder(), fs::Permissions::from_mode(0o777)).unwrap();
        cache.save(&key(1), &Expansion::default());
        assert_eq!(cache.contents().entries, 0);
    }
}
