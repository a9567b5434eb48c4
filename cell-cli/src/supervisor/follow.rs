//! Reads logs: the last lines, and what comes then, over restarts and new files.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::supervisor::log::{Source, before};
use crate::supervisor::timestamp::WIDTH;

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) time: String,
    pub(crate) source: Source,
    pub(crate) text: String,
}

impl Line {
    /// What is damaged is shown as it is, as somebody's output without a time.
    fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_end_matches('\n');
        let parts = text.split_at_checked(WIDTH).and_then(|(time, rest)| {
            let (letter, rest) = rest.strip_prefix(' ')?.split_once(' ')?;
            Some((time, Source::from_letter(letter)?, rest))
        });
        let (time, source, text) = parts.unwrap_or(("", Source::Output, text));
        Self { time: time.to_owned(), source, text: text.to_owned() }
    }
}

/// Reads a log on and on.
pub(crate) struct Tail {
    path: PathBuf,
    current: Option<(BufReader<File>, u64)>,
    /// The beginning of a line whose end is not written yet.
    partial: Vec<u8>,
}

impl Tail {
    /// The last lines that there are, and what comes after them. There may be no log yet.
    pub(crate) fn open(path: &Path, lines: usize) -> io::Result<(Vec<Line>, Self)> {
        let mut tail = Self { path: path.to_owned(), current: None, partial: Vec::new() };
        let mut found = tail.more()?;
        if found.len() < lines
            && let Ok(mut file) = File::open(before(path))
            // The log that we have just read has become the old one.
            && tail.current.as_ref().map(|(_, inode)| *inode) != Some(file.metadata()?.ino())
        {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let mut all: Vec<Line> =
                bytes.split_inclusive(|b| *b == b'\n').map(Line::read).collect();
            all.append(&mut found);
            found = all;
        }
        let first = found.len().saturating_sub(lines);
        Ok((found.split_off(first), tail))
    }

    /// The whole lines that were added.
    pub(crate) fn more(&mut self) -> io::Result<Vec<Line>> {
        let mut found = Vec::new();
        self.read(&mut found)?;
        let inode = fs::metadata(&self.path).map(|metadata| metadata.ino()).ok();
        if inode.is_some() && inode != self.current.as_ref().map(|(_, inode)| *inode) {
            // Nobody writes to the old one now; what was written since we read it comes first.
            self.read(&mut found)?;
            self.partial.clear();
            let file = File::open(&self.path)?;
            let inode = file.metadata()?.ino();
            self.current = Some((BufReader::new(file), inode));
            self.read(&mut found)?;
        }
        Ok(found)
    }

    fn read(&mut self, found: &mut Vec<Line>) -> io::Result<()> {
        let Some((reader, _)) = &mut self.current else { return Ok(()) };
        while reader.read_until(b'\n', &mut self.partial)? > 0 {
            if self.partial.last() == Some(&b'\n') {
                found.push(Line::read(&self.partial));
                self.partial.clear();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervisor::log::Log;
    use std::io::Write as _;

    fn numbers(lines: &[Line]) -> Vec<usize> {
        lines.iter().map(|line| line.text.parse().unwrap()).collect()
    }

    #[test]
    fn nothing_is_lost_or_repeated_over_new_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let (none, mut tail) = Tail::open(&path, 10).unwrap();
        assert!(none.is_empty() && tail.more().unwrap().is_empty());
        let mut log = Log::open(&path, 400).unwrap();
        let mut found = Vec::new();
        for number in 0..100 {
            log.write(Source::Output, number.to_string().as_bytes()).unwrap();
            if number % 7 == 0 {
                found.extend(tail.more().unwrap());
            }
        }
        found.extend(tail.more().unwrap());
        assert_eq!(numbers(&found), (0..100).collect::<Vec<_>>());
        let (last, mut tail) = Tail::open(&path, 15).unwrap();
        assert_eq!(numbers(&last), (85..100).collect::<Vec<_>>());
        assert!(tail.more().unwrap().is_empty());
        drop(log);
        // Another process goes on.
        Log::open(&path, 400).unwrap().write(Source::Errors, b"100").unwrap();
        let more = tail.more().unwrap();
        assert_eq!((numbers(&more), more[0].source), (vec![100], Source::Errors));
        assert_eq!(more[0].time.len(), WIDTH);
    }

    #[test]
    fn half_a_line_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let mut file = File::create(&path).unwrap();
        let (_, mut tail) = Tail::open(&path, 0).unwrap();
        file.write_all(b"damaged ").unwrap();
        assert!(tail.more().unwrap().is_empty());
        file.write_all(b"line\n\n").unwrap();
        let texts: Vec<String> = tail.more().unwrap().into_iter().map(|line| line.text).collect();
        assert_eq!(texts, ["damaged line", ""]);
    }
}
