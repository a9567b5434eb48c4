//! What a keeper writes down about its cell: who they are, and how it ended.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use rustix::process::{Pid, test_kill_process};

/// The file. A keeper that is killed leaves it without an end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// The keeper's process.
    pub(crate) keeper: u32,
    /// The cell's process, the first of its group. 0 if it could not be started.
    pub(crate) cell: u32,
    /// When the system started the cell, in a measure of its own: another process of the same number
    /// has another one. Empty where the system does not say.
    pub(crate) token: String,
    /// Milliseconds since 1970.
    pub(crate) started: u64,
    /// What it was started from.
    pub(crate) digest: String,
    /// How it ended: for people, and whether well.
    pub(crate) ended: Option<(bool, String)>,
}

const FORMAT: &str = "cell-keeper 1";

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { keeper, cell, token, started, digest, ended } = self;
        writeln!(f, "{FORMAT}\nkeeper {keeper}\ncell {cell}\ntoken {token}")?;
        writeln!(f, "started {started}\ndigest {digest}")?;
        match ended {
            Some((well, how)) => {
                let word = if *well { "well" } else { "badly" };
                writeln!(f, "ended {word} {}", how.replace('\n', " "))
            }
            None => Ok(()),
        }
    }
}

impl Record {
    /// Reads the file's text; `None` if it is of another version or cut.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next() != Some(FORMAT) {
            return None;
        }
        let mut record = Self::default();
        for line in lines {
            let (key, value) = line.split_once(' ')?;
            match key {
                "keeper" => record.keeper = value.parse().ok()?,
                "cell" => record.cell = value.parse().ok()?,
                "token" => value.clone_into(&mut record.token),
                "started" => record.started = value.parse().ok()?,
                "digest" => value.clone_into(&mut record.digest),
                "ended" => {
                    let (word, how) = value.split_once(' ')?;
                    record.ended = Some((word == "well", how.to_owned()));
                }
                _ => return None,
            }
        }
        (record.keeper != 0).then_some(record)
    }

    /// Runs the cell still, for all that is known? A number alone may be another process's by now.
    pub(crate) fn lives(&self) -> bool {
        let known = self.ended.is_none() && !self.token.is_empty();
        known && token(self.cell).as_ref() == Some(&self.token)
    }

    pub(crate) fn read(path: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(path).ok()?)
    }

    /// Replaces the file, which is never seen half written.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let new = path.with_extension("keeper.new");
        fs::write(&new, self.to_string())?;
        fs::rename(new, path)
    }
}

/// When the system started a process; empty if it does not say, `None` if there is no such process.
pub(crate) fn token(process: u32) -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some(String::new());
    }
    stat(process).map(|(_, started)| started)
}

/// Has a process ended? So has one of which its parent has taken no notice yet.
pub(crate) fn has_ended(process: u32, token: &str) -> bool {
    if !cfg!(target_os = "linux") {
        let process = Pid::from_raw(process.cast_signed());
        return process.is_none_or(|process| test_kill_process(process).is_err());
    }
    stat(process).is_none_or(|(state, started)| started != token || matches!(&*state, "Z" | "X"))
}

/// What Linux says of a process: its state, and when it was started.
fn stat(process: u32) -> Option<(String, String)> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program stands in parentheses and may have any characters.
    let (_, rest) = text.rsplit_once(')')?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    Some(((*words.first()?).to_owned(), (*words.get(19)?).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back() {
        let running = Record {
            keeper: 7,
            cell: 8,
            token: "123".into(),
            started: 1_700_000_000_000,
            digest: "ab".into(),
            ended: None,
        };
        assert_eq!(Record::parse(&running.to_string()), Some(running.clone()));
        let how = "cannot be started:\nno such file".to_owned();
        let over = Record { token: String::new(), ended: Some((false, how)), ..running };
        let read = Record::parse(&over.to_string()).unwrap();
        assert_eq!(read.ended, Some((false, "cannot be started: no such file".to_owned())));
        for bad in ["", "cell-keeper 2\nkeeper 1\n", "cell-keeper 1\n", "cell-keeper 1\nkeeper x\n"]
        {
            assert_eq!(Record::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn processes_are_told_apart() {
        let ours = token(std::process::id()).unwrap();
        assert_eq!(ours.is_empty(), !cfg!(target_os = "linux"));
        assert_eq!(token(std::process::id()), Some(ours));
    }

    #[test]
    fn a_process_that_ended_is_known_before_its_parent_knows() {
        let ours = token(std::process::id()).unwrap();
        assert!(!has_ended(std::process::id(), &ours));
        let mut child =
            std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let begun = token(child.id()).unwrap();
        assert!(!has_ended(child.id(), &begun));
        drop(child.stdin.take());
        if cfg!(target_os = "linux") {
            assert!(has_ended(std::process::id(), "another"));
            let begin = std::time::Instant::now();
            while !has_ended(child.id(), &begun) {
                assert!(begin.elapsed().as_secs() < 60);
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        }
        child.wait().unwrap();
        assert!(has_ended(child.id(), &begun));
    }
}
