//! Tests of token tables.

use super::source::table_of;
use super::strategy::{self, Tree, build};
use super::*;
use proptest::prelude::*;

#[test]
fn sites_are_numbers_of_their_own_below_those_of_rows() {
    use span::{CALL_SITE, FIRST_ROW, MIXED_SITE, of_site, site};
    let mut seen = vec![CALL_SITE, MIXED_SITE];
    for call in 0..7 {
        for kind in [CALL_SITE, MIXED_SITE] {
            let number = of_site(call, kind);
            assert!(number < FIRST_ROW && !seen.contains(&number), "{number}");
            assert_eq!(site(number), Some((call, kind)));
            seen.push(number);
        }
    }
    assert_eq!((of_site(7, MIXED_SITE), of_site(usize::MAX, CALL_SITE)), (MIXED_SITE, CALL_SITE));
    assert_eq!([CALL_SITE, MIXED_SITE, FIRST_ROW].map(site), [None; 3]);
}

#[test]
fn rows_are_the_walk_of_the_forest() {
    let table = table_of("fn r#type ( & 'a ) { 1 [ ] }");
    let rows: Vec<_> =
        table.rows.iter().map(|t| (t.kind, t.sub, t.span, table.text_of(t))).collect();
    assert_eq!(
        rows,
        [
            (kind::IDENT, 0, 16, "fn"),
            (kind::IDENT, 1, 20, "type"),
            (kind::GROUP, delimiter::PARENTHESIS, 24, ""),
            (kind::PUNCT, 0, 28, ""),
            (kind::PUNCT, 1, 32, ""),
            (kind::IDENT, 0, 36, "a"),
            (kind::GROUP, delimiter::BRACE, 40, ""),
            (kind::LITERAL, 0, 44, "1"),
            (kind::GROUP, delimiter::BRACKET, 48, ""),
        ]
    );
    assert_eq!((table.rows[2].a, table.rows[6].a, table.rows[8].a), (3, 2, 0));
    assert_eq!(table.siblings(0..9).collect::<Vec<_>>(), [0, 1, 2, 6]);
    assert_eq!(table.siblings(3..6).collect::<Vec<_>>(), [3, 4, 5]);
}

#[test]
fn groups_without_delimiters_are_looked_through() {
    let table = table_of("⟦⟧ ⟦ pub ( crate ) ⟧ ⟦ ⟦ fn ⟧ ⟧ f");
    let seen: Vec<_> = table.parsed_siblings(0..table.rows.len()).collect();
    assert_eq!(seen, [2, 3, 7, 8]);
    assert!(table.is_ident(2, "pub") && table.is_ident(7, "fn") && table.is_ident(8, "f"));
}

#[test]
fn renders_for_people() {
    let check = |source: &str, expected: &str| {
        let table = table_of(source);
        assert_eq!(table.render(0..table.rows.len()), expected);
    };
    check("a::b < 'a >", "a :: b < 'a >");
    check("fn r#type ( ) { } x", "fn r#type () {} x");
    check("a { b [ 1 , 2 ] } ( c ) ;", "a { b [1 , 2] } (c) ;");
    check("( & ) x", "(&) x");
    check("x ⟦ 1 + 2 ⟧ y", "x 1 + 2 y");
    let table = table_of("a ( b c ) d");
    assert_eq!(table.render(2..4), "b c");
    assert_eq!(table.render(0..0), "");
}

#[test]
fn deep_tables_do_not_use_the_stack() {
    let depth = 200_000;
    let mut builder = TableBuilder::default();
    (0..depth).for_each(|_| builder.open(delimiter::NONE));
    (0..depth).for_each(|_| builder.close().unwrap());
    let table = builder.finish().unwrap();
    let all = 0..table.rows.len();
    assert_eq!(table.render(all.clone()), "");
    assert_eq!(Table::decode(&table.encode(all.clone())).as_ref(), Ok(&table));
    assert_eq!(table.extract(&[all]), table);
}

#[test]
fn handles_and_rows_are_one_to_one() {
    assert_eq!(span::row(span::of_row(0)), Some((0, span::WHOLE)));
    assert_eq!(span::row(span::of_row(7) + span::CLOSE), Some((7, span::CLOSE)));
    let last = span::of_row(MAX_ROWS as u32 - 1);
    assert_eq!(span::row(last), Some((MAX_ROWS as u32 - 1, 0)));
    assert!(last + 3 < span::FIRST_OPERATION);
    for none in [0, 1, 2, 15, span::FIRST_OPERATION, u32::MAX] {
        assert_eq!(span::row(none), None);
    }
}

#[test]
fn an_unclosed_group_is_no_table() {
    let mut builder = TableBuilder::default();
    assert_eq!(builder.close(), Err(()));
    builder.open(delimiter::BRACE);
    assert!(builder.finish().is_none());
}

