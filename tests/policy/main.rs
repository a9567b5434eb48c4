//! The corpus of the output policy in a live rustc: each try is refused there, would have worked, and
//! each hole that is listed is one. The guests are ordinary code (see `tests/compare-macros`).

#[path = "../../macro-bridge/src/policy/corpus.rs"]
mod corpus;
#[path = "../compare-macros/src/output.rs"]
mod output;
mod program;
mod security;
#[path = "../compare-macros/src/table.rs"]
#[expect(dead_code, reason = "items of users are for the guests")]
mod table;

use anyhow::{Context as _, Result, ensure};
use cell_tests::stderr;
use corpus::{Emission, RECORDED, holes, tries};
use macro_bridge::digest::Digest;
use macro_bridge::expansion::{Expansion, Output, file};
use macro_bridge::text;
use program::{Policy, fixture, source};

#[test]
fn every_try_is_refused_and_nothing_else_is_wrong() -> Result<()> {
    let all: Vec<&Emission> = tries().collect();
    let said = stderr(&fixture(Policy::On)?.rustc(&source(&all, false), LIBRARY)?);
    for Emission { name, found, .. } in &all {
        let refused =
            format!("error: macro `tries::{name}` returned `{found}`, which is not allowed");
        ensure!(said.matches(&refused).count() == 1, "not said once: {refused}\n{said}");
    }
    let errors = said.lines().filter(|line| line.starts_with("error")).count();
    // rustc's last line counts them.
    ensure!(errors == all.len() + 1, "{errors} errors of {} tries:\n{said}", all.len());
    Ok(())
}

#[test]
fn every_try_would_have_worked() -> Result<()> {
    let all: Vec<&Emission> = tries().filter(|one| !one.proof.is_empty()).collect();
    ensure!(all.len() >= 60, "only {} tries that rustc has seen", all.len());
    run(&all, Policy::Off)
}

#[test]
fn every_hole_passes_and_works() -> Result<()> {
    run(&holes().collect::<Vec<_>>(), Policy::On)
}

#[test]
fn documentation_is_run_by_tests() -> Result<()> {
    let docs: Vec<&Emission> = holes().filter(|one| one.name == "hole_docs").collect();
    let said = fixture(Policy::On)?.doctests(&source(&docs, false))?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    ensure!(text.contains("1 passed"), "{text}{}", stderr(&said));
    Ok(())
}

#[test]
fn a_forged_record_passes() -> Result<()> {
    let fixture = fixture(Policy::On)?;
    let program = source(&[&RECORDED], true);
    // Nobody answers, so the error names the record that there should be.
    let said = stderr(&fixture.rustc(&program, &[])?);
    let key = said.split(".cell/expansions/").nth(1).with_context(|| said.clone())?;
    let key: String = key.chars().take_while(char::is_ascii_hexdigit).collect();
    let raw = output::source::written(&table::Table::default(), RECORDED.parts).output;
    let output = Output { text: raw.text, rows: raw.rows, spans: raw.spans };
    let forged = Expansion { output, ..Expansion::default() };
    let folder = fixture.root().join(".cell/expansions");
    std::fs::create_dir_all(&folder)?;
    let digest = Digest::parse(&key).context("no key")?;
    std::fs::write(folder.join(&key), file::encode(&digest, "forged", &forged))?;
    program::built_and_run(&fixture, &program)
}

/// Makes nothing but what says that all is well.
const LIBRARY: &[&str] = &["--crate-type", "lib", "--emit", "metadata"];

fn run(all: &[&Emission], policy: Policy) -> Result<()> {
    program::built_and_run(&fixture(policy)?, &source(all, true))
}
