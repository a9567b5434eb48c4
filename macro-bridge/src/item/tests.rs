//! What items are, and where their parts are.

use super::*;
use crate::table::source::table_of;
use crate::table::{Token, span, strategy as tables};
use proptest::prelude::*;

/// Kind, name, head and body of an item.
fn parsed(source: &str) -> (u8, String, String, Option<String>) {
    let table = table_of(source);
    let item = Item::parse(&table, 0..table.rows.len()).expect(source);
    let name = item.name.map_or("", |row| table.text_of(&table.rows[row])).to_owned();
    let body = item.body.map(|row| table.render(row..table.next_sibling(row)));
    (item.kind, name, table.render(item.head.clone()), body)
}

#[track_caller]
fn check(source: &str, kind: u8, name: &str) {
    let (found, found_name, ..) = parsed(source);
    assert_eq!((found, found_name.as_str()), (kind, name), "{source}");
}

#[test]
fn every_kind_of_item() {
    check("struct A { }", kind::STRUCT, "A");
    check("struct A ;", kind::STRUCT, "A");
    check("enum A { B }", kind::ENUM, "A");
    check("union A { b : u8 }", kind::UNION, "A");
    check("fn a ( ) { }", kind::FN, "a");
    check("impl A { }", kind::IMPL, "");
    check("impl < T > ! Send for A < T > { }", kind::IMPL, "");
    check("trait A { }", kind::TRAIT, "A");
    check("trait A = B ;", kind::TRAIT, "A");
    check("mod a { }", kind::MOD, "a");
    check("mod a ;", kind::MOD, "a");
    check("const A : u8 = 1 ;", kind::CONST, "A");
    check("const _ : ( ) = { } ;", kind::CONST, "_");
    check("static A : u8 = 1 ;", kind::STATIC, "A");
    check("static mut A : u8 = 1 ;", kind::STATIC, "A");
    check("type A = u8 ;", kind::TYPE, "A");
    check("use a :: { b , c } ;", kind::USE, "");
    check("extern crate a ;", kind::USE, "");
    check("extern \"C\" { }", kind::EXTERN_BLOCK, "");
    check("extern { fn f ( ) ; }", kind::EXTERN_BLOCK, "");
    check("unsafe extern \"C\" { }", kind::EXTERN_BLOCK, "");
    check("macro_rules ! a { ( ) => { } }", kind::MACRO, "");
    check("a :: b ! ( ) ;", kind::MACRO, "");
    check(":: a :: b ! { }", kind::MACRO, "");
    check("! a", kind::UNKNOWN, "");
    check("let a = 1 ;", kind::UNKNOWN, "");
    check("{ }", kind::UNKNOWN, "");
    check("1", kind::UNKNOWN, "");
}

#[test]
fn words_in_front() {
    check("pub struct A ;", kind::STRUCT, "A");
    check("pub ( crate ) struct A ;", kind::STRUCT, "A");
    check("pub ( in a :: b ) enum A { }", kind::ENUM, "A");
    check("⟦ ⟧ struct A ;", kind::STRUCT, "A");
    check("⟦ pub ( crate ) ⟧ struct A ;", kind::STRUCT, "A");
    check("⟦ pub ⟧ extern ⟦ \"C\" ⟧ fn a ( ) { }", kind::FN, "a");
    check("const fn a ( ) { }", kind::FN, "a");
    check("const unsafe fn a ( ) { }", kind::FN, "a");
    check("const extern \"C\" fn a ( ) { }", kind::FN, "a");
    check("const async unsafe extern \"C\" fn a ( ) { }", kind::FN, "a");
    check("async unsafe extern fn a ( ) { }", kind::FN, "a");
    check("async gen fn a ( ) { }", kind::FN, "a");
    check("default unsafe fn a ( ) { }", kind::FN, "a");
    check("unsafe impl Send for A { }", kind::IMPL, "");
    check("default impl A for B { }", kind::IMPL, "");
    check("unsafe auto trait A { }", kind::TRAIT, "A");
    check("const trait A { }", kind::TRAIT, "A");
    check("safe fn a ( ) ;", kind::FN, "a");
    check("unsafe static mut A : u8 ;", kind::STATIC, "A");
    check("unsafe mod a { }", kind::MOD, "a");
}

