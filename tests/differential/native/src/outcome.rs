//! What came of an expansion, natively or in a component, in words of its own that can be compared.

use macro_bridge::expansion::{Artifact, Diagnostic, Expansion, Level, PlanEntry};
use macro_bridge::request::Request;
use macro_bridge::table::{SpanOp, Table, Token, kind, op, span};

use crate::places::Places;

/// Tokens, and what goes with them.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) tokens: Vec<Flat>,
    pub(crate) said: Vec<Said>,
    pub(crate) plan: Vec<PlanEntry>,
    pub(crate) artifacts: Vec<Artifact>,
    /// What was asked: cell, function, arguments.
    pub(crate) asked: Vec<(String, String, Vec<u8>)>,
}

/// A token with its place; of a group its delimiters, and how many tokens are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flat {
    kind: u8,
    sub: u8,
    text: String,
    /// A number of the request, or that of the call.
    place: u32,
}

/// A diagnostic, as the user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) level: String,
    pub(crate) message: String,
    /// The text that it is about.
    pub(crate) at: String,
    /// The numbers of the first and the last token, where they are known.
    pub(crate) exactly: Option<(u32, u32)>,
    /// Its lines, sorted, each with what it is about.
    pub(crate) lines: Vec<String>,
    /// What each is about, why, and the new text.
    pub(crate) suggestions: Vec<(String, String, String)>,
}

/// The tokens of an expansion, one by one: those by reference as the input has them.
pub(crate) fn flat(request: &Request, expansion: &Expansion) -> Vec<Flat> {
    let output = &expansion.output;
    let made = Table { text: output.text.clone(), rows: Vec::new() };
    let mut tokens = Vec::new();
    // Rows in the open groups, as they are counted here, and where each ends in the output.
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (at, token) in output.rows.iter().enumerate() {
        while open.last().is_some_and(|(_, end)| *end <= at) {
            close(&mut tokens, &mut open);
        }
        match (token.kind, span::row(token.span)) {
            (kind::RANGE, Some((row, _))) => {
                let mut end = row as usize;
                (0..token.a).for_each(|_| end = request.table.next_sibling(end));
                let own = &request.table.rows[row as usize..end];
                tokens.extend(own.iter().map(|token| one(&request.table, token, token.span)));
            }
            _ => {
                tokens.push(one(&made, token, place(&output.spans, token.span)));
                if token.kind == kind::GROUP {
                    open.push((tokens.len() - 1, at + 1 + token.a as usize));
                }
            }
        }
    }
    while !open.is_empty() {
        close(&mut tokens, &mut open);
    }
    tokens
}

fn close(tokens: &mut [Flat], open: &mut Vec<(usize, usize)>) {
    if let Some((head, _)) = open.pop() {
        tokens[head].text = (tokens.len() - head - 1).to_string();
    }
}

fn one(table: &Table, token: &Token, place: u32) -> Flat {
    let text = match token.kind {
        kind::PUNCT => char::from_u32(token.a).unwrap_or('?').to_string(),
        kind::GROUP => token.a.to_string(),
        _ => table.text_of(token).to_owned(),
    };
    Flat { kind: token.kind, sub: token.sub, text, place }
}

/// An operation that no component makes: it stands for a place that is not known natively.
pub(crate) const UNKNOWN: SpanOp =
    SpanOp { op: op::RESOLVED_AT, a: span::MIXED_SITE, b: span::MIXED_SITE };
/// What [`place`] says of it.
const NOWHERE: u32 = u32::MAX;

/// Where a span is: what its names mean is not known natively.
pub(crate) fn place(operations: &[SpanOp], mut number: u32) -> u32 {
    while let Some(index) = number.checked_sub(span::FIRST_OPERATION) {
        let SpanOp { op, a, b } = operations[index as usize];
        if a == b {
            return NOWHERE;
        }
        number = if op == op::RESOLVED_AT { a } else { b };
    }
    if number < span::FIRST_ROW { span::CALL_SITE } else { number }
}

