//! `cell lock`: `cell.toml` and what it names to `cell.lock`, `.cell/components` and `.cell/schemas`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use macro_bridge::digest::Digest;
use macro_bridge::failure::{Failure, texts};
use macro_bridge::lock::Lock;
use macro_runtime::{Runtime, Store};

use crate::arguments::{self, Global};
use crate::live::fits;
use crate::lock::{self, Component};
use crate::manifest::{Manifest, Services};
use crate::published::{self, Fresh};
use crate::schemas::Texts;
use crate::shell::{Shell, count};
use crate::{Exit, engine, files, project, schemas};

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
    made.refuse_secrets(&root)?;
    let same = old_text.as_deref() == Some(text.as_str());
    if options.check || global.locked {
        let missing: Vec<_> = made.missing(&root);
        for file in &missing {
            shell.failed("Missing", file);
        }
        if same && missing.is_empty() {
            shell.status("Checked", "`cell.lock` says what `cell.toml` and its cells say");
            return Ok(Exit::Done);
        }
        shell.say_error(
            "`cell.lock`, `.cell/components` or `.cell/schemas` would change\n\
             help: run `cell lock`, look at what changed, and commit it",
        );
        return Ok(Exit::Failed);
    }
    made.write(&root)?;
    if same {
        shell.status("Fresh", "`cell.lock`");
    } else {
        let cells = || made.lock.cells.values();
        let macros = cells().map(|cell| cell.macros.len()).sum();
        let services = cells().map(|cell| cell.services.len()).sum();
        let counts = [
            count(cells().len(), "cell", "cells"),
            count(macros, "macro", "macros"),
            count(services, "service", "services"),
        ];
        shell.status("Locked", counts.join(", "));
        let vendor = if macros > 0 { "run `cell vendor`, and " } else { "" };
        shell.note(format_args!("now {vendor}commit `cell.lock` and `.cell/`"));
    }
    Ok(Exit::Done)
}

/// A lock and the files that it names.
pub(crate) struct Made {
    pub(crate) lock: Lock,
    /// Bytes by cell.
    components: BTreeMap<String, Vec<u8>>,
    pub(crate) schemas: Texts,
}

impl macro_runtime::Components for Made {
    fn component(&self, digest: &Digest) -> Result<Vec<u8>, Failure> {
        let is_it = |name: &&String| {
            let cell = self.lock.cells.get(*name).and_then(|cell| cell.component.as_ref());
            cell.is_some_and(|found| found.digest == *digest)
        };
        let name = self.components.keys().find(is_it);
        let bytes = name.and_then(|name| self.components.get(name));
        let path = Path::new(".cell/components");
        bytes.cloned().ok_or_else(|| texts::project::no_component(path, digest))
    }
}

impl Made {
    /// The files that the lock names, from the project's folder.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        for (name, bytes) in &self.components {
            let found = self.lock.cells.get(name).and_then(|cell| cell.component.as_ref());
            let digest = found.map(|found| found.digest.to_string()).unwrap_or_default();
            files.push((format!(".cell/components/{digest}.wasm"), bytes.clone()));
        }
        for schema in self.schemas.values().flat_map(BTreeMap::values) {
            let text = schema.to_string();
            files.push((format!(".cell/schemas/{}", Digest::of(text.as_bytes())), text.into()));
        }
        files
    }

    /// Files that are not there, or not as they should be.
    fn missing(&self, root: &Path) -> Vec<String> {
        let absent = |(file, bytes): &(String, Vec<u8>)| {
            files::read(&root.join(file)).ok().as_ref() != Some(bytes)
        };
        self.files().into_iter().filter(absent).map(|(file, _)| file).collect()
    }

    /// Fails if a recorded answer is secret by the schemas of this lock.
    fn refuse_secrets(&self, root: &Path) -> Result<()> {
        fits::refuse_secrets(root, &self.schemas)
    }

    /// Writes the lock, and before it what it names.
    pub(crate) fn write(&self, root: &Path) -> Result<()> {
        self.refuse_secrets(root)?;
        let store = Store::of_project(root);
        for bytes in self.components.values() {
            store.put_component(bytes)?;
        }
        for schema in self.schemas.values().flat_map(BTreeMap::values) {
            store.put_schema(schema.to_string().as_bytes())?;
        }
        files::replace(&root.join("cell.lock"), self.lock.to_string().as_bytes())?;
        Ok(())
    }
}

/// Reads `cell.toml`, asks each component what it has, and makes the lock. Writes nothing.
pub(crate) fn make(root: &Path, runtime: &Runtime, shell: &Shell) -> Result<Made> {
    let (manifest, digest) = project::manifest(root)?;
    make_of(root, (&manifest, digest), &Fresh::new(), runtime, shell)
}

/// The same, with another manifest than is there, and what cells were just asked for.
pub(crate) fn make_of(
    root: &Path,
    (manifest, digest): (&Manifest, Digest),
    fresh: &Fresh,
    runtime: &Runtime,
    shell: &Shell,
) -> Result<Made> {
    let (old, _) = project::lock_text(root);
    make_from(root, (manifest, digest), (fresh, old), runtime, shell)
}

/// The same, with the text of another lock that the new one keeps things of.
pub(crate) fn make_from(
    root: &Path,
    (manifest, digest): (&Manifest, Digest),
    (fresh, old): (&Fresh, Option<String>),
    runtime: &Runtime,
    shell: &Shell,
) -> Result<Made> {
    let (mut bytes, mut described) = (BTreeMap::new(), BTreeMap::new());
    let progress = shell.progress("Reading", "");
    for (name, cell) in &manifest.cells {
        progress.say(name.clone());
        let read = match (&cell.path, &cell.services, fresh.get(name)) {
            (Some(path), ..) => Some(from_file(root, name, path)?),
            (None, Services::Running, Some(fresh)) => fresh.component.clone(),
            (None, Services::Running, None) => {
                published::kept_component(root, name, old.as_deref().unwrap_or_default())?
            }
            (None, ..) => None,
        };
        let Some(read) = read else { continue };
        let description = runtime.describe(name, &read)?;
        let component = Component {
            api: description.audit.api.clone(),
            digest: description.audit.digest,
            outside: description.audit.outside(),
            macros: description.macros,
        };
        described.insert(name.clone(), component);
        bytes.insert(name.clone(), read);
    }
    let schemas = schemas::of_project(root, manifest, old.as_deref(), fresh)?;
    let kept = old.as_deref().map(lock::kept).unwrap_or_default();
    let lock = lock::make(digest, manifest, &described, &schemas::digests(&schemas), &kept)?;
    Ok(Made { lock, components: bytes, schemas })
}

fn from_file(root: &Path, name: &str, path: &str) -> Result<Vec<u8>> {
    let file = root.join(path);
    files::read(&file).with_context(|| {
        format!(
            "cannot read the component of `{name}`\n\
             note: `path` in `[cells.{name}]` is `{path}`, which is {}\n\
             help: build it with `cell build-macros`, or correct the path",
            file.display()
        )
    })
}

pub(crate) fn warn(lock: &Lock, shell: &Shell) {
    for (cell, wishes) in lock::not_granted(lock) {
        let asked = wishes.iter().map(|(path, question)| {
            format!("`{path}` wants to ask `{question}`, which is not granted\n")
        });
        let questions = wishes.iter().map(|(_, question)| question.as_str());
        let calls = lock::calls_with(lock, &cell, questions);
        shell.warning(format!(
            "{}help: if it shall, write `{calls}` under `[cells.{cell}.grants]`",
            asked.collect::<String>()
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
