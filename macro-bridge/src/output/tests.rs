//! Tests of the check that stands between a guest and rustc.

use super::*;
use crate::table::source::table_of;
use crate::table::{TableBuilder, strategy as tables};
use proptest::prelude::*;

/// Two rows of arguments, then the item: `a # 'x $crate ( b { } ) , c`.
fn input() -> (Table, usize) {
    (table_of("key 1 a # 'x $crate ( b { } ) , c"), 2)
}

fn row(input: &Table, source: &str) -> u32 {
    let found = (0..input.rows.len()).find(|row| input.is_ident(*row, source));
    found.unwrap_or_else(|| panic!("no `{source}`")) as u32
}

/// One part of all rows.
fn output(text: &str, rows: &[Token]) -> RawOutput {
    let parts = vec![Part { kind: 0, rows: rows.len() as u32, name: String::new() }];
    RawOutput { text: text.into(), rows: rows.to_vec(), spans: Vec::new(), parts }
}

fn token(kind: u8, sub: u8, a: u32, b: u32) -> Token {
    Token { kind, sub, span: span::CALL_SITE, a, b }
}

fn range(first: u32, count: u32) -> Token {
    Token { kind: kind::RANGE, sub: 0, span: span::of_row(first), a: count, b: 0 }
}

fn group(inside: u32) -> Token {
    token(kind::GROUP, delimiter::BRACE, inside, 0)
}

fn punct(ch: char, joint: bool) -> Token {
    token(kind::PUNCT, u8::from(joint), ch as u32, 0)
}

const MOST: u64 = 1000;

fn verdict(output: &RawOutput) -> Result<(), String> {
    let (input, split) = input();
    check(&input, split, output, MOST).map_err(|invalid| invalid.to_string())
}

#[track_caller]
fn taken(text: &str, rows: &[Token]) {
    assert_eq!(verdict(&output(text, rows)), Ok(()));
}

#[track_caller]
fn refused(text: &str, rows: &[Token], expected: &str) {
    assert_eq!(verdict(&output(text, rows)), Err(expected.to_owned()));
}

#[test]
fn takes_all_kinds_of_tokens() {
    taken("", &[]);
    taken(
        "ab7",
        &[token(kind::IDENT, 0, 0, 2), token(kind::IDENT, 1, 0, 1), token(kind::LITERAL, 0, 2, 1)],
    );
    taken("x", &[punct('\'', true), token(kind::IDENT, 0, 0, 1), punct('#', false)]);
    for delimiter in 0..=delimiter::NONE {
        taken("", &[token(kind::GROUP, delimiter, 1, 0), group(0)]);
    }
}

#[test]
fn texts_lie_in_the_text() {
    let outside = "token 0: identifier outside the text";
    for (a, b) in
        [(0, 4), (4, 1), (1, 1), (1, 2), (u32::MAX, u32::MAX), (u32::MAX, 1), (0, u32::MAX)]
    {
        refused("éb", &[token(kind::IDENT, 0, a, b)], outside);
    }
    refused("ab", &[token(kind::LITERAL, 0, 1, 2)], "token 0: literal outside the text");
    refused("ab", &[token(kind::IDENT, 0, 0, 0)], "token 0: `` is not an identifier");
}

#[test]
fn texts_are_what_rustc_takes() {
    let ident = |text: &str, raw| output(text, &[token(kind::IDENT, raw, 0, text.len() as u32)]);
    for text in ["1a", "a b", "a-b", "r#a", "$crate", "'a", "a\n", "fn main() {}"] {
        let shown = text.escape_debug();
        assert_eq!(
            verdict(&ident(text, 0)),
            Err(format!("token 0: `{shown}` is not an identifier"))
        );
    }
    for text in ["self", "Self", "super", "crate", "_"] {
        assert_eq!(verdict(&ident(text, 0)), Ok(()));
        assert_eq!(
            verdict(&ident(text, 1)),
            Err(format!("token 0: `{text}` is not an identifier"))
        );
    }
    assert_eq!(verdict(&ident("a", 2)), Err("token 0: identifier of sort 2".into()));
    let literal =
        |text: &str| verdict(&output(text, &[token(kind::LITERAL, 0, 0, text.len() as u32)]));
    assert_eq!(literal("-1"), Err("token 0: `-1` is not a literal".into()));
    assert_eq!(literal("1 + 1"), Err("token 0: `1 + 1` is not a literal".into()));
    assert_eq!(literal("\"a"), Err("token 0: `\\\"a` is not a literal".into()));
    let long = "x".repeat(1000);
    assert_eq!(literal(&long), Err(format!("token 0: `{}...` is not a literal", &long[..40])));
}