#[test]
fn words_that_are_names() {
    check("union ! { }", kind::MACRO, "");
    check("union :: a ! { }", kind::MACRO, "");
    check("auto ! { }", kind::MACRO, "");
    check("default :: a ! { }", kind::MACRO, "");
    check("crate :: a ! { }", kind::MACRO, "");
    check("r#struct ! { }", kind::MACRO, "");
    check("r#struct A ;", kind::UNKNOWN, "");
    check("struct r#type ;", kind::STRUCT, "type");
    check("fn union ( ) { }", kind::FN, "union");
    check("struct auto { }", kind::STRUCT, "auto");
    check("const safe : u8 = 1 ;", kind::CONST, "safe");
    check("static r#mut : u8 = 1 ;", kind::STATIC, "mut");
}

#[test]
fn attributes_are_not_part_of_the_head() {
    let (kind, name, head, body) =
        parsed("# [ a ] # [ ⟦ b ⟧ ] # [ doc = \"x\" ] pub struct A { b : u8 }");
    assert_eq!((kind, name.as_str()), (kind::STRUCT, "A"));
    assert_eq!((head.as_str(), body.as_deref()), ("pub struct A", Some("{ b : u8 }")));
    for nothing in ["", "# [ a ]", "# [ a ] # [ b ]"] {
        let table = table_of(nothing);
        assert_eq!(Item::parse(&table, 0..table.rows.len()), None);
    }
    // A `#` that begins no attribute is no attribute.
    check("# ( a ) struct A ;", kind::UNKNOWN, "");
}

#[test]
fn bodies_are_what_items_end_with() {
    let body = |source: &str| parsed(source).3;
    for source in [
        "struct A < const N : usize = { 3 } > ( u8 ) ;",
        "struct A ( [ u8 ; { 3 } ] ) where B < { 4 } > : C ;",
        "struct A ;",
        "type A = B < { 3 } > ;",
        "const A : u8 = { 3 } ;",
        "static A : B = B { c : 1 } ;",
        "use a :: { b , c } ;",
        "fn a ( ) -> B < { 3 } > ;",
        "mod a ;",
        "m ! { } ;",
        "m ! ( { } ) ;",
    ] {
        assert_eq!(body(source), None, "{source}");
    }
    for source in [
        "struct A < const N : usize = { 3 } > { }",
        "struct A where [ u8 ; { 3 } ] : B , C < { 4 } > : D { }",
        "fn a < const N : usize > ( ) -> B < { N } > where C < { N } > : D { }",
        "impl A < { 3 } > for B < { 4 } > { }",
        "trait A : B < { 3 } > { }",
        "enum A { }",
        "macro_rules ! a { }",
    ] {
        assert_eq!(body(source).as_deref(), Some("{}"), "{source}");
        assert!(parsed(source).2.len() > 5, "{source}");
    }
}

#[test]
fn parses_a_part_of_a_table() {
    let table = table_of("args { } struct A { }");
    let item = Item::parse(&table, 2..5).unwrap();
    assert_eq!(item, Item { kind: kind::STRUCT, name: Some(3), head: 2..4, body: Some(4) });
    assert_eq!(item.title(&table), "struct A");
}

fn emitted(source: &str, helpers: &[&str], strip_cell: bool) -> Vec<Token> {
    let table = table_of(source);
    let changes = Changes { helpers: helpers.to_vec(), strip_cell, ..Changes::default() };
    emit(&table, 0..table.rows.len(), &changes).unwrap()
}

fn range(row: u32, count: u32) -> Token {
    Token { kind: token::RANGE, sub: 0, span: span::of_row(row), a: count, b: 0 }
}

#[test]
fn what_did_not_change_is_by_reference() {
    let item = "# [ a ] struct A { # [ L :: x ] b : ( u8 , ) , c : u8 }";
    assert_eq!(emitted(item, &[], false), [range(0, 5)]);
    assert_eq!(emitted(item, &["y"], true), [range(0, 5)]);
    // `# [a] struct A`, a new group, and in it all but the helper.
    let found = emitted(item, &["x"], false);
    assert_eq!(
        (found[0], found[1].kind, found[1].a, found.len()),
        (range(0, 4), token::GROUP, 1, 3)
    );
    assert_eq!(found[2].a, 7);
    assert_eq!(emitted("# [ L :: x ] struct A ;", &["x"], false), [range(6, 3)]);
    assert_eq!(emitted("# [ L :: x ]", &["x"], false), []);
    assert_eq!(emitted("", &["x"], false), []);
}

