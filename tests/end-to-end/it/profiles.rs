//! Cells that a profile switches off: items stay as they are, and nobody is needed.

use anyhow::{Context as _, Result, ensure};
use macro_bridge::failure::Kind;

use crate::guests::ledger;
use crate::project::{Host, Project, workspace};
use crate::report::{errors, expect, expect_none, fails};

const SOURCE: &str = "
#[cell::wasm(ledger::table(name = \"accounts\"))]
#[cell::wasm(ledger::cache)]
pub struct Account { #[ledger::primary_key] pub id: u64, pub owner: String }
#[derive(Debug)]
#[cell::wasm_derive(ledger::Model)]
pub struct Entry { #[cell(skip)] pub id: u64 }
pub fn both() -> (Account, Entry) {
    (Account { id: 1, owner: String::new() }, Entry { id: 2 })
}
";

#[test]
fn a_cell_that_is_off_leaves_items_as_they_are() -> Result<()> {
    let mut project = Project::new("profiles", Host::Thin)?;
    let cells = format!("[profiles.ui]\nledger = \"off\"\n[cells.ledger]\npath = {:?}\n", ledger());
    project.write("cell.toml", cells)?;
    project.cell_does(&["lock"])?;
    // Nothing is recorded, and nothing here can run a macro.
    let found = errors(&project.check(SOURCE)?)?;
    ensure!(
        !found.is_empty() && found.iter().all(|it| it.kind() == Some(Kind::NoEngine)),
        "{found:#?}"
    );
    project.environment.push(("CELL_PROFILE", "ui".to_owned()));
    expect_none(&project, SOURCE).context("switched off")?;
    let query =
        "pub fn f() -> &'static str { cell::expand!(ledger::«query»(\"select * from a\")).sql }";
    let off = fails(Kind::FunctionOff, &["`ledger::query` is switched off", "ledger = \"off\""]);
    expect(&project, query, &[off])?;
    // Cargo knows that the choice counts: the same source, and other errors.
    project.environment.retain(|(name, _)| *name != "CELL_PROFILE");
    ensure!(!errors(&project.check(SOURCE)?)?.is_empty(), "the choice was forgotten");
    project.environment.push(("CELL_PROFILE", "iu".to_owned()));
    let one = "#[cell::wasm(ledger::«table»(name = \"accounts\"))]\npub struct A { pub id: u64 }\n";
    let unknown = fails(Kind::UnknownProfile, &["`CELL_PROFILE` is `iu`", "there is `ui`"]);
    expect(&project, one, &[unknown])?;
    Ok(())
}

/// A function without the macros, in as many lines.
const WRITTEN: &str = "
pub static OBSERVER: std::sync::OnceLock<fn(&'static str, bool)> = std::sync::OnceLock::new();
//
//
#[unsafe(no_mangle)]
pub fn checkout(cart: &[u64], limit: u64) -> Option<u64> {
    let mut sum = 0u64;
    for price in cart {
        sum = sum.checked_add(*price)?;
        if sum > limit { return None; }
    }
    Some(sum)
}
";

#[test]
fn what_is_switched_off_is_the_machine_code_of_what_was_written() -> Result<()> {
    let mut project = Project::new("off", Host::Embedded)?;
    let mut cells = "[profiles.quiet]\ntelemetry = \"off\"\ncache = \"off\"\n".to_owned();
    for cell in ["telemetry", "cache"] {
        let path = workspace().join(format!("guests/components/{cell}.wasm"));
        cells.push_str(&format!("[cells.{cell}]\npath = {path:?}\n"));
    }
    project.write("cell.toml", cells)?;
    project.cell_does(&["lock"])?;
    let macros = "#[cell::wasm(telemetry::span)]\n#[cell::wasm(cache::memoize(ttl = \"5m\"))]\n";
    let source = WRITTEN.replace("//\n//\n", macros);
    let on = project.assembly(&source)?;
    project.environment.push(("CELL_PROFILE", "quiet".to_owned()));
    let off = project.assembly(&source)?;
    let written = project.assembly(WRITTEN)?;
    ensure!(written.contains("checkout:"), "the function is not there:\n{written}");
    ensure!(off == written, "switched off:\n{off}\nwritten:\n{written}");
    ensure!(on != off && on.len() > off.len(), "switched on it is the same");
    Ok(())
}
