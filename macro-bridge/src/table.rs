//! Token tables: a token forest as flat rows, with its compact byte encoding.

use std::ops::Range;

use crate::text;

/// What a row is.
pub mod kind {
    /// An identifier; `sub` 1 if raw.
    pub const IDENT: u8 = 0;
    /// One punctuation character; `sub` 1 if joint with the next.
    pub const PUNCT: u8 = 1;
    /// A literal with its suffix.
    pub const LITERAL: u8 = 2;
    /// A group; `a` counts all rows inside.
    pub const GROUP: u8 = 3;
    /// In an output: `a` siblings of the input from handle `span` on.
    pub const RANGE: u8 = 4;
    /// In an output: the input token with handle `a`, with span `span`.
    pub const RESPAN: u8 = 5;
    /// In an output, where a macro wraps a function's body: what it is put around.
    pub const BODY: u8 = 6;
}

/// The `sub` of a group.
pub mod delimiter {
    /// `( )`
    pub const PARENTHESIS: u8 = 0;
    /// `{ }`
    pub const BRACE: u8 = 1;
    /// `[ ]`
    pub const BRACKET: u8 = 2;
    /// No delimiter: what a `macro_rules!` fragment such as `$e:expr` arrives in.
    pub const NONE: u8 = 3;
}

/// Span numbers; `wit/macros.wit` (`span-op`) is the definition.
pub mod span {
    /// `Span::call_site()`.
    pub const CALL_SITE: u32 = 0;
    /// `Span::mixed_site()`.
    pub const MIXED_SITE: u32 = 1;
    /// The first site of a macro in a stack; see [`of_site`].
    const FIRST_SITE: u32 = 2;
    /// The first handle of a row.
    pub const FIRST_ROW: u32 = 16;
    /// The first number of a recorded operation.
    pub const FIRST_OPERATION: u32 = 0x8000_0000;
    /// Part of a handle: the whole token.
    pub const WHOLE: u32 = 0;
    /// Part of a handle: a group's opening delimiter.
    pub const OPEN: u32 = 1;
    /// Part of a handle: a group's closing delimiter.
    pub const CLOSE: u32 = 2;

    /// Call-site, or mixed-site, of macro number `call` of a stack. Guests know only that of their
    /// own, [`CALL_SITE`] and [`MIXED_SITE`]; in what several returned together each has another. The
    /// eighth and later macros have the site of the whole.
    #[must_use]
    pub const fn of_site(call: usize, site: u32) -> u32 {
        if call < 7 { FIRST_SITE + 2 * call as u32 + site } else { site }
    }

    /// The macro of a site, and [`CALL_SITE`] or [`MIXED_SITE`], if it is one of a stack.
    #[must_use]
    pub const fn site(number: u32) -> Option<(usize, u32)> {
        if number < FIRST_SITE || number >= FIRST_ROW {
            return None;
        }
        Some((((number - FIRST_SITE) / 2) as usize, (number - FIRST_SITE) % 2))
    }

    /// The handle of a row.
    #[must_use]
    pub const fn of_row(row: u32) -> u32 {
        FIRST_ROW + 4 * row
    }

    /// The row and part of a handle, if it is one.
    #[must_use]
    pub const fn row(handle: u32) -> Option<(u32, u32)> {
        if handle < FIRST_ROW || handle >= FIRST_OPERATION {
            return None;
        }
        Some(((handle - FIRST_ROW) / 4, (handle - FIRST_ROW) % 4))
    }
}

/// The most rows a table can have: more would not fit the handles below the operations.
pub const MAX_ROWS: usize = (0x8000_0000u32 - span::FIRST_ROW) as usize / 4;

/// One row. The meaning of the fields by kind is the table in `wit/macros.wit`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Token {
    /// One of [`kind`].
    pub kind: u8,
    /// Raw, joint, or one of [`delimiter`].
    pub sub: u8,
    /// A span number; in an input table the row's own handle.
    pub span: u32,
    /// Text offset, character, row count, sibling count or handle.
    pub a: u32,
    /// Text length.
    pub b: u32,
}

