//! One item from what several macros return.

use super::*;
use crate::expansion::Note;
use crate::failure::Kind;
use crate::request::Allowed;

fn one(item: &str) -> Request {
    request_of(&[("ledger::table", "")], item)
}

fn two(item: &str) -> Request {
    request_of(&[("a::one", ""), ("b::two", "")], item)
}

#[test]
fn the_item_stands_before_what_is_added() {
    let request = two("struct S ;");
    assert_eq!(
        run_text(&request, vec![items("impl A for S { }"), items("impl B for S { }")]),
        "struct S ; impl A for S {} impl B for S {}"
    );
    let mut function = one("1 + 1");
    function.form = MacroKind::Function;
    function.calls[0].kind = MacroKind::Function;
    assert_eq!(run_text(&function, vec![items("@ 0 - @ 2")]), "1 - 1");
    let mut derive = one("struct S ;");
    derive.form = MacroKind::Derive;
    derive.calls[0].kind = MacroKind::Derive;
    assert_eq!(run_text(&derive, vec![items("impl A for @ 1 { }")]), "impl A for S {}");
}

#[test]
fn an_untouched_item_is_one_reference() {
    let request = one("# [ doc = \"x\" ] pub struct S { a : u8 }");
    let expansion = run(&request, vec![items("")]).unwrap();
    let whole = Token { kind: kind::RANGE, sub: 0, span: 16, a: 6, b: 0 };
    assert_eq!(expansion.output.rows, [whole]);
}

#[test]
fn one_macro_may_replace_the_item() {
    let request = two("struct S ;");
    let answers = vec![replace("struct T { s : @ 1 }"), items("impl A for T { }")];
    assert_eq!(run_text(&request, answers), "struct T { s : S } impl A for T {}");
    assert_eq!(run_text(&request, vec![replace(""), items("x ! { }")]), "x ! {}");
    let failure = run(&request, vec![replace("struct T ;"), replace("struct U ;")]).unwrap_err();
    assert_eq!((failure.kind, failure.call), (Kind::Conflict, Some(1)));
    assert_eq!(failure.message, "`a::one` and `b::two` both change the item itself");
    let answers = vec![field("a", "a : u8"), replace("struct T ;")];
    assert_eq!(refused(run(&request, answers)).0, Kind::Conflict);
}

#[test]
fn nothing_of_one_macro_becomes_a_part_of_what_another_gives() {
    let request = two("fn f ( ) { }");
    let call = || items("! ( \"secret\" ) ;");
    for open in [
        items("const X : u8 = 1 ; include"),
        items("# [ cfg ( any ( ) ) ]"),
        items("⟦ use std :: include ⟧"),
        made(&[(PartKind::Items, "", "use a ; b"), (PartKind::Items, "", "")]),
        replace("@ 0 @ 1 @ 2 @ 3 include"),
    ] {
        let found = refused(run(&request, vec![open.clone(), call()]));
        assert_eq!(found.0, Kind::InvalidOutput, "{open:?}");
        assert!(found.1.contains("does not end where an item ends"), "{}", found.1);
        let mut trusted = request.clone();
        trusted.calls[0].allowed = Allowed(u32::MAX);
        assert!(run(&trusted, vec![open.clone(), items("use a ;")]).is_ok());
        // Alone there is nothing that it could begin.
        assert!(run(&one("fn f ( ) { }"), vec![open]).is_ok());
    }
    for closed in [
        items(""),
        items("⟦ use a ; ⟧ ⟦ ⟧"),
        items("impl A { }"),
        made(&[(PartKind::Items, "", "include"), (PartKind::Items, "", "= 1 ;")]),
        made(&[(PartKind::Items, "", "use a ;"), (PartKind::Attribute, "", "# [ b ]")]),
        replace("@ 0 @ 1 @ 2 @ 3"),
    ] {
        let found = run(&request, vec![closed.clone(), items("use b ;")]);
        assert!(found.is_ok(), "{closed:?}: {found:?}");
    }
}

#[test]
fn only_attributes_change_the_item() {
    for (form, kind) in [
        (MacroKind::Function, MacroKind::Function),
        (MacroKind::Derive, MacroKind::Derive),
        (MacroKind::Attribute, MacroKind::Derive),
    ] {
        let mut request = one("struct S { }");
        request.form = form;
        request.calls[0].kind = kind;
        for answer in [replace("struct T ;"), field("a", "a : u8")] {
            assert_eq!(refused(run(&request, vec![answer])).0, Kind::InvalidOutput);
        }
    }
}

