//! What a guest returns, and the check that every row of it passes before anything is built.
//!
//! The guest is not trusted: after [`check`] every handle lies in the input, every count nests,
//! every text is what rustc's own constructors take, and nothing is larger than allowed.

use crate::table::{SpanOp, Table, Token, delimiter, kind, op, span};
use crate::text;

/// What a run of output rows is for. The numbers are those of `part.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// Items after the user's item; the result of a function-like macro.
    Items = 0,
    /// Replaces the user's item.
    Item = 1,
    /// A field for the user's struct.
    Field = 2,
    /// An attribute for the user's item.
    Attribute = 3,
    /// A parameter for the user's function.
    Parameter = 4,
    /// What stands around the body of the user's function.
    Body = 5,
}

impl PartKind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Items, Self::Item, Self::Field, Self::Attribute, Self::Parameter, Self::Body];

    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }
}

/// A run of top-level rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What for; a [`PartKind`] once checked.
    pub kind: u8,
    /// How many rows, those inside groups included.
    pub rows: u32,
    /// The name of the field or parameter.
    pub name: String,
}

/// Tokens as a guest returned them: nothing about them is known to be true.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawOutput {
    /// Text of the rows.
    pub text: String,
    /// Rows.
    pub rows: Vec<Token>,
    /// Span operations.
    pub spans: Vec<SpanOp>,
    /// What the rows are for.
    pub parts: Vec<Part>,
}

/// Why an output is not a token stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// Row `row` is at fault, in the way that `reason` says.
    Row {
        /// Index of the row.
        row: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// Span operation `index` is at fault.
    Operation {
        /// Index of the operation.
        index: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The parts are at fault.
    Parts(String),
    /// With all references followed there are more rows than allowed.
    TooManyRows {
        /// How many there would be, or more.
        rows: u64,
    },
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Row { row, reason } => write!(f, "token {row}: {reason}"),
            Self::Operation { index, reason } => write!(f, "span operation {index}: {reason}"),
            Self::Parts(reason) => write!(f, "parts: {reason}"),
            Self::TooManyRows { rows } => write!(f, "{rows} tokens or more"),
        }
    }
}

/// How deep groups made by a guest may nest. rustc's own parser has no bound: at 1,000 braces its
/// stack overflows and the compiler dies (tried with 1.95).
pub const MAX_NESTING: usize = 256;

/// Checks an output against the input that the guest was given. `split` divides arguments and
/// item; no reference may cross it. `most` bounds the rows with all references followed.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(input: &Table, split: usize, output: &RawOutput, most: u64) -> Result<(), Invalid> {
    check_all(input, split, output, most, 0)
}

/// The same of what `calls` macros of a stack returned together: each has a site of its own.
///
/// # Errors
/// The first thing that is wrong.
pub fn check_all(
    input: &Table,
    split: usize,
    output: &RawOutput,
    most: u64,
    calls: usize,
) -> Result<(), Invalid> {
    let check = Check { input, output, ends: parent_ends(input, split), calls };
    check.operations()?;
    check.parts()?;
    check.rows(most)?;
    check.shapes()
}

/// Checks that a span number means something.
///
/// # Errors
/// What is wrong with it.
pub fn check_span(input: &Table, operations: usize, number: u32) -> Result<(), String> {
    if number == span::CALL_SITE || number == span::MIXED_SITE {
        return Ok(());
    }
    if number >= span::FIRST_OPERATION {
        let index = (number - span::FIRST_OPERATION) as usize;
        return if index < operations {
            Ok(())
        } else {
            Err(format!("span operation {index} of {operations}"))
        };
    }
    match span::row(number) {
        Some((row, part)) => {
            let token = input.rows.get(row as usize).ok_or_else(|| {
                format!("span of input token {row}, but there are {}", input.rows.len())
            })?;
            let fits = part == span::WHOLE || (part <= span::CLOSE && token.kind == kind::GROUP);
            if fits { Ok(()) } else { Err(format!("part {part} of input token {row}")) }
        }
        None => Err(format!("span number {number}")),
    }
}

/// For each input row the row behind its last sibling.
fn parent_ends(input: &Table, split: usize) -> Vec<u32> {
    let mut ends = Vec::with_capacity(input.rows.len());
    let mut open: Vec<u32> = Vec::new();
    for (row, token) in input.rows.iter().enumerate() {
        while open.last().is_some_and(|end| *end as usize <= row) {
            open.pop();
        }
        let top = if row < split { split } else { input.rows.len() } as u32;
        ends.push(open.last().copied().unwrap_or(top));
        if token.kind == kind::GROUP {
            open.push(input.next_sibling(row) as u32);
        }
    }
    ends
}

struct Check<'a> {
    input: &'a Table,
    output: &'a RawOutput,
    ends: Vec<u32>,
    /// How many macros have a site of their own.
    calls: usize,
}