#[test]
fn puncts_are_what_rustc_takes() {
    for ch in ['(', 'a', '"', '\\', '\0', '_', ' ', 'é'] {
        let expected = format!("token 0: character {:#x} is no punctuation", ch as u32);
        refused("", &[punct(ch, false)], &expected);
    }
    refused("", &[token(kind::PUNCT, 0, 0xd800, 0)], "token 0: character 0xd800 is no punctuation");
    refused(
        "",
        &[token(kind::PUNCT, 0, u32::MAX, 0)],
        "token 0: character 0xffffffff is no punctuation",
    );
    refused("", &[token(kind::PUNCT, 2, ',' as u32, 0)], "token 0: spacing 2");
}

#[test]
fn numbers_without_a_meaning_are_refused() {
    for kind in [7, 8, 255] {
        refused("", &[token(kind, 0, 0, 0)], &format!("token 0: token kind {kind} is not known"));
    }
    refused("", &[token(kind::GROUP, 4, 0, 0)], "token 0: delimiter 4 is not known");
    refused("1", &[token(kind::LITERAL, 1, 0, 1)], "token 0: token kind 2 has no sort 1");
    refused("", &[Token { sub: 1, ..range(2, 1) }], "token 0: token kind 4 has no sort 1");
    refused("", &[Token { b: 1, ..range(2, 1) }], "token 0: token kind 4 has no length 1");
    refused("", &[Token { b: 9, ..group(0) }], "token 0: token kind 3 has no length 9");
    refused("", &[token(kind::PUNCT, 0, ',' as u32, 1)], "token 0: token kind 1 has no length 1");
}

#[test]
fn groups_nest() {
    refused("", &[group(1)], "parts: one ends inside a group");
    refused("", &[group(u32::MAX), group(0)], "parts: one ends inside a group");
    refused("", &[group(2), group(0)], "parts: one ends inside a group");
    refused(
        "",
        &[group(2), group(2), group(0), group(0)],
        "token 1: group is not closed where it should be",
    );
    refused("", &[group(1), group(1), group(0)], "token 1: group is not closed where it should be");
    refused("", &[group(1), group(u32::MAX)], "token 1: group is not closed where it should be");
    taken("", &[group(2), group(1), group(0), group(0)]);
}

#[test]
fn nesting_is_bounded() {
    let nested =
        |depth: usize| (0..depth).rev().map(|inside| group(inside as u32)).collect::<Vec<_>>();
    taken("", &nested(MAX_NESTING));
    refused("", &nested(MAX_NESTING + 1), "token 256: groups nest deeper than 256");
    // A user's own group does not count: rustc has read it already.
    let mut deep = TableBuilder::default();
    (0..500).for_each(|_| deep.open(delimiter::BRACE));
    (0..500).for_each(|_| deep.close().unwrap());
    let deep = deep.finish().unwrap();
    assert_eq!(check(&deep, 0, &output("", &[range(0, 1)]), MOST), Ok(()));
    // Groups beside each other do not nest.
    taken("", &vec![group(0); 900]);
}

#[test]
fn ranges_stay_in_their_group() {
    let (input, _) = input();
    let (a, b, c) = (row(&input, "a"), row(&input, "b"), row(&input, "c"));
    let rows = input.rows.len() as u32;
    taken("", &[range(a, 1), range(0, 2), range(b, 2), range(b + 1, 1), range(c, 1), range(a, 8)]);
    refused(
        "",
        &[range(b, 3)],
        &format!("token 0: range of 3 tokens from input token {b} leaves its group"),
    );
    refused(
        "",
        &[range(c, 2)],
        &format!("token 0: range of 2 tokens from input token {c} leaves its group"),
    );
    refused(
        "",
        &[range(a, 9)],
        &format!("token 0: range of 9 tokens from input token {a} leaves its group"),
    );
    refused(
        "",
        &[range(c, u32::MAX)],
        &format!("token 0: range of 4294967295 tokens from input token {c} leaves its group"),
    );
    refused("", &[range(0, 3)], "token 0: range of 3 tokens from input token 0 leaves its group");
    refused("", &[range(1, 2)], "token 0: range of 2 tokens from input token 1 leaves its group");
    refused("", &[range(a, 0)], "token 0: range of no tokens");
    for span in [
        span::of_row(rows),
        span::of_row(b - 1) + span::OPEN,
        span::of_row(a) + 1,
        span::CALL_SITE,
        2,
        15,
        span::FIRST_OPERATION - 1,
        span::FIRST_OPERATION,
        u32::MAX,
    ] {
        let expected = format!("token 0: range of input tokens from span number {span}");
        refused("", &[Token { span, ..range(0, 1) }], &expected);
    }
}

