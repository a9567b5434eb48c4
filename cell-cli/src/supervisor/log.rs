//! What a cell writes to its streams, a line each with its time, in a file of bounded size and the
//! one before it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::supervisor::timestamp;

/// Bytes of a cell's log before the next file begins.
pub(crate) const MOST: u64 = 8 << 20;
/// Bytes of one line; a longer one becomes several.
const LINE: usize = 16 << 10;

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Output,
    Errors,
    /// Not the cell: what happened to it.
    Keeper,
}

impl Source {
    fn letter(self) -> char {
        match self {
            Self::Output => 'o',
            Self::Errors => 'e',
            Self::Keeper => '-',
        }
    }

    pub(crate) fn from_letter(letter: &str) -> Option<Self> {
        [Self::Output, Self::Errors, Self::Keeper]
            .into_iter()
            .find(|source| letter.starts_with(source.letter()) && letter.len() == 1)
    }
}

/// A log that is written.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: File,
    size: u64,
    most: u64,
}

impl Log {
    /// Goes on with the file at `path`, or begins it.
    pub(crate) fn open(path: &Path, most: u64) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        let size = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, size, most })
    }

    /// Adds a line, in a new file if this one has become too large.
    pub(crate) fn write(&mut self, source: Source, text: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(text);
        let time = timestamp::rfc3339(timestamp::now());
        let line = format!("{time} {} {}\n", source.letter(), text.trim_end_matches(['\r', '\n']));
        if self.size > 0 && self.size + line.len() as u64 > self.most {
            fs::rename(&self.path, before(&self.path))?;
            *self = Self::open(&self.path, self.most)?;
        }
        self.file.write_all(line.as_bytes())?;
        self.size += line.len() as u64;
        Ok(())
    }
}

/// The file before this one.
pub(crate) fn before(path: &Path) -> PathBuf {
    path.with_extension("log.1")
}

/// Hands over line by line, to the end. Long ones come in pieces, so nobody can fill the memory.
pub(crate) fn lines(mut from: impl BufRead, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        let available = match from.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            available => available?,
        };
        if available.is_empty() {
            if !line.is_empty() {
                each(&line);
            }
            return Ok(());
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let room = LINE - line.len();
        let taken = end.map_or(available.len(), |end| end + 1).min(room);
        line.extend_from_slice(&available[..taken]);
        from.consume(taken);
        if line.last() == Some(&b'\n') || line.len() >= LINE {
            each(&line);
            line.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_log_has_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let mut log = Log::open(&path, 1_000).unwrap();
        for number in 0..200 {
            log.write(Source::Output, format!("line {number}\r\n").as_bytes()).unwrap();
            assert!(fs::metadata(&path).unwrap().len() <= 1_000);
        }
        let both = fs::read_to_string(before(&path)).unwrap() + &fs::read_to_string(&path).unwrap();
        let last: Vec<&str> = both.lines().map(|line| &line[timestamp::WIDTH..]).collect();
        assert!(last.len() > 25 && last.len() < 60, "{}", last.len());
        assert_eq!(last.last(), Some(&" o line 199"));
        // What is larger than the bound alone is written still.
        log.write(Source::Errors, &[b'x'; 5_000]).unwrap();
        log.write(Source::Errors, b"y").unwrap();
        assert!(fs::read_to_string(&path).unwrap().ends_with(" e y\n"));
    }

    proptest! {
        #[test]
        fn all_bytes_come_in_lines(bytes: Vec<u8>, buffer in 1usize..40) {
            let mut found = Vec::new();
            let reader = io::BufReader::with_capacity(buffer, &bytes[..]);
            lines(reader, |line| found.push(line.to_vec())).unwrap();
            prop_assert_eq!(found.concat(), bytes);
            for line in &found {
                prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count() <= 1, true);
            }
        }
    }

    #[test]
    fn a_line_without_an_end_comes_in_pieces() {
        let bytes = vec![b'x'; LINE * 2 + 5];
        let mut found = Vec::new();
        lines(&bytes[..], |line| found.push(line.len())).unwrap();
        assert_eq!(found, [LINE, LINE, 5]);
    }
}
