//! May the builds of a project ask cells? As long as somebody holds a session of it open: the
//! supervisor of `cell up`, `cell dev`, `cell build`.
//!
//! A session is a file that its holder has locked, beside the project's logs. The kernel gives the lock
//! back however the holder ends, so nobody stays permitted by accident.
//!
//! Who looks removes nothing: between a look at a file and its removal it may become another's. The next
//! session removes what a killed one left, while it has that file's lock.

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
        files(place).iter().for_each(|path| remove_left(path));
        let path = place.file(&std::process::id().to_string(), KIND);
        let open = || loop {
            let lock = File::options().write(true).create(true).truncate(false).open(&path)?;
            lock.lock()?;
            // Removed between the two by who begins another session just then.
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
    places.into_iter().any(|place| has_session(&place))
}

fn has_session(place: &Place) -> bool {
    // In a folder that others may write to anybody could say so.
    place.is_private().unwrap_or(false) && files(place).iter().any(|path| is_held(path))
}

/// The files of all sessions, also of those that are over.
fn files(place: &Place) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.folder()).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == KIND)).collect()
}

fn is_held(path: &Path) -> bool {
    // Shared, so that two who look at the same time do not see each other.
    let held = |file: File| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    File::open(path).is_ok_and(held)
}

/// Removes the file of a session whose holder was killed.
fn remove_left(path: &Path) {
    let Ok(file) = File::open(path) else { return };
    // As long as we have the lock nobody else can come to hold this file, nor remove it; and if
    // somebody has removed it, another file may have its name by now.
    if file.try_lock().is_ok() && file.metadata().is_ok_and(|found| found.nlink() > 0) {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &tempfile::TempDir) -> Place {
        let place = Place::at(Path::new("/project"), &folder.path().join("state"));
        place.prepare().unwrap();
        place
    }

    #[test]
    fn a_session_lasts_as_long_as_somebody_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(&folder);
        let open = Open::begin(&place).unwrap();
        fs::write(place.file("ledger", "log"), "").unwrap();
        assert!(has_session(&place));
        drop(open);
        assert!(!has_session(&place) && files(&place).is_empty());
        // What a killed holder leaves is a file that nobody has locked.
        let left = place.file("1", KIND);
        fs::write(&left, "").unwrap();
        assert!(!has_session(&place));
        let _open = Open::begin(&place).unwrap();
        assert!(!left.exists() && place.file("ledger", "log").exists());
        assert!(has_session(&place));
    }

    /// The holder has opened its file and not yet locked it when somebody looks.
    #[test]
    fn who_looks_too_early_ends_no_session() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(&folder);
        let path = place.file("1", KIND);
        let holder = File::create(&path).unwrap();
        assert!(!has_session(&place));
        holder.lock().unwrap();
        assert!(holder.metadata().unwrap().nlink() > 0, "its file is gone, and it holds it");
        assert!(has_session(&place));
        // Nor does who begins another one.
        drop(Open::begin(&place).unwrap());
        assert!(has_session(&place));
        // Its file was removed and another one has its name: that is not removed.
        fs::remove_file(&path).unwrap();
        let other = File::create(&path).unwrap();
        drop(holder);
        other.lock().unwrap();
        remove_left(&path);
        assert!(has_session(&place));
    }

    #[test]
    fn a_folder_that_others_may_write_to_has_no_session() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let place = place(&folder);
        let _open = Open::begin(&place).unwrap();
        fs::set_permissions(place.folder(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(!has_session(&place));
        fs::set_permissions(place.folder(), fs::Permissions::from_mode(0o700)).unwrap();
        assert!(has_session(&place));
        let link = Place::at(Path::new("/project"), &folder.path().join("link"));
        std::os::unix::fs::symlink(place.folder(), link.folder()).unwrap();
        assert!(!has_session(&link), "through a link");
    }
}
