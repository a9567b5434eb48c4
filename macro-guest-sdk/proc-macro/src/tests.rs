//! Round trips: a table is begun, walked, taken apart and encoded again.

use std::collections::BTreeMap;

use crate::cell::{Encoded, Row, SpanOp, begin, encode, handle};
use crate::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

mod properties;
mod source;
mod tokens;

/// Rows of a source text, as the host makes them.
#[derive(Default)]
struct Table {
    text: String,
    rows: Vec<Row>,
}

impl Table {
    fn parse(source: &str) -> Self {
        let mut table = Self::default();
        table.forest(source.parse().expect(source));
        table
    }

    fn forest(&mut self, tokens: lex::TokenStream) {
        for tree in tokens {
            match tree {
                lex::TokenTree::Group(group) => {
                    let sub = group.delimiter() as u8;
                    let at = self.open(sub);
                    self.forest(group.stream());
                    self.close(at);
                }
                lex::TokenTree::Ident(ident) => {
                    let text = ident.to_string();
                    let plain = text.strip_prefix("r#");
                    self.push_text(0, u8::from(plain.is_some()), plain.unwrap_or(&text));
                }
                lex::TokenTree::Punct(punct) => {
                    let joint = punct.spacing() == lex::Spacing::Joint;
                    self.push(1, u8::from(joint), punct.as_char() as u32, 0);
                }
                lex::TokenTree::Literal(literal) => self.push_text(2, 0, &literal.to_string()),
            }
        }
    }

    fn open(&mut self, sub: u8) -> usize {
        self.push(3, sub, 0, 0);
        self.rows.len() - 1
    }

    fn close(&mut self, at: usize) {
        self.rows[at].a = (self.rows.len() - at - 1) as u32;
    }

    fn push_text(&mut self, kind: u8, sub: u8, text: &str) {
        let offset = self.text.len() as u32;
        self.text.push_str(text);
        self.push(kind, sub, offset, text.len() as u32);
    }

    fn push(&mut self, kind: u8, sub: u8, a: u32, b: u32) {
        let span = of_row(self.rows.len());
        self.rows.push(Row { kind, sub, span, a, b });
    }

    fn begin(self) -> TokenStream {
        begin(self.text, self.rows, 0).1
    }
}

fn input(source: &str) -> TokenStream {
    Table::parse(source).begin()
}

fn of_row(row: usize) -> u32 {
    16 + 4 * row as u32
}

fn encoded(stream: &TokenStream) -> Encoded {
    encode(std::slice::from_ref(stream), &mut [], true)
}

/// The rows in short: `@3+2` is a range of two from row 3, `(1` a group of one row.
fn shape(encoded: &Encoded) -> String {
    let mut words = Vec::new();
    for row in &encoded.rows {
        let text = |row: &Row| encoded.text[row.a as usize..][..row.b as usize].to_owned();
        words.push(match row.kind {
            0 | 2 => text(row),
            1 => char::from_u32(row.a).expect("a character").to_string(),
            3 => format!("{}{}", ["(", "{", "[", "_"][row.sub as usize], row.a),
            4 => format!("@{}+{}", (row.span - 16) / 4, row.a),
            5 => format!("respan {} to {}", (row.a - 16) / 4, row.span),
            kind => format!("kind {kind}"),
        });
    }
    words.join(" ")
}

/// Every group taken apart and made again with the span it had, as `syn` does.
fn rebuilt(stream: TokenStream) -> TokenStream {
    let tree = |tree| match tree {
        TokenTree::Group(group) => {
            let mut new = Group::new(group.delimiter(), rebuilt(group.stream()));
            new.set_span(group.span());
            TokenTree::Group(new)
        }
        other => other,
    };
    stream.into_iter().map(tree).collect()
}

#[test]
fn untouched_input_is_one_row() {
    let stream = input("fn f<'a>(x: &'a str) -> u8 { { r#match + 1u8 } }");
    assert_eq!(shape(&encoded(&stream)), "@0+11");
    assert_eq!(shape(&encoded(&rebuilt(stream))), "@0+11");
}