impl Check<'_> {
    fn span(&self, operations: usize, number: u32) -> Result<(), String> {
        match span::site(number) {
            Some((call, _)) if call < self.calls => Ok(()),
            _ => check_span(self.input, operations, number),
        }
    }

    fn operations(&self) -> Result<(), Invalid> {
        for (index, operation) in self.output.spans.iter().enumerate() {
            let bad = |reason| Invalid::Operation { index, reason };
            if operation.op > op::LOCATED_AT {
                return Err(bad(format!("operation kind {} is not known", operation.op)));
            }
            // Only operations before this one count, so there is no cycle.
            for number in [operation.a, operation.b] {
                self.span(index, number).map_err(bad)?;
            }
        }
        Ok(())
    }

    /// The parts must end where top-level rows end, and cover all of them.
    fn parts(&self) -> Result<(), Invalid> {
        let rows = &self.output.rows;
        let bad = |reason: &str| Err(Invalid::Parts(reason.to_owned()));
        let mut at = 0usize;
        for part in &self.output.parts {
            let end = at.saturating_add(part.rows as usize);
            while at < end {
                let Some(token) = rows.get(at) else {
                    return bad("they cover more rows than there are");
                };
                at += 1;
                if token.kind == kind::GROUP {
                    at = at.saturating_add(token.a as usize);
                }
            }
            if at != end {
                return bad("one ends inside a group");
            }
            let unnamed = !text::is_ident(&part.name) || part.rows == 0;
            match PartKind::from_number(part.kind) {
                None => {
                    return Err(Invalid::Parts(format!("part kind {} is not known", part.kind)));
                }
                Some(PartKind::Field) if unnamed => {
                    return bad("a field has no name or no tokens");
                }
                Some(PartKind::Parameter) if unnamed => {
                    return bad("a parameter has no name or no tokens");
                }
                Some(_) => {}
            }
        }
        if at != rows.len() {
            return bad("they do not cover all rows");
        }
        if self.output.parts.iter().filter(|p| p.kind == PartKind::Item as u8).count() > 1 {
            return bad("the item is replaced twice");
        }
        Ok(())
    }

    /// What a part has to look like, now that all of its rows mean something.
    fn shapes(&self) -> Result<(), Invalid> {
        let mut start = 0;
        for part in &self.output.parts {
            let rows = &self.output.rows[start..start + part.rows as usize];
            start += rows.len();
            let here = rows.iter().filter(|row| row.kind == kind::BODY).count();
            let wraps = part.kind == PartKind::Body as u8;
            if here != usize::from(wraps) {
                let reason = match wraps {
                    true => format!("what stands around a body holds it {here} times"),
                    false => "a body stands where none is wrapped".to_owned(),
                };
                return Err(Invalid::Parts(reason));
            }
            if part.kind == PartKind::Attribute as u8 && !self.is_attribute(rows) {
                return Err(Invalid::Parts("an attribute is not `#[..]`".to_owned()));
            }
        }
        Ok(())
    }

    /// Are these rows `#` and `[ ]`, made or by reference?
    fn is_attribute(&self, rows: &[Token]) -> bool {
        let mut tokens: Vec<&Token> = Vec::new();
        let mut at = 0;
        while let Some(token) = rows.get(at) {
            at += 1;
            match token.kind {
                kind::GROUP => {
                    tokens.push(token);
                    at += token.a as usize;
                }
                kind::RANGE => {
                    let mut own = span::row(token.span).map_or(0, |(row, _)| row as usize);
                    // Longer ones are something else.
                    for _ in 0..token.a.min(3) {
                        tokens.extend(self.input.rows.get(own));
                        own = self.input.next_sibling(own);
                    }
                }
                _ => tokens.push(token),
            }
        }
        match tokens.as_slice() {
            [hash, group] => {
                (hash.kind, hash.a) == (kind::PUNCT, '#' as u32)
                    && (group.kind, group.sub) == (kind::GROUP, delimiter::BRACKET)
            }
            _ => false,
        }
    }

    fn rows(&self, most: u64) -> Result<(), Invalid> {
        let rows = &self.output.rows;
        let mut total = 0u64;
        // Ends of the groups that the row is in.
        let mut open: Vec<usize> = Vec::new();
        let mut part_ends = self.output.parts.iter().scan(0usize, |at, part| {
            *at += part.rows as usize;
            Some(*at)
        });
        let mut part_end = 0;
        // Was the last token on this level a `'`? Then a name must follow.
        let mut quote = false;
        for (row, token) in rows.iter().enumerate() {
            while open.pop_if(|end| *end == row).is_some() {}
            while row >= part_end {
                part_end = part_ends.next().unwrap_or(usize::MAX);
            }
            let end = open.last().copied().unwrap_or(part_end);
            let bad = |reason: String| Invalid::Row { row, reason };
            if quote && !self.begins_with_name(token) {
                return Err(Invalid::Row { row: row.saturating_sub(1), reason: LONE_QUOTE.into() });
            }
            check_fields(token).map_err(bad)?;
            let mut stands_for = 1;
            quote = false;
            match token.kind {
                kind::RANGE => {
                    let last;
                    (stands_for, last) = self.range(token).map_err(bad)?;
                    quote = self.input.is_punct(last, '\'');
                }
                kind::RESPAN => self.respan(token).map_err(bad)?,
                kind::BODY => {}
                _ => {
                    self.span(self.output.spans.len(), token.span).map_err(bad)?;
                    self.token(token, row, end).map_err(bad)?;
                    quote = token.kind == kind::PUNCT && token.a == '\'' as u32;
                }
            }
            let alone = token.kind == kind::PUNCT && token.sub == 0;
            if quote && (alone || row + 1 >= end) {
                return Err(bad(LONE_QUOTE.into()));
            }
            if token.kind == kind::GROUP {
                if open.len() == MAX_NESTING {
                    return Err(bad(format!("groups nest deeper than {MAX_NESTING}")));
                }
                open.push(row + 1 + token.a as usize);
            }
            total = total.saturating_add(stands_for);
            if total > most {
                return Err(Invalid::TooManyRows { rows: total });
            }
        }
        Ok(())
    }

    fn token(&self, token: &Token, row: usize, end: usize) -> Result<(), String> {
        let words = |what: &str| {
            let start = token.a as usize;
            let range = start..start.saturating_add(token.b as usize);
            self.output.text.get(range).ok_or_else(|| format!("{what} outside the text"))
        };
        match token.kind {
            kind::IDENT => {
                let name = words("identifier")?;
                let good = match token.sub {
                    0 => text::is_ident(name),
                    1 => text::is_raw_ident(name),
                    other => return Err(format!("identifier of sort {other}")),
                };
                good.then_some(()).ok_or_else(|| format!("`{}` is not an identifier", shown(name)))
            }
            kind::LITERAL => {
                let literal = words("literal")?;
                text::literal(literal)
                    .map(|_| ())
                    .ok_or_else(|| format!("`{}` is not a literal", shown(literal)))
            }
            kind::PUNCT => {
                let legal = char::from_u32(token.a).is_some_and(text::is_punct);
                if !legal {
                    return Err(format!("character {:#x} is no punctuation", token.a));
                }
                (token.sub <= 1).then_some(()).ok_or_else(|| format!("spacing {}", token.sub))
            }
            kind::GROUP => {
                if token.sub > delimiter::NONE {
                    return Err(format!("delimiter {} is not known", token.sub));
                }
                let inside = (row + 1).saturating_add(token.a as usize);
                (inside <= end)
                    .then_some(())
                    .ok_or_else(|| "group is not closed where it should be".into())
            }
            _ => Ok(()),
        }
    }

    /// How many rows the range stands for, and the last sibling in it.
    fn range(&self, token: &Token) -> Result<(u64, usize), String> {
        let first = match span::row(token.span) {
            Some((row, span::WHOLE)) if (row as usize) < self.input.rows.len() => row as usize,
            _ => {
                return Err(format!("range of input tokens from span number {}", token.span));
            }
        };
        if token.a == 0 {
            return Err("range of no tokens".into());
        }
        let end = self.ends[first] as usize;
        let (mut at, mut last) = (first, first);
        for _ in 0..token.a {
            if at >= end {
                return Err(format!(
                    "range of {} tokens from input token {first} leaves its group",
                    token.a
                ));
            }
            last = at;
            at = self.input.next_sibling(at);
        }
        Ok(((at - first) as u64, last))
    }

    fn respan(&self, token: &Token) -> Result<(), String> {
        self.span(self.output.spans.len(), token.span)?;
        match span::row(token.a) {
            Some((row, span::WHOLE)) if self.input.is_ident(row as usize, "$crate") => Ok(()),
            _ => Err("only `$crate` is given another span by handle".into()),
        }
    }

    fn begins_with_name(&self, token: &Token) -> bool {
        match token.kind {
            kind::IDENT => true,
            kind::RANGE => span::row(token.span)
                .and_then(|(row, _)| self.input.rows.get(row as usize))
                .is_some_and(|first| first.kind == kind::IDENT),
            _ => false,
        }
    }
}

