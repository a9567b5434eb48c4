//! The folder of the cache: whose it is, who may write into it, and the user's key.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::replace::{Attributes, replace};

/// Where compiled code is kept: one folder per user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheDir(PathBuf);

impl CacheDir {
    /// A folder of the caller's choice. It is made, with all above it, when first needed.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// `cache` in the folder that `CELL_HOME` names, else the user's cache folder. The caller reads
    /// the variable, since an expansion reads no environment; empty is the same as not set. `None`
    /// if the user has no home.
    #[must_use]
    pub fn of_user(cell_home: Option<&Path>) -> Option<Self> {
        match cell_home.filter(|home| !home.as_os_str().is_empty()) {
            Some(home) => Some(Self(home.join("cache"))),
            None => {
                let dirs = directories::ProjectDirs::from("", "", "cell")?;
                Some(Self(dirs.cache_dir().to_owned()))
            }
        }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// Makes the folder if it is not there, and refuses one that others could write into.
pub(crate) fn prepare(path: &Path) -> io::Result<()> {
    if !path.is_dir() {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    }
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() {
        return Err(io::Error::other("it is not a folder"));
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("it belongs to another user"));
    }
    let mode = found.permissions().mode();
    if mode & 0o022 != 0 {
        return Err(io::Error::other(
            "other users may write into it; `chmod 700` it, or delete it",
        ));
    }
    if mode & 0o077 != 0 {
        // Ours and readable by others, as copying a home leaves it.
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Reads a file of the cache: a plain file of this user, not longer than `limit`.
pub(crate) fn read_own(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new()
        .read(true)
        // A link would lead out of the folder; a pipe would wait for ever.
        .custom_flags((rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits() as i32)
        .open(path)?;
    let found = file.metadata()?;
    if !found.is_file() || found.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("not a plain file of this user"));
    }
    if found.len() > limit {
        return Err(io::Error::other("larger than anything that is written here"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or(0));
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Files that only this user can read.
pub(super) const PRIVATE: Attributes =
    Attributes { mode: 0o600, modified: None, survives_power_cut: true };
/// The same for what is made again at little cost.
pub(crate) const PASSING: Attributes = Attributes { survives_power_cut: false, ..PRIVATE };

/// Makes a folder inside one that was prepared. What else is in its place is taken away, and one
/// that others may write into is closed to them: the files in it are judged by themselves.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    match fs::symlink_metadata(folder) {
        Ok(found) if found.is_dir() => {
            if found.uid() != rustix::process::geteuid().as_raw() {
                return Err(io::Error::other("it belongs to another user"));
            }
            if found.mode() & 0o022 != 0 {
                fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
            }
            return Ok(());
        }
        Ok(_) => fs::remove_file(folder)?,
        Err(_) => {}
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// The user's key, made when there is none yet, or none that can be used. Losing it costs one
/// compilation per component.
pub(super) fn user_key(folder: &Path) -> io::Result<[u8; 32]> {
    let path = folder.join("key");
    if let Some(key) = read_key(&path) {
        return Ok(key);
    }
    let _lock = lock(folder, "key", Duration::from_secs(10));
    if let Some(key) = read_key(&path) {
        return Ok(key);
    }
    let mut key = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut key)?;
    replace(&path, &[&key], PRIVATE)?;
    read_key(&path).ok_or_else(|| io::Error::other("the key cannot be read back"))
}

fn read_key(path: &Path) -> Option<[u8; 32]> {
    let mode = fs::symlink_metadata(path).ok()?.permissions().mode();
    if mode & 0o077 != 0 {
        return None;
    }
    read_own(path, 33).ok()?.try_into().ok()
}

/// A lock between processes. The kernel releases it when its owner ends, however that happens.
pub(super) struct Lock {
    _file: File,
}

/// Waits for a lock, but not for ever: a process that is stopped must not stop others. `None` if
/// it cannot be had; then the work is done twice, which is slow and not wrong.
pub(super) fn lock(folder: &Path, name: &str, patience: Duration) -> Option<Lock> {
    let locks = folder.join("locks");
    DirBuilder::new().recursive(true).mode(0o700).create(&locks).ok()?;
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(locks.join(name))
        .ok()?;
    let begin = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Some(Lock { _file: file }),
            Err(fs::TryLockError::WouldBlock) if begin.elapsed() < patience => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("cache/compiled");
        prepare(&folder).unwrap();
        (outer, folder)
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn an_empty_home_is_none() {
        assert_eq!(CacheDir::of_user(Some(Path::new(""))), CacheDir::of_user(None));
        let home = CacheDir::of_user(Some(Path::new("/home"))).unwrap();
        assert_eq!(home.path(), Path::new("/home/cache"));
    }

    #[test]
    fn the_key_stays_and_is_private() {
        let (_outer, folder) = folder();
        let key = user_key(&folder).unwrap();
        assert_ne!(key, [0; 32]);
        assert_eq!(user_key(&folder).unwrap(), key);
        assert_eq!(mode(&folder.join("key")), 0o600);
    }

    #[test]
    fn a_key_that_others_could_read_or_that_is_damaged_is_made_anew() {
        let (_outer, folder) = folder();
        let key = user_key(&folder).unwrap();
        set_mode(&folder.join("key"), 0o644);
        assert_ne!(user_key(&folder).unwrap(), key);
        for damaged in [&b""[..], b"short", &[7; 33]] {
            fs::write(folder.join("key"), damaged).unwrap();
            let key = user_key(&folder).unwrap();
            assert_eq!(user_key(&folder).unwrap(), key);
        }
    }

    #[test]
    fn a_folder_that_others_write_is_refused_and_one_that_they_read_is_closed() {
        let (_outer, folder) = folder();
        set_mode(&folder, 0o777);
        assert!(prepare(&folder).is_err());
        set_mode(&folder, 0o755);
        prepare(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
    }

    #[test]
    fn only_plain_files_within_the_limit_are_read() {
        let (_outer, folder) = folder();
        let file = folder.join("file");
        fs::write(&file, [1; 32]).unwrap();
        assert_eq!(read_own(&file, 32).unwrap(), [1; 32]);
        assert!(read_own(&file, 31).is_err());
        let link = folder.join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(read_own(&link, 32).is_err());
        assert!(read_own(&folder, 32).is_err());
        let pipe = folder.join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(read_own(&pipe, 32).is_err(), "and does not wait for a writer");
    }

    #[test]
    fn a_lock_is_held_once_and_waiting_for_it_ends() {
        let (_outer, folder) = folder();
        let held = lock(&folder, "name", Duration::ZERO).unwrap();
        assert!(lock(&folder, "name", Duration::from_millis(20)).is_none());
        assert!(lock(&folder, "other", Duration::ZERO).is_some());
        drop(held);
        assert!(lock(&folder, "name", Duration::ZERO).is_some());
    }
}