#[test]
fn arguments_and_item_are_different_lists() {
    let table = Table::parse("a b struct S;");
    let (arguments, item) = begin(table.text, table.rows, 2);
    assert_eq!((arguments.to_string(), item.to_string()), ("a b".into(), "struct S ;".into()));
    let mut both = arguments;
    both.extend([item]);
    assert_eq!(shape(&encoded(&both)), "@0+2 @2+3");
}

#[test]
fn a_range_does_not_leave_the_group_it_began_in() {
    // Rows: 0 `(`, 1 a, 2 b. `a` and `b` are neighbours in the table, not in the source.
    let mut trees = input("(a) b").into_iter();
    let (Some(TokenTree::Group(group)), Some(b)) = (trees.next(), trees.next()) else {
        panic!("a group and an identifier");
    };
    let flat: TokenStream = group.stream().into_iter().chain([b]).collect();
    assert_eq!(shape(&encoded(&flat)), "@1+1 @2+1");
}

#[test]
fn a_range_inside_a_new_group_does_not_grow_outside_it() {
    let mut trees = input("a b").into_iter();
    let (a, b) = (trees.next().expect("a"), trees.next().expect("b"));
    let group = Group::new(Delimiter::Bracket, a.into());
    let stream: TokenStream = [group.into(), b].into_iter().collect();
    assert_eq!(shape(&encoded(&stream)), "[1 @0+1 @1+1");
}

#[test]
fn a_changed_group_is_not_the_group_of_the_input() {
    let change = |with: &str| -> TokenStream {
        let Some(TokenTree::Group(group)) = input("{ a b }").into_iter().next() else {
            panic!("a group");
        };
        let mut trees: Vec<TokenTree> = group.stream().into_iter().collect();
        let mut delimiter = Delimiter::Brace;
        let mut span = group.span();
        match with {
            "less" => drop(trees.pop()),
            "more" => trees.push(trees[0].clone()),
            "order" => trees.swap(0, 1),
            "nothing" => trees.clear(),
            "delimiter" => delimiter = Delimiter::Bracket,
            "span" => span = Span::call_site(),
            "open" => span = group.span_open(),
            "equal" => {}
            other => panic!("{other}"),
        }
        let mut group = Group::new(delimiter, trees.into_iter().collect());
        group.set_span(span);
        TokenTree::Group(group).into()
    };
    for (with, expected) in [
        ("equal", "@0+1"),
        ("less", "{1 @1+1"),
        ("more", "{2 @1+2 @1+1"),
        ("order", "{2 @2+1 @1+1"),
        ("nothing", "{0"),
        ("delimiter", "[1 @1+2"),
        ("span", "{1 @1+2"),
        ("open", "{1 @1+2"),
    ] {
        assert_eq!(shape(&encoded(&change(with))), expected, "{with}");
    }
}

#[test]
fn an_equal_token_with_another_span_is_new() {
    let mut trees: Vec<TokenTree> = input("a a").into_iter().collect();
    let first = trees[0].span();
    trees[1].set_span(first);
    let stream: TokenStream = trees.into_iter().collect();
    // The second is now the first token twice, which is a reference; no row is its own.
    assert_eq!(shape(&encoded(&stream)), "@0+1 @0+1");
    let ident: TokenTree = Ident::new("b", first).into();
    let encoded = encoded(&ident.into());
    assert_eq!((shape(&encoded).as_str(), encoded.rows[0].span), ("b", of_row(0)));
}

#[test]
fn dollar_crate_moves_only_by_its_handle() {
    let mut table = Table::default();
    table.push_text(0, 0, "x");
    table.push_text(0, 0, "$crate");
    let mut trees: Vec<TokenTree> = table.begin().into_iter().collect();
    trees[1].set_span(Span::mixed_site());
    let stream: TokenStream = trees.into_iter().collect();
    assert_eq!(shape(&encoded(&stream)), "@0+1 respan 1 to 1");
}

