//! Connections between processes of one user on one machine.
//!
//! A cell's name is a socket in a folder that nobody else may enter, held by a lock that the kernel
//! gives back however its owner ends: whatever a killed cell left is no hindrance for the next.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use cell_model::{Code, Fault};
use sha2::{Digest as _, Sha256};
use tokio::net::{UnixListener, UnixStream};

use crate::listener::Listener;

mod pipe;

pub use pipe::UnixPipe;

/// `sun_path` of Linux has 108 bytes, that of macOS 104, each with a zero at the end.
const LONGEST: usize = 103;
/// Bytes of a cell's name.
const NAME: usize = 128;

/// The folder of this user's sockets: `CELL_HOME/run`, else `XDG_RUNTIME_DIR/cell`, else the folder
/// for caches. `None` if the user has no home.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let variable =
        |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(home) = variable("CELL_HOME") {
        return Some(home.join("run"));
    }
    if let Some(run) = variable("XDG_RUNTIME_DIR") {
        return Some(run.join("cell"));
    }
    directories::BaseDirs::new().map(|dirs| dirs.cache_dir().join("cell/run"))
}

/// The socket of a cell. A name that makes the path too long for the system is shortened to a hash.
///
/// # Errors
/// `InvalidInput` for what is no name, and if the folder alone is too long.
pub fn socket(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let bad = |text: String| io::Error::new(io::ErrorKind::InvalidInput, text);
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.is_empty() || name.len() > NAME || !name.bytes().all(part) {
        let shown: String = name.chars().take(40).collect();
        return Err(bad(format!(
            "`{}` is no name of a cell: 1 to {NAME} letters, digits, `-` and `_`",
            shown.escape_debug()
        )));
    }
    let fits = |path: &PathBuf| path.as_os_str().len() <= LONGEST;
    let path = folder.join(format!("{name}.sock"));
    if fits(&path) {
        return Ok(path);
    }
    let hash = Sha256::digest(name);
    let short: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    // No cell can be called this: a name has no `.`.
    let path = folder.join(format!("{short}.name.sock"));
    let why =
        || bad(format!("the path of {} is too long for sockets; set CELL_HOME", folder.display()));
    Some(path).filter(fits).ok_or_else(why)
}

/// Takes connections of this user's processes.
pub struct UnixSocket {
    listener: UnixListener,
    path: PathBuf,
    // Given up last: who has it may remove what is there.
    lock: File,
}

impl UnixSocket {
    /// Takes a cell's name.
    ///
    /// # Errors
    /// `AddrInUse` if a cell of this name runs; `PermissionDenied` if the folder is not this user's
    /// alone; those of the system.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn listen(folder: &Path, name: &str) -> io::Result<Self> {
        prepare(folder)?;
        let path = socket(folder, name)?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.with_extension("lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::Error::new(
                io::ErrorKind::AddrInUse,
                format!("a cell named `{name}` runs already"),
            ),
            TryLockError::Error(error) => error,
        })?;
        // Bound under another name first: nobody shall find it before it has its permissions. What
        // is there is of a cell that was killed, since we have the lock.
        let hidden = path.with_extension("new");
        let _ = fs::remove_file(&hidden);
        let listener = UnixListener::bind(&hidden)?;
        fs::set_permissions(&hidden, Permissions::from_mode(0o600))?;
        fs::rename(&hidden, &path)?;
        Ok(Self { listener, path, lock })
    }

    /// Where it listens.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        // Not left to the closing of the file: a process that is started at this moment has all of
        // our files until it runs its program, and would keep the name until then.
        let _ = self.lock.unlock();
    }
}

impl Listener for UnixSocket {
    type Pipe = UnixPipe;

    async fn accept(&mut self) -> io::Result<UnixPipe> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            // The folder lets no other user in; the kernel says so once more.
            if stream.peer_cred().is_ok_and(|peer| peer.uid() == user()) {
                return UnixPipe::new(stream);
            }
        }
    }
}