#[test]
fn macros_of_a_stack_have_sites_and_guests_have_not() {
    let (input, split) = input();
    let verdict = |number, calls| {
        let output = output("", &[Token { span: number, ..group(0) }]);
        check_all(&input, split, &output, MOST, calls).is_ok()
    };
    let third = span::of_site(2, span::MIXED_SITE);
    assert!(verdict(third, 3) && !verdict(third, 2) && !verdict(third, 0));
}

#[test]
fn spans_mean_something() {
    let (input, _) = input();
    let (a, group_row) = (row(&input, "a"), row(&input, "b") - 1);
    let rows = input.rows.len() as u32;
    let with = |span| [Token { span, ..group(0) }];
    for span in [0, 1, 16, span::of_row(a), span::of_row(rows - 1)] {
        taken("", &with(span));
    }
    for part in [span::OPEN, span::CLOSE] {
        taken("", &with(span::of_row(group_row) + part));
    }
    for number in [2, 15] {
        refused("", &with(number), &format!("token 0: span number {number}"));
    }
    refused("", &with(span::of_row(a) + 1), &format!("token 0: part 1 of input token {a}"));
    refused(
        "",
        &with(span::of_row(group_row) + 3),
        &format!("token 0: part 3 of input token {group_row}"),
    );
    refused(
        "",
        &with(span::of_row(rows)),
        &format!("token 0: span of input token {rows}, but there are {rows}"),
    );
    let last = (span::FIRST_OPERATION - 1 - 16) / 4;
    let expected = format!("token 0: span of input token {last}, but there are {rows}");
    refused("", &with(span::FIRST_OPERATION - 1), &expected);
    refused("", &with(span::FIRST_OPERATION), "token 0: span operation 0 of 0");
    refused("", &with(u32::MAX), "token 0: span operation 2147483647 of 0");
}

#[test]
fn operations_look_back_only() {
    let with = |spans: &[(u8, u32, u32)]| {
        let spans = spans.iter().map(|&(op, a, b)| SpanOp { op, a, b }).collect();
        let last = Token { span: span::FIRST_OPERATION, ..group(0) };
        verdict(&RawOutput { spans, ..output("", &[last]) })
    };
    let first = span::FIRST_OPERATION;
    assert_eq!(with(&[(0, 16, 1), (1, first, 0)]), Ok(()));
    assert_eq!(with(&[(0, first, 1)]), Err("span operation 0: span operation 0 of 0".into()));
    assert_eq!(
        with(&[(0, 0, first + 1), (0, first, 0)]),
        Err("span operation 0: span operation 1 of 0".into())
    );
    assert_eq!(
        with(&[(0, 0, 0), (0, 0, first + 1)]),
        Err("span operation 1: span operation 1 of 1".into())
    );
    assert_eq!(with(&[(2, 0, 0)]), Err("span operation 0: operation kind 2 is not known".into()));
    assert_eq!(with(&[(0, 3, 0)]), Err("span operation 0: span number 3".into()));
}

#[test]
fn only_dollar_crate_is_respanned() {
    let (input, _) = input();
    let krate = span::of_row(row(&input, "$crate"));
    let respan = |a, span| Token { kind: kind::RESPAN, sub: 0, span, a, b: 0 };
    taken("", &[respan(krate, 1)]);
    for other in
        [span::of_row(2), krate + 1, 0, 15, u32::MAX, span::FIRST_OPERATION, span::of_row(99)]
    {
        refused("", &[respan(other, 1)], "token 0: only `$crate` is given another span by handle");
    }
    refused("", &[respan(krate, 7)], "token 0: span number 7");
}