/// A recorded span operation. See [`op`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SpanOp {
    /// One of [`op`].
    pub op: u8,
    /// The span it is applied to.
    pub a: u32,
    /// Its argument.
    pub b: u32,
}

/// What a [`SpanOp`] does.
pub mod op {
    /// `a.resolved_at(b)`: location of `a`, names as at `b`.
    pub const RESOLVED_AT: u8 = 0;
    /// `a.located_at(b)`: location of `b`, names as at `a`.
    pub const LOCATED_AT: u8 = 1;
}

/// A token forest: pre-order rows and the text they point into.
///
/// Tables made by [`TableBuilder`] or [`Table::decode`] are well formed: group counts nest, text
/// ranges lie in the text on character boundaries. Tables from a guest are not, until
/// [`crate::output::check`] has seen them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// All text of identifiers and literals.
    pub text: String,
    /// The rows.
    pub rows: Vec<Token>,
}

impl Table {
    /// The text of an identifier or literal row; empty for other rows and for ranges that do not
    /// lie in the text.
    #[must_use]
    pub fn text_of(&self, token: &Token) -> &str {
        match token.kind {
            kind::IDENT | kind::LITERAL => {
                let start = token.a as usize;
                self.text.get(start..start.saturating_add(token.b as usize)).unwrap_or("")
            }
            _ => "",
        }
    }

    /// The row after `row` and everything inside it.
    #[must_use]
    pub fn next_sibling(&self, row: usize) -> usize {
        match self.rows.get(row) {
            Some(token) if token.kind == kind::GROUP => (row + 1).saturating_add(token.a as usize),
            _ => row + 1,
        }
    }

    /// The top-level rows of `range`, which must begin and end between siblings.
    pub fn siblings(&self, range: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let mut at = range.start;
        std::iter::from_fn(move || {
            (at < range.end).then(|| {
                let row = at;
                at = self.next_sibling(row);
                row
            })
        })
    }

    /// Like [`Table::siblings`], but groups without delimiters are replaced by what is in them, as
    /// rustc's parser reads them: a `$v:vis` or `$m:meta` arrives in such a group.
    pub fn parsed_siblings(&self, range: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let mut at = range.start;
        std::iter::from_fn(move || {
            while at < range.end && self.is_group(at, delimiter::NONE) {
                at += 1;
            }
            (at < range.end).then(|| {
                let row = at;
                at = self.next_sibling(row);
                row
            })
        })
    }

    /// Does `range` lie in the table and begin and end between top-level rows?
    #[must_use]
    pub fn is_top_level(&self, range: Range<usize>) -> bool {
        let reaches =
            |from: usize, to: usize| self.siblings(from..to).all(|r| self.next_sibling(r) <= to);
        range.start <= range.end
            && range.end <= self.rows.len()
            && reaches(0, range.start)
            && reaches(range.start, range.end)
    }

    /// Is this row the given identifier (not raw)?
    #[must_use]
    pub fn is_ident(&self, row: usize, name: &str) -> bool {
        self.rows
            .get(row)
            .is_some_and(|t| t.kind == kind::IDENT && t.sub == 0 && self.text_of(t) == name)
    }

    /// Is this row the given punctuation character?
    #[must_use]
    pub fn is_punct(&self, row: usize, ch: char) -> bool {
        self.rows.get(row).is_some_and(|t| t.kind == kind::PUNCT && t.a == ch as u32)
    }

    /// Is this row a group with the given [`delimiter`]?
    #[must_use]
    pub fn is_group(&self, row: usize, delimiter: u8) -> bool {
        self.rows.get(row).is_some_and(|t| t.kind == kind::GROUP && t.sub == delimiter)
    }

    /// A copy of the siblings in `range` as a table of its own, with handles of its own.
    #[must_use]
    pub fn extract(&self, ranges: &[Range<usize>]) -> Self {
        let mut out = Self::default();
        for range in ranges {
            for token in self.rows.get(range.clone()).unwrap_or(&[]) {
                let row = out.rows.len() as u32;
                let mut copy = Token { span: span::of_row(row), ..*token };
                if matches!(token.kind, kind::IDENT | kind::LITERAL) {
                    copy.a = out.text.len() as u32;
                    out.text.push_str(self.text_of(token));
                }
                out.rows.push(copy);
            }
        }
        out
    }

