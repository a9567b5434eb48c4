//! Tests of stacks: what each guest is given, and how what they return is joined.

use super::*;
use crate::output::emulation;
use crate::request::strategy::request_of;
use crate::table::TableBuilder;
use crate::table::source::read;
use crate::table::{delimiter, op};

mod edits;
mod joining;
mod translation;

/// A guest's answer from source. What a guest can say but source cannot: `@n` is the whole token
/// of input row `n`, `@ body` the place of a function's body.
fn made(parts: &[(PartKind, &str, &str)]) -> GuestExpansion {
    let mut output = RawOutput::default();
    for (kind, name, source) in parts {
        let mut rows = rows_of(source, &mut output.text);
        output.parts.push(Part {
            kind: *kind as u8,
            rows: rows.len() as u32,
            name: (*name).into(),
        });
        output.rows.append(&mut rows);
    }
    GuestExpansion { output, ..GuestExpansion::default() }
}

/// `source` as rows with the span call-site; `@ 5` becomes a reference to row 5.
fn rows_of(source: &str, text: &mut String) -> Vec<Token> {
    let mut builder = TableBuilder::default();
    read(source, &mut builder);
    let table = builder.finish().unwrap();
    let mut rows: Vec<Token> = Vec::new();
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while at <= table.rows.len() {
        while let Some((group, _)) = open.pop_if(|(_, end)| *end <= at) {
            rows[group].a = (rows.len() - group - 1) as u32;
        }
        let Some(token) = table.rows.get(at) else { break };
        if table.is_punct(at, '@') {
            rows.push(match table.text_of(&table.rows[at + 1]) {
                "body" => Token { kind: kind::BODY, ..Token::default() },
                row => {
                    let span = span::of_row(row.parse().unwrap());
                    Token { kind: kind::RANGE, sub: 0, span, a: 1, b: 0 }
                }
            });
            at += 2;
            continue;
        }
        let mut copy = Token { span: span::CALL_SITE, ..*token };
        match token.kind {
            kind::GROUP => open.push((rows.len(), table.next_sibling(at))),
            kind::IDENT | kind::LITERAL => {
                copy.a = text.len() as u32;
                text.push_str(table.text_of(token));
            }
            _ => {}
        }
        rows.push(copy);
        at += 1;
    }
    rows
}

fn items(source: &str) -> GuestExpansion {
    made(&[(PartKind::Items, "", source)])
}

fn field(name: &str, source: &str) -> GuestExpansion {
    made(&[(PartKind::Field, name, source)])
}

fn replace(source: &str) -> GuestExpansion {
    made(&[(PartKind::Item, "", source)])
}

fn attribute(source: &str) -> GuestExpansion {
    made(&[(PartKind::Attribute, "", source)])
}

fn parameter(name: &str, source: &str) -> GuestExpansion {
    made(&[(PartKind::Parameter, name, source)])
}

fn wrap(source: &str) -> GuestExpansion {
    made(&[(PartKind::Body, "", source)])
}

/// Checks all answers and joins them.
fn run(request: &Request, answers: Vec<GuestExpansion>) -> Result<Expansion, Failure> {
    assert_eq!(request.calls.len(), answers.len());
    let checked =
        answers.into_iter().enumerate().map(|(call, answer)| check(request, call, answer));
    let checked = checked.collect::<Result<Vec<_>, _>>()?;
    compose(request, Vec::new(), checked, Vec::new())
}

/// What rustc gets, as text.
fn text_of(request: &Request, expansion: &Expansion) -> String {
    let Output { text, rows, spans } = &expansion.output;
    let emitted = emulation::emit(&request.table, text, rows, spans).table;
    emitted.render(0..emitted.rows.len())
}

fn run_text(request: &Request, answers: Vec<GuestExpansion>) -> String {
    match run(request, answers) {
        Ok(expansion) => text_of(request, &expansion),
        Err(failure) => failure.to_string(),
    }
}

/// The first line of a failure.
fn refused<T>(result: Result<T, Failure>) -> (crate::failure::Kind, String) {
    let failure = result.err().expect("it was taken");
    (failure.kind, failure.message)
}
