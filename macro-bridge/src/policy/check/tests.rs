//! What the policy stops and what it lets through, on purpose and not.

use super::*;
use crate::output::source::written;
use crate::output::{self, Part};
use crate::policy::{all_words, bit, is_limited, words};
use crate::table::source::table_of;

mod corpus;
mod heads;
mod holes;

/// Output from source that names no token of the input.
fn output_of(parts: &[(PartKind, &str)]) -> RawOutput {
    written(&Table::default(), parts).output
}

/// The word that would allow what is found, and what it is.
fn verdict_of(
    input: &str,
    parts: &[(PartKind, &str)],
    allow: &[&str],
) -> Result<(), (&'static str, String)> {
    let input = table_of(input);
    let output = output_of(parts);
    assert_eq!(output::check(&input, 0, &output, 1_000_000), Ok(()), "{parts:?}");
    let allowed = allow.iter().fold(0, |bits, word| bits | bit(word).unwrap());
    check(&input, 0..input.rows.len(), &output, Allowed(allowed))
        .map_err(|Violation { word, found, .. }| (word, found))
}

/// Are items from source denied, and by which rule?
fn items(source: &str) -> Result<(), (&'static str, String)> {
    verdict_of("user code", &[(PartKind::Items, source)], &[])
}

/// Denied with `found` in it, allowed by `word`, and by no other word.
#[track_caller]
fn denied(source: &str, word: &str, found: &str) {
    let parts = [(PartKind::Items, source)];
    assert_eq!(items(source), Err((bit_word(word), found.to_owned())), "{source}");
    assert_eq!(verdict_of("user code", &parts, &[word]), Ok(()), "{source}");
    let others: Vec<_> = all_words().filter(|other| *other != word).collect();
    assert!(verdict_of("user code", &parts, &others).is_err(), "{source}");
}

fn bit_word(word: &str) -> &'static str {
    all_words().find(|known| *known == word).unwrap()
}

#[track_caller]
fn taken(source: &str) {
    assert_eq!(items(source), Ok(()), "{source}");
}

#[test]
fn words_and_bits() {
    let all: Vec<_> = all_words().collect();
    assert_eq!(all, ["unsafe", "extern", "asm", "linkage", "include", "env", "path"]);
    for (index, word) in all.iter().enumerate() {
        assert_eq!(bit(word), Some(1 << index));
    }
    assert_eq!(bit("everything"), None);
    assert!(is_limited(Allowed(0b0111111)) && is_limited(Allowed(0)));
    assert!(!is_limited(Allowed(0b1111111)) && !is_limited(Allowed(u32::MAX)));
    assert_eq!(words(Allowed(0b1000001)).collect::<Vec<_>>(), ["unsafe", "path"]);
}

#[test]
fn plain_code_is_taken() {
    for source in [
        "",
        "impl A for S { fn f ( & self ) -> u8 { self . a } }",
        "# [ derive ( Clone ) ] pub struct S < 'a > { a : & 'a str }",
        "const _ : ( ) = { assert ! ( 1 == 1 ) ; } ;",
        "mod m { mod n { } }",
        "let env = 1 ; if env != 2 { include = asm ; }",
        "std :: env :: var ( \"X\" )",
        "use core :: arch :: asm ;",
        "fn no_mangle ( used : u8 , path : u8 ) { path = link [ naked ] ; }",
        "# [ serde ( path = \"x\" ) ] struct S ;",
        "# [ utoipa :: path ( get , path = \"/x\" ) ] fn f ( ) { }",
        "r#unsafe ( r#extern , r#mod ) ; r#mod x ;",
        "macro_rules ! m { ( $ n : ident ) => { pub mod $ n { } pub mod a { } } }",
        "use std :: prelude :: v1 :: global_allocator ; ctor ( dtor , global_allocator ) ;",
        "debugger_visualizer ( ) ;",
        "# [ doc = \"unsafe extern include_str\" ] struct S ;",
    ] {
        taken(source);
    }
}

