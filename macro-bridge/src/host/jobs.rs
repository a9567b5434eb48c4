//! The job tokens of this build, with std alone: as many processes and threads work for a build as
//! cargo or make were told (`-j`), and who wants another one takes a byte from their pipe.
//!
//! A compiler has one token from the beginning, which is idle while the macro server works for it.
//! So the server may use one thread for it, and one more for each byte that is there just now.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::num::NonZeroUsize;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Where cargo and make say which pipe it is.
const VARIABLES: [&str; 3] = ["CARGO_MAKEFLAGS", "MAKEFLAGS", "MFLAGS"];

/// Tokens that are given back when this is dropped.
#[derive(Debug)]
pub(super) struct Tokens {
    pipe: Option<File>,
    taken: Vec<u8>,
    /// Nobody said how many jobs there may be.
    all: bool,
}

impl Tokens {
    /// Those that are there just now, as many as there are other cores at most.
    pub(super) fn take() -> Self {
        // An editor's process may have the words of a build that it was started from, and none of
        // its files.
        let editor = std::env::var_os("RUST_ANALYZER_INTERNALS_DO_NOT_USE").is_some();
        let flags = VARIABLES.iter().filter_map(|name| std::env::var(name).ok());
        let pipe = flags.filter(|_| !editor).find_map(|flags| Pipe::of(&flags));
        match pipe {
            Some(pipe) => Self::of(pipe.open(), cores().saturating_sub(1)),
            None => Self { pipe: None, taken: Vec::new(), all: true },
        }
    }

    /// Without a pipe, there are none.
    fn of(pipe: Option<File>, most: usize) -> Self {
        let mut taken = vec![0; most];
        let count = pipe.as_ref().and_then(|mut pipe| pipe.read(&mut taken).ok());
        taken.truncate(count.unwrap_or(0));
        Self { pipe, taken, all: false }
    }

    /// How many threads may work for this compiler.
    pub(super) fn threads(&self) -> usize {
        if self.all { cores() } else { 1 + self.taken.len() }
    }
}

impl Drop for Tokens {
    fn drop(&mut self) {
        if let Some(pipe) = &mut self.pipe {
            // The same bytes: make knows its own by them.
            let _ = pipe.write_all(&self.taken);
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// The pipe as its owner names it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pipe {
    /// Both ends were inherited.
    Inherited(u32, u32),
    Named(PathBuf),
    /// It says that there is one, for others than us.
    NotOurs,
}

impl Pipe {
    /// The last that the flags name; nothing if they name none.
    fn of(flags: &str) -> Option<Self> {
        let words = flags.split_ascii_whitespace();
        let value = |word: &'_ str| {
            let value = word.strip_prefix("--jobserver-auth=");
            value.or_else(|| word.strip_prefix("--jobserver-fds=")).map(str::to_owned)
        };
        let value = words.filter_map(value).next_back()?;
        if let Some(path) = value.strip_prefix("fifo:") {
            return Some(Self::Named(path.into()));
        }
        let ends = value.split_once(',');
        let ends = ends.and_then(|(read, write)| Some((read.parse().ok()?, write.parse().ok()?)));
        Some(ends.map_or(Self::NotOurs, |(read, write)| Self::Inherited(read, write)))
    }

    /// Opened anew, so that reading it does not wait, and that of all others does as before.
    fn open(&self) -> Option<File> {
        match self {
            Self::Named(path) => open(path),
            Self::Inherited(read, write) => {
                let [read, write] = [read, write].map(|end| format!("/proc/self/fd/{end}"));
                let identity = |path: &str| {
                    let found = std::fs::metadata(path).ok()?;
                    Some((found.dev(), found.ino()))
                };
                // Numbers that mean other files here are hardly the two ends of one pipe.
                if identity(&read)? == identity(&write)? { open(Path::new(&read)) } else { None }
            }
            Self::NotOurs => None,
        }
    }
}

fn open(path: &Path) -> Option<File> {
    let is_pipe = std::fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo());
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(NONBLOCK?);
    if is_pipe { options.open(path).ok() } else { None }
}

/// `O_NONBLOCK`, where it is known: std does not say. Elsewhere no token is taken.
const NONBLOCK: Option<i32> = if cfg!(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
)) {
    Some(0o4000)
} else {
    None
};

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_last_word_of_the_flags_counts() {
        let named = |path: &str| Some(Pipe::Named(path.into()));
        let cargo = "-j --jobserver-fds=8,9 --jobserver-auth=8,9";
        assert_eq!(Pipe::of(cargo), Some(Pipe::Inherited(8, 9)));
        assert_eq!(Pipe::of(" -j4 --jobserver-auth=fifo:/tmp/a"), named("/tmp/a"));
        assert_eq!(Pipe::of("--jobserver-auth=3,4 --jobserver-auth=fifo:/b"), named("/b"));
        assert_eq!(Pipe::of("--jobserver-auth=-2,-2"), Some(Pipe::NotOurs));
        for none in ["", "k", "-j4", "--jobserver"] {
            assert_eq!(Pipe::of(none), None, "{none}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn tokens_that_are_there_are_taken_and_given_back() {
        let path = std::env::temp_dir().join(format!("cell-tokens-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let pipe = Pipe::Named(path.clone());
        let mut owner = pipe.open().unwrap();
        let left = |owner: &mut File| {
            let mut bytes = [0; 9];
            let count = owner.read(&mut bytes).unwrap_or(0);
            owner.write_all(&bytes[..count]).unwrap();
            bytes[..count].to_vec()
        };
        // `-j1`: who began has the only one.
        assert_eq!(Tokens::of(pipe.open(), 7).threads(), 1);
        owner.write_all(b"abc").unwrap();
        let some = Tokens::of(pipe.open(), 2);
        assert_eq!((some.threads(), left(&mut owner)), (3, b"c".to_vec()));
        let rest = Tokens::of(pipe.open(), 2);
        assert_eq!((rest.threads(), left(&mut owner)), (2, Vec::new()));
        assert_eq!(Tokens::of(pipe.open(), 2).threads(), 1);
        drop((some, rest));
        let mut back = left(&mut owner);
        back.sort_unstable();
        assert_eq!(back, b"abc");
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn both_ends_of_an_inherited_pipe_are_one_pipe() {
        let (read, mut write) = std::io::pipe().unwrap();
        let (other, _keep) = std::io::pipe().unwrap();
        write.write_all(b"+").unwrap();
        let number = |end: &dyn std::os::fd::AsRawFd| end.as_raw_fd() as u32;
        let tokens = |pipe: Pipe| Tokens::of(pipe.open(), 4);
        assert_eq!(tokens(Pipe::Inherited(number(&other), number(&write))).threads(), 1);
        assert_eq!(tokens(Pipe::Inherited(9998, 9999)).threads(), 1);
        assert_eq!(tokens(Pipe::NotOurs).threads(), 1);
        let taken = tokens(Pipe::Inherited(number(&read), number(&write)));
        assert_eq!(taken.threads(), 2);
        // Reading it by the inherited end still waits, for what is given back now.
        drop(taken);
        let mut byte = [0];
        (&read).read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"+");
    }

    #[test]
    fn a_file_is_no_pipe() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        assert_eq!(Pipe::Named(file).open().map(drop), None);
    }
}
