//! A component that was built with the first release of the contract and never since, in a host that
//! also speaks a later one: `tests/frozen-0.1.0`, `tests/simulated-0.2.0`.

use macro_bridge::expansion::{Expansion, Output};
use macro_bridge::failure::{Failure, Kind};
use macro_bridge::outside::{Content, Outside};
use macro_bridge::request::{Call, MacroKind, Place, Request};
use macro_bridge::table::{Table, TableBuilder, Token, delimiter, kind, span};

use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::v0_2::{self, EDITION, LINE_BREAK};
use super::{Contracts, all};
use crate::guest::{Guest, Shelf, call, contract, encode};
use crate::{Options, Runtime, load};

const FROZEN: &[u8] = include_bytes!("../../tests/frozen-0.1.0/identity.wasm");
const FIRST: &str = include_str!("../../tests/frozen-0.1.0/macros.wit");
const SANDBOX: &str = include_str!("../../tests/frozen-0.1.0/sandbox.wit");
const LATER: &str = include_str!("../../tests/simulated-0.2.0/macros.wit");

/// A host of the simulated 0.2: it serves what the one of today serves, and components of its own.
fn later_host() -> Runtime {
    let mut contracts: Contracts = all();
    contracts.push(Box::new(v0_2::Contract));
    Runtime::speaking(contracts, Options::default()).unwrap()
}

/// A component of the simulated 0.2: returns one literal, the edition of its first token.
fn later_component() -> Vec<u8> {
    // `tokens` of the input is a list of rows of 20 bytes, and the new field the last.
    let edition = "(i32.load16_u offset=16 (i32.load (i32.add (local.get $in) (i32.const 16))))";
    let digit = |at: u32, power: u32| {
        format!(
            "(i32.store8 (i32.const {at}) (i32.add (i32.const 48) (i32.rem_u
               (i32.div_u {edition} (i32.const {power})) (i32.const 10))))"
        )
    };
    let digits: String =
        [(600, 1000), (601, 100), (602, 10), (603, 1)].map(|(at, power)| digit(at, power)).concat();
    let guest = Guest::literal(&format!("{digits} (i32.const 600) (i32.const 4)"));
    let (resolve, world) = contract(|_| LATER.to_owned());
    let mut module = wat::parse_str(guest.text().replace("0.1.0", "0.2.0")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    encode(&module)
}

fn item() -> Table {
    item_behind(&[])
}

/// `struct ⏎ Order { ⏎ id: ⏎ ⏎ u64 }` with the line breaks as rows, behind numbers as arguments.
fn item_behind(arguments: &[&str]) -> Table {
    let mut table = TableBuilder::default();
    arguments.iter().for_each(|number| table.literal(number));
    let mut breaks = Vec::new();
    let mut line_break = |table: &mut TableBuilder, lines| {
        breaks.push((table.len(), lines));
        table.punct('⏎', false);
    };
    table.ident("struct", false);
    line_break(&mut table, 1);
    table.ident("Order", false);
    table.open(delimiter::BRACE);
    line_break(&mut table, 1);
    table.ident("id", false);
    table.punct(':', false);
    line_break(&mut table, 2);
    table.ident("u64", false);
    table.close().unwrap();
    let mut table = table.finish().unwrap();
    for (row, lines) in breaks {
        let span = span::of_row(row as u32);
        table.rows[row] = Token { kind: LINE_BREAK, sub: 0, span, a: lines, b: 0 };
    }
    table
}

fn called(name: &str, kind: MacroKind, component: &[u8]) -> Call {
    Call { name: name.into(), kind, ..call("identity", component) }
}

fn request(form: MacroKind, calls: Vec<Call>) -> Request {
    Request { form, table: item(), calls, place: Place::default() }
}

fn expand(host: &Runtime, request: &Request) -> Result<Expansion, Failure> {
    host.expand(request, &Shelf::of(&[FROZEN, &later_component()]), &())
}

/// Rows of the input that an output refers to, one for each token that it stands for; other rows as
/// they are.
fn followed(output: &Output, input: &Table) -> Vec<Token> {
    let mut followed = Vec::new();
    for token in &output.rows {
        match (token.kind, span::row(token.span)) {
            (kind::RANGE, Some((row, span::WHOLE))) => {
                let mut end = row as usize;
                (0..token.a).for_each(|_| end = input.next_sibling(end));
                followed.extend_from_slice(&input.rows[row as usize..end]);
            }
            _ => followed.push(*token),
        }
    }
    followed
}