#[test]
fn fields_are_added_at_the_end() {
    let check = |item: &str, expected: &str| {
        let answers = vec![field("id", "pub id : u64"), field("at", "at : Vec < u8 >")];
        assert_eq!(run_text(&two(item), answers), expected);
    };
    let added = "pub id : u64 , at : Vec < u8 > , }";
    check("struct S { }", &format!("struct S {{ {added}"));
    check("struct S { a : u8 }", &format!("struct S {{ a : u8 , {added}"));
    check("struct S { a : u8 , }", &format!("struct S {{ a : u8 , {added}"));
    let head = "pub (crate) struct S < const N : usize = { 3 } > where A : B < { 1 } >";
    check(&format!("{head} {{ a : ( u8 , ) }}"), &format!("{head} {{ a : (u8 ,) , {added}"));
}

#[test]
fn a_field_is_added_once() {
    let both = vec![field("id", "id : u8"), field("id", "id : u8")];
    let failure = run(&two("struct S { }"), both).unwrap_err();
    assert_eq!(failure.kind, Kind::Conflict);
    assert_eq!(failure.message, "`a::one` and `b::two` both add the field `id`");
    let parts = [(PartKind::Field, "id", "id : u8"), (PartKind::Field, "id", "id : u8")];
    let (kind, message) = refused(run(&one("struct S { }"), vec![made(&parts)]));
    assert_eq!(kind, Kind::Conflict);
    assert_eq!(message, "`ledger::table` adds the field `id` twice");
}

#[test]
fn fields_need_a_struct_with_named_fields() {
    for item in [
        "struct S ;",
        "struct S ( u8 ) ;",
        "struct S < const N : usize = { 3 } > ( u8 ) ;",
        "struct S ( u8 ) where u8 : A < { 3 } > ;",
        "enum E { A { a : u8 } }",
        "union U { a : u8 }",
        "fn f ( ) { }",
        "impl S { }",
        "m ! { struct S { } }",
        "# [ a ]",
    ] {
        let failure = run(&one(item), vec![field("id", "id : u8")]).unwrap_err();
        assert_eq!(failure.kind, Kind::NoFields, "{item}");
        assert!(failure.message.contains("`ledger::table` adds a field `id`"), "{failure}");
    }
}

#[test]
fn helpers_leave_the_item() {
    let check = |item: &str, expected: &str| {
        let mut request = one(item);
        request.calls[0].helpers = vec!["key".into(), "skip".into()];
        assert_eq!(run_text(&request, vec![items("")]), expected);
    };
    check("# [ L :: key ] struct S ;", "struct S ;");
    check(
        "struct S { # [ doc = \"x\" ] # [ L :: key ( 1 ) ] a : u8 , # [ cell ( x ) ] b : u8 }",
        "struct S { # [doc = \"x\"] a : u8 , b : u8 }",
    );
    check(
        "enum E { # [ L :: skip ] A { # [ :: m :: L :: key = 1 ] a : u8 } , B ( # [ L :: key ] u8 ) }",
        "enum E { A { a : u8 } , B (u8) }",
    );
    // How `#[$meta]` of a `macro_rules!` arrives.
    check("struct S { # [ ⟦ L :: key ⟧ ] a : u8 }", "struct S { a : u8 }");
    check("impl S { # [ L :: key ] fn f ( & self ) { } }", "impl S { fn f (& self) {} }");
    // A derive comes after all attributes, and needs what it reads.
    for derive in ["derive (D)", "cfg_attr (x , derive (D))"] {
        check(
            &format!("# [{derive}] struct S {{ # [ L :: key ] a : u8 , # [ cell ( x ) ] b : u8 }}"),
            &format!("# [{derive}] struct S {{ a : u8 , # [cell (x)] b : u8 }}"),
        );
    }
    // Others stay: another name, one segment, a tool's own, deeper than fields of variants.
    let stays =
        "struct S { # [L :: other] # [key] # [rustfmt :: skip] # [serde (L :: key)] a : u8 }";
    check(stays, stays);
    let deep = "fn f () { match x { A => { # [L :: key] y } } }";
    check(deep, deep);
}

