//! The place of the one server: a folder of this user's alone, a lock that the kernel gives back
//! however its owner ends, and a socket.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use macro_bridge::host::home;

/// Held as long as the server listens.
pub(crate) struct Place {
    path: PathBuf,
    _lock: File,
}

/// How long to wait for a server that has the place and does not listen: it is about to begin, or
/// about to be gone.
const PATIENCE: Duration = Duration::from_secs(2);

/// Takes the place; `None` if another server has it.
pub(crate) fn take(folder: &Path) -> io::Result<Option<Place>> {
    prepare(folder)?;
    let path = home::socket(folder)
        .ok_or_else(|| io::Error::other("the path of the folder is too long for a socket"))?;
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path.with_extension("lock"))?;
    let begin = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(Some(Place { path, _lock: lock })),
            Err(fs::TryLockError::Error(error)) => return Err(error),
            Err(fs::TryLockError::WouldBlock) => {}
        }
        // Killed servers are not gone at once.
        if UnixStream::connect(&path).is_ok() || begin.elapsed() > PATIENCE {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl Place {
    /// Listens. What a killed server left is removed: nobody else has the lock.
    pub(crate) fn listener(&self) -> io::Result<UnixListener> {
        // Bound under another name first: nobody shall find it before it has its permissions.
        let hidden = self.path.with_extension("new");
        let _ = fs::remove_file(&hidden);
        let listener = UnixListener::bind(&hidden)?;
        fs::set_permissions(&hidden, Permissions::from_mode(0o600))?;
        fs::rename(&hidden, &self.path)?;
        Ok(listener)
    }

    /// Takes the name away and then gives the place to others: the next compiler starts another
    /// server, while this one still answers those that it has.
    pub(crate) fn leave(self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// A folder that no other user can look into: who can replace the socket answers for the server.
fn prepare(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let found = fs::symlink_metadata(folder)?;
    let ours = found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
    if !ours || found.mode() & 0o022 != 0 {
        let folder = folder.display();
        return Err(io::Error::other(format!("{folder} is not a folder of this user alone")));
    }
    if found.mode() & 0o077 != 0 {
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_has_the_place() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("run");
        let first = take(&folder).unwrap().unwrap();
        assert!(take(&folder).unwrap().is_none());
        let _listener = first.listener().unwrap();
        let socket = home::socket(&folder).unwrap();
        assert_eq!(fs::symlink_metadata(&socket).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
        first.leave();
        assert!(!socket.exists());
        assert!(take(&folder).unwrap().is_some(), "the lock went with the first");
    }

    #[test]
    fn what_a_killed_server_left_is_no_hindrance() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("run");
        let place = take(&folder).unwrap().unwrap();
        drop(place.listener().unwrap());
        drop(place);
        assert!(home::socket(&folder).unwrap().exists());
        let place = take(&folder).unwrap().unwrap();
        place.listener().unwrap();
    }

    #[test]
    fn a_folder_of_others_is_refused() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("run");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
        assert!(take(&folder).is_err());
        let link = outer.path().join("link");
        std::os::unix::fs::symlink(outer.path(), &link).unwrap();
        assert!(take(&link).is_err());
    }
}
