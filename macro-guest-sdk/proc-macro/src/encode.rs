//! The output: tokens as rows again, those that the macro did not change as references.

use crate::stream::Tokens;
use crate::table::{Input, Row, SpanOp, delimiter, input, kind};
use crate::text::Text;
use crate::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// Encoded streams; numbers and offsets are relative to this message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Text of identifiers and literals, equal texts once.
    pub text: String,
    /// Rows of all parts, one after the other.
    pub rows: Vec<Row>,
    /// The operations that rows and diagnostics refer to.
    pub operations: Vec<SpanOp>,
    /// How many rows each part has.
    pub parts: Vec<u32>,
}

/// Encodes the streams of an answer.
///
/// `spans` are the numbers of spans in its diagnostics; they are changed to what they are in this
/// message. With `references` off, every token is written out: what a macro gets that takes the
/// input apart and puts it together again.
///
/// Whether a token is a reference is decided here, by comparing it with the input, and not by
/// remembering where it came from: `syn` rebuilds every group it parses, and yet a function body
/// that a macro left alone is one row.
#[must_use]
pub fn encode(parts: &[TokenStream], spans: &mut [u32], references: bool) -> Encoded {
    let input = input();
    let mut encoder = Encoder {
        input,
        parents: if references { input.parents() } else { Vec::new() },
        references,
        text: String::new(),
        offsets: Vec::new(),
        rows: Vec::new(),
        expected: None,
    };
    let mut lengths = Vec::with_capacity(parts.len());
    for part in parts {
        let before = encoder.rows.len();
        encoder.expected = None;
        encoder.stream(part);
        lengths.push((encoder.rows.len() - before) as u32);
    }
    let Encoder { text, mut rows, .. } = encoder;
    let all = rows.iter_mut().map(|row| &mut row.span).chain(spans);
    let operations = crate::span::keep_operations(all.collect());
    Encoded { text, rows, operations, parts: lengths }
}

/// What stands for the body of a function, where a macro puts something around it: a block with a
/// span that no other token has, so that it is known again after `quote` and `syn`.
#[must_use]
pub fn body() -> Group {
    let mut group = Group::new(Delimiter::Brace, TokenStream::new());
    group.set_span(Span::of(BODY));
    group
}

/// Not any span of the contract's.
const BODY: u32 = 2;

/// Not written yet.
const NOWHERE: u32 = u32::MAX;

struct Encoder {
    input: &'static Input,
    parents: Vec<u32>,
    references: bool,
    text: String,
    /// Where in `text` each kept text is, by its number.
    offsets: Vec<u32>,
    rows: Vec<Row>,
    /// If the last row is a range that may grow: its parent, and the row that would make it longer.
    expected: Option<(u32, u32)>,
}

impl Encoder {
    fn stream(&mut self, stream: &TokenStream) {
        match stream.tokens() {
            Tokens::Input(start, end) if self.references => {
                let mut row = *start;
                while row < *end {
                    self.reference(row);
                    row = self.input.next_sibling(row);
                }
            }
            Tokens::Input(..) => stream.clone().into_iter().for_each(|tree| self.tree(&tree)),
            Tokens::Built(trees) => trees.iter().for_each(|tree| self.tree(tree)),
        }
    }

    fn tree(&mut self, tree: &TokenTree) {
        match tree {
            TokenTree::Group(group) => self.group(group),
            TokenTree::Ident(ident) => self.ident(ident),
            TokenTree::Punct(punct) => self.punct(punct),
            TokenTree::Literal(literal) => self.literal(literal),
        }
    }

    /// The input row that a token with this span would be a reference to, if it is the same token.
    fn candidate(&self, span: Span) -> Option<(u32, &'static Row)> {
        let row = span.row().filter(|_| self.references)?;
        Some((row, self.input.rows.get(row as usize)?))
    }

