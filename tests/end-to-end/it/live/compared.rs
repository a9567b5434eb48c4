//! Records compared with the schemas and the grants of the project, with nothing running.

use std::fs;

use anyhow::{Result, ensure};

use super::place::Place;
use crate::guests::{build, ledger};
use crate::project::Host;

/// The `cell` command in the project, and how it ends.
fn says(place: &Place, code: i32, words: &[&str]) -> Result<String> {
    let ended = place.served.project.cell(words)?;
    ensure!(ended.code == Some(code), "{words:?}: {:?} {}", ended.code, ended.stderr);
    Ok(ended.stderr)
}

#[test]
fn records_of_another_schema_are_found_and_secret_ones_refused() -> Result<()> {
    let mut place = Place::new("live-schemas", Host::Thin)?;
    place.oracle("word")?;
    let source = "#[cell::wasm(asks::value(7))]\npub struct A;\n";
    place.served.project.write("src/lib.rs", source)?;
    says(&place, 0, &["sync"])?;
    place.stop_oracle();
    says(&place, 0, &["check", "--offline"])?;

    // The schema that the project knows says something else by now.
    let value = "method value(number: u64) -> string";
    place.schema(|schema| schema.replace(value, "method value(number: u64) -> u64"))?;
    place.manifest("")?;
    for words in [&["check", "--offline"][..], &["check"]] {
        let said = says(&place, 1, words)?;
        ensure!(said.contains("its answer is another"), "{said}");
        ensure!(said.contains("help: `cell sync oracle` asks again"), "{said}");
        ensure!(said.contains("1 difference; `cell sync` mends what is recorded"), "{said}");
    }
    place.schema(|schema| schema)?;
    place.manifest("")?;
    says(&place, 0, &["check", "--offline"])?;

    // It says that the value is secret.
    let lock = place.served.project.read("cell.lock")?;
    place.schema(|schema| {
        let schema = schema.replace(value, "method value(number: u64) -> Password");
        schema.replace("struct Table", "secret struct Password\n  text: string\n\nstruct Table")
    })?;
    for words in [&["lock"][..], &["lock", "--check"]] {
        let said = says(&place, 1, words)?;
        ensure!(said.contains("CELL0312") && said.contains("remove this file"), "{said}");
    }
    ensure!(place.served.project.read("cell.lock")? == lock, "it was locked");
    let oracle = place.served.project.root.join(".cell/answers/oracle");
    let path = fs::read_dir(&oracle)?.flatten().next().map(|entry| entry.path());
    let path = path.ok_or_else(|| anyhow::anyhow!("no record"))?;
    let record = fs::read(&path)?;
    fs::remove_file(&path)?;
    says(&place, 0, &["lock"])?;
    // Merged from a branch that has it still.
    fs::write(&path, record)?;
    let said = says(&place, 1, &["check", "--offline"])?;
    ensure!(said.contains("CELL0312") && said.contains("remove this file"), "{said}");
    ensure!(!said.contains("`cell sync` mends"), "{said}");
    Ok(())
}

/// In a stack it is the cell of the macro that asks which is named, with a line that revokes nothing.
#[test]
fn what_is_not_granted_is_said_of_the_cell_that_asks() -> Result<()> {
    let place = Place::new("live-denied", Host::Thin)?;
    let (asks, ledger) = (build("asks")?, ledger());
    let cells = format!(
        "[cells.ledger]\npath = {ledger:?}\n[cells.writes]\npath = {asks:?}\n\
         grants.calls = [\"oracle::table\"]\n[cells.oracle]\nschemas = [\"oracle.schema\"]\n"
    );
    place.served.project.write("cell.toml", cells)?;
    let said = says(&place, 0, &["lock"])?;
    let all = "write `calls = [\"oracle::large\", \"oracle::panics\", \"oracle::password\", \
               \"oracle::slow\", \"oracle::table\", ";
    ensure!(said.contains(all) && said.contains("under `[cells.writes.grants]`"), "{said}");
    let source = "#[cell::wasm(writes::value(7))]\n#[cell::wasm(ledger::table(name = \"a\"))]\n\
                  pub struct A { #[ledger::primary_key] pub id: u64 }\n";
    place.served.project.write("src/lib.rs", source)?;
    let said = says(&place, 1, &["check", "--offline"])?;
    let line = "write `calls = [\"oracle::table\", \"oracle::value\"]` \
                under `[cells.writes.grants]` in cell.toml, then run `cell lock`";
    ensure!(said.contains(line), "{said}");
    ensure!(said.contains("1 difference\n") && !said.contains("`cell sync` mends"), "{said}");
    Ok(())
}
