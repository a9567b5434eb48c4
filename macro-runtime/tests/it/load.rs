//! What is refused before the compiler sees it.

use macro_runtime::bridge::digest::Digest;
use macro_runtime::bridge::failure::{Failure, Kind};
use macro_runtime::limits;
use macro_runtime::load::{LoadOptions, check, digest};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::guest::{Guest, contract, encode, expand, runtime};

fn refused(bytes: &[u8]) -> Failure {
    let options = LoadOptions { cell: "ledger", expected: None };
    let failure = check(bytes, options).unwrap_err();
    assert!(failure.message.starts_with("component of cell `ledger`"), "{failure}");
    assert!(!failure.help.is_empty(), "{failure}");
    // Nothing that is refused here reaches the compiler on any other way.
    assert_eq!(runtime().describe("ledger", bytes).unwrap_err().kind, failure.kind);
    failure
}

#[test]
fn a_good_component_passes_and_is_audited() {
    let guest = Guest::expanding(
        "(call $report_panic (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
           (i32.const 0)) i32.const 256",
    );
    let audit = check(&guest.component(), LoadOptions::default()).unwrap();
    assert_eq!(audit.api, "0.1.0");
    assert_eq!(audit.imports, ["cell:macros/host@0.1.0", "cell:macros/types@0.1.0"]);
}

#[test]
fn other_bytes_are_named_for_what_they_are() {
    let cases: [(&[u8], &str); 5] = [
        (b"", "the file is empty"),
        (b"\x7fELF\x02\x01\x01\0\0", "it begins with `\\x7fELF"),
        (b"(component)", "it begins with `(compone`"),
        (b"\0asm\x0d\0\x02\0", "its format is"),
        (b"\0asm\x0d", "it ends in the middle"),
    ];
    for (bytes, words) in cases {
        let failure = refused(bytes);
        assert_eq!(failure.kind, Kind::NotAComponent);
        assert!(failure.message.contains(words), "{failure}");
    }
}

#[test]
fn a_core_module_is_told_from_a_component() {
    let failure = refused(&Guest::default().module());
    assert_eq!(failure.kind, Kind::NotAComponent);
    assert!(failure.message.contains("core module"), "{failure}");
    assert!(failure.help[0].contains("cell build-macros"), "{failure}");
}

#[test]
fn every_cut_is_refused() {
    let component = Guest::copying().component();
    let expected = Some(digest(&component));
    let (mut truncated, mut whole) = (0, 0);
    for length in 0..component.len() {
        let cut = &component[..length];
        // By its digest, always.
        assert!(check(cut, LoadOptions { cell: "ledger", expected }).is_err(), "cut at {length}");
        match check(cut, LoadOptions::default()) {
            Err(failure) => {
                let known = matches!(failure.kind, Kind::NotAComponent | Kind::MissingExport);
                assert!(known, "cut at {length}: {failure}");
                truncated += usize::from(failure.message.contains("in the middle"));
            }
            // Without the sections for tools that stand last it is a component still.
            Ok(_) => whole += 1,
        }
    }
    assert!(truncated > component.len() / 2 && whole <= 3, "{truncated} and {whole}");
}

#[test]
fn no_flipped_byte_makes_the_check_panic() {
    let component = Guest::copying().component();
    for at in 0..component.len() {
        for bit in [0x01, 0x80, 0xff] {
            let mut bytes = component.clone();
            bytes[at] ^= bit;
            let _ = check(&bytes, LoadOptions::default());
        }
    }
}

#[test]
fn another_digest_than_expected_is_refused() {
    let expected = Some(Digest::of(b"another"));
    let failure =
        check(&Guest::default().component(), LoadOptions { cell: "ledger", expected }).unwrap_err();
    assert_eq!(failure.kind, Kind::WrongDigest);
}

/// A component whose contract is changed, with a module that fits it.
fn of_contract(change: impl Fn(String) -> String, more_imports: &str) -> Vec<u8> {
    let (resolve, world) = contract(&change);
    let guest = Guest::expanding(
        "(call $report_panic (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
           (i32.const 0)) i32.const 256",
    );
    let text = wat_of(&guest, more_imports);
    let text = change(text);
    let mut module = wat::parse_str(&text).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    encode(&module)
}

fn wat_of(guest: &Guest, more_imports: &str) -> String {
    guest.text().replacen("(module", &format!("(module {more_imports}"), 1)
}

