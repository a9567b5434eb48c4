//! Where what belongs to a project's running cells is kept: its logs and locks, for this user alone.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use macro_bridge::digest::Digest;

use crate::supervisor::record::Record;

/// The folder of a project's cells, outside of the project.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The project's folder.
    pub(crate) root: PathBuf,
    folder: PathBuf,
    key: String,
}

impl Place {
    /// That of the project in this folder. Nothing is made yet.
    pub(crate) fn of(root: &Path) -> Result<Self> {
        Ok(Self::at(root, &state()?.join("projects").join(key(root))))
    }

    /// The same for those that are told where it is, since they have another environment.
    pub(crate) fn at(root: &Path, folder: &Path) -> Self {
        Self { root: root.to_owned(), folder: folder.to_owned(), key: key(root) }
    }

    /// Makes the folder, for this user alone.
    pub(crate) fn prepare(&self) -> Result<()> {
        let shown = self.folder.display();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .with_context(|| format!("cannot make {shown}"))?;
        if !self.is_private()? {
            bail!(
                "{shown} is not a folder of this user alone\nhelp: remove it, or set `CELL_HOME`"
            );
        }
        Ok(())
    }

    /// Is the folder there, and this user's alone?
    pub(crate) fn is_private(&self) -> io::Result<bool> {
        let found = fs::symlink_metadata(&self.folder)?;
        let user = rustix::process::geteuid().as_raw();
        Ok(found.is_dir() && found.uid() == user && found.mode() & 0o077 == 0)
    }

    /// The name of the supervisor, which is a cell.
    pub(crate) fn supervisor(&self) -> String {
        format!("{SUPERVISOR}{}", self.key)
    }

    /// A file of a cell: `log`, `lock`, `keeper`.
    pub(crate) fn file(&self, cell: &str, kind: &str) -> PathBuf {
        self.folder.join(format!("{cell}.{kind}"))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes a lock that the kernel gives back however we end. `None` if somebody has it.
    pub(crate) fn lock(&self, name: &str) -> io::Result<Option<File>> {
        let file = self.lock_file(name)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Waits until nobody has the lock.
    pub(crate) fn wait_for(&self, name: &str) -> io::Result<()> {
        self.lock_file(name)?.lock_shared()
    }

    /// Has somebody the lock?
    pub(crate) fn is_locked(&self, name: &str) -> bool {
        // Shared, so that two who look at the same time do not see each other.
        let look = || -> io::Result<bool> {
            let file = OpenOptions::new().read(true).open(self.file(name, "lock"))?;
            Ok(matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
        };
        look().unwrap_or(false)
    }

    fn lock_file(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        options.open(self.file(name, "lock"))
    }

    /// Cells that a supervisor left behind: with a keeper, or running though theirs was killed.
    pub(crate) fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let name = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            let name = name.strip_suffix(".lock")?;
            let left = !name.contains('.') && (self.is_locked(name) || self.orphan(name).is_some());
            left.then(|| name.to_owned())
        };
        let mut names: Vec<String> = entries.filter_map(name).collect();
        names.sort();
        names
    }

    /// What is known of a cell that runs though its keeper was killed.
    pub(crate) fn orphan(&self, name: &str) -> Option<Record> {
        let record = Record::read(&self.file(name, "keeper"))?;
        (!self.is_locked(name) && record.lives()).then_some(record)
    }

    /// The process that keeps a cell. One that has just begun has not written down who it is; what is
    /// there then is of the one before it, whose number may be anybody's.
    pub(crate) fn keeper(&self, name: &str) -> Option<u32> {
        let record = Record::read(&self.file(name, "keeper"))?;
        (self.is_locked(name) && record.ended.is_none()).then_some(record.keeper)
    }

    /// The lock of the supervisor itself; no cell can be called this.
    pub(crate) const LOCK: &str = "project.supervisor";
}

/// What stands for a project's folder in names.
fn key(root: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    let digest = Digest::of(root.as_os_str().as_bytes()).to_string();
    digest.get(..16).unwrap_or(&digest).to_owned()
}

/// How names of supervisors begin.
pub(crate) const SUPERVISOR: &str = "supervisor-";

/// The user's folder for what outlives a run and is not worth a backup.
fn state() -> Result<PathBuf> {
    if let Some(home) = std::env::var_os("CELL_HOME").map(PathBuf::from) {
        if home.is_absolute() {
            return Ok(home.join("state"));
        }
        bail!("`CELL_HOME` is not an absolute path: {}", home.display());
    }
    let folders = directories::ProjectDirs::from("", "", "cell")
        .context("this user has no home\nhelp: set `CELL_HOME`")?;
    Ok(folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keeper_is_known_once_it_has_said_who_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::at(Path::new("."), folder.path());
        let path = place.file("ledger", "keeper");
        let mut record = Record { keeper: 7, cell: 8, ..Record::default() };
        record.write(&path).unwrap();
        assert_eq!(place.keeper("ledger"), None, "nobody has the lock");
        let _lock = place.lock("ledger").unwrap().unwrap();
        assert_eq!(place.keeper("ledger"), Some(7));
        record.ended = Some((true, "ended with code 0".to_owned()));
        record.write(&path).unwrap();
        assert_eq!(place.keeper("ledger"), None, "that was the keeper before");
    }
}
