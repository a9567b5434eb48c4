//! What a macro tells the user.
//!
//! How it is shown depends on the compiler of who uses the macro, and not on the macro:
//!
//! - With the feature `nightly` of `cell-sdk`, and so a nightly compiler, by `proc_macro::Diagnostic`:
//!   each thing at its own tokens, underlined from the first to the last.
//! - On stable an error is a `compile_error!` from its first to its last token. A warning is what the
//!   compiler warns of by itself, at its first token: behind a type, `impl`, `trait` or `mod` the use of
//!   something deprecated, on functions and members an `#[expect(..)]` that is not fulfilled. All lines
//!   under it are text; those at tokens of their own, and suggestions, say file, line and column.
//!
//! What stable cannot do:
//!
//! - Underline two places in one diagnostic, or apply a suggestion: `cargo fix` and editors do not see it.
//! - Warn in words of the macro alone: they stand behind "use of deprecated struct" or below "this lint
//!   expectation is unfulfilled", and go where the user's `#![allow(..)]` and `#![deny(warnings)]` say.
//! - Warn where nothing can have an attribute: of a function-like macro whose result is an expression, a
//!   pattern or a type, and on `macro_rules!` and calls of macros. There the warning is not shown.

use std::fmt;

use proc_macro2::Span;
use quote::ToTokens;

/// The result of a macro function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Level {
    /// The build fails.
    Error,
    /// The build goes on.
    Warning,
    /// A fact at tokens of its own: what [`Diagnostic::note_at`] adds.
    Note,
    /// A thing to do at tokens of its own: what [`Diagnostic::help_at`] adds.
    Help,
}

/// A place in the user's source: a [`Span`], a pair of them, or a reference to anything that is
/// made of tokens.
pub trait Place {
    /// The spans of the first and of the last token.
    fn place(&self) -> (Span, Span);
}

impl Place for Span {
    fn place(&self) -> (Span, Span) {
        (*self, *self)
    }
}

impl Place for (Span, Span) {
    fn place(&self) -> (Span, Span) {
        *self
    }
}

impl<T: ToTokens + ?Sized> Place for &T {
    /// The call site if there are no tokens.
    fn place(&self) -> (Span, Span) {
        let mut trees = self.to_token_stream().into_iter();
        let Some(first) = trees.next() else {
            return (Span::call_site(), Span::call_site());
        };
        let last = trees.last().map_or(first.span(), |last| last.span());
        (first.span(), last)
    }
}

/// An error or a warning at a place, with lines under it.
///
/// Write the message as rustc does: what is wrong, in lower case, names in backticks, no full stop.
/// A note states a fact, a help line says one thing to do.
///
/// ```
/// # use macro_guest_sdk::{Diagnostic, Level};
/// # use macro_guest_sdk::proc_macro2::Span;
/// let twice = Diagnostic::error(Span::call_site(), "two fields are the primary key")
///     .note("a row of the cache is found by one field")
///     .help("remove `#[primary_key]` from one of them");
/// assert_eq!(twice.level(), Level::Error);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a diagnostic is seen only if it is returned or reported"]
pub struct Diagnostic {
    pub(crate) level: Level,
    pub(crate) message: String,
    pub(crate) place: (Span, Span),
    pub(crate) notes: Vec<Note>,
    pub(crate) suggestions: Vec<Suggestion>,
}

/// A line under a diagnostic, perhaps at tokens of its own.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) help: bool,
    pub(crate) message: String,
    pub(crate) place: Option<Spans>,
}

/// Of the first and of the last token.
pub(crate) type Spans = (Span, Span);

/// Replace what is at `place`.
#[derive(Clone, Debug)]
pub(crate) struct Suggestion {
    pub(crate) message: String,
    pub(crate) place: (Span, Span),
    pub(crate) replacement: String,
}

impl Diagnostic {
    /// Something that fails the build.
    pub fn error(at: impl Place, message: impl Into<String>) -> Self {
        Self::new(Level::Error, &at, message.into())
    }