    /// The compact encoding: what keys are made over and what trace folders hold. Handles are not
    /// in it, since they follow from the positions.
    #[must_use]
    pub fn encode(&self, range: Range<usize>) -> Vec<u8> {
        let mut out = Vec::with_capacity(range.len() * 4);
        let mut ends: Vec<usize> = Vec::new();
        for row in range {
            while ends.last() == Some(&row) {
                ends.pop();
                out.push(code::CLOSE);
            }
            let Some(token) = self.rows.get(row) else {
                break;
            };
            match token.kind {
                kind::IDENT | kind::LITERAL => {
                    out.push(match (token.kind, token.sub) {
                        (kind::LITERAL, _) => code::LITERAL,
                        (_, 0) => code::IDENT,
                        _ => code::RAW_IDENT,
                    });
                    let text = self.text_of(token);
                    push_length(&mut out, text.len());
                    out.extend_from_slice(text.as_bytes());
                }
                kind::PUNCT => {
                    out.push(if token.sub == 0 { code::ALONE } else { code::JOINT });
                    push_length(&mut out, token.a as usize);
                }
                _ => {
                    out.push(code::OPEN + token.sub.min(delimiter::NONE));
                    ends.push(self.next_sibling(row));
                }
            }
        }
        out.extend(ends.iter().map(|_| code::CLOSE));
        out
    }

    /// Reads [`Table::encode`]'s bytes.
    ///
    /// # Errors
    /// [`Malformed`] if the bytes are anything else. Never panics.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut builder = TableBuilder::default();
        let mut at = 0;
        while let Some(&tag) = bytes.get(at) {
            at += 1;
            match tag {
                code::IDENT | code::RAW_IDENT | code::LITERAL => {
                    let (length, used) = read_length(bytes.get(at..).unwrap_or(&[]))?;
                    at += used;
                    let end = at.checked_add(length).ok_or(Malformed { at })?;
                    let text = bytes.get(at..end).ok_or(Malformed { at })?;
                    let text = std::str::from_utf8(text).map_err(|_| Malformed { at })?;
                    at = end;
                    match tag {
                        code::LITERAL => builder.literal(text),
                        _ => builder.ident(text, tag == code::RAW_IDENT),
                    }
                }
                code::ALONE | code::JOINT => {
                    let (code, used) = read_length(bytes.get(at..).unwrap_or(&[]))?;
                    let ch = u32::try_from(code).ok().and_then(char::from_u32);
                    let ch = ch.filter(|ch| text::is_punct(*ch)).ok_or(Malformed { at })?;
                    at += used;
                    builder.punct(ch, tag == code::JOINT);
                }
                code::CLOSE => builder.close().map_err(|()| Malformed { at })?,
                open if (code::OPEN..code::OPEN + 4).contains(&open) => {
                    builder.open(open - code::OPEN);
                }
                _ => return Err(Malformed { at: at - 1 }),
            }
        }
        builder.finish().ok_or(Malformed { at })
    }

    /// The rows of `range` as source text with plain spacing: for people and for errors, not for
    /// parsing.
    #[must_use]
    pub fn render(&self, range: Range<usize>) -> String {
        let mut out = String::new();
        let mut open: Vec<(usize, &str)> = Vec::new();
        // Nothing before, or a character that is joint with what comes.
        let mut glued = true;
        for row in range {
            if close_at(&mut open, row, &mut out) {
                glued = false;
            }
            let Some(token) = self.rows.get(row) else { break };
            if !glued {
                out.push(' ');
            }
            glued = false;
            match token.kind {
                kind::IDENT => {
                    out.push_str(if token.sub == 1 { "r#" } else { "" });
                    out.push_str(self.text_of(token));
                }
                kind::LITERAL => out.push_str(self.text_of(token)),
                kind::PUNCT => {
                    out.push(char::from_u32(token.a).unwrap_or('?'));
                    glued = token.sub == 1;
                }
                _ => {
                    let (before, after) = match token.sub {
                        delimiter::PARENTHESIS => ("(", ")"),
                        delimiter::BRACE if token.a == 0 => ("{", "}"),
                        delimiter::BRACE => ("{ ", " }"),
                        delimiter::BRACKET => ("[", "]"),
                        _ => ("", ""),
                    };
                    out.push_str(before);
                    open.push((self.next_sibling(row), after));
                    glued = token.a > 0;
                }
            }
        }
        close_at(&mut open, usize::MAX, &mut out);
        out
    }
}