#[test]
fn helpers_and_fields_together() {
    let mut request = two("struct S { # [ L :: key ] a : u8 , # [ L :: at ] b : u8 }");
    request.calls[0].helpers = vec!["key".into()];
    request.calls[1].helpers = vec!["at".into()];
    let answers = vec![field("c", "c : u8"), field("d", "d : @ 1")];
    assert_eq!(run_text(&request, answers), "struct S { a : u8 , b : u8 , c : u8 , d : S , }");
}

fn file(name: &str) -> Artifact {
    Artifact { cell: "forged".into(), name: name.into(), body: vec![0, 255] }
}

fn entry(kind: &str, name: &str) -> PlanEntry {
    let body = "any\ntext\u{1b}".into();
    PlanEntry { cell: "forged".into(), kind: kind.into(), name: name.into(), body }
}

#[test]
fn answers_are_joined_in_order() {
    let request = two("struct S ;");
    let with = |name: &str| {
        let mut answer = items(&format!("{name} ;"));
        answer.plan.push(entry("table", name));
        answer.artifacts.push(file(&format!("{name}.ts")));
        answer
    };
    let expansion = run(&request, vec![with("x"), with("y")]).unwrap();
    assert_eq!(text_of(&request, &expansion), "struct S ; x ; y ;");
    let plan: Vec<_> = expansion.plan.iter().map(|e| (&*e.cell, &*e.name)).collect();
    assert_eq!(plan, [("a", "x"), ("b", "y")]);
    let files: Vec<_> = expansion.artifacts.iter().map(|f| (&*f.cell, &*f.name)).collect();
    assert_eq!(files, [("a", "x.ts"), ("b", "y.ts")]);
}

#[test]
fn names_are_plain() {
    let request = one("struct S ;");
    let check = |files: &[&str], plan: &[(&str, &str)]| {
        let mut answer = items("");
        answer.artifacts = files.iter().map(|name| file(name)).collect();
        answer.plan = plan.iter().map(|(kind, name)| entry(kind, name)).collect();
        run(&request, vec![answer]).map(|_| ()).map_err(|failure| failure.kind)
    };
    assert_eq!(check(&["client.ts", "a", "A-b_c.1", "_"], &[("a table", "größe")]), Ok(()));
    let long = "x".repeat(201);
    let bad =
        ["", ".", "..", ".rc", "a/b", "/etc/x", "a\\b", "a b", "-rf", "é", "a\n", "a\0", "C:x"];
    for name in bad.into_iter().chain([&*long]) {
        assert_eq!(check(&[name], &[]), Err(Kind::InvalidAnswer), "{name:?}");
    }
    assert_eq!(check(&["a.ts", "A.ts"], &[]), Err(Kind::InvalidAnswer), "one file on some systems");
    for bad in [("", "x"), ("table", ""), ("table", " "), ("ta\nble", "x"), ("t", "x\u{1b}[2J")] {
        assert_eq!(check(&[], &[bad]), Err(Kind::InvalidAnswer), "{bad:?}");
    }
}

#[test]
fn a_plan_says_one_thing_of_one_name() {
    let request = one("struct S ;");
    let check = |plan: &[(&str, &str, &str)]| {
        let mut answer = items("");
        let entry = |(kind, name, body): &(&str, &str, &str)| PlanEntry {
            body: (*body).into(),
            ..entry(kind, name)
        };
        answer.plan = plan.iter().map(entry).collect();
        run(&request, vec![answer]).map(|_| ()).map_err(|failure| failure.kind)
    };
    assert_eq!(check(&[("table", "a", "1"), ("topic", "a", "2"), ("table", "a", "1")]), Ok(()));
    assert_eq!(check(&[("table", "a", "1"), ("table", "a", "2")]), Err(Kind::InvalidAnswer));
}

fn diagnostic(level: Level, message: &str, start: u32, end: u32) -> Diagnostic {
    let (notes, suggestions) = (vec![], vec![]);
    Diagnostic { level, message: message.into(), start, end, notes, suggestions }
}

#[test]
fn diagnostics_point_at_something_and_say_something() {
    let request = one("struct S ;");
    let check = |level: Level, message: &str, start: u32, end: u32| {
        let mut answer = items("");
        answer.diagnostics.push(diagnostic(level, message, start, end));
        run(&request, vec![answer]).map(|_| ()).map_err(|failure| failure.kind)
    };
    assert_eq!(check(Level::Error, "no key", 16, 24), Ok(()));
    assert_eq!(check(Level::Warning, "", 0, 1), Ok(()));
    assert_eq!(check(Level::Error, " \n", 0, 0), Err(Kind::InvalidAnswer));
    for bad in [2, 15, 17, 28, span::FIRST_OPERATION, u32::MAX] {
        assert_eq!(check(Level::Error, "x", bad, 0), Err(Kind::InvalidAnswer), "{bad}");
        assert_eq!(check(Level::Error, "x", 0, bad), Err(Kind::InvalidAnswer), "{bad}");
    }
}