#[test]
fn a_quote_begins_a_lifetime() {
    let (input, _) = input();
    let lone = |row: usize| format!("token {row}: `'` is not followed by a name");
    let name = token(kind::IDENT, 0, 0, 1);
    let (quote, own_quote) = (punct('\'', true), row(&input, "x") - 1);
    refused("x", &[quote], &lone(0));
    refused("x", &[punct('\'', false), name], &lone(0));
    refused("x", &[quote, punct(',', false)], &lone(0));
    refused("x", &[quote, quote, name], &lone(0));
    refused("x", &[quote, group(1), name], &lone(0));
    refused("x", &[group(1), quote, name], &lone(1));
    refused("x", &[range(own_quote, 1)], &lone(0));
    refused("x", &[group(1), range(own_quote, 1), name], &lone(1));
    refused("x", &[range(own_quote, 1), group(0)], &lone(0));
    refused("x", &[quote, range(own_quote, 2)], &lone(0));
    taken("x", &[range(own_quote, 1), name, range(own_quote, 2), quote, range(own_quote + 1, 2)]);
    let parts = [1, 1].map(|rows| Part { kind: 0, rows, name: String::new() }).to_vec();
    let split = RawOutput { parts, ..output("x", &[quote, name]) };
    assert_eq!(verdict(&split), Err(lone(0)));
}

#[test]
fn parts_cover_the_rows() {
    let part = |kind, rows, name: &str| Part { kind, rows, name: name.into() };
    let with = |parts: Vec<Part>| {
        let rows = [group(1), group(0), group(0)];
        verdict(&RawOutput { parts, ..output("", &rows) })
    };
    let bad = |reason: &str| Err(format!("parts: {reason}"));
    assert_eq!(with(vec![part(0, 2, ""), part(0, 0, ""), part(1, 1, "")]), Ok(()));
    assert_eq!(with(vec![part(1, 0, ""), part(0, 3, "")]), Ok(()));
    assert_eq!(with(vec![]), bad("they do not cover all rows"));
    assert_eq!(with(vec![part(0, 2, "")]), bad("they do not cover all rows"));
    assert_eq!(with(vec![part(0, 1, ""), part(0, 2, "")]), bad("one ends inside a group"));
    assert_eq!(with(vec![part(0, 4, "")]), bad("they cover more rows than there are"));
    assert_eq!(
        with(vec![part(0, 3, ""), part(0, u32::MAX, "")]),
        bad("they cover more rows than there are")
    );
    assert_eq!(with(vec![part(6, 3, "")]), bad("part kind 6 is not known"));
    assert_eq!(with(vec![part(1, 2, ""), part(1, 1, "")]), bad("the item is replaced twice"));
    let nameless = bad("a field has no name or no tokens");
    assert_eq!(with(vec![part(2, 3, "id")]), Ok(()));
    for name in ["", "r#id", "a b", "0"] {
        assert_eq!(with(vec![part(2, 3, name)]), nameless);
    }
    assert_eq!(with(vec![part(0, 3, ""), part(2, 0, "id")]), nameless);
}

#[test]
fn references_count_with_all_that_is_in_them() {
    let (input, split) = input();
    let whole = input.rows.len() - split;
    let item = range(split as u32, 8);
    let limit = |rows: &[Token], most: u64| check(&input, split, &output("", rows), most);
    let exact = 2 * whole as u64 + 1;
    let rows = [item, group(0), item];
    assert_eq!(limit(&rows, exact), Ok(()));
    assert_eq!(limit(&rows, exact - 1), Err(Invalid::TooManyRows { rows: exact }));
    // A bomb: each row stands for the whole item, and counting stops at the limit.
    let rows = vec![item; 100_000];
    assert!(
        matches!(limit(&rows, 5000), Err(Invalid::TooManyRows { rows }) if rows < 5000 + whole as u64 + 1)
    );
    assert_eq!(limit(&[], 0), Ok(()));
    assert_eq!(limit(&[group(0)], 0), Err(Invalid::TooManyRows { rows: 1 }));
}

/// What was let through is walked as rustc would.
fn emit_if_valid(input: &Table, split: usize, output: &RawOutput) -> Result<bool, TestCaseError> {
    const MOST: u64 = 10_000;
    if check(input, split, output, MOST).is_err() {
        return Ok(false);
    }
    let RawOutput { text, rows, spans, .. } = output;
    let emitted = emulation::emit(input, text, rows, spans);
    prop_assert!(emitted.table.rows.len() as u64 <= MOST);
    Ok(true)
}