/// Diagnostics of an expansion. `places` are those of the whole request.
pub(crate) fn said(expansion: &Expansion, places: &Places) -> Vec<Said> {
    let mut all: Vec<Said> = Vec::new();
    let spans = &expansion.output.spans;
    for Diagnostic { level, message, start, end, notes, suggestions } in &expansion.diagnostics {
        let exactly = (place(spans, *start), place(spans, *end));
        let at = places.text(exactly);
        if let (Level::Note | Level::Help, Some(last)) = (level, all.last_mut()) {
            last.lines.push(match at {
                "" => format!("{}: {message}", level.word()),
                at => format!("{}: {message} (at `{at}`)", level.word()),
            });
            continue;
        }
        let word = |help| if help { "help" } else { "note" };
        let suggestion = |one: &macro_bridge::expansion::Suggestion| {
            let at = places.text((place(spans, one.start), place(spans, one.end)));
            (at.to_owned(), one.message.clone(), one.replacement.clone())
        };
        all.push(Said {
            level: level.word().to_owned(),
            message: message.clone(),
            at: at.to_owned(),
            exactly: Some(exactly),
            lines: notes.iter().map(|n| format!("{}: {}", word(n.help), n.message)).collect(),
            suggestions: suggestions.iter().map(suggestion).collect(),
        });
    }
    all.iter_mut().for_each(|one| one.lines.sort());
    all
}

/// What differs first, natively and in the component.
pub(crate) fn difference(native: &Outcome, component: &Outcome) -> Option<String> {
    fn first<T: std::fmt::Debug>(
        what: &str,
        a: &[T],
        b: &[T],
        same: impl Fn(&T, &T) -> bool,
    ) -> Option<String> {
        let at = (0..a.len().max(b.len())).find(|at| match (a.get(*at), b.get(*at)) {
            (Some(a), Some(b)) => !same(a, b),
            _ => true,
        })?;
        Some(format!(
            "{what} {at} natively and in the component:\n{:?}\n{:?}",
            a.get(at),
            b.get(at)
        ))
    }
    first("token", &native.tokens, &component.tokens, is_same_token)
        .or_else(|| first("diagnostic", &native.said, &component.said, is_same))
        .or_else(|| first("plan entry", &native.plan, &component.plan, |a, b| a == b))
        .or_else(|| first("artifact", &native.artifacts, &component.artifacts, |a, b| a == b))
        .or_else(|| first("question", &native.asked, &component.asked, |a, b| a == b))
}

fn is_same_token(native: &Flat, component: &Flat) -> bool {
    let place = if native.place == NOWHERE { component.place } else { native.place };
    let native = (native.kind, native.sub, &native.text, place);
    native == (component.kind, component.sub, &component.text, component.place)
}

/// Is it the same to the user? Natively the text of several tokens may stand where in a component, as
/// in a stable compiler, the first of them does.
fn is_same(native: &Said, component: &Said) -> bool {
    let begins = |native: &str, component: &str| match component {
        "" => native.is_empty(),
        text => native.starts_with(text),
    };
    let line = |(native, component): (&String, &String)| {
        native == component
            || component.strip_suffix("`)").is_some_and(|text| native.starts_with(text))
    };
    let suggestion =
        |(native, component): (&(String, String, String), &(String, String, String))| {
            begins(&native.0, &component.0)
                && (&native.1, &native.2) == (&component.1, &component.2)
        };
    (&native.level, &native.message) == (&component.level, &component.message)
        && begins(&native.at, &component.at)
        && (native.exactly.is_none() || native.exactly == component.exactly)
        && native.lines.len() == component.lines.len()
        && native.lines.iter().zip(&component.lines).all(line)
        && native.suggestions.len() == component.suggestions.len()
        && native.suggestions.iter().zip(&component.suggestions).all(suggestion)
}
