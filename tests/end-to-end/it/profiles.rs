//! Cells that a profile switches off: items stay as they are, and nobody is needed.

use anyhow::{Context as _, Result, ensure};
use macro_bridge::failure::Kind;

use crate::guests::ledger;
use crate::project::{Host, Project};
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
