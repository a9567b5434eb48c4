//! Random forests: what goes in comes out, whatever a macro does on the way.

use super::*;

/// xorshift; the seed is the number of the case, so a failure can be repeated.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn forest(random: &mut Random, depth: u32, table: &mut Table) {
    for _ in 0..random.below(6) {
        match random.below(if depth == 0 { 4 } else { 7 }) {
            0 => table.push_text(0, 0, ["a", "b", "größe", "$crate"][random.below(4) as usize]),
            1 => table.push_text(0, 1, ["type", "a"][random.below(2) as usize]),
            2 => table.push_text(2, 0, ["1u8", "\"a\"", "'b'"][random.below(3) as usize]),
            3 => {
                table.push(1, random.below(2) as u8, u32::from(b"+-'"[random.below(3) as usize]), 0)
            }
            _ => {
                let at = table.open(random.below(4) as u8);
                forest(random, depth - 1, table);
                table.close(at);
            }
        }
    }
}

/// Writes the ranges of `encoded` out: each row of the result is an input row, or a new one.
fn expand(table: &Table, encoded: &Encoded) -> Vec<(Option<usize>, Row, String)> {
    let mut out = Vec::new();
    for row in &encoded.rows {
        if row.kind != 4 {
            let text = match row.kind {
                0 | 2 => encoded.text[row.a as usize..][..row.b as usize].to_owned(),
                _ => String::new(),
            };
            out.push((None, *row, text));
            continue;
        }
        let mut at = ((row.span - 16) / 4) as usize;
        for _ in 0..row.a {
            let inside = if table.rows[at].kind == 3 { table.rows[at].a as usize } else { 0 };
            for index in at..=at + inside {
                out.push((Some(index), table.rows[index], String::new()));
            }
            at += inside + 1;
        }
    }
    out
}

fn cases(count: u64, check: impl Fn(&mut Random, Table, usize)) {
    for seed in 1..=count {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut table = Table::default();
        forest(&mut random, 4, &mut table);
        let split = table.rows.len();
        forest(&mut random, 4, &mut table);
        check(&mut random, table, split);
    }
}

#[test]
fn an_identity_gives_every_row_back_once() {
    cases(2_000, |random, table, split| {
        let (arguments, item) = begin(table.text.clone(), table.rows.clone(), split as u32);
        let streams = match random.below(3) {
            0 => [arguments, item],
            1 => [rebuilt(arguments), rebuilt(item)],
            _ => [arguments.into_iter().collect(), item.into_iter().collect()],
        };
        let rows = [split, table.rows.len() - split].map(|rows| u32::from(rows > 0));
        let encoded = encode(&streams, &mut [], true);
        assert_eq!(encoded.parts, rows, "one range for each stream that is not empty");
        let rows: Vec<_> = expand(&table, &encoded).into_iter().map(|(row, ..)| row).collect();
        assert_eq!(rows, (0..table.rows.len()).map(Some).collect::<Vec<_>>());
    });
}

#[test]
fn a_written_out_identity_equals_the_input() {
    cases(500, |_, table, split| {
        let (arguments, item) = begin(table.text.clone(), table.rows.clone(), split as u32);
        let encoded = encode(&[arguments, item], &mut [], false);
        assert_eq!(encoded.rows.len(), table.rows.len());
        for (new, old) in encoded.rows.iter().zip(&table.rows) {
            let text = |row: &Row, text: &str| text[row.a as usize..][..row.b as usize].to_owned();
            match (old.kind, new.kind) {
                (0, 5) => {
                    assert_eq!((text(old, &table.text).as_str(), new.a), ("$crate", old.span))
                }
                (0 | 2, _) => assert_eq!(text(new, &encoded.text), text(old, &table.text)),
                _ => assert_eq!(new.a, old.a),
            }
            assert!(new.kind == old.kind || new.kind == 5);
            assert_eq!((new.sub, new.span), (if new.kind == 5 { 0 } else { old.sub }, old.span));
        }
    });
}

/// Drops, doubles and replaces tokens, at random, at every depth; notes what should come out.
fn mangle(
    random: &mut Random,
    stream: TokenStream,
    expected: &mut Vec<Option<usize>>,
) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    for tree in stream {
        let row = ((handle(tree.span()) - 16) / 4) as usize;
        match (random.below(8), tree) {
            (0, _) => {}
            (1, tree) => {
                expected.push(None);
                out.push(Ident::new("new", tree.span()).into());
            }
            (_, TokenTree::Group(group)) => {
                let at = expected.len();
                expected.push(Some(row));
                let inside = mangle(random, group.stream(), expected);
                // Anything else than all rows in order makes it a new group.
                let count = group_rows(&group.stream());
                let whole = (row..=row + count).map(Some).collect::<Vec<_>>();
                if expected[at..] != whole {
                    expected[at] = None;
                }
                let mut new = Group::new(group.delimiter(), inside);
                new.set_span(group.span());
                out.push(new.into());
            }
            (_, tree) => {
                expected.push(Some(row));
                out.push(tree);
            }
        }
    }
    out.into_iter().collect()
}

fn group_rows(stream: &TokenStream) -> usize {
    let rows = |tree| match tree {
        TokenTree::Group(group) => 1 + group_rows(&group.stream()),
        _ => 1,
    };
    stream.clone().into_iter().map(rows).sum()
}

#[test]
fn what_a_macro_kept_is_a_reference_and_the_rest_is_new() {
    cases(4_000, |random, table, split| {
        let (_, item) = begin(table.text.clone(), table.rows.clone(), split as u32);
        let mut expected = Vec::new();
        let mangled = mangle(random, item, &mut expected);
        let encoded = encoded(&mangled);
        let rows: Vec<_> = expand(&table, &encoded).into_iter().map(|(row, ..)| row).collect();
        assert_eq!(rows, expected);
        for (row, token, text) in expand(&table, &encoded) {
            if row.is_none() && token.kind == 0 {
                assert_eq!(text, "new");
            }
        }
    });
}
