//! Crimes of single rows: counts, kinds, characters.

use macro_guest_sdk::bindings::cell::macros::types::Token;
use macro_guest_sdk::bindings::exports::cell::macros::expander::{Expansion, Input};

use crate::{Crime, answer, ident, row};

pub(crate) const CRIMES: &[Crime] = &[
    ("group_past_end", "a group that says it has one row more than there is", |_| {
        answer("name".into(), vec![row(3, 0, 2, 0), ident("name")])
    }),
    ("group_overflow", "a group that says it has all rows there could be", |_| {
        answer("name".into(), vec![row(3, 0, u32::MAX, 0), ident("name")])
    }),
    ("group_crossing", "a group that ends after the group that it is in", |_| {
        answer("name".into(), vec![row(3, 0, 1, 0), row(3, 0, 1, 0), ident("name")])
    }),
    ("delimiter_unknown", "a group with delimiter 9", |_| one(row(3, 9, 0, 0))),
    ("delimiter_none", "a group without delimiters, which is legal", |_| {
        answer("name".into(), vec![row(3, 3, 1, 0), ident("name")])
    }),
    ("kind_unknown", "a row of kind 9", |_| one(row(9, 0, 0, 0))),
    ("kind_last", "a row of kind 255", |_| one(row(255, 0, 0, 0))),
    ("spacing_unknown", "a `;` with spacing 2", |_| one(row(1, 2, u32::from(b';'), 0))),
    ("raw_unknown", "an identifier with rawness 2", |_| {
        answer("name".into(), vec![row(0, 2, 0, 4)])
    }),
    ("punct_letter", "the punctuation `a`", |_| punct('a' as u32)),
    ("punct_bracket", "the punctuation `)`", |_| punct(')' as u32)),
    ("punct_quote", "the punctuation `\"`", |_| punct('"' as u32)),
    ("punct_nul", "the punctuation NUL", |_| punct(0)),
    ("punct_surrogate", "punctuation that is half of a character", |_| punct(0xd800)),
    ("punct_big", "punctuation beyond Unicode", |_| punct(u32::MAX)),
    ("quote_alone", "a `'` that is joint with nothing", |_| one(row(1, 1, '\'' as u32, 0))),
    ("range_empty", "a range of no rows", |i| range(first(&i), 0)),
    ("range_too_long", "a range of more siblings than there are", |i| range(first(&i), 1_000)),
    ("range_overflow", "a range of all siblings there could be", |i| range(first(&i), u32::MAX)),
    ("range_dangling", "a range that begins after the input", |i| range(past(&i), 1)),
    ("range_part", "a range that begins at a delimiter", |i| range(first(&i) + 1, 1)),
    ("range_site", "a range that begins at the call site", |_| range(0, 1)),
    ("range_reserved", "a range that begins at a number that is not in use", |_| range(7, 1)),
    ("range_operation", "a range that begins at an operation", |_| range(0x8000_0000, 1)),
    ("range_leaves_group", "a range that begins in the last group and goes on after it", leaves),
    ("range_crosses_split", "a range from the arguments into the item", crosses),
    ("range_twice", "the item twice, which is legal", twice),
    ("respan_dangling", "another span for a token after the input", |i| {
        one(Token { kind: 5, sub: 0, span: 0, a: past(&i), b: 0 })
    }),
    ("respan_part", "another span for a delimiter", |i| {
        one(Token { kind: 5, sub: 0, span: 0, a: first(&i) + 1, b: 0 })
    }),
    ("respan_site", "another span for the call site", |_| one(row(5, 0, 0, 0))),
];

fn one(token: Token) -> Expansion {
    answer(String::new(), vec![token])
}

fn punct(character: u32) -> Expansion {
    one(row(1, 0, character, 0))
}

fn range(handle: u32, count: u32) -> Expansion {
    one(Token { kind: 4, sub: 0, span: handle, a: count, b: 0 })
}

/// The handle of the item's first row.
fn first(input: &Input) -> u32 {
    16 + 4 * input.split
}

/// The handle after the last row.
fn past(input: &Input) -> u32 {
    16 + 4 * input.tokens.len() as u32
}

/// Begins at the first row in the first group that is not empty.
fn leaves(input: Input) -> Expansion {
    let inside = input.tokens.iter().find(|token| token.kind == 3 && token.a > 0);
    range(inside.map_or(16, |group| group.span + 4), 1_000_000)
}

fn crosses(input: Input) -> Expansion {
    range(16 + 4 * input.split.saturating_sub(1), 2)
}

fn twice(input: Input) -> Expansion {
    let (mut at, mut siblings) = (input.split as usize, 0);
    while let Some(token) = input.tokens.get(at) {
        at += 1 + if token.kind == 3 { token.a as usize } else { 0 };
        siblings += 1;
    }
    let whole = Token { kind: 4, sub: 0, span: first(&input), a: siblings, b: 0 };
    answer(String::new(), vec![whole, whole])
}