#[test]
fn bytes_that_are_no_table() {
    for bytes in [
        &b"x"[..],
        b"i",
        b"i\x05ab",
        b"i\x01\xff",
        b"i\xff\xff\xff\xff\xff\xff",
        b"i\x81\x00a",
        b"p",
        b"pa",
        b"p\x00",
        b"p\xff\xff\xff\x7f",
        b"0",
        b"0))",
        b")",
        b"4)",
    ] {
        assert!(Table::decode(bytes).is_err(), "{bytes:?}");
    }
    assert_eq!(Table::decode(b""), Ok(Table::default()));
}

#[test]
fn equal_looking_tables_have_encodings_of_their_own() {
    let sources = [
        "ab",
        "a b",
        "r#ab",
        "\"ab\"",
        "( a ) b",
        "( a b )",
        "[ a b ]",
        "⟦ a b ⟧",
        "a = = b",
        "a == b",
        "( ) a b",
    ];
    let encodings: std::collections::BTreeSet<_> = sources
        .iter()
        .map(|source| {
            let table = table_of(source);
            table.encode(0..table.rows.len())
        })
        .collect();
    assert_eq!(encodings.len(), sources.len());
}

#[test]
fn malformed_tables_are_read_without_panic() {
    let token = Token { kind: kind::GROUP, sub: 200, span: 0, a: u32::MAX, b: u32::MAX };
    let rows = vec![token, Token { kind: kind::IDENT, ..token }, Token { kind: 77, ..token }];
    let table = Table { text: "é".into(), rows };
    let all = 0..table.rows.len();
    let _ = (
        table.render(all.clone()),
        table.encode(all.clone()),
        table.extract(std::slice::from_ref(&all)),
    );
    assert!(!table.is_top_level(0..1));
    assert!(table.siblings(all.clone()).count() == 1 && table.parsed_siblings(all).count() == 1);
}

proptest! {
    #[test]
    fn encodings_read_back((table, range) in strategy::table_and_range()) {
        let part = table.extract(std::slice::from_ref(&range));
        prop_assert_eq!(Table::decode(&table.encode(range)), Ok(part));
    }

    #[test]
    fn what_reads_is_written_so(bytes in prop::collection::vec(prop_oneof![
        proptest::sample::select(&b"irlpj)0123+\x00\x01\x02\x80a"[..]), any::<u8>()], 0..40)) {
        if let Ok(table) = Table::decode(&bytes) {
            prop_assert_eq!(table.encode(0..table.rows.len()), bytes);
        }
    }

    #[test]
    fn damaged_encodings_read_or_are_refused(table in strategy::table(), at: prop::sample::Index, to: u8) {
        let mut bytes = table.encode(0..table.rows.len());
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] = to;
            if let Ok(other) = Table::decode(&bytes) {
                prop_assert_eq!(other.encode(0..other.rows.len()), bytes);
            }
        }
    }

    #[test]
    fn different_tables_have_different_encodings(one in strategy::forest(), other in strategy::forest()) {
        let (one, other) = (build(&one), build(&other));
        let bytes = |table: &Table| table.encode(0..table.rows.len());
        prop_assert_eq!(one == other, bytes(&one) == bytes(&other));
    }

    #[test]
    fn one_changed_token_changes_the_encoding(trees in strategy::forest(), at: prop::sample::Index, tree in strategy::tree()) {
        let one = build(&trees);
        let mut changed: Vec<Tree> = trees;
        if !changed.is_empty() {
            let at = at.index(changed.len());
            changed[at] = tree;
        }
        let other = build(&changed);
        prop_assert_eq!(one == other, one.encode(0..one.rows.len()) == other.encode(0..other.rows.len()));
    }

    #[test]
    fn extracts_are_tables_with_handles_of_their_own((table, range) in strategy::table_and_range()) {
        let part = table.extract(std::slice::from_ref(&range));
        prop_assert_eq!(part.rows.len(), range.len());
        for (row, token) in part.rows.iter().enumerate() {
            prop_assert_eq!(token.span, span::of_row(row as u32));
            let original = table.rows[range.start + row];
            prop_assert_eq!(part.text_of(token), table.text_of(&original));
        }
        prop_assert_eq!(part.render(0..part.rows.len()), table.render(range.clone()));
        let shifted = part.siblings(0..part.rows.len()).map(|row| row + range.start);
        prop_assert!(shifted.eq(table.siblings(range.clone())));
    }

    #[test]
    fn top_level_is_what_siblings_reach(table in strategy::table(), start in 0usize..20, end in 0usize..20) {
        // Between the two tokens of a lifetime too, where nobody cuts but a range may begin.
        let rows = table.rows.len();
        let bounds: Vec<usize> = table.siblings(0..rows).chain([rows]).collect();
        let expected = start <= end && bounds.contains(&start) && bounds.contains(&end);
        prop_assert_eq!(table.is_top_level(start..end), expected);
    }
}
