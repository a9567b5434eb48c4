//! May the builds of a project ask cells? As long as somebody holds a session of it open: the
//! supervisor of `cell up`, `cell dev`, `cell build`.
//!
//! A session is a file that its holder has locked, beside the project's logs. The kernel gives the lock
//! back however the holder ends, so nobody stays permitted by accident.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::supervisor::place::Place;

/// How the files of sessions end: `<process>.session`.
const KIND: &str = "session";

/// Open as long as this is there.
pub(crate) struct Open {
    path: PathBuf,
    _lock: File,
}

impl Open {
    /// Lets the project's builds ask.
    pub(crate) fn begin(place: &Place) -> Result<Self> {
        place.prepare()?;
        let path = place.file(&std::process::id().to_string(), KIND);
        let open = || loop {
            let lock = File::options().write(true).create(true).truncate(false).open(&path)?;
            lock.lock()?;
            // Removed between the two by who looked just then.
            if lock.metadata()?.nlink() > 0 {
                return io::Result::Ok(lock);
            }
        };
        let lock = open().with_context(|| format!("cannot lock {}", path.display()))?;
        Ok(Self { path, _lock: lock })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Is there a session of the project in this folder?
pub(crate) fn is_open(root: &Path) -> bool {
    // A compiler may come to the project by another way than the command did.
    let real = root.canonicalize().ok().filter(|real| real != root);
    let places = std::iter::once(root.to_owned()).chain(real).filter_map(|it| Place::of(&it).ok());
    places.into_iter().any(|place| {
        let entries = fs::read_dir(place.folder()).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).any(|path| is_held(&path))
    })
}

fn is_held(path: &Path) -> bool {
    if path.extension().is_none_or(|extension| extension != KIND) {
        return false;
    }
    // Shared, so that two who look at the same time do not see each other.
    let held = |file: File| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    let held = File::open(path).is_ok_and(held);
    if !held {
        // Of one that was killed.
        let _ = fs::remove_file(path);
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lasts_as_long_as_somebody_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::at(Path::new("/project"), &folder.path().join("state"));
        let held = |place: &Place| {
            let entries = fs::read_dir(place.folder()).unwrap().flatten();
            entries.filter(|entry| is_held(&entry.path())).count()
        };
        let open = Open::begin(&place).unwrap();
        fs::write(place.file("ledger", "log"), "").unwrap();
        assert_eq!(held(&place), 1);
        drop(open);
        assert_eq!(held(&place), 0);
        // What a killed holder leaves is a file that nobody has locked.
        let left = place.file("1", KIND);
        fs::write(&left, "").unwrap();
        assert_eq!(held(&place), 0);
        assert!(!left.exists() && place.file("ledger", "log").exists());
    }
}