#[test]
fn versions_before_and_after_ours_are_told_apart() {
    for (theirs, note) in [("0.0.9", "older"), ("0.2.0", "newer"), ("1.0.0", "newer")] {
        let component = of_contract(|text| text.replace("0.1.0", theirs), "");
        let failure = refused(&component);
        assert_eq!(failure.kind, Kind::WrongVersion);
        assert!(failure.message.contains(theirs) && failure.message.contains("0.1.0"), "{failure}");
        assert!(failure.notes[0].contains(note), "{failure}");
    }
}

#[test]
fn a_later_patch_release_works_while_it_uses_what_we_have() {
    let component = of_contract(|text| text.replace("0.1.0", "0.1.7"), "");
    assert_eq!(runtime().describe("ledger", &component).unwrap().audit.api, "0.1.7");
    assert!(expand(&component).is_ok());
}

#[test]
fn a_later_patch_release_that_needs_more_is_too_new() {
    let later = |text: String| {
        text.replace("0.1.0", "0.1.7")
            .replace("report-panic: func(text", "now: func() -> u64;\n    report-panic: func(text")
    };
    let import = r#"(import "cell:macros/host@0.1.7" "now" (func (result i64)))"#;
    let component = of_contract(later, import);
    let failure = runtime().describe("ledger", &component).unwrap_err();
    assert_eq!(failure.kind, Kind::WrongVersion, "{failure}");
    assert!(failure.message.contains("0.1.7"), "{failure}");
}

#[test]
fn a_component_that_means_another_contract_by_our_version_is_refused() {
    let other = |text: String| {
        text.replace("line: u32", "line: u64")
            .replace("(param i32 i32 i32 i32 i32)))", "(param i32 i32 i32 i32 i64)))")
            .replace("(i32.const 0)) i32.const 256", "(i64.const 0)) i32.const 256")
    };
    let component = of_contract(other, "");
    let failure = runtime().describe("ledger", &component).unwrap_err();
    assert_eq!(failure.kind, Kind::MissingExport, "{failure}");
}

#[test]
fn an_export_of_another_type_is_refused_when_it_is_first_instantiated() {
    let other = |text: String| {
        text.replace("plan: func(name: string,", "plan: func(more: u64, name: string,").replace(
            "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)",
            "(param i32)",
        )
    };
    let failure = runtime().describe("ledger", &of_contract(other, "")).unwrap_err();
    assert_eq!(failure.kind, Kind::MissingExport, "{failure}");
    assert!(failure.message.contains("macro API 0.1.0"), "{failure}");
}

#[test]
fn an_import_of_anything_else_is_refused() {
    let clock = "package wasi:clocks@0.2.0;
        interface wall-clock { now: func() -> u64; }
        world w { import wall-clock; }";
    let mut module = wat::parse_str(
        r#"(module (import "wasi:clocks/wall-clock@0.2.0" "now" (func (result i64))))"#,
    )
    .unwrap();
    let mut resolve = Resolve::default();
    let package = resolve.push_str("clock.wit", clock).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let failure = refused(&encode(&module));
    assert_eq!(failure.kind, Kind::ForbiddenImport);
    assert!(failure.message.contains("wasi:clocks/wall-clock@0.2.0"), "{failure}");
    assert!(failure.notes[0].contains("WASI"), "{failure}");
}

