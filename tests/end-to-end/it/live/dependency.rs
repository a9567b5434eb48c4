//! Packages that nobody builds for their own sake.

use anyhow::{Context as _, Result, ensure};

use super::place::Place;
use crate::project::Host;
use crate::report::{Reported, errors};
use crate::run::{run, turn};

fn check(place: &Place, package: &str) -> Result<Vec<Reported>> {
    let project = &place.served.project;
    let mut command = project.cargo()?;
    command.args(["--package", package]);
    let _turn = turn();
    errors(&run(&mut command, &project.root, std::time::Duration::from_secs(120))?)
}

#[test]
fn a_dependency_asks_nobody_and_what_is_built_does() -> Result<()> {
    let mut place = Place::new("live-dependency", Host::Thin)?;
    let project = &place.served.project;
    let manifest = String::from_utf8(project.read("Cargo.toml")?)?;
    let dependency = manifest.lines().find(|line| line.starts_with("cell-sdk = "));
    let dependency = dependency.context("a dependency")?.to_owned();
    let manifest = manifest
        .replace("[workspace]\n", "[workspace]\nmembers = [\"below\"]\n")
        .replace("[dependencies]\n", "[dependencies]\nlive-below = { path = \"below\" }\n");
    project.write("Cargo.toml", manifest)?;
    project.write(
        "below/Cargo.toml",
        format!(
            "[package]\nname = \"live-below\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
             [dependencies]\n{dependency}\n"
        ),
    )?;
    project.write("below/src/lib.rs", "#[cell::wasm(asks::value(7))]\npub struct A;\n")?;
    project.write("src/lib.rs", "pub const VALUE: &str = live_below::A::VALUE;\n")?;
    place.oracle("word")?;
    place.begin_session()?;
    let reported = check(&place, "app-live-dependency")?;
    let text: String = reported.iter().map(|one| one.text.as_str()).collect();
    ensure!(text.contains("[CELL0210]"), "{text}");
    ensure!(text.contains("a dependency of what is built, and dependencies ask no cell"), "{text}");
    ensure!(reported.len() == 1, "{reported:#?}");
    ensure!(place.count() == 0 && place.answers()?.is_empty(), "it was asked");
    // The same package, for its own sake; and then its record is enough for all.
    ensure!(check(&place, "live-below")?.is_empty());
    ensure!(place.count() == 1 && place.only_answer()? == "\"word-7\"");
    ensure!(check(&place, "app-live-dependency")?.is_empty());
    ensure!(place.count() == 0);
    Ok(())
}
