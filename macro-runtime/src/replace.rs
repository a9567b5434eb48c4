//! Writing a file so that it is never torn: readers see nothing, the old content, or all of the
//! new, whoever is killed when, and what killed writers leave is removed by the next one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// How temporary files are named: `.new-<process>-<number>`.
const TEMPORARY: &str = ".new-";

/// How a file is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attributes {
    /// Permission bits, before the umask.
    pub(crate) mode: u32,
    /// Time of modification, if not now.
    pub(crate) modified: Option<SystemTime>,
    /// Flush the content to the disk, which takes milliseconds.
    pub(crate) survives_power_cut: bool,
}

/// Writes `parts` as the content of `path`. On return the content survives a power cut; its name
/// does after [`sync_folder`].
pub(crate) fn replace(path: &Path, parts: &[&[u8]], attributes: Attributes) -> io::Result<()> {
    written(path, parts, attributes)?.rename(path)
}

/// The file under another name.
fn written(path: &Path, parts: &[&[u8]], attributes: Attributes) -> io::Result<Temporary> {
    let folder = path.parent().ok_or_else(|| io::Error::other("a file needs a folder"))?;
    let mut temporary = Temporary::new(folder, attributes.mode)?;
    for part in parts {
        temporary.file.write_all(part)?;
    }
    if let Some(modified) = attributes.modified {
        temporary.file.set_modified(modified)?;
    }
    if attributes.survives_power_cut {
        temporary.file.sync_all()?;
    }
    Ok(temporary)
}

/// Writes a file where there is none. False if there is one, which stays as it is: of several writers
/// one is first, and readers never see another's.
pub(crate) fn add(path: &Path, content: &[u8], attributes: Attributes) -> io::Result<bool> {
    let temporary = written(path, &[content], attributes)?;
    match fs::hard_link(&temporary.path, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes the names in a folder survive a power cut.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Removes what killed writers left in a folder. Best effort: what cannot be removed does no harm.
pub(crate) fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            continue;
        }
        let path = entry.path();
        let Ok(file) = File::open(&path) else { continue };
        // The kernel releases the lock of a writer that dies, even by kill -9, and of no other.
        if file.try_lock().is_ok() {
            let _ = fs::remove_file(&path);
        }
    }
}

/// A file without its final name, locked as long as its writer lives.
struct Temporary {
    path: PathBuf,
    file: File,
    renamed: bool,
}

impl Temporary {
    fn new(folder: &Path, mode: u32) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{TEMPORARY}{}-{number}", std::process::id()));
            let file = match OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)
            {
                Ok(file) => file,
                // Left by a dead process that had our number.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(e) => return Err(e),
            };
            // Where files cannot be locked nobody sweeps either.
            let _ = file.lock();
            // Swept between its creation and its lock.
            if file.metadata()?.nlink() == 0 {
                continue;
            }
            return Ok(Self { path, file, renamed: false });
        }
    }

    fn rename(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Attributes = Attributes { mode: 0o644, modified: None, survives_power_cut: true };

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        replace(&path, &[b"one"], PLAIN).unwrap();
        replace(&path, &[b"tw", b"o"], PLAIN).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failure_leaves_the_old_content_and_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        // A file cannot take the place of a folder with something in it.
        let path = folder.path().join("a");
        fs::create_dir_all(path.join("b")).unwrap();
        assert!(replace(&path, &[b"one"], PLAIN).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn leftovers_are_swept_and_living_writers_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let dead = folder.path().join(format!("{TEMPORARY}1-1"));
        fs::write(&dead, b"half").unwrap();
        let living = Temporary::new(folder.path(), 0o644).unwrap();
        sweep(folder.path());
        assert!(!dead.exists());
        assert!(living.path.exists());
        living.rename(&folder.path().join("a")).unwrap();
        sweep(folder.path());
        assert!(folder.path().join("a").exists());
    }
}