    fn ident(&mut self, ident: &Ident) {
        if let Some((row, token)) = self.candidate(ident.span()) {
            let same_text = token.kind == kind::IDENT
                && (token.sub == 1) == ident.is_raw()
                && self.input.text_of(token) == &*ident.text();
            let same = ident.origin().map_or(same_text, |origin| origin == row);
            if same {
                return self.reference(row);
            }
        }
        let span = ident.span().number();
        if let Some(origin) = ident.origin() {
            let a = Span::of_row(origin).number();
            return self.push(Row { kind: kind::RESPAN, sub: 0, span, a, b: 0 });
        }
        self.text_row(kind::IDENT, u8::from(ident.is_raw()), span, ident.text());
    }

    fn punct(&mut self, punct: &Punct) {
        let sub = u8::from(punct.spacing() == Spacing::Joint);
        let a = punct.as_char() as u32;
        if let Some((row, token)) = self.candidate(punct.span())
            && (token.kind, token.sub, token.a) == (kind::PUNCT, sub, a)
        {
            return self.reference(row);
        }
        self.push(Row { kind: kind::PUNCT, sub, span: punct.span().number(), a, b: 0 });
    }

    fn literal(&mut self, literal: &Literal) {
        if let Some((row, token)) = self.candidate(literal.span())
            && token.kind == kind::LITERAL
            && self.input.text_of(token) == &*literal.text()
        {
            return self.reference(row);
        }
        self.text_row(kind::LITERAL, 0, literal.span().number(), literal.text());
    }

    fn group(&mut self, group: &Group) {
        if group.span().number() == BODY {
            return self.push(Row { kind: kind::BODY, sub: 0, span: 0, a: 0, b: 0 });
        }
        let candidate = self.candidate(group.span()).filter(|(_, token)| {
            token.kind == kind::GROUP && delimiter(token.sub) == group.delimiter()
        });
        if let (Some((row, _)), Tokens::Input(start, end)) = (candidate, group.tokens().tokens())
            && (*start, *end) == (row + 1, self.input.next_sibling(row))
        {
            return self.reference(row);
        }
        let at = self.rows.len();
        let before = self.expected;
        let sub = match group.delimiter() {
            Delimiter::Parenthesis => 0,
            Delimiter::Brace => 1,
            Delimiter::Bracket => 2,
            Delimiter::None => 3,
        };
        self.push(Row { kind: kind::GROUP, sub, span: group.span().number(), a: 0, b: 0 });
        self.stream(group.tokens());
        let inside = self.rows.len() - at - 1;
        if let Some((row, token)) = candidate
            && self.holds_all_of(row, token, inside)
        {
            self.rows.truncate(at);
            self.expected = before;
            return self.reference(row);
        }
        self.rows[at].a = inside as u32;
        // What comes next is outside this group, whatever the last row in it was.
        self.expected = None;
    }

    /// Are the last `inside` rows exactly what the input group `row` holds?
    fn holds_all_of(&self, row: u32, token: &Row, inside: usize) -> bool {
        if inside == 0 || token.a == 0 {
            return inside == 0 && token.a == 0;
        }
        let first = Span::of_row(row + 1).number();
        let last = self.rows[self.rows.len() - 1];
        let end = self.input.next_sibling(row);
        let whole = (last.kind, last.span) == (kind::RANGE, first);
        inside == 1 && whole && self.expected == Some((row, end))
    }

    fn reference(&mut self, row: u32) {
        let parent = self.parents[row as usize];
        if self.expected == Some((parent, row))
            && let Some(last) = self.rows.last_mut()
        {
            last.a += 1;
        } else {
            let span = Span::of_row(row).number();
            self.rows.push(Row { kind: kind::RANGE, sub: 0, span, a: 1, b: 0 });
        }
        self.expected = Some((parent, self.input.next_sibling(row)));
    }

    fn text_row(&mut self, kind: u8, sub: u8, span: u32, text: Text) {
        let number = text.number() as usize;
        if self.offsets.len() <= number {
            self.offsets.resize(number + 1, NOWHERE);
        }
        if self.offsets[number] == NOWHERE {
            self.offsets[number] = self.text.len() as u32;
            self.text.push_str(&text);
        }
        let a = self.offsets[number];
        self.push(Row { kind, sub, span, a, b: text.len() as u32 });
    }

    fn push(&mut self, row: Row) {
        self.rows.push(row);
        self.expected = None;
    }
}