#[test]
fn a_component_of_0_1_works_under_a_host_of_0_2() {
    let host = later_host();
    let description = host.describe("identity", FROZEN).unwrap();
    assert_eq!(description.audit.api, "0.1.0");
    // Not looked at; each group taken apart; each token taken and given back.
    for (name, form) in [
        ("identity", MacroKind::Attribute),
        ("regrouped", MacroKind::Attribute),
        ("identity_function", MacroKind::Function),
        ("moved_crate", MacroKind::Function),
    ] {
        let request = request(form, vec![called(name, form, FROZEN)]);
        let expansion = expand(&host, &request).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(followed(&expansion.output, &item()), item().rows, "{name}");
        assert_eq!(expansion.diagnostics, [], "{name}");
    }
}

#[test]
fn it_makes_tokens_around_those_of_a_kind_that_it_does_not_know() {
    // `{ #[allow(unused_variables)] let x = "macro"; <input> }`
    let form = MacroKind::Function;
    let request = request(form, vec![called("local_call", form, FROZEN)]);
    let expansion = expand(&later_host(), &request).unwrap();
    let rows = followed(&expansion.output, &item());
    let (made, given) = rows.split_at(rows.len() - item().rows.len());
    assert_eq!(given, item().rows);
    assert_eq!((made[0].kind, made[0].sub), (kind::GROUP, delimiter::BRACE));
    assert!(expansion.output.text.contains("\"macro\""), "{}", expansion.output.text);
}

#[test]
fn it_says_something_at_a_token_of_a_kind_that_it_does_not_know() {
    // In the fourth token of the item, the first.
    let table = item_behind(&["3", "0"]);
    let call = Call { arguments: 0..2, ..called("warning_at", MacroKind::Attribute, FROZEN) };
    let request =
        Request { form: MacroKind::Attribute, table, calls: vec![call], place: Place::default() };
    let expansion = expand(&later_host(), &request).unwrap();
    let place = span::of_row(2 + 4);
    assert_eq!(request.table.rows[6].kind, LINE_BREAK);
    assert_eq!((expansion.diagnostics[0].start, expansion.diagnostics[0].end), (place, place));
}

#[test]
fn components_of_both_stand_on_one_item() {
    let later = later_component();
    let (old, new) = (
        called("identity", MacroKind::Attribute, FROZEN),
        called("table", MacroKind::Attribute, &later),
    );
    let request = request(MacroKind::Attribute, vec![old, new]);
    let expansion = expand(&later_host(), &request).unwrap();
    // The item as the old one gave it back, and what the new one read of the new field.
    let rows = followed(&expansion.output, &item());
    let (given, made) = rows.split_at(item().rows.len());
    assert_eq!(given, item().rows);
    assert_eq!(made.len(), 1);
    assert!(expansion.output.text.ends_with(&EDITION.to_string()), "{}", expansion.output.text);
}

#[test]
fn a_component_of_0_2_is_refused_by_the_host_of_today_which_names_both() {
    let later = later_component();
    let today = Runtime::new(Options::default()).unwrap();
    let calls = vec![called("table", MacroKind::Attribute, &later)];
    for failure in [
        today.describe("identity", &later).unwrap_err(),
        expand(&today, &request(MacroKind::Attribute, calls)).unwrap_err(),
        load::check(&later, load::LoadOptions::default()).unwrap_err(),
    ] {
        assert_eq!(failure.kind, Kind::WrongVersion, "{failure}");
        let words = "needs macro API 0.2.0, this Cell provides 0.1.0";
        assert!(failure.message.contains(words), "{failure}");
        assert!(failure.help[0].contains("update Cell"), "{failure}");
    }
}

#[test]
fn what_components_are_built_with_is_the_newest_that_this_host_speaks() {
    let newest = all();
    assert_eq!(newest.last().map(|one| one.version()), Some(macro_bridge::API_VERSION));
}

/// Nothing but what the simulation is about.
#[test]
fn the_simulated_contract_is_the_frozen_one_with_a_kind_and_a_field_more() {
    let lines = |text: &str| -> Vec<String> {
        text.replace("0.2.0", "0.1.0").lines().map(str::to_owned).collect()
    };
    let (first, later) = (lines(FIRST), lines(LATER));
    let more: Vec<_> = later.iter().filter(|line| !first.contains(line)).collect();
    assert_eq!(more.len(), 3, "{more:#?}");
    assert_eq!(later.len(), first.len() + 3);
}

