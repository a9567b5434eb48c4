//! What `live::emit` does, without rustc: asserts everything that it relies upon.

use crate::table::{SpanOp, Table, TableBuilder, Token, kind, op, span};
use crate::text;

/// Where a span points and at whose names it looks, both as span numbers of the input.
pub(crate) type Place = (u32, u32);

/// The tokens that rustc gets, and a place for each row (two for a group: its delimiters have the
/// same if a macro made it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Emitted {
    pub(crate) table: Table,
    pub(crate) places: Vec<Place>,
}

/// Emits checked rows.
pub(crate) fn emit(input: &Table, text: &str, rows: &[Token], operations: &[SpanOp]) -> Emitted {
    let derived = derive(input, operations);
    let place = |number: u32| place(input, &derived, number);
    let mut builder = TableBuilder::default();
    let mut places = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (row, token) in rows.iter().enumerate() {
        while open.pop_if(|end| *end == row).is_some() {
            builder.close().unwrap();
        }
        let inside = (row + 1).checked_add(token.a as usize);
        let words = || {
            let start = token.a as usize;
            &text[start..start + token.b as usize]
        };
        match token.kind {
            kind::IDENT => {
                assert!(if token.sub == 1 {
                    text::is_raw_ident(words())
                } else {
                    text::is_ident(words())
                });
                builder.ident(words(), token.sub == 1);
            }
            kind::LITERAL => {
                assert!(text::literal(words()).is_some());
                builder.literal(words());
            }
            kind::PUNCT => builder.punct(
                char::from_u32(token.a).filter(|c| text::is_punct(*c)).unwrap(),
                token.sub == 1,
            ),
            kind::GROUP => {
                let end = inside.unwrap();
                assert!(
                    end <= open.last().copied().unwrap_or(rows.len()),
                    "group {row} ends behind its own"
                );
                assert!(token.sub <= 3);
                open.push(end);
                builder.open(token.sub);
            }
            kind::BODY => {
                // Emitted as any block would be; what is joined has none.
                builder.open(crate::table::delimiter::BRACE);
                builder.close().unwrap();
            }
            kind::RANGE => {
                let (mut at, part) = span::row(token.span).expect("a range begins at a row");
                assert_eq!(part, span::WHOLE);
                for _ in 0..token.a {
                    copy(input, at as usize, &mut builder, &mut places);
                    at = input.next_sibling(at as usize) as u32;
                }
                continue;
            }
            kind::RESPAN => {
                let (at, _) = span::row(token.a).expect("a respan names a row");
                let original = input.rows[at as usize];
                assert_eq!(original.kind, kind::IDENT);
                builder.ident(input.text_of(&original), original.sub == 1);
            }
            other => panic!("kind {other}"),
        }
        places.push(place(token.span));
    }
    while open.pop_if(|end| *end == rows.len()).is_some() {
        builder.close().unwrap();
    }
    let table = builder.finish().expect("every group is closed");
    assert_eq!(table.rows.len(), places.len());
    Emitted { table, places }
}

/// A whole token of the input.
fn copy(input: &Table, row: usize, builder: &mut TableBuilder, places: &mut Vec<Place>) {
    let token = input.rows[row];
    places.push((token.span, token.span));
    match token.kind {
        kind::IDENT => builder.ident(input.text_of(&token), token.sub == 1),
        kind::LITERAL => builder.literal(input.text_of(&token)),
        kind::PUNCT => builder.punct(char::from_u32(token.a).unwrap(), token.sub == 1),
        kind::GROUP => {
            builder.open(token.sub);
            for inside in input.siblings(row + 1..input.next_sibling(row)) {
                copy(input, inside, builder, places);
            }
            builder.close().unwrap();
        }
        other => panic!("kind {other} in an input"),
    }
}

fn derive(input: &Table, operations: &[SpanOp]) -> Vec<Place> {
    let mut derived = Vec::new();
    for operation in operations {
        let (a, b) = (place(input, &derived, operation.a), place(input, &derived, operation.b));
        derived.push(match operation.op {
            op::RESOLVED_AT => (a.0, b.1),
            op::LOCATED_AT => (b.0, a.1),
            other => panic!("operation {other}"),
        });
    }
    derived
}

fn place(input: &Table, derived: &[Place], number: u32) -> Place {
    if number >= span::FIRST_OPERATION {
        return derived[(number - span::FIRST_OPERATION) as usize];
    }
    match span::row(number) {
        Some((row, part)) => {
            let token = input.rows[row as usize];
            assert!(part == span::WHOLE || (part <= span::CLOSE && token.kind == kind::GROUP));
        }
        None => assert!(number <= span::MIXED_SITE || span::site(number).is_some()),
    }
    (number, number)
}
