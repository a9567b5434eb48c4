//! Checked output rows as a token stream of rustc.

use std::str::FromStr;

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

use super::walk::Originals;
use crate::expansion::Output;
use crate::table::{SpanOp, Token, delimiter, kind, op, span};
use crate::text;

/// Builds the stream. `output` must have passed [`crate::output::check`] for the table that
/// `originals` came with; rows that it would have refused are left out.
#[must_use]
pub fn emit(output: &Output, originals: &Originals) -> TokenStream {
    let spans = Spans::new(originals, &output.spans);
    let mut levels: Vec<Level> = Vec::new();
    // The row behind the innermost group.
    let mut end = usize::MAX;
    let mut at = Stream::default();
    // Plain loops: unoptimised, what iterators do for a row costs as much as the row.
    let mut row = 0;
    while row < output.rows.len() {
        if row >= end {
            end = close(&mut levels, &mut at, row);
        }
        let token = &output.rows[row];
        row += 1;
        match token.kind {
            kind::GROUP => {
                end = row.saturating_add(token.a as usize);
                levels.push(Level {
                    end,
                    delimiter: token.sub,
                    span: spans.get(token.span),
                    outer: std::mem::take(&mut at),
                });
            }
            kind::RANGE => {
                let first = span::row(token.span).map_or(usize::MAX, |(row, _)| row as usize);
                if let Some(whole) = originals.whole(first, token.a) {
                    at.add(whole.clone());
                    continue;
                }
                let mut original = first;
                for _ in 0..token.a {
                    let Some(tree) = originals.tree(original) else { break };
                    at.trees.push(tree.clone());
                    original = originals.next_sibling(original);
                }
            }
            kind::RESPAN => {
                let original = span::row(token.a).map_or(usize::MAX, |(row, _)| row as usize);
                if let Some(mut tree) = originals.tree(original).cloned() {
                    tree.set_span(spans.get(token.span));
                    at.trees.push(tree);
                }
            }
            _ => {
                if let Some(tree) = leaf(output, token, spans.get(token.span)) {
                    at.trees.push(tree);
                }
            }
        }
    }
    close(&mut levels, &mut at, output.rows.len());
    at.finish()
}

/// What a group, or the whole, is made of so far.
#[derive(Default)]
struct Stream {
    /// What comes before `trees`, if whole streams are in it.
    before: Option<TokenStream>,
    trees: Vec<TokenTree>,
}

impl Stream {
    /// Adds a stream as rustc gave it.
    fn add(&mut self, whole: TokenStream) {
        let mut before = self.before.take().unwrap_or_default();
        before.extend(self.trees.drain(..));
        before.extend([whole]);
        self.before = Some(before);
    }

    fn finish(self) -> TokenStream {
        let Some(mut stream) = self.before else { return self.trees.into_iter().collect() };
        stream.extend(self.trees);
        stream
    }
}

/// A group that is being built.
struct Level {
    end: usize,
    delimiter: u8,
    span: Span,
    outer: Stream,
}

/// Makes the groups that end before `row`. The end of the next one is returned.
fn close(levels: &mut Vec<Level>, at: &mut Stream, row: usize) -> usize {
    while let Some(level) = levels.pop_if(|level| level.end <= row) {
        let inside = std::mem::replace(at, level.outer);
        let delimiter = match level.delimiter {
            delimiter::PARENTHESIS => Delimiter::Parenthesis,
            delimiter::BRACE => Delimiter::Brace,
            delimiter::BRACKET => Delimiter::Bracket,
            _ => Delimiter::None,
        };
        let mut group = Group::new(delimiter, inside.finish());
        group.set_span(level.span);
        at.trees.push(TokenTree::Group(group));
    }
    levels.last().map_or(usize::MAX, |level| level.end)
}

fn leaf(output: &Output, token: &Token, span: Span) -> Option<TokenTree> {
    let start = token.a as usize;
    let words = || output.text.get(start..start.saturating_add(token.b as usize));
    Some(match token.kind {
        kind::IDENT => {
            let name = words()?;
            TokenTree::Ident(match token.sub {
                0 => Ident::new(name, span),
                _ => Ident::new_raw(name, span),
            })
        }
        kind::PUNCT => {
            let spacing = if token.sub == 1 { Spacing::Joint } else { Spacing::Alone };
            let mut punct = Punct::new(char::from_u32(token.a)?, spacing);
            punct.set_span(span);
            TokenTree::Punct(punct)
        }
        _ => {
            let mut literal = literal(words()?)?;
            literal.set_span(span);
            TokenTree::Literal(literal)
        }
    })
}

/// `Literal::from_str` opens a source file in rustc for each call, so the plain literals, which
/// are nearly all, are made from their value where that gives the same text.
fn literal(text: &str) -> Option<Literal> {
    if let Some(body) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))
        && text::is_plain(body)
    {
        return Some(Literal::string(body));
    }
    match text::literal(text)? {
        text::Literal::Integer { digits, suffix } if is_plain_number(digits) => {
            let value: u64 = digits.parse().ok()?;
            let made = match suffix {
                "" => Some(Literal::u64_unsuffixed(value)),
                "u8" => u8::try_from(value).ok().map(Literal::u8_suffixed),
                "u16" => u16::try_from(value).ok().map(Literal::u16_suffixed),
                "u32" => u32::try_from(value).ok().map(Literal::u32_suffixed),
                "u64" => Some(Literal::u64_suffixed(value)),
                "usize" => usize::try_from(value).ok().map(Literal::usize_suffixed),
                "i32" => i32::try_from(value).ok().map(Literal::i32_suffixed),
                "i64" => i64::try_from(value).ok().map(Literal::i64_suffixed),
                _ => None,
            };
            if made.is_some() {
                return made;
            }
        }
        _ => {}
    }
    Literal::from_str(text).ok()
}

/// Decimal digits that print as they are written.
fn is_plain_number(digits: &str) -> bool {
    digits.len() < 20
        && digits.bytes().all(|b| b.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'))
        && digits.parse::<u64>().is_ok()
}

/// Spans by number.
pub(super) struct Spans<'a> {
    originals: &'a Originals,
    derived: Vec<Span>,
    /// Of call-site, mixed-site and those of the macros of a stack: what most tokens that a macro made
    /// have. Each costs calls of rustc.
    sites: Vec<Span>,
}

impl<'a> Spans<'a> {
    pub(super) fn new(originals: &'a Originals, operations: &[SpanOp]) -> Self {
        let derived = Vec::with_capacity(operations.len());
        let sites = (0..originals.site_numbers()).map(|number| originals.span(number)).collect();
        let mut spans = Self { originals, derived, sites };
        for operation in operations {
            let (a, b) = (spans.get(operation.a), spans.get(operation.b));
            spans.derived.push(match operation.op {
                op::RESOLVED_AT => a.resolved_at(b),
                _ => a.located_at(b),
            });
        }
        spans
    }

    pub(super) fn get(&self, number: u32) -> Span {
        if let Some(site) = self.sites.get(number as usize) {
            return *site;
        }
        if number < span::FIRST_OPERATION {
            return self.originals.span(number);
        }
        let index = (number - span::FIRST_OPERATION) as usize;
        self.derived.get(index).copied().unwrap_or_else(Span::call_site)
    }
}
