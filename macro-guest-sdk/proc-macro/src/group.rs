//! `Group` and `Delimiter`.

use std::fmt;

use crate::table::{delimiter, input};
use crate::{Span, TokenStream};

/// How a group is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// `( ... )`
    Parenthesis,
    /// `{ ... }`
    Brace,
    /// `[ ... ]`
    Bracket,
    /// Nothing visible: what a fragment such as `$e:expr` arrives in.
    None,
}

/// A delimited stream.
#[derive(Clone)]
pub struct Group {
    delimiter: Delimiter,
    stream: TokenStream,
    span: Span,
    open: Span,
    close: Span,
}

impl Group {
    /// A group at the call site.
    #[must_use]
    pub fn new(delimiter: Delimiter, stream: TokenStream) -> Self {
        let span = Span::call_site();
        Self { delimiter, stream, span, open: span, close: span }
    }

    /// The delimiter.
    #[must_use]
    pub fn delimiter(&self) -> Delimiter {
        self.delimiter
    }

    /// What is between the delimiters.
    #[must_use]
    pub fn stream(&self) -> TokenStream {
        self.stream.clone()
    }

    /// The span of the whole group.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// The span of the opening delimiter.
    #[must_use]
    pub fn span_open(&self) -> Span {
        self.open
    }

    /// The span of the closing delimiter.
    #[must_use]
    pub fn span_close(&self) -> Span {
        self.close
    }

    /// Sets the span of the delimiters; the tokens inside keep theirs. As in the compiler, both
    /// delimiters then have the whole span.
    pub fn set_span(&mut self, span: Span) {
        (self.span, self.open, self.close) = (span, span, span);
    }

    pub(crate) fn of_row(row: u32) -> Self {
        let input = input();
        let stream = TokenStream::of_input(row + 1, input.next_sibling(row));
        let span = Span::of_row(row);
        let delimiter = delimiter(input.row(row).sub);
        Self { delimiter, stream, span, open: span.open(), close: span.close() }
    }

    pub(crate) fn tokens(&self) -> &TokenStream {
        &self.stream
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = match self.delimiter {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace if self.stream.is_empty() => ("{ ", "}"),
            Delimiter::Brace => ("{ ", " }"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::None => ("", ""),
        };
        write!(f, "{open}{}{close}", self.stream)
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("delimiter", &self.delimiter)
            .field("stream", &self.stream)
            .field("span", &self.span)
            .finish()
    }
}
