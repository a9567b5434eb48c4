//! `cell sandbox update`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use cell_sandbox::graph::Found;

use super::{add, remove};
use crate::arguments::Global;
use crate::arguments::sandbox::{SandboxHow, SandboxUpdate};
use crate::sandbox::{State, Workspace};
use crate::shell::Shell;
use crate::{Exit, files};

/// Natively again, cargo's newest, and sandboxed again.
pub(super) fn run(options: &SandboxUpdate, global: &Global, shell: &Shell) -> Result<Exit> {
    let workspace = Workspace::open(global)?;
    let made = workspace.made();
    let wanted: BTreeMap<_, _> = made
        .iter()
        .filter(|(_, made)| options.crates.is_empty() || options.crates.contains(&made.name))
        .collect();
    for name in &options.crates {
        if !wanted.values().any(|made| made.name == *name) {
            bail!("`{name}` is not sandboxed\nhelp: `cell sandbox` lists what is");
        }
    }
    if wanted.is_empty() {
        shell.note("no crate is sandboxed");
        return Ok(Exit::Done);
    }
    if global.locked {
        shell.say_error("`Cargo.lock` would change, and `--locked` was given");
        return Ok(Exit::Failed);
    }
    let keys: Vec<String> = wanted.keys().map(|key| (*key).clone()).collect();
    let names: BTreeSet<&str> = wanted.values().map(|made| made.name.as_str()).collect();
    // What people wrote of a crate in `cell.toml` stays.
    let rights = files::read_text(&workspace.root.join("cell.toml"))?;
    remove::remove(&workspace, &keys, global, shell)?;
    cargo_update(&workspace.root, &names, global)?;
    files::replace(&workspace.root.join("cell.toml"), rights.as_bytes())?;
    let workspace = Workspace::open(global)?;
    let found: Vec<&Found> = workspace
        .found
        .iter()
        .filter(|one| names.contains(one.name.as_str()) && workspace.state(one) == State::Can)
        .collect();
    for one in &found {
        let old = made.values().find(|made| made.name == one.name);
        match old.map(|old| old.version.as_str()) {
            Some(old) if old != one.version => {
                shell.status("Updating", format!("{} {old} -> {}", one.name, one.version));
            }
            _ => shell.status("Fresh", format!("{} {}", one.name, one.version)),
        }
    }
    let how = SandboxHow { yes: true, ..options.how.clone() };
    let exit = add::add(&workspace, &found, (&how, false), global, shell)?;
    if exit != Exit::Done {
        shell.note("these crates run natively now");
    }
    Ok(exit)
}

fn cargo_update(root: &Path, names: &BTreeSet<&str>, global: &Global) -> Result<()> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.arg("update").args(names.iter().flat_map(|name| ["-p", name]));
    cargo.args(global.offline.then_some("--offline")).args(global.quiet.then_some("--quiet"));
    cargo.arg("--manifest-path").arg(root.join("Cargo.toml"));
    if !cargo.status().context("cannot run cargo")?.success() {
        bail!(
            "cargo found no newer versions, for reasons that are above; the crates run natively now"
        );
    }
    Ok(())
}
