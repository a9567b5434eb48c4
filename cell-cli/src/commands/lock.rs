//! `cell lock`: `cell.toml` and its components to `cell.lock` and `.cell/components`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use macro_bridge::lock::Lock;
use macro_runtime::{Runtime, Store};

use crate::arguments::{self, Global};
use crate::lock::{self, Component};
use crate::manifest::Manifest;
use crate::shell::{Shell, count};
use crate::{Exit, engine, files, project};

pub(crate) fn run(options: &arguments::Lock, global: &Global, shell: &Shell) -> Result<Exit> {
    let root = project::root(global)?;
    let runtime = engine::runtime()?;
    let made = make(&root, &runtime, shell)?;
    let (old_text, old) = project::lock_text(&root);
    let text = made.lock.to_string();
    let changes = lock::changes(old.as_ref(), &made.lock);
    for change in &changes {
        shell.status(change.verb, &change.text);
    }
    warn(&made.lock, shell);
    let same = old_text.as_deref() == Some(text.as_str());
    if options.check || global.locked {
        let missing: Vec<_> = made.missing(&root);
        for digest in &missing {
            shell.failed("Missing", format!(".cell/components/{digest}.wasm"));
        }
        if same && missing.is_empty() {
            shell.status("Checked", "`cell.lock` says what `cell.toml` and its components say");
            return Ok(Exit::Done);
        }
        shell.say_error(
            "`cell.lock` and `.cell/components` would change\n\
             help: run `cell lock`, look at what changed, and commit it",
        );
        return Ok(Exit::Failed);
    }
    let store = Store::of_project(&root);
    for bytes in made.components.values() {
        store.put_component(bytes)?;
    }
    files::replace(&root.join("cell.lock"), text.as_bytes())?;
    if same {
        shell.status("Fresh", "`cell.lock`");
    } else {
        let macros = made.lock.cells.values().map(|cell| cell.macros.len()).sum();
        let cells = count(made.lock.cells.len(), "cell", "cells");
        shell.status("Locked", format!("{cells}, {}", count(macros, "macro", "macros")));
        shell.note("now run `cell vendor`, and commit `cell.lock` and `.cell/`");
    }
    Ok(Exit::Done)
}

/// A lock and the components that it names.
pub(crate) struct Made {
    pub(crate) lock: Lock,
    /// Bytes by cell.
    components: BTreeMap<String, Vec<u8>>,
}

impl Made {
    /// Digests of components that are not in `.cell/components`, or not as they should be.
    fn missing(&self, root: &Path) -> Vec<String> {
        let folder = root.join(".cell/components");
        let absent = self.lock.cells.iter().filter(|(name, cell)| {
            let path = folder.join(format!("{}.wasm", cell.component));
            files::read(&path).ok().as_ref() != self.components.get(*name)
        });
        absent.map(|(_, cell)| cell.component.to_string()).collect()
    }
}

/// Reads `cell.toml`, asks each component what it has, and makes the lock. Writes nothing.
pub(crate) fn make(root: &Path, runtime: &Runtime, shell: &Shell) -> Result<Made> {
    let (manifest, digest) = project::manifest(root)?;
    let Manifest { cells, .. } = &manifest;
    let (mut bytes, mut described) = (BTreeMap::new(), BTreeMap::new());
    let progress = shell.progress("Reading", "");
    for (name, cell) in cells {
        progress.say(name.clone());
        let path = root.join(&cell.path);
        let read = files::read(&path).with_context(|| {
            format!(
                "cannot read the component of `{name}`\n\
                 note: `path` in `[cells.{name}]` is `{}`, which is {}\n\
                 help: build it with `cell build-macros`, or correct the path",
                cell.path,
                path.display()
            )
        })?;
        let description = runtime.describe(name, &read)?;
        let component = Component {
            api: description.audit.api.clone(),
            digest: description.audit.digest,
            macros: description.macros,
        };
        described.insert(name.clone(), component);
        bytes.insert(name.clone(), read);
    }
    let (old, _) = project::lock_text(root);
    let slots = old.as_deref().map(lock::slots).unwrap_or_default();
    let lock = lock::make(digest, &manifest, &described, &slots)?;
    Ok(Made { lock, components: bytes })
}

fn warn(lock: &Lock, shell: &Shell) {
    for (path, question) in lock::not_granted(lock) {
        let cell = path.split("::").next().unwrap_or_default();
        shell.warning(format!(
            "`{path}` wants to ask `{question}`, which is not granted\n\
             help: if it shall, add `calls = [\"{question}\"]` under `[cells.{cell}.grants]`"
        ));
    }
    for (cell, question) in lock::not_asked(lock) {
        shell.warning(format!("no macro of `{cell}` asks `{question}`, which is granted"));
    }
    for need in lock.cells.values().flat_map(|c| c.macros.values()).flat_map(|m| &m.needs) {
        let known = need.split_once("::").is_some_and(|(cell, name)| {
            lock.cells.get(cell).is_some_and(|c| c.macros.contains_key(name))
        });
        if !known {
            shell.warning(format!("a macro needs `{need}`, which no cell here publishes"));
        }
    }
}