#[test]
fn each_rule_has_its_word() {
    denied("unsafe { }", "unsafe", "unsafe");
    denied("fn f ( ) { ( [ unsafe { } ] ) }", "unsafe", "unsafe");
    denied("type F = fn ( extern fn ( ) ) ;", "extern", "extern");
    denied("extern crate x ;", "extern", "extern");
    denied("asm ! ( )", "asm", "asm");
    denied("core :: arch :: asm ! { }", "asm", "asm");
    denied("global_asm ! ( )", "asm", "global_asm");
    denied("use core :: arch :: asm as a ;", "asm", "asm");
    denied("include ! ( \"x\" )", "include", "include");
    denied("use std :: include as i ;", "include", "include");
    denied("use std :: { include_str } ;", "include", "include_str");
    denied("# [ doc = include_str ! ( \"x\" ) ] struct S ;", "include", "include_str");
    denied("include_bytes ! ( \"x\" )", "include", "include_bytes");
    denied("env ! ( \"X\" )", "env", "env");
    denied("option_env ! ( \"X\" )", "env", "option_env");
    denied("mod x ;", "path", "mod x;");
    denied("pub ( crate ) mod r#type ;", "path", "mod type;");
    denied("macro_rules ! m { ( $ n : ident ) => { mod $ n ; } ; }", "path", "mod $n;");
    denied("# [ path = \"x\" ] mod m { }", "path", "#[path]");
    denied(
        "# [ cfg_attr ( all ( ) , cfg_attr ( a , path = \"x\" ) ) ] mod m { }",
        "path",
        "#[path]",
    );
}

#[test]
fn linkage_is_found_anywhere_in_an_attribute() {
    for name in LINKAGE_NAMES {
        let found = format!("#[{name}]");
        denied(&format!("# [ {name} ] fn f ( ) {{ }}"), "linkage", &found);
        denied(
            &format!("# [ cfg_attr ( all ( ) , {name} ( x ) ) ] fn f ( ) {{ }}"),
            "linkage",
            &found,
        );
        denied(&format!("# [ r#{name} = \"x\" ] fn f ( ) {{ }}"), "linkage", &found);
        denied(&format!("# ! [ :: x :: {name} ]"), "linkage", &found);
    }
    // Edition 2024's spelling needs both words.
    let both = [(PartKind::Items, "# [ unsafe ( no_mangle ) ] fn f ( ) { }")];
    assert!(verdict_of("x", &both, &["linkage"]).is_err());
    assert!(verdict_of("x", &both, &["unsafe"]).is_err());
    assert_eq!(verdict_of("x", &both, &["unsafe", "linkage"]), Ok(()));
}

#[test]
fn raw_names_of_macros_are_the_same_names() {
    denied("r#include_str ! ( \"x\" )", "include", "include_str");
    denied("r#include ! ( \"x\" )", "include", "include");
    denied("std :: r#env ! ( \"x\" )", "env", "env");
    denied("r#asm ! ( )", "asm", "asm");
}

#[test]
fn groups_without_delimiters_hide_nothing() {
    denied("include ⟦ ! ⟧ ( \"x\" )", "include", "include");
    denied("⟦ ⟦ include ⟧ ⟧ ! ( \"x\" )", "include", "include");
    denied("⟦ env ! ⟧ ( \"x\" )", "env", "env");
    denied("mod ⟦ x ⟧ ;", "path", "mod x;");
    denied("mod x ⟦ ; ⟧", "path", "mod x;");
    denied("⟦ mod x ; ⟧", "path", "mod x;");
    denied("# ⟦ [ no_mangle ] ⟧ fn f ( ) { }", "linkage", "#[no_mangle]");
    denied("⟦ # ⟧ [ ⟦ no_mangle ⟧ ] fn f ( ) { }", "linkage", "#[no_mangle]");
    denied("# [ ⟦ path ⟧ = \"x\" ] mod m { }", "path", "#[path]");
    denied("# [ ⟦ ⟧ cfg_attr ⟦ ( a , path = \"x\" ) ⟧ ] mod m { }", "path", "#[path]");
    denied("⟦ unsafe ⟧ { }", "unsafe", "unsafe");
}