/// Writes what closes the groups that end at or before `row`; were there any?
fn close_at(open: &mut Vec<(usize, &str)>, row: usize, out: &mut String) -> bool {
    let before = open.len();
    while let Some((_, after)) = open.pop_if(|(end, _)| *end <= row) {
        out.push_str(after);
    }
    open.len() < before
}

/// Bytes that are not an encoded table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Where reading stopped, in bytes.
    pub at: usize,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not a token table: stopped at byte {}", self.at)
    }
}

impl std::error::Error for Malformed {}

/// Makes a [`Table`] row by row.
#[derive(Default)]
pub struct TableBuilder {
    table: Table,
    open: Vec<usize>,
}

impl TableBuilder {
    /// Adds an identifier; `text` without `r#`.
    pub fn ident(&mut self, text: &str, raw: bool) {
        self.push_text(kind::IDENT, u8::from(raw), text);
    }

    /// Adds a literal as it is written.
    pub fn literal(&mut self, text: &str) {
        self.push_text(kind::LITERAL, 0, text);
    }

    /// Adds a punctuation character.
    pub fn punct(&mut self, ch: char, joint: bool) {
        self.push(kind::PUNCT, u8::from(joint), ch as u32, 0);
    }

    /// Begins a group with one of [`delimiter`].
    pub fn open(&mut self, delimiter: u8) {
        self.open.push(self.table.rows.len());
        self.push(kind::GROUP, delimiter, 0, 0);
    }

    /// Ends the innermost open group.
    ///
    /// # Errors
    /// If none is open.
    #[allow(clippy::result_unit_err, reason = "there is nothing to say but that none is open")]
    pub fn close(&mut self) -> Result<(), ()> {
        let row = self.open.pop().ok_or(())?;
        self.table.rows[row].a = (self.table.rows.len() - row - 1) as u32;
        Ok(())
    }

    /// How many rows there are so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.rows.len()
    }

    /// Is there no row yet?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.rows.is_empty()
    }

    /// The table, if every group was closed and it is not too large.
    #[must_use]
    pub fn finish(self) -> Option<Table> {
        let fits = self.table.rows.len() <= MAX_ROWS && self.table.text.len() <= u32::MAX as usize;
        (self.open.is_empty() && fits).then_some(self.table)
    }

    fn push_text(&mut self, kind: u8, sub: u8, text: &str) {
        let start = self.table.text.len() as u32;
        self.table.text.push_str(text);
        self.push(kind, sub, start, text.len() as u32);
    }

    fn push(&mut self, kind: u8, sub: u8, a: u32, b: u32) {
        let handle = span::FIRST_ROW.wrapping_add((self.table.rows.len() as u32).wrapping_mul(4));
        self.table.rows.push(Token { kind, sub, span: handle, a, b });
    }
}

/// Tags of the compact encoding. `OPEN + delimiter` opens a group.
mod code {
    pub(super) const IDENT: u8 = b'i';
    pub(super) const RAW_IDENT: u8 = b'r';
    pub(super) const LITERAL: u8 = b'l';
    pub(super) const ALONE: u8 = b'p';
    pub(super) const JOINT: u8 = b'j';
    pub(super) const CLOSE: u8 = b')';
    pub(super) const OPEN: u8 = b'0';
}

/// LEB128, as short as it can be.
pub(crate) fn push_length(out: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

pub(crate) fn read_length(bytes: &[u8]) -> Result<(usize, usize), Malformed> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            if *byte == 0 && index > 0 {
                break;
            }
            let value = usize::try_from(value).map_err(|_| Malformed { at: index })?;
            return Ok((value, index + 1));
        }
    }
    Err(Malformed { at: 0 })
}

#[cfg(test)]
pub(crate) mod source;
#[cfg(test)]
pub(crate) mod strategy;
#[cfg(test)]
pub(crate) mod tests;
