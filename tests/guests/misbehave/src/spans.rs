//! Crimes of spans and of the operations on them.

use macro_guest_sdk::bindings::cell::macros::types::{Diagnostic, SpanOp, Suggestion, Token};
use macro_guest_sdk::bindings::exports::cell::macros::expander::{Expansion, Input};

use crate::{Crime, answer, empty, row};

const FIRST: u32 = 0x8000_0000;

pub(crate) const CRIMES: &[Crime] = &[
    ("span_dangling", "the span of a row after the input", |i| span(past(&i), &[])),
    ("span_last", "the last number below the operations", |_| span(FIRST - 1, &[])),
    ("span_reserved", "a number that is not in use", |_| span(2, &[])),
    ("span_part", "the fourth part of a handle", |_| span(16 + 3, &[])),
    ("span_delimiter", "the opening delimiter of a token that is no group", no_group),
    ("operation_dangling", "operation 5 of none", |_| span(FIRST + 5, &[])),
    ("operation_last", "the last operation that a number can name", |_| span(u32::MAX, &[])),
    ("operation_self", "an operation on its own result", |_| span(FIRST, &[(0, FIRST, 0)])),
    ("operation_later", "an operation on the result of a later one", |_| {
        span(FIRST, &[(0, FIRST + 1, 0), (0, 0, 1)])
    }),
    ("operation_cycle", "two operations on each other", |_| {
        span(FIRST, &[(0, FIRST + 1, 0), (1, FIRST, 0)])
    }),
    ("operation_unknown", "an operation of kind 9", |_| span(FIRST, &[(9, 0, 1)])),
    ("operation_unused", "an operation on a row after the input, for no token", |i| {
        span(0, &[(0, past(&i), 0)])
    }),
    ("operation_chain", "a million operations one on the other, which is legal", chain),
    ("diagnostic_start", "an error that begins after the input", |i| error(past(&i), 0)),
    ("diagnostic_end", "an error that ends after the input", |i| error(0, past(&i))),
    ("diagnostic_operation", "an error at operation 5 of none", |_| error(FIRST + 5, 0)),
    ("diagnostic_backwards", "an error that ends before it begins", backwards),
    ("suggestion_dangling", "a suggestion at a row after the input", suggestion),
];

fn past(input: &Input) -> u32 {
    16 + 4 * input.tokens.len() as u32
}

/// A `;` with this span and these operations.
fn span(span: u32, operations: &[(u8, u32, u32)]) -> Expansion {
    let token = Token { span, ..row(1, 0, u32::from(b';'), 0) };
    let mut expansion = answer(String::new(), vec![token]);
    let operation = |(op, a, b): &(u8, u32, u32)| SpanOp { op: *op, a: *a, b: *b };
    expansion.output.spans = operations.iter().map(operation).collect();
    expansion
}

fn no_group(input: Input) -> Expansion {
    let token = input.tokens.iter().find(|token| token.kind != 3);
    span(token.map_or(17, |token| token.span + 1), &[])
}

fn chain(_: Input) -> Expansion {
    let count = 1_000_000;
    let operation = |n: u32| if n == 0 { (0, 0, 1) } else { (0, FIRST + n - 1, n % 2) };
    span(FIRST + count - 1, &(0..count).map(operation).collect::<Vec<_>>())
}

fn error(start: u32, end: u32) -> Expansion {
    let mut expansion = empty();
    expansion.diagnostics.push(Diagnostic {
        level: 0,
        message: "wrong".into(),
        start,
        end,
        notes: Vec::new(),
        suggestions: Vec::new(),
    });
    expansion
}

fn backwards(input: Input) -> Expansion {
    let first = 16 + 4 * input.split;
    error(past(&input) - 4, first)
}

fn suggestion(input: Input) -> Expansion {
    let mut expansion = error(0, 0);
    expansion.diagnostics[0].suggestions.push(Suggestion {
        message: "look there".into(),
        start: past(&input),
        end: past(&input),
        replacement: "x".into(),
    });
    expansion
}
