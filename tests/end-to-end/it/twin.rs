//! The macros of `tests/guests/twin` as a component and as ordinary proc-macros: what rustc says of
//! the same source is the same, word by word and place by place, and programs do the same.

mod crates;
pub(crate) mod said;
mod source;

use anyhow::{Result, ensure};

pub(crate) use crate::twin::crates::PATIENCE;
use crate::twin::crates::{Crates, Source};
use crate::twin::said::Said;
use crate::twin::source::Cases;

/// One call of cargo for all.
#[test]
fn rustc_says_the_same_of_macros_in_components() -> Result<()> {
    let mut sources = Vec::new();
    for name in ["expansion", "macros", "names", "meaning", "lints"] {
        let cases = Cases::read(name)?;
        sources.push(Source { name, cases, edition: "2024", is_program: false });
    }
    let crates = Crates::new("twin-says", &sources)?;
    let ended = crates.cargo(&["check", "--keep-going"])?;
    ensure!(ended.code == Some(101) && !ended.stdout.is_empty(), "cargo: {}", ended.stderr);
    let macros = Said::read(&ended, "twin-native")?;
    ensure!(macros.all().is_empty(), "the native macros do not build: {:#?}", macros.all());
    let mut problems = Vec::new();
    let mut compared = 0;
    for Source { name, cases, .. } in &sources {
        let native = Said::read(&ended, &crates.package("native", name))?;
        let ours = Said::read(&ended, &crates.package("cell", name))?;
        for (index, title) in cases.titles.iter().enumerate() {
            let lines = cases.lines(index);
            let (native, ours) = (native.within(&lines), ours.within(&lines));
            if native.is_empty() {
                problems.push(format!("{name}: {title}: nothing is said of it natively"));
            } else if native != ours {
                problems.push(format!("{name}: {title}:\n{}", said::difference(&native, &ours)));
            } else {
                compared += 1;
            }
        }
        for (who, said) in [("native", &native), ("cell", &ours)] {
            let elsewhere = said.outside(cases);
            ensure!(elsewhere.is_empty(), "{name}, {who}: said of no case: {elsewhere:#?}");
        }
    }
    ensure!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n\n"));
    ensure!(compared >= 100, "only {compared} cases");
    Ok(())
}

/// One call of cargo, and four programs.
#[test]
fn programs_do_the_same_with_macros_in_components() -> Result<()> {
    let source = |name, edition| -> Result<Source> {
        Ok(Source { name, cases: Cases::read("run")?, edition, is_program: true })
    };
    let sources = [source("run", "2024")?, source("run-2021", "2021")?];
    let crates = Crates::new("twin-does", &sources)?;
    let ended = crates.cargo(&["build", "--keep-going"])?;
    let mut ran = Vec::new();
    for Source { name, cases, .. } in &sources {
        for who in ["native", "cell"] {
            let package = crates.package(who, name);
            let said = Said::read(&ended, &package)?;
            ensure!(said.all().is_empty(), "{package}: {}", said.all().join("\n"));
            ran.push((cases.titles.len(), crates.run(&package)?));
        }
    }
    ensure!(ended.code == Some(0), "cargo: {}", ended.stderr);
    let (cases, expected) = &ran[0];
    ensure!(*cases >= 40 && expected.lines().count() == *cases, "{cases} cases:\n{expected}");
    for (_, text) in &ran {
        for (native, ours) in expected.lines().zip(text.lines()) {
            ensure!(native == ours, "natively {native}\nbut {ours}");
        }
    }
    Ok(())
}
