//! Writing a project's `.cell` folder: components, expansions, answers, schemas. One immutable file
//! each, never torn, named by what is in it or by what it answers.
//!
//! Only the command line and the macro server write; a build reads with
//! [`macro_bridge::project::Project`].

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, SystemTime};

use macro_bridge::answer::Answer;
use macro_bridge::digest::Digest;
use macro_bridge::project::read_file;

use crate::load::digest;
use crate::replace::{self, Attributes, replace, sweep, sync_folder};

/// What a file's time of modification shall say to cargo, which runs a crate's macros again when a
/// file that they read is newer than the last build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// What it says was found out by the build that runs: nothing has to run again.
    Settled,
    /// It may say something else than before: what used it has to run again.
    Fresh,
    /// It was found out by a build that began then: what earlier builds made of another answer has to
    /// run again, and that build has not.
    Since(SystemTime),
}

impl Age {
    /// What to write as the time of modification, if not now.
    fn modified(self) -> Option<SystemTime> {
        match self {
            Self::Settled => Some(SystemTime::UNIX_EPOCH + SETTLED),
            Self::Fresh => None,
            Self::Since(time) => Some(time),
        }
    }
}

/// The time of [`Age::Settled`] files: the same everywhere, and older than any build.
const SETTLED: Duration = Duration::from_secs(1_000_000_000);

/// Writes one project's `.cell`.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// Folders that were made and swept already.
    known: Mutex<Vec<PathBuf>>,
}

/// A file of the store could not be written.
#[derive(Debug)]
pub struct StoreError {
    path: PathBuf,
    source: io::Error,
}

impl StoreError {
    /// Which file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The system's words.
    #[must_use]
    pub fn reason(&self) -> String {
        self.source.to_string()
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} could not be written: {}", self.path.display(), self.source)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

impl Store {
    /// The store of the project whose `cell.toml` is in `root`.
    #[must_use]
    pub fn of_project(root: &Path) -> Self {
        Self { folder: root.join(".cell"), known: Mutex::default() }
    }

    /// Keeps a component; returns its digest.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn put_component(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let name = digest(bytes);
        self.put("components", &format!("{name}.wasm"), bytes, Age::Settled)?;
        Ok(name)
    }

    /// Keeps an expansion, as [`macro_bridge::expansion::file`] encodes it.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn put_expansion(&self, key: &Digest, bytes: &[u8], age: Age) -> Result<(), StoreError> {
        self.put("expansions", &key.to_string(), bytes, age)
    }

    /// Keeps an answer in the place of the one that there is.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn put_answer(&self, answer: &Answer, age: Age) -> Result<(), StoreError> {
        let (folder, name) = self.answer(answer)?;
        self.put(&folder, &name, answer.encode().as_bytes(), age)
    }

    /// Keeps an answer if there is none to its question; says whether it did. Not flushed to the disk: a
    /// build that asks many questions would wait for it, and after a power cut a record that is not
    /// whole is found, and can be asked for again.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn add_answer(&self, answer: &Answer, age: Age) -> Result<bool, StoreError> {
        let (folder, name) = self.answer(answer)?;
        let folder = self.folder.join(folder);
        let path = folder.join(name);
        let modified = age.modified();
        let attributes = Attributes { mode: 0o644, modified, survives_power_cut: false };
        self.folder_ready(&folder)
            .and_then(|()| replace::add(&path, answer.encode().as_bytes(), attributes))
            .map_err(|source| StoreError { path, source })
    }

    /// Folder and name of an answer's record.
    fn answer(&self, answer: &Answer) -> Result<(String, String), StoreError> {
        let cell = &answer.question.cell;
        let plain = !cell.is_empty()
            && !cell.starts_with('.')
            && !cell.contains(|c: char| c.is_control() || matches!(c, '/' | '\\'));
        if !plain {
            let source = io::Error::other("the cell's name cannot be the name of a folder");
            return Err(StoreError { path: self.folder.join("answers").join(cell), source });
        }
        Ok((format!("answers/{cell}"), answer.question.key().to_string()))
    }

    /// Keeps a schema; returns its digest.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn put_schema(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let name = digest(bytes);
        self.put("schemas", &name.to_string(), bytes, Age::Settled)?;
        Ok(name)
    }

    fn put(&self, folder: &str, name: &str, bytes: &[u8], age: Age) -> Result<(), StoreError> {
        let folder = self.folder.join(folder);
        let path = folder.join(name);
        let written = self.folder_ready(&folder).and_then(|()| {
            // Not written again: the time of modification is a fact too.
            if matches!(read_file(&path, bytes.len() as u64), Ok(Some(old)) if old == bytes) {
                return Ok(());
            }
            let modified = age.modified();
            let attributes = Attributes { mode: 0o644, modified, survives_power_cut: true };
            replace(&path, &[bytes], attributes)?;
            sync_folder(&folder)
        });
        written.map_err(|source| StoreError { path, source })
    }

    fn folder_ready(&self, folder: &Path) -> io::Result<()> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.iter().any(|one| one == folder) {
            return Ok(());
        }
        if !folder.is_dir() {
            fs::create_dir_all(folder)?;
            // The new folder's name, and that of `.cell` if it is new too.
            for parent in folder.ancestors().skip(1).take(3) {
                sync_folder(parent)?;
            }
        }
        sweep(folder);
        known.push(folder.to_owned());
        Ok(())
    }
}
