//! `Punct` and `Spacing`.

use std::fmt;

use crate::Span;

/// Does a punctuation character belong together with the next one?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// It does, as in the first character of `+=` or of `'a`.
    Joint,
    /// It does not.
    Alone,
}

/// One punctuation character.
#[derive(Clone)]
pub struct Punct {
    ch: char,
    spacing: Spacing,
    span: Span,
}

impl Punct {
    /// A character at the call site.
    ///
    /// # Panics
    /// If Rust has no such punctuation.
    #[must_use]
    pub fn new(ch: char, spacing: Spacing) -> Self {
        assert!(is_punct(ch), "unsupported character `{ch:?}`");
        Self { ch, spacing, span: Span::call_site() }
    }

    /// The character.
    #[must_use]
    pub fn as_char(&self) -> char {
        self.ch
    }

    /// Does it belong together with the next one?
    #[must_use]
    pub fn spacing(&self) -> Spacing {
        self.spacing
    }

    /// Its span.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Sets its span.
    pub fn set_span(&mut self, span: Span) {
        self.span = span;
    }

    /// No check: what the host sent goes back to it as it was.
    pub(crate) fn of_row(ch: char, spacing: Spacing, span: Span) -> Self {
        Self { ch, spacing, span }
    }
}

fn is_punct(ch: char) -> bool {
    matches!(
        ch,
        '=' | '<'
            | '>'
            | '!'
            | '~'
            | '+'
            | '-'
            | '*'
            | '/'
            | '%'
            | '^'
            | '&'
            | '|'
            | '@'
            | '.'
            | ','
            | ';'
            | ':'
            | '#'
            | '$'
            | '?'
            | '\''
    )
}

impl fmt::Display for Punct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ch)
    }
}

impl fmt::Debug for Punct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Punct")
            .field("ch", &self.ch)
            .field("spacing", &self.spacing)
            .field("span", &self.span)
            .finish()
    }
}

impl PartialEq<char> for Punct {
    fn eq(&self, other: &char) -> bool {
        self.ch == *other
    }
}

impl PartialEq<Punct> for char {
    fn eq(&self, other: &Punct) -> bool {
        *self == other.ch
    }
}