const LONE_QUOTE: &str = "`'` is not followed by a name";

/// Fields that a kind does not use must be 0: a later version of the contract may use them, and
/// what is meant by them must not get lost then.
fn check_fields(token: &Token) -> Result<(), String> {
    let Token { kind, sub, b, .. } = *token;
    let uses_sub = matches!(kind, kind::IDENT | kind::PUNCT | kind::GROUP);
    let uses_b = matches!(kind, kind::IDENT | kind::LITERAL);
    if kind > kind::BODY {
        Err(format!("token kind {kind} is not known"))
    } else if !uses_sub && sub != 0 {
        Err(format!("token kind {kind} has no sort {sub}"))
    } else if !uses_b && b != 0 {
        Err(format!("token kind {kind} has no length {b}"))
    } else if kind == kind::BODY && (token.span, token.a) != (0, 0) {
        Err("a body has neither span nor number".into())
    } else {
        Ok(())
    }
}

/// The start of a text from a guest, for an error.
fn shown(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    let start = start.escape_debug().to_string();
    if text.chars().nth(40).is_some() { format!("{start}...") } else { start }
}

#[cfg(test)]
pub(crate) mod emulation;
#[cfg(test)]
pub(crate) mod source;
#[cfg(test)]
pub(crate) mod strategy;
#[cfg(test)]
mod tests;