#[test]
fn a_body_stands_once_where_one_is_wrapped() {
    let (input, split) = input();
    let body = token(kind::BODY, 0, 0, 0);
    let verdict = |kind: PartKind, rows: &[Token]| {
        let mut output = output("", rows);
        output.parts[0] = Part { kind: kind as u8, name: "n".into(), ..output.parts[0].clone() };
        check(&input, split, &output, MOST).map_err(|invalid| invalid.to_string())
    };
    assert_eq!(verdict(PartKind::Body, &[body]), Ok(()));
    assert_eq!(verdict(PartKind::Body, &[group(2), group(1), body, punct(';', false)]), Ok(()));
    let times = |count| Err(format!("parts: what stands around a body holds it {count} times"));
    assert_eq!(verdict(PartKind::Body, &[]), times(0));
    assert_eq!(verdict(PartKind::Body, &[group(0)]), times(0));
    assert_eq!(verdict(PartKind::Body, &[body, group(1), body]), times(2));
    for other in PartKind::ALL.into_iter().filter(|kind| *kind != PartKind::Body) {
        let reason = "parts: a body stands where none is wrapped";
        assert_eq!(verdict(other, &[group(1), body]), Err(reason.into()), "{other:?}");
    }
    for bad in [
        Token { sub: 1, ..body },
        Token { span: 1, ..body },
        Token { a: 1, ..body },
        Token { b: 1, ..body },
    ] {
        assert!(verdict(PartKind::Body, &[bad]).is_err(), "{bad:?}");
    }
    assert!(verdict(PartKind::Body, &[punct('\'', true), body]).is_err(), "a lone quote");
}

#[test]
fn an_attribute_is_one() {
    let (input, split) = (table_of("# [ a ] b ( c )"), 0);
    let bracket = |inside| token(kind::GROUP, delimiter::BRACKET, inside, 0);
    let verdict = |rows: &[Token]| {
        let mut output = output("x", rows);
        output.parts[0].kind = PartKind::Attribute as u8;
        check(&input, split, &output, MOST).is_ok()
    };
    let word = token(kind::IDENT, 0, 0, 1);
    assert!(verdict(&[punct('#', false), bracket(1), word]));
    assert!(verdict(&[range(0, 2)]) && verdict(&[range(0, 1), range(1, 1)]), "the user's own");
    assert!(verdict(&[punct('#', false), range(1, 1)]));
    for bad in [
        &[][..],
        &[punct('#', false)],
        &[bracket(0)],
        &[punct('#', false), group(0)],
        &[punct('#', false), punct('!', false), bracket(0)],
        &[punct('#', false), bracket(0), word],
        &[punct('#', false), bracket(0), punct('#', false), bracket(0)],
        &[range(0, 3)],
        &[range(0, 4)],
        &[range(3, 2)],
    ] {
        assert!(!verdict(bad), "{bad:?}");
    }
}

#[test]
fn names_and_kinds_of_parts() {
    let (input, split) = input();
    let verdict = |kind: u8, name: &str, rows: &[Token]| {
        let mut output = output("x", rows);
        output.parts[0] = Part { kind, name: name.into(), ..output.parts[0].clone() };
        check(&input, split, &output, MOST).map_err(|invalid| invalid.to_string())
    };
    let word = token(kind::IDENT, 0, 0, 1);
    for (kind, what) in [(PartKind::Field, "field"), (PartKind::Parameter, "parameter")] {
        assert_eq!(verdict(kind as u8, "n", &[word]), Ok(()));
        for (name, rows) in [("", &[word][..]), ("a b", &[word]), ("n", &[])] {
            let reason = format!("parts: a {what} has no name or no tokens");
            assert_eq!(verdict(kind as u8, name, rows), Err(reason));
        }
    }
    assert_eq!(verdict(6, "", &[word]), Err("parts: part kind 6 is not known".into()));
    assert_eq!(PartKind::ALL.map(|kind| kind as u8), [0, 1, 2, 3, 4, 5]);
}

proptest! {
    #[test]
    fn valid_outputs_are_taken((input, split, output) in strategy::valid()) {
        prop_assert_eq!(check(&input, split, &output, 100_000), Ok(()));
        let RawOutput { text, rows, spans, .. } = &output;
        emulation::emit(&input, text, rows, spans);
    }

    #[test]
    fn what_damage_leaves_valid_can_be_emitted(
        (input, split, mut output) in strategy::valid(),
        damage in prop::collection::vec(strategy::damage(), 1..4),
    ) {
        damage.iter().for_each(|one| strategy::apply(one, &mut output));
        emit_if_valid(&input, split, &output)?;
    }

    #[test]
    fn noise_is_refused_or_can_be_emitted(input in tables::table(), output in strategy::noise(), split in 0usize..20) {
        let bounds = tables::boundaries(&input);
        emit_if_valid(&input, bounds[split % bounds.len()], &output)?;
    }
}