/// A component as `cell sandbox` makes them, by the contracts as they were released: it uses each function
/// of `cell:sandbox`, and returns what is in the file `a.txt`.
fn sandboxed_component() -> Vec<u8> {
    let imports = r#"
  (import "cell:sandbox/variables@0.1.0" "get" (func $get (param i32 i32 i32)))
  (import "cell:sandbox/variables@0.1.0" "all" (func $all (param i32)))
  (import "cell:sandbox/files@0.1.0" "kind" (func $kind (param i32 i32) (result i32)))
  (import "cell:sandbox/files@0.1.0" "read" (func $read (param i32 i32 i32)))
  (import "cell:sandbox/attempts@0.1.0" "note" (func $note (param i32 i32 i32 i32)))
  (memory "#;
    // A byte of memory that is not as it has to be ends it.
    let is = |at: u32, byte: u32| {
        format!(
            "(if (i32.ne (i32.load8_u (i32.const {at})) (i32.const {byte})) (then unreachable))"
        )
    };
    let file = "(i32.const 4102) (i32.const 14)";
    let guest = Guest {
        data: b"MY_VAR/package/a.txtwrite".to_vec(),
        ..Guest::literal(&format!(
            "(call $get (i32.const 4096) (i32.const 6) (i32.const 600)) {} {}
             (call $all (i32.const 620)) {}
             (if (i32.ne (call $kind {file}) (i32.const 1)) (then unreachable))
             (call $note (i32.const 4116) (i32.const 5) {file})
             (call $read {file} (i32.const 640)) {}
             (i32.load (i32.const 644)) (i32.load (i32.const 648))",
            is(600, 1),
            is(608, 2),
            // The two names of the folder are there too.
            is(624, 3),
            is(640, 0),
        ))
    };
    let mut module = wat::parse_str(guest.text().replacen("(memory ", imports.trim(), 1)).unwrap();
    let (resolve, world) = contract(|_| FIRST.to_owned());
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let mut resolve = Resolve::default();
    let package = resolve.push_str("sandbox.wit", SANDBOX).unwrap();
    let world = resolve.select_world(&[package], Some("sandbox")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    encode(&module)
}

#[test]
fn a_crate_that_was_sandboxed_with_the_first_release_works() {
    let component = sandboxed_component();
    let outside = Outside {
        variables: vec![("MY_VAR".into(), Some("ab".into()))],
        files: vec![("a.txt".into(), Some(Content::new(b"7_u8".to_vec())))],
    };
    let call = Call { outside, ..called("table", MacroKind::Attribute, &component) };
    let today = Runtime::new(Options::default()).unwrap();
    let request = request(MacroKind::Attribute, vec![call]);
    let made = today.expand(&request, &Shelf::of(&[&component]), &()).unwrap();
    assert_eq!(made.output.text, "7_u8");
    let tried: Vec<_> = made.attempts.iter().map(|it| (&*it.what, &*it.detail)).collect();
    assert_eq!(tried, [("write", "/package/a.txt")]);
}

#[test]
fn what_is_released_is_frozen() {
    let file = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit").join(name);
        std::fs::read_to_string(path)
    };
    assert!(
        file("sandbox/sandbox.wit").unwrap() == SANDBOX,
        "wit/sandbox/sandbox.wit is no longer what crates were sandboxed with\n\
         help: put it back; what is new is a new file with a new version, which hosts link beside \
         the old one, and a copy beside `tests/frozen-0.1.0/sandbox.wit`"
    );
    let now = file("macros.wit");
    assert!(
        now.unwrap() == FIRST,
        "wit/macros.wit is no longer what components of 0.1.0 were built with\n\
         help: put it back; what is new is a new file with a new version, a module beside \
         `contract/v0_1.rs` and a folder beside `tests/frozen-0.1.0`"
    );
    // Never built again: it stands for those that nobody can build again.
    let digest = "b2a52b85ef87f81e3545f0eb53acf8cfaa9f01fe1fa5e5e04dba2083bf4b6044";
    assert_eq!(load::digest(FROZEN).to_string(), digest);
}