/// An item without what may be helpers, as text; `None` if it is none that has them.
fn guessed(source: &str, derived: bool) -> Option<String> {
    let table = table_of(source);
    let rows = without_helpers(&table, 0..table.rows.len(), derived)?;
    let emitted = crate::output::emulation::emit(&table, "", &rows, &[]).table;
    Some(emitted.render(0..emitted.rows.len()))
}

#[test]
fn unknown_helpers_are_taken_from_fields_and_variants_only() {
    let rendered = |source: &str| {
        let table = table_of(source);
        table.render(0..table.rows.len())
    };
    let check = |source: &str, plain: Option<&str>| {
        assert_eq!(guessed(source, false), plain.map(rendered), "{source}");
    };
    check(
        "# [ a :: b ] struct A { # [ L :: key ] x : u8 }",
        Some("# [ a :: b ] struct A { x : u8 }"),
    );
    check("struct A ( # [ L :: key ] u8 ) ;", Some("struct A ( u8 ) ;"));
    check(
        "enum A { # [ L :: a ] B { # [ L :: b ( 1 ) ] c : u8 } }",
        Some("enum A { B { c : u8 } }"),
    );
    check("union A { # [ cell ( x ) ] a : u8 }", Some("union A { a : u8 }"));
    let kept = "struct A { # [ rustfmt :: skip ] # [ doc = \"\" ] # [ serde ( x ) ] x : u8 }";
    check(kept, Some(kept));
    check("impl A { # [ tokio :: test ] fn f ( ) { } }", None);
    check("fn f ( # [ a :: b ] x : u8 ) { }", None);
    let derived = "# [ derive ( D ) ] struct A { # [ cell ( x ) ] a : u8 }";
    assert_eq!(guessed(derived, true), Some(rendered(derived)));
}

#[test]
fn helper_paths() {
    let gone = |attribute: &str| emitted(&format!("# [ {attribute} ]"), &["x"], true).is_empty();
    for helper in [
        "L :: x",
        ":: a :: L :: x",
        "L :: x ( 1 )",
        "L :: x = 1",
        "⟦ L :: x ⟧",
        "⟦ L ⟧ :: x",
        "cell",
        "cell ( a )",
    ] {
        assert!(gone(helper), "{helper}");
    }
    for other in [
        "x",
        "L",
        "L :: y",
        "L :: x :: y",
        "L ( :: x )",
        "cells",
        "a ( cell )",
        "rustfmt :: x",
        "clippy :: x",
        "\"x\"",
        "",
    ] {
        assert!(!gone(other), "{other}");
    }
    assert!(!emitted("# [ cell ]", &["x"], false).is_empty());
    assert!(emitted("# [ L :: cell ]", &["cell"], false).is_empty());
}

proptest! {
    #[test]
    fn any_tokens_parse_and_are_emitted((table, range) in tables::table_and_range(), strip: bool) {
        if let Some(item) = Item::parse(&table, range.clone()) {
            prop_assert!(item.head.start < item.head.end && item.head.end <= range.end);
            prop_assert!(table.is_top_level(0..item.head.start) && table.is_top_level(0..item.head.end));
            if let Some(body) = item.body {
                prop_assert_eq!(table.next_sibling(body), range.end);
                prop_assert_eq!(item.head.end, body);
            }
            let _ = item.title(&table);
        }
        let changes = Changes { helpers: vec!["primary_key"], strip_cell: strip, ..Changes::default() };
        let rows = emit(&table, range.clone(), &changes).unwrap();
        let plain = emit(&table, range.clone(), &Changes::default()).unwrap();
        let emitted = crate::output::emulation::emit(&table, "", &plain, &[]).table;
        prop_assert_eq!(emitted.render(0..emitted.rows.len()), table.render(range));
        let fewer = crate::output::emulation::emit(&table, "", &rows, &[]).table;
        prop_assert!(fewer.rows.len() <= emitted.rows.len());
    }
}