#[test]
fn a_token_of_an_unknown_kind_is_passed_on() {
    let mut table = Table::parse("a");
    table.push(77, 9, 5, 6);
    let stream = table.begin();
    assert_eq!(shape(&encoded(&rebuilt(stream.clone()))), "@0+2");
    let written_out = encode(&[stream], &mut [], false);
    assert_eq!(shape(&written_out), "a respan 1 to 20");
}

#[test]
fn without_references_every_token_is_written_out() {
    let stream = input("f(a, { b })");
    let table = Table::parse("f(a, { b })");
    let encoded = encode(&[stream], &mut [], false);
    assert_eq!(shape(&encoded), "f (4 a , {1 b");
    let spans = |rows: &[Row]| rows.iter().map(|row| row.span).collect::<Vec<_>>();
    assert_eq!(spans(&encoded.rows), spans(&table.rows));
}

#[test]
fn parts_count_their_rows() {
    let stream = input("a b c");
    let mut trees = stream.clone().into_iter();
    let first: TokenStream = trees.by_ref().take(2).collect();
    let rest: TokenStream = trees.collect();
    let new: TokenStream = "x(y)".parse().expect("tokens");
    let encoded = encode(&[first, TokenStream::new(), rest, new], &mut [], true);
    assert_eq!(encoded.parts, [1, 0, 1, 3]);
    assert_eq!(shape(&encoded), "@0+2 @2+1 x (1 y");
}

#[test]
fn only_operations_in_use_travel() {
    let stream = input("a b");
    let spans: Vec<Span> = stream.into_iter().map(|tree| tree.span()).collect();
    let unused = spans[0].resolved_at(Span::call_site());
    let inner = spans[1].resolved_at(Span::mixed_site());
    let outer = spans[0].located_at(inner);
    let again = spans[0].located_at(inner);
    assert_eq!(handle(outer), handle(again), "equal spans have equal numbers");
    assert_ne!(handle(unused), handle(inner));
    let ident: TokenTree = Ident::new("x", outer).into();
    let mut diagnostics = [handle(inner), handle(spans[1]), 0];
    let encoded = encode(&[ident.into()], &mut diagnostics, true);
    assert_eq!(
        encoded.operations,
        [SpanOp { op: 0, a: of_row(1), b: 1 }, SpanOp { op: 0, a: 0x8000_0000, b: of_row(0) },]
    );
    assert_eq!(encoded.rows[0].span, 0x8000_0001);
    assert_eq!(diagnostics, [0x8000_0000, of_row(1), 0]);
}

#[test]
fn group_delimiters_are_parts_of_the_handle() {
    let Some(TokenTree::Group(mut group)) = input("x (y)").into_iter().nth(1) else {
        panic!("a group");
    };
    let numbers = |g: &Group| [g.span(), g.span_open(), g.span_close()].map(handle);
    assert_eq!(numbers(&group), [20, 21, 22]);
    group.set_span(Span::mixed_site());
    assert_eq!(numbers(&group), [1, 1, 1]);
}

#[test]
fn equal_texts_are_stored_once() {
    let stream: TokenStream = "name other name \"name\"".parse().expect("tokens");
    let encoded = encoded(&stream);
    assert_eq!(encoded.text, "nameother\"name\"");
    let mut uses = BTreeMap::new();
    encoded.rows.iter().for_each(|row| *uses.entry(row.a).or_insert(0) += 1);
    assert_eq!(uses.into_values().collect::<Vec<_>>(), [2, 1, 1]);
}

#[test]
fn a_new_input_forgets_the_old_operations() {
    let first = input("a").into_iter().next().expect("a").span();
    assert_eq!(handle(first.resolved_at(Span::mixed_site())), 0x8000_0000);
    let second = input("b").into_iter().next().expect("b").span();
    assert_eq!(handle(Span::mixed_site().resolved_at(second)), 0x8000_0000);
}