#[test]
fn diagnostics_of_all_macros_together_are_bounded() {
    let answer = || {
        let mut answer = items("");
        answer.diagnostics = vec![diagnostic(Level::Error, "x", 0, 0); 60];
        answer
    };
    let expansion = run(&two("struct S ;"), vec![answer(), answer()]).unwrap();
    assert_eq!(expansion.diagnostics.len(), 100);
    assert_eq!(expansion.diagnostics[99].notes[0].message, "and 20 more errors and warnings");
}

#[test]
fn limits_count_everything_that_a_guest_returns() {
    let verdict = |change: &dyn Fn(&mut GuestExpansion), bytes: u64, rows: u64| {
        let mut request = one("struct S ;");
        request.calls[0].limits.bytes = bytes;
        request.calls[0].limits.rows = rows;
        let mut answer = items("a b c");
        change(&mut answer);
        check(&request, 0, answer).map(|_| ()).map_err(|failure| failure.kind)
    };
    assert_eq!(verdict(&|_| {}, 100, 3), Ok(()));
    assert_eq!(verdict(&|_| {}, 100, 2), Err(Kind::OutputTooLarge));
    assert_eq!(verdict(&|_| {}, 2, 3), Err(Kind::OutputTooLarge));
    let big = "x".repeat(5000);
    let part = |name: &str| Part { kind: 0, rows: 0, name: name.into() };
    let with_notes = |text: &str| {
        let notes = vec![Note { help: false, message: text.into() }; 80];
        Diagnostic { notes, ..diagnostic(Level::Error, "m", 0, 0) }
    };
    let changes: [&dyn Fn(&mut GuestExpansion); 9] = [
        &|a| a.output.text.push_str(&big),
        &|a| a.output.spans = vec![SpanOp { op: 0, a: 0, b: 0 }; 500],
        &|a| a.output.parts.extend(vec![part(""); 100]),
        &|a| a.output.parts.push(part(&big)),
        &|a| a.diagnostics.push(with_notes("")),
        &|a| a.diagnostics.push(diagnostic(Level::Error, &big, 0, 0)),
        &|a| a.diagnostics.extend(vec![diagnostic(Level::Error, "m", 0, 0); 80]),
        &|a| a.plan.push(PlanEntry { body: big.clone(), ..entry("k", "n") }),
        &|a| a.artifacts.push(Artifact { body: big.clone().into_bytes(), ..file("n") }),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        assert_eq!(verdict(change, 4000, 3), Err(Kind::OutputTooLarge), "change {index}");
        assert_eq!(verdict(change, 1 << 20, 3), Ok(()), "change {index}");
    }
}

#[test]
fn failures_of_a_guest_name_it_and_the_token() {
    let request = two("unsafe fn f ( ) { g ( ) }");
    let second = |answer: GuestExpansion| run(&request, vec![items(""), answer]).unwrap_err();
    let failure = second(items("@ 0 { @ 1 }"));
    assert_eq!((failure.kind, failure.call), (Kind::DeniedOutput, Some(1)));
    assert_eq!(failure.message, "macro `b::two` returned `unsafe`, which is not allowed");
    assert_eq!(failure.at, Some((16, 16)), "the user's own `unsafe`");
    assert_eq!(second(items("unsafe { }")).at, None, "it stands nowhere in the user's code");
    let mut located = items("unsafe { }");
    located.output.spans = vec![
        SpanOp { op: op::LOCATED_AT, a: 0, b: span::of_row(1) },
        SpanOp { op: op::RESOLVED_AT, a: span::FIRST_OPERATION, b: span::of_row(2) },
    ];
    located.output.rows[0].span = span::FIRST_OPERATION + 1;
    assert_eq!(second(located).at, Some((span::of_row(1), span::of_row(1))));
    let mut broken = items("");
    let group = Token { kind: kind::GROUP, sub: delimiter::BRACE, span: 0, a: 9, b: 0 };
    broken.output.rows.push(group);
    let failure = second(broken);
    assert_eq!((failure.kind, failure.call), (Kind::InvalidOutput, Some(1)));
}
