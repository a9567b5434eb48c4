//! Random token forests for property tests, such as rustc could hand to a macro.

use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::Index;

use super::{Table, TableBuilder};

/// A token tree before it is rows.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Ident(String, bool),
    Lifetime(String),
    Punct(char, bool),
    Literal(String),
    Group(u8, Vec<Tree>),
}

/// Identifiers, many of them words that the host looks for.
pub(crate) fn ident() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "struct",
        "enum",
        "fn",
        "unsafe",
        "extern",
        "impl",
        "mod",
        "pub",
        "const",
        "union",
        "cell",
        "Ledger",
        "primary_key",
        "asm",
        "include",
        "env",
        "no_mangle",
        "path",
        "r",
        "_",
        "名",
        "self",
    ];
    prop_oneof![
        3 => proptest::sample::select(WORDS).prop_map(str::to_owned),
        1 => "[a-zA-Z_][a-z0-9_]{0,6}",
    ]
}

/// Literals that rustc takes.
pub(crate) fn literal() -> impl Strategy<Value = String> {
    const FIXED: &[&str] = &[
        "0",
        "1_000u16",
        "0xff",
        "1.5e3f64",
        "1.",
        "'a'",
        "'\\''",
        "b'x'",
        "b\"\\xff\"",
        "c\"c\"",
        "\"\"",
        "\"a\\nb\"",
        "\"line\n break\"",
        "r#\"a \"quoted\" one\"#",
        "\"\u{202e}\u{1b}[0m\"",
        "\"tab\there\"",
    ];
    prop_oneof![
        proptest::sample::select(FIXED).prop_map(str::to_owned),
        "\"[a-z ]{0,8}\"",
        "[1-9][0-9]{0,5}",
    ]
}

/// A punctuation character, not the quote: it comes with a lifetime only.
pub(crate) fn punct() -> impl Strategy<Value = char> {
    proptest::sample::select(&b"=<>!~+-*/%^&|@.,;:#$?"[..]).prop_map(char::from)
}

/// One tree.
pub(crate) fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        5 => ident().prop_map(|name| Tree::Ident(name, false)),
        1 => Just(Tree::Ident("$crate".into(), false)),
        1 => Just(Tree::Ident("type".into(), true)),
        1 => Just(Tree::Lifetime("a".into())),
        4 => (punct(), any::<bool>()).prop_map(|(ch, joint)| Tree::Punct(ch, joint)),
        2 => literal().prop_map(Tree::Literal),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        (0u8..4, prop::collection::vec(inner, 0..5))
            .prop_map(|(delimiter, trees)| Tree::Group(delimiter, trees))
    })
}

/// Several trees beside each other.
pub(crate) fn forest() -> impl Strategy<Value = Vec<Tree>> {
    prop::collection::vec(tree(), 0..6)
}

/// The table of a forest.
pub(crate) fn table() -> impl Strategy<Value = Table> {
    forest().prop_map(|trees| build(&trees))
}

/// A table and a run of its top-level rows.
pub(crate) fn table_and_range() -> impl Strategy<Value = (Table, Range<usize>)> {
    (table(), any::<Index>(), any::<Index>()).prop_map(|(table, one, other)| {
        let bounds = boundaries(&table);
        let (one, other) = (bounds[one.index(bounds.len())], bounds[other.index(bounds.len())]);
        (table, one.min(other)..one.max(other))
    })
}

/// The rows before, between and behind top-level rows; a lifetime is not cut in two.
pub(crate) fn boundaries(table: &Table) -> Vec<usize> {
    let rows = table.rows.len();
    let inside_lifetime = |row: usize| row > 0 && table.is_punct(row - 1, '\'');
    table.siblings(0..rows).chain([rows]).filter(|row| !inside_lifetime(*row)).collect()
}

/// Builds the table of a forest.
pub(crate) fn build(trees: &[Tree]) -> Table {
    let mut builder = TableBuilder::default();
    trees.iter().for_each(|tree| push(&mut builder, tree));
    builder.finish().expect("every group was closed")
}

fn push(builder: &mut TableBuilder, tree: &Tree) {
    match tree {
        Tree::Ident(name, raw) => builder.ident(name, *raw),
        Tree::Lifetime(name) => {
            builder.punct('\'', true);
            builder.ident(name, false);
        }
        Tree::Punct(ch, joint) => builder.punct(*ch, *joint),
        Tree::Literal(text) => builder.literal(text),
        Tree::Group(delimiter, inside) => {
            builder.open(*delimiter);
            inside.iter().for_each(|tree| push(builder, tree));
            builder.close().expect("a group is open");
        }
    }
}
