//! The file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::SyncMode;
use crate::flusher::{Durable, Flusher};
use crate::format::{self, Damage, HEAD, LONGEST};

/// Why there is no journal.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The system does not let us.
    #[error("cannot use the journal {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// Another process writes to it.
    #[error("the journal {} belongs to a process that runs", _0.display())]
    InUse(PathBuf),
    /// What is in it is not what was written.
    #[error(
        "the journal {} cannot be used: {damage}\nhelp: nothing was changed; put a copy of it in its place",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        damage: Damage,
    },
}

/// What was in a journal.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// The records, in the order in which they were written.
    pub records: Vec<Vec<u8>>,
    /// Bytes of a record that was not written to its end, and is gone. Nobody was told of it.
    pub cut: u64,
}

/// A journal that is open, and this process's alone.
pub struct Journal {
    file: File,
    /// Bytes of whole records, with the first line.
    length: u64,
    records: u64,
    mode: SyncMode,
    flusher: Option<Flusher>,
    /// Why nothing is taken any more.
    broken: Option<String>,
}

impl Journal {
    /// Opens a journal, or begins one, and reads what is in it. The whole file is in memory for a
    /// moment. `kind` says what the records are, with their version: `ledger 1`.
    ///
    /// # Errors
    /// See [`OpenError`]. A file that is damaged stays as it is.
    pub fn open(path: &Path, kind: &str, mode: SyncMode) -> Result<(Self, Opened), OpenError> {
        let io = |source| OpenError::Io { path: path.to_owned(), source };
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).open(path).map_err(io)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => OpenError::InUse(path.to_owned()),
            TryLockError::Error(error) => io(error),
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let decoded = format::decode(&bytes, kind)
            .map_err(|damage| OpenError::Damaged { path: path.to_owned(), damage })?;
        let cut = (bytes.len() - decoded.end) as u64;
        if cut > 0 {
            file.set_len(decoded.end as u64).map_err(io)?;
        }
        let mut length = decoded.end as u64;
        if length == 0 {
            let header = format::header(kind);
            file.write_all(&header).map_err(io)?;
            length = header.len() as u64;
        }
        if mode != SyncMode::None {
            file.sync_all().map_err(io)?;
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            // A file that the folder does not know is lost with the power, too.
            File::open(folder.unwrap_or(Path::new("."))).and_then(|f| f.sync_all()).map_err(io)?;
        }
        let flusher = match mode {
            SyncMode::Group => {
                Some(Flusher::start(file.try_clone().map_err(io)?, length).map_err(io)?)
            }
            SyncMode::None | SyncMode::Each => None,
        };
        let records: Vec<Vec<u8>> = decoded.records.iter().map(|record| record.to_vec()).collect();
        let count = records.len() as u64;
        let journal = Self { file, length, records: count, mode, flusher, broken: None };
        Ok((journal, Opened { records, cut }))
    }

    /// Appends a record. When this returns, a `kill -9` cannot undo it; when what it returns has been
    /// waited for, it is as safe as the mode says.
    ///
    /// # Errors
    /// If the system did not take all of it: then nothing of it is in the file. After an error that
    /// leaves in doubt what is in the file, every further call is refused.
    pub fn append(&mut self, payload: &[u8]) -> io::Result<Durable> {
        self.check()?;
        if payload.is_empty() || payload.len() > LONGEST {
            let text =
                format!("a record of {} bytes, which may have 1 to {LONGEST}", payload.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let record = format::record(self.records, payload);
        match self.file.write(&record) {
            Ok(written) if written == record.len() => {}
            outcome => return Err(self.take_back(outcome)),
        }
        self.records += 1;
        self.length += (HEAD + payload.len()) as u64;
        if self.mode == SyncMode::Each
            && let Err(error) = self.file.sync_data()
        {
            return Err(self.broken(&error));
        }
        Ok(self.end())
    }

    /// Waits for all that was appended until now.
    pub fn end(&self) -> Durable {
        match &self.flusher {
            Some(flusher) => flusher.want(self.length),
            None => Durable::already(),
        }
    }

    /// Records that are in it.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    fn check(&mut self) -> io::Result<()> {
        if self.flusher.is_some() && self.end().has_failed() {
            self.broken.get_or_insert_with(|| "the disk did not take what was written".to_owned());
        }
        match &self.broken {
            Some(why) => Err(io::Error::other(format!("the journal takes nothing more: {why}"))),
            None => Ok(()),
        }
    }

    /// A write that did not end, or of a part only: a full disk, say.
    fn take_back(&mut self, outcome: io::Result<usize>) -> io::Error {
        let error = match outcome {
            Ok(_) => io::Error::new(io::ErrorKind::WriteZero, "the system took a part of a record"),
            Err(error) => error,
        };
        match self.file.set_len(self.length) {
            Ok(()) => error,
            Err(_) => self.broken(&error),
        }
    }

    fn broken(&mut self, error: &io::Error) -> io::Error {
        self.broken = Some(error.to_string());
        io::Error::other(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODES: [SyncMode; 3] = [SyncMode::None, SyncMode::Each, SyncMode::Group];

    async fn append(path: &Path, mode: SyncMode, payload: &[u8]) -> Opened {
        let (mut journal, opened) = Journal::open(path, "test 1", mode).expect("a journal");
        journal.append(payload).expect("there is room").wait().await.expect("a disk");
        opened
    }

    #[tokio::test]
    async fn records_are_there_after_a_start_in_all_modes() {
        for mode in MODES {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("journal");
            assert_eq!(append(&path, mode, b"one").await, Opened::default());
            assert_eq!(append(&path, mode, b"two").await.records, [b"one".to_vec()]);
            let opened = append(&path, mode, b"three").await;
            assert_eq!(opened.records, [b"one".to_vec(), b"two".to_vec()]);
        }
    }

    #[tokio::test]
    async fn a_torn_tail_is_cut_and_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        append(&path, SyncMode::None, b"one").await;
        append(&path, SyncMode::None, b"two").await;
        let whole = std::fs::read(&path).expect("a file");
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).expect("a disk");
            let opened = append(&path, SyncMode::None, b"new").await;
            let before = opened.records.len();
            assert!(before <= 1, "{cut}");
            let (journal, opened) =
                Journal::open(&path, "test 1", SyncMode::None).expect("a journal");
            assert_eq!((journal.records(), opened.cut), (before as u64 + 1, 0), "{cut}");
            assert_eq!(opened.records.last().map(Vec::as_slice), Some(&b"new"[..]));
        }
    }

    #[test]
    fn belongs_to_one_and_stays_as_it_is_when_damaged() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let (journal, _) = Journal::open(&path, "test 1", SyncMode::None).expect("a journal");
        let second = Journal::open(&path, "test 1", SyncMode::None).err().expect("it is taken");
        assert!(matches!(second, OpenError::InUse(_)));
        drop(journal);
        let other = Journal::open(&path, "test 2", SyncMode::None).err().expect("another kind");
        assert!(matches!(other, OpenError::Damaged { damage: Damage::OtherKind { .. }, .. }));
        std::fs::write(&path, "my diary").expect("a disk");
        assert!(Journal::open(&path, "test 1", SyncMode::None).is_err());
        assert_eq!(std::fs::read(&path).expect("a file"), b"my diary");
    }

    #[tokio::test]
    async fn many_wait_for_one_flush() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let (mut journal, _) = Journal::open(&path, "test 1", SyncMode::Group).expect("a journal");
        let waiting: Vec<Durable> =
            (0..100u8).map(|n| journal.append(&[n]).expect("there is room")).collect();
        for durable in waiting {
            durable.wait().await.expect("a disk");
        }
        assert!(journal.append(&[]).is_err() && journal.append(&vec![0; LONGEST + 1]).is_err());
        drop(journal);
        let (_, opened) = Journal::open(&path, "test 1", SyncMode::None).expect("a journal");
        assert_eq!(opened.records.len(), 100);
    }
}