#[test]
fn what_the_user_wrote_in_a_group_is_the_users() {
    let input = "f ( unsafe { include ! ( \"x\" ) } ) ⟦ extern ⟧ ⟦ include ⟧ ⟦ mod x ; ⟧";
    let check = |source: &str| verdict_of(input, &[(PartKind::Items, source)], &[]);
    let group = 1;
    assert_eq!(check(&format!("g ( @ {group} )")), Ok(()));
    let table = table_of(input);
    let of = |name: &str| (0..table.rows.len()).find(|row| table.is_ident(*row, name)).unwrap();
    assert_eq!(check(&format!("@ {}", of("extern") - 1)), Ok(()));
    assert_eq!(check(&format!("@ {}", of("mod") - 1)), Ok(()));
    // A single token proves nothing, and neither does a name without what makes it a call.
    assert_eq!(check(&format!("@ {}", of("extern"))), Err(("extern", "extern".into())));
    assert_eq!(check(&format!("@ {} {{ }}", of("unsafe"))), Err(("unsafe", "unsafe".into())));
    let last_include = (0..table.rows.len()).rfind(|row| table.is_ident(*row, "include")).unwrap();
    let forged = format!("@ {} ! ( \"x\" )", last_include - 1);
    assert_eq!(check(&forged), Err(("include", "include".into())));
}

#[test]
fn two_groups_of_the_user_are_not_one() {
    // Each by itself is what the user wrote; side by side they are what the guest made of it.
    let input = "⟦ a , include ⟧ ⟦ ! ( \"x\" ) ⟧ ⟦ mod x ⟧ ⟦ ; ⟧ ⟦ ! include ⟧";
    let table = table_of(input);
    let groups: Vec<usize> = table.siblings(0..table.rows.len()).collect();
    let check = |order: &[usize]| {
        let source: Vec<_> = order.iter().map(|at| format!("@ {}", groups[*at])).collect();
        for one in &source {
            assert_eq!(verdict_of(input, &[(PartKind::Items, one)], &[]), Ok(()), "{one}");
        }
        verdict_of(input, &[(PartKind::Items, &source.join(" "))], &[]).map_err(|(word, _)| word)
    };
    assert_eq!(check(&[0, 1]), Err("include"));
    assert_eq!(check(&[2, 3]), Err("path"));
    assert_eq!(check(&[4, 4]), Err("include"), "the same one twice");
    assert_eq!(check(&[1, 0]), Ok(()));
}

#[test]
fn spans_and_places_are_told() {
    let input = table_of("unsafe x");
    let output = output_of(&[(PartKind::Items, "a"), (PartKind::Items, "( @ 0 )")]);
    let found = check(&input, 0..2, &output, Allowed::default()).unwrap_err();
    assert_eq!((found.span, found.about), (span::of_row(0), "`unsafe`"));
}

#[test]
fn depth_costs_neither_stack_nor_time() {
    let depth = output::MAX_NESTING;
    let nested = |open: &str, inside: &str, close: &str| {
        format!("{} {inside} {}", open.repeat(depth), close.repeat(depth))
    };
    denied(&nested("# [ ", "no_mangle", " ]"), "linkage", "#[no_mangle]");
    taken(&nested("# [ ", "x", " ]"));
    denied(&nested("( ", "unsafe", " )"), "unsafe", "unsafe");
    // Without the check of nesting, which comes first everywhere, the policy does not recurse.
    let rows = 200_000u32;
    let token = |kind, sub, a| Token { kind, sub, span: 0, a, b: 0 };
    let deep = |row: u32| token(kind::GROUP, delimiter::BRACKET, rows - row - 1);
    let hash = token(kind::PUNCT, 0, '#' as u32);
    let rows: Vec<_> = (0..rows).map(|row| if row % 2 == 0 { hash } else { deep(row) }).collect();
    let parts = vec![Part { kind: 0, rows: rows.len() as u32, name: String::new() }];
    let output = RawOutput { rows, parts, ..RawOutput::default() };
    assert_eq!(check(&Table::default(), 0..0, &output, Allowed::default()), Ok(()));
}