    /// Something that the user should know.
    pub fn warning(at: impl Place, message: impl Into<String>) -> Self {
        Self::new(Level::Warning, &at, message.into())
    }

    fn new(level: Level, at: &dyn Place, message: String) -> Self {
        let place = at.place();
        Self { level, message, place, notes: Vec::new(), suggestions: Vec::new() }
    }

    /// Adds a line with a fact.
    pub fn note(mut self, message: impl Into<String>) -> Self {
        self.notes.push(Note { help: false, message: message.into(), place: None });
        self
    }

    /// Adds a fact about other tokens, as in "the first one is here".
    pub fn note_at(mut self, at: impl Place, message: impl Into<String>) -> Self {
        let place = Some(at.place());
        self.notes.push(Note { help: false, message: message.into(), place });
        self
    }

    /// Adds a line with one thing to do.
    pub fn help(mut self, message: impl Into<String>) -> Self {
        self.notes.push(Note { help: true, message: message.into(), place: None });
        self
    }

    /// Adds one thing to do at other tokens, as in "remove this one".
    pub fn help_at(mut self, at: impl Place, message: impl Into<String>) -> Self {
        let place = Some(at.place());
        self.notes.push(Note { help: true, message: message.into(), place });
        self
    }

    /// Adds other source text for what is at `at`: `message` says why, `replacement` is the text.
    pub fn suggest(
        mut self,
        at: impl Place,
        message: impl Into<String>,
        replacement: impl Into<String>,
    ) -> Self {
        let (message, place) = (message.into(), at.place());
        let replacement = replacement.into();
        self.suggestions.push(Suggestion { message, place, replacement });
        self
    }

    /// How bad it is.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// Its first line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The spans of the first and the last token that it is about.
    #[must_use]
    pub fn spans(&self) -> (Span, Span) {
        self.place
    }
}

/// Why a macro gives up: one diagnostic or several.
///
/// `?` makes one from a [`Diagnostic`], from a [`CallError`](crate::CallError) and, with the
/// feature `syn`, from a `syn::Error`, each of whose messages stays a diagnostic of its own.
#[derive(Clone, Default)]
pub struct Error {
    diagnostics: Vec<Diagnostic>,
}

impl Error {
    /// One error message.
    pub fn new(at: impl Place, message: impl Into<String>) -> Self {
        Diagnostic::error(at, message).into()
    }

    /// No message yet. With [`combine`](Self::combine) and [`finish`](Self::finish) a macro
    /// reports everything that is wrong and not only what it found first.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds the messages of `other`.
    pub fn combine(&mut self, other: impl Into<Self>) {
        self.diagnostics.extend(other.into().diagnostics);
    }

    /// `value` if there is no error among the messages.
    ///
    /// # Errors
    /// All messages, if one of them is an error.
    pub fn finish<T>(self, value: T) -> Result<T> {
        if self.diagnostics.iter().any(|d| d.level == Level::Error) { Err(self) } else { Ok(value) }
    }

    /// The messages.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The messages, at least one error among them: an `Err` without any must not pass as success.
    pub(crate) fn into_diagnostics(mut self, name: &str) -> Vec<Diagnostic> {
        if !self.diagnostics.iter().any(|d| d.level == Level::Error) {
            let message = format!("macro `{name}` failed and does not say why");
            self.diagnostics.push(Diagnostic::error(Span::call_site(), message));
        }
        self.diagnostics
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic] }
    }
}

impl From<Vec<Diagnostic>> for Error {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics }
    }
}

#[cfg(feature = "syn")]
impl From<syn::Error> for Error {
    fn from(error: syn::Error) -> Self {
        let one = |error: syn::Error| {
            // syn keeps both ends to itself (`span()` is only the first where spans cannot be
            // joined), but writes them into what it expands to: first token and last.
            let place = (&error.to_compile_error()).place();
            Diagnostic::error(place, error.to_string())
        };
        Self { diagnostics: error.into_iter().map(one).collect() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages: Vec<&str> = self.diagnostics.iter().map(Diagnostic::message).collect();
        f.write_str(&messages.join("\n"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.diagnostics).finish()
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests;
