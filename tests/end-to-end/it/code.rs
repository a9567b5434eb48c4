//! What is wrong with the code that uses a macro.

use anyhow::{Result, ensure};
use macro_bridge::failure::Kind;

use crate::guests::{ledger, misbehave};
use crate::project::{Host, Project};
use crate::report::{expect, expect_none, fails, says};

/// A project with `ledger`, and with `misbehave` as far as it is honest.
fn project(name: &str) -> Result<Project> {
    let project = Project::new(name, Host::Embedded)?;
    let cells = format!(
        "[cells.ledger]\npath = {:?}\n[cells.misbehave]\npath = {:?}\n",
        ledger(),
        misbehave()?
    );
    let misbehaving = ["error", "many_errors"];
    let of_ledger = ["table", "cache", "Model", "query"];
    project.lock_only(&cells, |name| misbehaving.contains(&name) || of_ledger.contains(&name))?;
    Ok(project)
}

#[test]
fn names_that_do_not_exist() -> Result<()> {
    let project = project("names")?;
    let source = "
#[cell::wasm(«ledgre»::table)]
pub struct NearCell { pub id: u64 }
#[cell::wasm(«warehouse»::table)]
pub struct OtherCell { pub id: u64 }
#[cell::wasm(ledger::«tabel»)]
pub struct NearMacro { pub id: u64 }
#[cell::wasm(ledger::«warehouse»)]
pub struct OtherMacro { pub id: u64 }
#[cell::wasm_derive(ledger::«Modle»)]
pub struct NearDerive { pub id: u64 }
cell::expand!(ledger::«qeury»(\"select 1\"));
cell::cell_remote!(Remote = «\"ledgre\"»);
#[cell::wasm(ledger::table)]
#[cell::wasm(«ledgr»::cache)]
pub struct InAStack { pub id: u64 }
// Each item is there.
pub fn uses(a: NearCell, b: OtherCell, c: NearMacro, d: OtherMacro, e: NearDerive, f: InAStack) -> u64 {
    a.id + b.id + c.id + d.id + e.id + f.id
}
";
    let cell = |words| fails(Kind::UnknownCell, words);
    let name = |words| fails(Kind::UnknownMacro, words);
    let expected = [
        cell(&["no cell `ledgre`", "`ledger`, `misbehave`", "help: did you mean `ledger`?"]),
        cell(&["no cell `warehouse`", "help: add `[cells.warehouse]`", "`cell lock`"]),
        name(&["cell `ledger` publishes no macro `tabel`", "help: did you mean `table`?"]),
        name(&["no macro `warehouse`", "it publishes `Model`", "help: if `warehouse` is new"]),
        name(&["help: did you mean `Model`?"]),
        name(&["help: did you mean `query`?"]),
        cell(&["no cell `ledgre`", "help: did you mean `ledger`?"]),
        cell(&["no cell `ledgr`", "help: did you mean `ledger`?"]),
    ];
    expect(&project, source, &expected)
}

#[test]
fn macros_written_in_another_way_than_theirs() -> Result<()> {
    let project = project("kinds")?;
    let source = "
#[cell::wasm(ledger::«Model»)]
pub struct A { pub id: u64 }
#[cell::wasm(ledger::«query»)]
pub struct B { pub id: u64 }
#[cell::wasm_derive(ledger::«table»)]
pub struct C { pub id: u64 }
cell::expand!(ledger::«table»(x));
#[cell::wasm(ledger::table)]
#[cell::wasm(ledger::«table»)]
pub struct D { pub id: u64 }
#[cell::wasm(ledger::«cache»)]
pub struct E { pub id: u64 }
pub fn uses(a: A, b: B, c: C, d: D, e: E) -> u64 { a.id + b.id + c.id + d.id + e.id }
";
    let expected = [
        fails(
            Kind::WrongKind,
            &["`ledger::Model` is a derive", "`#[cell::wasm_derive(ledger::Model)]`"],
        ),
        fails(
            Kind::WrongKind,
            &["`ledger::query` is a function-like macro", "`cell::expand!(ledger::query(..))`"],
        ),
        fails(
            Kind::WrongKind,
            &["`ledger::table` is an attribute", "`#[cell::wasm(ledger::table)]`"],
        ),
        fails(Kind::WrongKind, &["`ledger::table` is an attribute"]),
        fails(Kind::Repeated, &["`ledger::table` stands twice", "remove one"]),
        fails(
            Kind::MissingNeed,
            &["`ledger::cache` needs `ledger::table`", "add `#[cell::wasm(ledger::table)]`"],
        ),
    ];
    expect(&project, source, &expected)
}

#[test]
fn spellings_that_cannot_be_read() -> Result<()> {
    let project = project("spellings")?;
    let source = "
#[cell::wasm(«7»)]
pub struct A { pub id: u64 }
#[cell::wasm(ledger«.»table)]
pub struct B { pub id: u64 }
#[cell::wasm(ledger::«\"table\"»)]
pub struct C { pub id: u64 }
#[cell::wasm(ledger::table «+» 1)]
pub struct D { pub id: u64 }
#[cell::wasm(ledger::table, «ledger»::cache)]
pub struct E { pub id: u64 }
cell::expand!(ledger::«query»);
cell::cell_remote!(Remote «:» \"ledger\");
«#[cell::__gathered]»
pub struct F { pub id: u64 }
pub fn uses(a: A, b: B, c: C, d: D, e: E, f: F) -> u64 { a.id + b.id + c.id + d.id + e.id + f.id }
";
    let spelling = |words| fails(Kind::Spelling, words);
    let expected = [
        spelling(&["expected `cell::macro`, found `7`"]),
        spelling(&["found `.`"]),
        spelling(&["found `\"table\"`"]),
        spelling(&["expected `,`, found `+`"]),
        spelling(&["expected nothing after the macro, found `ledger`"]),
        spelling(&["expected `(` and the macro's input, found the end"]),
        spelling(&["`Alias = \"cell\"`"]),
        spelling(&["`__gathered` is written by Cell itself"]),
    ];
    expect(&project, source, &expected)
}

#[test]
fn what_a_macro_itself_says_is_shown_as_it_is() -> Result<()> {
    let project = project("says")?;
    let source = "
#[cell::wasm(ledger::table(«nmae» = \"accounts\"))]
pub struct A { #[ledger::primary_key] pub id: u64 }
#[cell::wasm(ledger::table(name = «7»))]
pub struct B { #[ledger::primary_key] pub id: u64 }
#[cell::wasm(misbehave::error)]
«pub struct C { pub id: u64» }
pub fn uses(a: A, b: B, c: C) -> u64 { a.id + b.id + c.id }
";
    let expected = [
        says(&["unknown argument `nmae`", "help: there is only `name"]),
        says(&["is expected here"]),
        says(&[
            "this is not what I wanted",
            "note: a fact",
            "help: a thing to do",
            "help: try the other one: `enum`",
        ]),
    ];
    expect(&project, source, &expected)
}

#[test]
fn half_a_million_errors_are_counted_and_not_printed() -> Result<()> {
    let project = project("flood")?;
    let source = "#[cell::wasm(misbehave::many_errors)]\npub struct A { pub id: u64 }\n";
    let ended = project.check(source)?;
    let found = crate::report::errors(&ended)?;
    ensure!(found.len() == 100, "{} errors", found.len());
    let more: Vec<_> = found.iter().filter(|one| one.text.contains("more errors")).collect();
    ensure!(more.len() == 1 && more[0].text.contains("note: and 499,900 more"), "{more:#?}");
    ensure!(ended.stdout.len() < 1 << 20, "{} bytes of messages", ended.stdout.len());
    Ok(())
}

/// An attribute is not told by which path it was called, so what it reports is on all of it.
#[test]
fn macros_by_their_alias() -> Result<()> {
    let project = project("alias")?;
    let source = "
cell::cell_remote!(Ledger = \"ledger\");
cell::cell_remote!(Bad = \"misbehave\");
«#[Ledger::cache]»
pub struct A { #[Ledger::primary_key] pub id: u64 }
#[Ledger::table(«nmae» = 1)]
pub struct B { #[Ledger::primary_key] pub id: u64 }
#[Bad::error]
«pub struct C { pub id: u64» }
pub fn uses(a: A, b: B, c: C) -> u64 { a.id + b.id + c.id }
";
    let expected = [
        fails(Kind::MissingNeed, &["`ledger::cache` needs `ledger::table`"]),
        says(&["unknown argument `nmae`"]),
        says(&["this is not what I wanted"]),
    ];
    expect(&project, source, &expected)?;
    // A lock that is not in step: one error for each place that needs it.
    let toml = project.read("cell.toml")?;
    project.write("cell.toml", [&toml[..], b"alias = \"Bad\"\n"].concat())?;
    let source =
        source.replace("\"ledger\"", "«\"ledger\"»").replace("\"misbehave\"", "«\"misbehave\"»");
    let source = source.replace("#[Ledger::table(«nmae» = 1)]", "«#[Ledger::table(nmae = 1)]»");
    let source = source.replace("#[Bad::error]", "«#[Bad::error]»");
    let source = source.replace("«pub struct C { pub id: u64» }", "pub struct C { pub id: u64 }");
    let stale = || fails(Kind::StaleLock, &["`cell lock`"]);
    expect(&project, &source, &[stale(), stale(), stale(), stale(), stale()])
}

#[test]
fn right_code_has_no_errors() -> Result<()> {
    let project = project("right")?;
    let source = "
#[cell::wasm(ledger::table(name = \"accounts\"))]
pub struct Account { #[ledger::primary_key] pub id: u64, pub owner: String }
pub fn owner(account: &Account) -> &String { account.get_owner() }
";
    expect_none(&project, source)
}