/// Connects to a cell by name.
///
/// # Errors
/// [`Code::Disconnected`] if it does not run, [`Code::Denied`] if somebody else answers in its place.
pub async fn connect(folder: &Path, name: &str) -> Result<UnixPipe, Fault> {
    let path =
        socket(folder, name).map_err(|error| Fault::new(Code::Disconnected, error.to_string()))?;
    let denied = |text: String| Fault::new(Code::Denied, text);
    if fs::symlink_metadata(folder).is_ok() {
        check(folder).map_err(|error| denied(error.to_string()))?;
    }
    let stream = UnixStream::connect(&path).await.map_err(|error| {
        use io::ErrorKind::{ConnectionRefused, NotFound};
        let text = match error.kind() {
            NotFound | ConnectionRefused => format!("the cell `{name}` does not run"),
            _ => format!("the cell `{name}` cannot be reached: {error}"),
        };
        Fault::new(Code::Disconnected, text)
    })?;
    let peer = stream.peer_cred().map_err(|error| denied(error.to_string()))?;
    if peer.uid() != user() {
        return Err(denied(format!("another user's process listens as `{name}`")));
    }
    UnixPipe::new(stream).map_err(|error| Fault::new(Code::Disconnected, error.to_string()))
}

fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Makes the folder, for this user alone. One that is there and that others may enter is refused: it
/// may have been made for something else.
fn prepare(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    check(folder)?;
    if fs::symlink_metadata(folder)?.mode() & 0o077 == 0 {
        return Ok(());
    }
    let text = format!(
        "others may enter {0}: `chmod 700 {0}`, or choose another folder for sockets",
        folder.display()
    );
    Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
}

/// Whoever can put a socket into it answers for the cells.
fn check(folder: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(folder)?;
    if found.is_dir() && found.uid() == user() && found.mode() & 0o022 == 0 {
        return Ok(());
    }
    let text = format!("{} is not a folder of this user alone", folder.display());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_not_paths() {
        let folder = Path::new("/run/user/1000/cell");
        assert_eq!(socket(folder, "my-ledger_2").unwrap(), folder.join("my-ledger_2.sock"));
        for name in ["", ".", "..", "a/b", "a.b", "ä", "a b", "a\0", &"x".repeat(129)] {
            assert!(socket(folder, name).is_err(), "{name}");
        }
    }

    #[test]
    fn long_names_are_shortened_and_stay_apart() {
        let folder = Path::new("/run/user/1000/cell");
        let (one, other) = ("x".repeat(127) + "1", "x".repeat(127) + "2");
        let (one, other) = (socket(folder, &one).unwrap(), socket(folder, &other).unwrap());
        assert_ne!(one, other);
        assert!(one.as_os_str().len() <= LONGEST);
        assert!(socket(&Path::new("/x").join("y".repeat(100)), "a").is_err());
    }

    #[tokio::test]
    async fn a_name_belongs_to_one_and_is_free_again() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("run");
        let first = UnixSocket::listen(&folder, "a").unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::symlink_metadata(first.path()).unwrap().mode() & 0o777, 0o600);
        let second = UnixSocket::listen(&folder, "a").err().map(|error| error.kind());
        assert_eq!(second, Some(io::ErrorKind::AddrInUse));
        connect(&folder, "a").await.unwrap();
        // As a process has it that was forked and does not run its program yet.
        let _forked = first.lock.try_clone().unwrap();
        drop(first);
        let fault = connect(&folder, "a").await.unwrap_err();
        assert_eq!(fault.to_string(), "disconnected: the cell `a` does not run");
        UnixSocket::listen(&folder, "a").unwrap();
    }

    #[tokio::test]
    async fn what_a_killed_cell_left_is_no_hindrance() {
        let outer = tempfile::tempdir().unwrap();
        let path = socket(outer.path(), "a").unwrap();
        fs::set_permissions(outer.path(), Permissions::from_mode(0o700)).unwrap();
        drop(UnixListener::bind(&path).unwrap());
        fs::write(path.with_extension("new"), "half done").unwrap();
        assert!(connect(outer.path(), "a").await.is_err());
        let _there = UnixSocket::listen(outer.path(), "a").unwrap();
        connect(outer.path(), "a").await.unwrap();
    }

    #[tokio::test]
    async fn a_folder_that_others_may_write_to_is_refused() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("run");
        let _there = UnixSocket::listen(&folder, "a").unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
        let refused = UnixSocket::listen(&folder, "b").err().map(|error| error.kind());
        assert_eq!(refused, Some(io::ErrorKind::PermissionDenied));
        assert_eq!(connect(&folder, "a").await.unwrap_err().code, Code::Denied);
        let link = outer.path().join("link");
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        assert!(UnixSocket::listen(&link, "c").is_err());
    }
}
