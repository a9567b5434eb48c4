//! What an expansion yields, whoever made it.

use crate::digest::Digest;
use crate::table::{SpanOp, Token};

/// Checked tokens in the handle space of the whole [`crate::request::Request`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Text of the rows.
    pub text: String,
    /// Rows.
    pub rows: Vec<Token>,
    /// Span operations.
    pub spans: Vec<SpanOp>,
}

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The build fails.
    Error = 0,
    /// The build goes on.
    Warning = 1,
    /// A fact at tokens of its own; belongs to the error or warning before it.
    Note = 2,
    /// A thing to do at tokens of its own; belongs to the error or warning before it.
    Help = 3,
}

impl Level {
    /// `error`
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
            Self::Help => "help",
        }
    }

    /// Does it belong to the diagnostic before it?
    #[must_use]
    pub fn belongs(self) -> bool {
        matches!(self, Self::Note | Self::Help)
    }
}

/// A line under a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// `help:` rather than `note:`.
    pub help: bool,
    /// Its text.
    pub message: String,
}

/// Replace what is between two spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Why.
    pub message: String,
    /// Span of the first token.
    pub start: u32,
    /// Span of the last token.
    pub end: u32,
    /// The new source text.
    pub replacement: String,
}

/// Something that the macro tells the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad.
    pub level: Level,
    /// The macro's words, shown as they are.
    pub message: String,
    /// Span of the first token.
    pub start: u32,
    /// Span of the last token.
    pub end: u32,
    /// Lines under it.
    pub notes: Vec<Note>,
    /// Ways to fix it.
    pub suggestions: Vec<Suggestion>,
}

/// Something that should exist when the program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanEntry {
    /// The cell that wants it.
    pub cell: String,
    /// What sort of thing.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// How it shall be.
    pub body: String,
}

/// A file for another tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The cell that made it.
    pub cell: String,
    /// File name.
    pub name: String,
    /// Content.
    pub body: Vec<u8>,
}

/// A recorded answer that an expansion stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerUsed {
    /// The cell that was asked.
    pub cell: String,
    /// The name of the record: digest of the question.
    pub key: Digest,
    /// The digest of what was answered.
    pub digest: Digest,
}

/// Something that a macro tried, and that came to nothing: it is not granted, or never is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempt {
    /// The cell whose macro it was.
    pub cell: String,
    /// A word: `variable`, `file`, or one that the guest says, as `write` or `process`.
    pub what: String,
    /// Which one: a name, a path, a program, an address.
    pub detail: String,
}

/// Everything that expanding one item yields. Spans in it are those of `output`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expansion {
    /// What rustc gets.
    pub output: Output,
    /// What the user is told.
    pub diagnostics: Vec<Diagnostic>,
    /// What should exist.
    pub plan: Vec<PlanEntry>,
    /// Files for other tools.
    pub artifacts: Vec<Artifact>,
    /// What it stands on, in the order of asking, each once.
    pub answers: Vec<AnswerUsed>,
    /// What macros tried that they were not granted, in order, each once.
    pub attempts: Vec<Attempt>,
}

pub mod bound;
pub mod compact;
pub mod file;
