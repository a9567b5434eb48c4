//! What is built again, and what is not.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::{Folder, PACKAGE, cargo, clone_into, run, traced};

/// Builds all of `examples`: which packages were built, which were fresh, and what was expanded.
fn build(clone: &Path) -> Result<(BTreeMap<String, bool>, usize)> {
    let trace = clone.join("trace");
    let _ = fs::remove_dir_all(&trace);
    let mut command = cargo(clone, &["build", "--workspace", "--message-format", "json"])?;
    let output = run(command.env("CELL_TRACE", &trace))?;
    let mut fresh = BTreeMap::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        if line.contains("\"reason\":\"compiler-artifact\"") {
            let name = field(line, "\"target\":{").context("a target")?;
            fresh.insert(name, line.contains("\"fresh\":true"));
        }
    }
    let expansions = traced(&trace)?;
    ensure!(expansions.iter().all(|(_, how)| how == "recorded"), "{expansions:?}");
    Ok((fresh, expansions.len()))
}

/// The `name` in the object that begins with `head`.
fn field(line: &str, head: &str) -> Option<String> {
    let object = line.split_once(head)?.1;
    let name = object.split_once("\"name\":\"")?.1;
    Some(name.split_once('"')?.0.to_owned())
}

#[test]
fn touching_the_lock_rebuilds_what_uses_it_and_nothing_else() -> Result<()> {
    let clone = Folder::new("rebuilds")?;
    clone_into(clone.path())?;
    // A neighbour that uses no macro.
    let neighbour = clone.path().join("examples/cell-market/neighbour");
    fs::create_dir_all(neighbour.join("src"))?;
    fs::write(neighbour.join("src/lib.rs"), "//! Uses no macro.\n")?;
    fs::write(
        neighbour.join("Cargo.toml"),
        "[package]\nname = \"neighbour\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    )?;
    let manifest = clone.path().join("examples/Cargo.toml");
    let text = fs::read_to_string(&manifest)?;
    let members =
        text.replace("[\"cell-market/app\"]", "[\"cell-market/app\", \"cell-market/neighbour\"]");
    ensure!(members != text, "the members of examples are written otherwise now");
    fs::write(&manifest, members)?;

    let (_, expanded) = build(clone.path())?;
    ensure!(expanded >= 4, "only {expanded} expansions");
    let (fresh, expanded) = build(clone.path())?;
    ensure!(fresh.values().all(|fresh| *fresh) && expanded == 0, "an untouched build: {fresh:?}");

    let lock = clone.path().join("examples/cell-market/cell.lock");
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(2);
    fs::File::options().append(true).open(&lock)?.set_modified(later)?;
    let (fresh, expanded) = build(clone.path())?;
    let built: Vec<_> = fresh.iter().filter(|(_, fresh)| !**fresh).map(|(name, _)| name).collect();
    ensure!(built == [PACKAGE], "built again: {built:?}");
    ensure!(expanded >= 4, "only {expanded} expansions");
    Ok(())
}
