//! `cell sandbox update`.

use std::collections::BTreeSet;
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
    let wanted = match options.crates.is_empty() {
        true => workspace.made(),
        false => workspace.select_made(&options.crates)?,
    };
    if wanted.is_empty() {
        shell.note("no crate is sandboxed");
        return Ok(Exit::Done);
    }
    if global.locked {
        shell.say_error("`Cargo.lock` would change, and `--locked` was given");
        return Ok(Exit::Failed);
    }
    let keys: Vec<String> = wanted.keys().cloned().collect();
    let versions: BTreeSet<Version> =
        wanted.values().map(|made| of(&made.name, &made.version)).collect();
    // Another version of the same crate that runs natively is not what was asked for.
    let others: BTreeSet<Version> = workspace
        .found
        .iter()
        .map(|one| of(&one.name, &one.version))
        .filter(|one| !versions.contains(one))
        .collect();
    // What people wrote of a crate in `cell.toml` stays.
    let rights = files::read_text(&workspace.root.join("cell.toml"))?;
    remove::remove(&workspace, &keys, global, shell)?;
    cargo_update(&workspace.root, &versions, global)?;
    files::replace(&workspace.root.join("cell.toml"), rights.as_bytes())?;
    let workspace = Workspace::open(global)?;
    let names: BTreeSet<&str> = versions.iter().map(|(name, _)| name.as_str()).collect();
    let found: Vec<&Found> = workspace
        .found
        .iter()
        .filter(|one| names.contains(one.name.as_str()))
        .filter(|one| !others.contains(&of(&one.name, &one.version)))
        .filter(|one| workspace.state(one) == State::Can)
        .collect();
    let now: BTreeSet<Version> = found.iter().map(|one| of(&one.name, &one.version)).collect();
    for (name, version) in &now {
        let mut old = versions.iter().filter(|one| one.0 == *name && !now.contains(*one));
        match old.next() {
            Some((_, old)) if !versions.contains(&of(name, version)) => {
                shell.status("Updating", format!("{name} {old} -> {version}"));
            }
            _ => shell.status("Fresh", format!("{name} {version}")),
        }
    }
    let how = SandboxHow { yes: true, ..options.how.clone() };
    let exit = add::add(&workspace, &found, (&how, false), global, shell)?;
    if exit != Exit::Done {
        shell.note("these crates run natively now");
    }
    Ok(exit)
}

/// A crate's name and version.
type Version = (String, String);

fn of(name: &str, version: &str) -> Version {
    (name.to_owned(), version.to_owned())
}

fn cargo_update(root: &Path, versions: &BTreeSet<Version>, global: &Global) -> Result<()> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.arg("update");
    cargo.args(
        versions.iter().flat_map(|(name, version)| ["-p".into(), format!("{name}@{version}")]),
    );
    cargo.args(global.offline.then_some("--offline")).args(global.quiet.then_some("--quiet"));
    cargo.arg("--manifest-path").arg(root.join("Cargo.toml"));
    if !cargo.status().context("cannot run cargo")?.success() {
        bail!(
            "cargo found no newer versions, for reasons that are above; the crates run natively now"
        );
    }
    Ok(())
}
