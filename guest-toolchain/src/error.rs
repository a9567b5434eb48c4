//! What fails here, and what to do about it.

use std::fmt;
use std::path::Path;

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What failed.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No compiler on this machine can build guests.
    NoCompiler,
    /// The compiler or cargo ended with an error.
    Build,
    /// A manifest, lock or record cannot be read.
    Malformed,
    /// A file or folder could not be read or written.
    Io,
}

/// One failure with the facts that were seen and one way out.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    notes: Vec<String>,
    help: Vec<String>,
    source: Option<std::io::Error>,
}

impl Error {
    /// A failure with no notes and no help yet.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), notes: Vec::new(), help: Vec::new(), source: None }
    }

    /// `what` (a verb) could not be done with `path`.
    pub fn io(what: &str, path: &Path, source: std::io::Error) -> Self {
        let message = format!("cannot {what} `{}`", path.display());
        Self { source: Some(source), ..Self::new(Kind::Io, message) }
    }

    /// Adds a `note:` line.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a `help:` line.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// What failed.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for note in &self.notes {
            write!(f, "\nnote: {note}")?;
        }
        for help in &self.help {
            write!(f, "\nhelp: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|e| e as _)
    }
}
