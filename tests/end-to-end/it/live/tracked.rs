//! Cargo compiles again what an answer changed under, wherever the macro stands, and nothing else.

use anyhow::{Context as _, Result, ensure};

use super::place::Place;
use crate::project::Host;
use crate::report::expect_none;
use crate::run::{run, turn};

/// Runs cargo once more, and says whether it found everything as it was.
fn is_fresh(place: &Place) -> Result<bool> {
    let project = &place.served.project;
    let ended = {
        let _turn = turn();
        run(&mut project.cargo()?, &project.root, crate::project::PATIENCE)?
    };
    ensure!(ended.code == Some(0), "{}", ended.stderr);
    let manifest = format!("\"manifest_path\":{:?}", project.root.join("Cargo.toml"));
    let mut artifacts = ended.stdout.lines().filter(|line| {
        line.contains("\"reason\":\"compiler-artifact\"") && line.contains(&manifest)
    });
    let artifact = artifacts.next().context("cargo says nothing of the package")?;
    Ok(artifact.contains("\"fresh\":true"))
}

#[test]
fn cargo_knows_of_answers_whatever_the_macro_stands_on() -> Result<()> {
    let mut place = Place::new("live-tracked", Host::Thin)?;
    place.oracle("one")?;
    place.begin_session()?;
    // Behind a struct an item says what was used: the build that asked is up to date.
    expect_none(&place.served.project, "#[cell::wasm(asks::value(7))]\npub struct A;\n")?;
    ensure!(place.count() == 1);
    ensure!(is_fresh(&place)?, "a build is repeated because of what it asked itself");

    // Behind an expression nothing can: the crate is compiled once more, and then knows the record.
    let expression = "cell::track!();\npub const W: &str = cell::expand!(asks::word(8));\n";
    expect_none(&place.served.project, expression)?;
    ensure!(place.count() == 1);
    ensure!(!is_fresh(&place)?, "cargo was not told of the record");
    ensure!(is_fresh(&place)?, "it is told again and again");
    ensure!(place.count() == 0);
    place.end_session();
    place.stop_oracle();

    place.oracle("three")?;
    place.served.project.cell_does(&["sync", "--no-prune"])?;
    ensure!(!is_fresh(&place)?, "the program has an answer that is no more");
    ensure!(is_fresh(&place)?);
    Ok(())
}