#[test]
fn a_proc_macro_crate_may_ask_for_what_is_outside_and_for_nothing_like_it() {
    let importing = |name: &str| {
        let text = format!(
            r#"(component (type $t (instance)) (import "{name}" (instance (type $t)))
              (component $c) (instance $i (instantiate $c))
              (export "cell:macros/expander@0.1.0" (instance $i)))"#
        );
        check(&wat::parse_str(text).unwrap(), LoadOptions::default())
    };
    for interface in ["attempts", "files", "variables"] {
        let audit = importing(&format!("cell:sandbox/{interface}@0.1.0")).unwrap();
        assert_eq!(audit.outside(), [interface]);
    }
    for other in [
        "cell:sandbox/files",
        "cell:sandbox/files@0.2.0",
        "cell:sandbox/files@0.1.1",
        "cell:sandbox/network@0.1.0",
        "cell:sandboxes/files@0.1.0",
    ] {
        let Ok(text) = wat::parse_str(format!(r#"(component (import "{other}" (instance)))"#))
        else {
            panic!("{other}")
        };
        assert_eq!(refused(&text).kind, Kind::ForbiddenImport, "{other}");
    }
}

#[test]
fn a_component_that_is_no_macro_is_told_what_it_exports() {
    let failure = refused(&wat::parse_str("(component)").unwrap());
    assert_eq!(failure.kind, Kind::MissingExport);
    assert!(failure.notes[0].contains("exports nothing"), "{failure}");
    let other =
        r#"(component (component $c) (instance $i (instantiate $c)) (export "run" (instance $i)))"#;
    let failure = refused(&wat::parse_str(other).unwrap());
    assert_eq!(failure.kind, Kind::MissingExport);
    assert!(failure.notes[0].contains("`run`"), "{failure}");
}

fn with_more(more: String) -> Vec<u8> {
    Guest { more, ..Guest::default() }.component()
}

fn too_large(bytes: &[u8], words: &str) {
    let failure = refused(bytes);
    assert_eq!(failure.kind, Kind::TooLarge, "{failure}");
    assert!(failure.message.contains(words), "{failure}");
}

#[test]
fn functions_are_bounded_in_size() {
    let body = "(drop (i32.const 1000000))".repeat(120_000);
    too_large(&with_more(format!("(func {body})")), "bytes in function");
}

#[test]
fn functions_are_bounded_in_number() {
    too_large(&with_more("(func)".repeat(limits::FUNCTIONS as usize)), "functions");
}

#[test]
fn locals_are_bounded() {
    too_large(&with_more(format!("(func {})", "(local i32)".repeat(10_001))), "locals in function");
}

#[test]
fn blocks_are_bounded_in_depth() {
    let (open, close) = ("(block ".repeat(1_000), ")".repeat(1_000));
    too_large(&with_more(format!("(func {open}{close})")), "blocks in one another");
}

#[test]
fn blocks_are_bounded_in_number_by_the_locals() {
    let body = "(loop (br 0))".repeat(2_000);
    too_large(
        &with_more(format!("(func {} {body})", "(local i32)".repeat(9_000))),
        "locals times blocks",
    );
}

#[test]
fn declarations_are_bounded() {
    let types: String = (0..200_001).map(|_| "(global i32 (i32.const 0))").collect();
    too_large(&with_more(types), "declarations");
}

#[test]
fn components_cannot_double_at_every_level() {
    // Each level makes the one before it twice: 2^20 instances in 40 lines.
    let mut text = "(component (component $c0)".to_owned();
    for level in 0..20 {
        text.push_str(&format!(
            "(component $c{next} (alias outer 1 $c{level} (component $one))
               (instance (instantiate $one)) (instance (instantiate $one)))",
            next = level + 1
        ));
    }
    text.push_str("(instance (instantiate $c20)))");
    too_large(&wat::parse_str(&text).unwrap(), "made by inner components");
}

#[test]
fn instances_and_modules_are_bounded() {
    let many = "(core instance (instantiate $m))".repeat(65);
    too_large(
        &wat::parse_str(format!("(component (core module $m) {many})")).unwrap(),
        "instances",
    );
    let many = "(core module)".repeat(65);
    too_large(&wat::parse_str(format!("(component {many})")).unwrap(), "modules");
    let deep = "(component ".repeat(6) + &")".repeat(6);
    too_large(&wat::parse_str(deep).unwrap(), "modules in one another");
}

#[test]
fn the_whole_is_bounded() {
    let bytes = vec![0; limits::COMPONENT_BYTES as usize + 1];
    too_large(&bytes, "bytes");
}

#[test]
fn what_no_compiler_emits_for_macros_is_refused() {
    for more in [
        "(memory 1)",
        "(func $again (param i32) (result i32) (return_call $again (local.get 0)))",
        "(func (result v128) (i32x4.relaxed_trunc_f32x4_s (v128.const i64x2 0 0)))",
        "(func (drop (i32.atomic.load (i32.const 0))))",
        "(tag)",
    ] {
        let module = |more: &str| Guest { more: more.into(), ..Guest::default() }.module();
        // Not refused for anything else.
        assert_eq!(refused(&component_around(&module(""))).kind, Kind::MissingExport);
        let module = module(more);
        let failure = refused(&component_around(&module));
        assert_eq!(failure.kind, Kind::NotAComponent, "{more}: {failure}");
    }
}

/// A component that holds a module and nothing else: the encoder validates what it is given.
fn component_around(module: &[u8]) -> Vec<u8> {
    let mut component = b"\0asm\x0d\0\x01\0\x01".to_vec();
    let mut length = module.len();
    while length >= 0x80 {
        component.push(length as u8 | 0x80);
        length >>= 7;
    }
    component.push(length as u8);
    component.extend(module);
    component
}
