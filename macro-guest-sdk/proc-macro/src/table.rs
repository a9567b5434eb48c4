//! The input: rows and text that the host sent, kept for the life of the instance.

use std::cell::Cell;

use crate::TokenStream;
use crate::group::Delimiter;

/// What a row is; `wit/macros.wit` is the definition.
pub(crate) mod kind {
    pub(crate) const IDENT: u8 = 0;
    pub(crate) const PUNCT: u8 = 1;
    pub(crate) const LITERAL: u8 = 2;
    pub(crate) const GROUP: u8 = 3;
    pub(crate) const RANGE: u8 = 4;
    pub(crate) const RESPAN: u8 = 5;
    pub(crate) const BODY: u8 = 6;
}

/// One row of a token table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Identifier 0, punctuation 1, literal 2, group 3, range 4, respan 5.
    pub kind: u8,
    /// Raw, joint, or the delimiter.
    pub sub: u8,
    /// The span's number.
    pub span: u32,
    /// Text offset, character, row count, sibling count or handle.
    pub a: u32,
    /// Text length.
    pub b: u32,
}

/// A recorded span operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanOp {
    /// 0 is `a.resolved_at(b)`, 1 is `a.located_at(b)`.
    pub op: u8,
    /// The span it is applied to.
    pub a: u32,
    /// Its argument.
    pub b: u32,
}

/// Makes `rows` the input of this thread and gives the streams before and from row `split`.
///
/// Tokens of an earlier input must be gone: their numbers would mean tokens of this one.
#[must_use]
pub fn begin(text: String, rows: Vec<Row>, split: u32) -> (TokenStream, TokenStream) {
    let end = rows.len() as u32;
    // Leaked on purpose. Every token points into it, and an instance lives for one expansion.
    let input: &'static Input = Box::leak(Box::new(Input { text, rows, split }));
    INPUT.set(input);
    crate::span::forget_operations();
    (TokenStream::of_input(0, split), TokenStream::of_input(split, end))
}

thread_local! {
    static INPUT: Cell<&'static Input> = const { Cell::new(&EMPTY) };
}

static EMPTY: Input = Input { text: String::new(), rows: Vec::new(), split: 0 };

/// The input of this thread.
pub(crate) fn input() -> &'static Input {
    INPUT.get()
}

/// A token forest in pre-order.
pub(crate) struct Input {
    pub(crate) text: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) split: u32,
}

impl Input {
    pub(crate) fn row(&self, row: u32) -> &Row {
        &self.rows[row as usize]
    }

    /// The row after `row` and everything inside it.
    pub(crate) fn next_sibling(&self, row: u32) -> u32 {
        let token = self.row(row);
        if token.kind == kind::GROUP { row + 1 + token.a } else { row + 1 }
    }

    pub(crate) fn text_of(&self, token: &Row) -> &str {
        &self.text[token.a as usize..][..token.b as usize]
    }

    /// For each row, the row of the group that it is in. Arguments and item are different lists,
    /// so they have different numbers beyond all rows.
    pub(crate) fn parents(&self) -> Vec<u32> {
        let mut parents = Vec::with_capacity(self.rows.len());
        let mut open: Vec<(u32, u32)> = Vec::new();
        for (row, token) in (0u32..).zip(&self.rows) {
            while open.last().is_some_and(|(_, end)| *end <= row) {
                open.pop();
            }
            let top = if row < self.split { u32::MAX - 1 } else { u32::MAX };
            parents.push(open.last().map_or(top, |(parent, _)| *parent));
            if token.kind == kind::GROUP {
                open.push((row, row + 1 + token.a));
            }
        }
        parents
    }
}

/// The delimiter with this number. An unknown one becomes `None`, which prints as nothing.
pub(crate) fn delimiter(sub: u8) -> Delimiter {
    match sub {
        0 => Delimiter::Parenthesis,
        1 => Delimiter::Brace,
        2 => Delimiter::Bracket,
        _ => Delimiter::None,
    }
}
