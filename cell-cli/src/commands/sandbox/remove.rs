//! `cell sandbox remove`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use cell_sandbox::guest;
use cell_sandbox::packages::{self, Locked};
use cell_sandbox::patch;
use macro_bridge::failure::texts;
use macro_bridge::project::manifest_digest;

use super::edit;
use crate::arguments::Global;
use crate::arguments::sandbox::SandboxRemove;
use crate::commands::lock;
use crate::manifest::Manifest;
use crate::published::Fresh;
use crate::sandbox::Workspace;
use crate::shell::{Shell, count};
use crate::{Exit, engine, files};

pub(super) fn run(options: &SandboxRemove, global: &Global, shell: &Shell) -> Result<Exit> {
    let workspace = Workspace::open(global)?;
    let mut keys: BTreeSet<String> = workspace.select_made(&options.crates)?.into_keys().collect();
    if options.all {
        keys.extend(workspace.made().into_keys());
        keys.extend(patch::keys(&workspace.manifest));
    }
    if keys.is_empty() {
        shell.note("no crate is sandboxed");
        return Ok(Exit::Done);
    }
    if global.locked {
        shell.say_error("`Cargo.toml` and `Cargo.lock` would change, and `--locked` was given");
        return Ok(Exit::Failed);
    }
    let keys: Vec<String> = keys.into_iter().collect();
    remove(&workspace, &keys, global, shell)?;
    let crates = count(keys.len(), "crate runs", "crates run");
    shell.status("Finished", format!("{crates} natively again"));
    Ok(Exit::Done)
}

/// Puts back what was there before crates were sandboxed.
pub(super) fn remove(
    workspace: &Workspace,
    keys: &[String],
    global: &Global,
    shell: &Shell,
) -> Result<()> {
    let root = &workspace.root;
    let kept = workspace.kept();
    let made = workspace.made();
    let packages: Vec<Locked> = kept.iter().cloned().collect();
    let closure = |wanted: &dyn Fn(&String) -> bool| -> BTreeSet<Locked> {
        let wanted = made.iter().filter(|(key, _)| wanted(key));
        wanted.flat_map(|(_, it)| packages::closure(&packages, &it.name, &it.version)).collect()
    };
    let back = closure(&|key| keys.contains(key));
    let mut stays = closure(&|key| !keys.contains(key));
    for (_, it) in made.iter().filter(|(key, _)| !keys.contains(key)) {
        stays.extend(packages::closure(&packages, &guest::name(&it.name), &it.version));
    }
    let manifest = patch::without(&workspace.manifest, keys)?;
    let path = root.join("Cargo.lock");
    let lock = files::read_text(&path).context("cannot read `Cargo.lock`")?;
    // Of those that stay sandboxed the entry has no source, and shall have none.
    let sandboxed = |one: &Locked| {
        made.iter().any(|(key, it)| {
            !keys.contains(key) && it.name == one.name && it.version == one.version
        })
    };
    let back: BTreeSet<Locked> = back.into_iter().filter(|one| !sandboxed(one)).collect();
    // The original has to be there, where all crates have to be in a folder.
    workspace.ask_of_vendored("", &lock)?;
    let before =
        [(root.join("Cargo.toml"), workspace.manifest.clone()), (path.clone(), lock.clone())];
    let lock = packages::restored(&lock, &back)?;
    files::replace(&root.join("Cargo.toml"), manifest.as_bytes())?;
    files::replace(&path, lock.as_bytes())?;
    // Cargo writes the names of packages in its shortest form, and leaves out what nothing needs.
    if let Err(error) = Workspace::open(global) {
        for (path, text) in before {
            files::replace(&path, text.as_bytes())?;
        }
        return Err(
            error.context("cargo does not take the `Cargo.toml` of before, so nothing was changed")
        );
    }
    for key in keys {
        let name = made.get(key).map_or(key.clone(), |it| format!("{} {}", it.name, it.version));
        shell.status("Removing", format!("{name} from the sandbox"));
    }
    settings(workspace, keys, &stays, shell)?;
    for key in keys {
        let folder = workspace.folder().join(key);
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot remove `{}`", folder.display()))?;
        }
    }
    for folder in ["sandbox", "components", ""] {
        // Fails, as it shall, if something is in it.
        let _ = fs::remove_dir(root.join(".cell").join(folder));
    }
    Ok(())
}

/// `cell.toml`, `cell.lock` and the components that only these crates had.
fn settings(
    workspace: &Workspace,
    keys: &[String],
    stays: &BTreeSet<Locked>,
    shell: &Shell,
) -> Result<()> {
    let root = &workspace.root;
    let path = root.join("cell.toml");
    let text = files::read_text(&path).context("cannot read `cell.toml`")?;
    let components = |named: &dyn Fn(&String) -> bool| -> BTreeSet<String> {
        let cells = workspace.lock.iter().flat_map(|lock| &lock.cells);
        let named = cells.filter(|(key, _)| named(key));
        named.filter_map(|(_, cell)| Some(cell.component.as_ref()?.digest.to_string())).collect()
    };
    let removed = |key: &String| keys.iter().any(|it| it == workspace.crate_key(key));
    let others = components(&|key| !removed(key));
    match edit::without(&text, keys)? {
        None => {
            fs::remove_file(&path).context("cannot remove `cell.toml`")?;
            let lock = root.join("cell.lock");
            fs::remove_file(&lock).context("cannot remove `cell.lock`")?;
        }
        Some(text) => {
            let bad = |reason: String| texts::project::bad_manifest(&path, &reason);
            let manifest = Manifest::parse(&text).map_err(|error| bad(error.to_string()))?;
            let old = files::read_text(&root.join("cell.lock")).unwrap_or_default();
            let mut old: String = old
                .lines()
                .filter(|line| !line.starts_with("package "))
                .map(|line| format!("{line}\n"))
                .collect();
            stays.iter().for_each(|one| old.push_str(&format!("package {}\n", one.to_fact())));
            let of = (&manifest, manifest_digest(&text));
            let kept = (&Fresh::new(), Some(old));
            let made = lock::make_from(root, of, kept, &engine::runtime()?, shell)?;
            files::replace(&path, text.as_bytes())?;
            made.write(root)?;
        }
    }
    for digest in components(&removed).difference(&others) {
        remove_file(&root.join(format!(".cell/components/{digest}.wasm")))?;
    }
    Ok(())
}

/// Removes a file, which need not be there.
pub(super) fn remove_file(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove `{}`", path.display()))
        }
        _ => Ok(()),
    }
}
