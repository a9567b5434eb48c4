//! `cell sandbox check`.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use cell_sandbox::packages;
use cell_sandbox::patch;
use cell_sandbox::sets;
use macro_bridge::digest::Digest;

use crate::arguments::Global;
use crate::arguments::sandbox::SandboxCheck;
use crate::commands::lock;
use crate::sandbox::facts::Made;
use crate::sandbox::make::Workshop;
use crate::sandbox::{State, Workspace, original};
use crate::shell::{Shell, count};
use crate::{Exit, engine, files, project};

pub(super) fn run(options: &SandboxCheck, global: &Global, shell: &Shell) -> Result<Exit> {
    let workspace = Workspace::open(global)?;
    let made = workspace.made();
    let mut problems = files_of(&workspace, &made);
    problems.extend(graph(&workspace, &made, global)?);
    problems.extend(sources(&workspace)?);
    // Made of the components that are there, so these have to be right.
    if problems.is_empty() && !made.is_empty() {
        let fresh = lock::make(&workspace.root, &engine::runtime()?, shell)?;
        let (text, _) = project::lock_text(&workspace.root);
        if text.as_deref() != Some(fresh.lock.to_string().as_str()) {
            problems.push(
                "`cell.lock` does not say what `cell.toml` says\nhelp: run `cell lock`".to_owned(),
            );
        }
    }
    let native: Vec<_> =
        workspace.found.iter().filter(|one| workspace.state(one) == State::Can).collect();
    if options.deny_native {
        problems.extend(native.iter().map(|one| {
            format!(
                "`{}` {} runs natively, and could be sandboxed\nhelp: `cell sandbox add {}`",
                one.name, one.version, one.name
            )
        }));
    }
    if options.rebuild && problems.is_empty() {
        problems.extend(rebuilt(&workspace, &made, options, global, shell)?);
    }
    for problem in &problems {
        shell.say_error(problem);
    }
    if !problems.is_empty() {
        return Ok(Exit::Failed);
    }
    let sandboxed = count(made.len(), "crate runs", "crates run");
    let others = match native.len() {
        0 => String::new(),
        some => format!("; {} natively that need not", count(some, "crate runs", "crates run")),
    };
    shell.status("Checked", format!("{sandboxed} sandboxed, as recorded{others}"));
    Ok(Exit::Done)
}

/// What `add` left is all there, and nobody changed it.
fn files_of(workspace: &Workspace, made: &BTreeMap<String, Made>) -> Vec<String> {
    let mut problems = Vec::new();
    let patched = patch::keys(&workspace.manifest);
    for (key, it) in made {
        let again =
            format!("help: `cell sandbox remove {0}`, then `cell sandbox add {0}`", it.name);
        let folder = workspace.folder().join(key);
        let source = files::read_text(&folder.join("src/lib.rs")).unwrap_or_default();
        let more = workspace.made_more(key);
        let keys = std::iter::once(key).chain(more.iter().map(|(key, _)| key));
        for (number, key) in keys.enumerate() {
            let cell = workspace.lock.as_ref().and_then(|lock| lock.cells.get(key));
            let Some(component) = cell.and_then(|cell| cell.component.as_ref()) else { continue };
            let found = files::read(&folder.join(sets::file(number))).ok();
            match found.map(|bytes| Digest::of(&bytes)) {
                Some(digest) if digest == component.digest => {}
                Some(_) => problems.push(format!(
                    "the component of `{}` is not the one in `cell.lock`\n{again}",
                    it.name
                )),
                None => {
                    problems.push(format!("the component of `{}` is missing\n{again}", it.name));
                }
            }
            if !source.contains(&component.digest.to_string()) {
                problems.push(format!(
                    "what stands in for `{}` belongs to another component\n{again}",
                    it.name
                ));
            }
        }
        if !patched.contains(key) {
            problems.push(format!(
                "`Cargo.toml` does not bring in what stands in for `{}`\n{again}",
                it.name
            ));
        }
    }
    for key in patched.iter().filter(|key| !made.contains_key(*key)) {
        problems.push(format!(
            "`Cargo.toml` brings in `{key}`, of which `cell.lock` says nothing\n\
             help: `cell sandbox remove --all`, then `cell sandbox add` what shall be sandboxed"
        ));
    }
    problems
}

/// What cargo wants now is what was built.
fn graph(
    workspace: &Workspace,
    made: &BTreeMap<String, Made>,
    global: &Global,
) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let ours = workspace.found.iter().filter(|one| workspace.key_of(one).is_some());
    let ours = workspace.with_sets(&ours.collect::<Vec<_>>(), global)?;
    for (key, it) in made {
        let found = ours.iter().find(|one| workspace.key_of(one).as_ref() == Some(key));
        let Some(found) = found else {
            problems.push(format!(
                "nothing uses `{}` {} any more\nhelp: `cell sandbox remove {}`",
                it.name, it.version, it.name
            ));
            continue;
        };
        let missing: Vec<_> =
            found.features.iter().filter(|feature| !it.features.contains(feature)).collect();
        if !missing.is_empty() || found.version != it.version {
            problems.push(format!(
                "`{}` is wanted with other features than it was built with: {missing:?}\n\
                 help: `cell sandbox remove {}`, then `cell sandbox add {}`",
                it.name, it.name, it.name
            ));
        }
        let more = workspace.made_more(key);
        let known = |set: &&Vec<String>| {
            **set == it.features || more.iter().any(|(_, more)| more.features == **set)
        };
        if let Some(set) = found.sets.iter().find(|set| !known(set)) {
            problems.push(format!(
                "a part of the workspace builds `{0}` with the features [{1}] alone, for which there is \
                 no component\nhelp: `cell sandbox remove {0}`, then `cell sandbox add {0}`",
                it.name,
                set.join(", ")
            ));
        }
    }
    Ok(problems)
}

/// What `Cargo.lock` and `cell.lock` both name has one checksum.
fn sources(workspace: &Workspace) -> Result<Vec<String>> {
    let text =
        files::read_text(&workspace.root.join("Cargo.lock")).context("cannot read `Cargo.lock`")?;
    let now = packages::read(&text)?;
    let mut problems = Vec::new();
    for one in workspace.kept() {
        let same = now
            .iter()
            .find(|it| it.name == one.name && it.version == one.version && it.source == one.source);
        if same.is_some_and(|it| it.checksum != one.checksum) {
            problems.push(format!(
                "`{}` {} has another checksum in `Cargo.lock` than the source that components were built of",
                one.name, one.version
            ));
        }
    }
    Ok(problems)
}

/// Compiles everything again.
fn rebuilt(
    workspace: &Workspace,
    made: &BTreeMap<String, Made>,
    options: &SandboxCheck,
    global: &Global,
    shell: &Shell,
) -> Result<Vec<String>> {
    let target = workspace.target.join("again");
    let lock = files::read_text(&workspace.root.join("Cargo.lock"))?;
    let from = (workspace, &*target, lock.clone());
    let workshop = Workshop::open(&options.how, from, global, shell)?;
    workspace.ask_of_vendored(&workshop.dependencies(), &lock)?;
    let originals = original::find(workspace, made, &workspace.kept(), global)?;
    let workshop = workshop.of_versions(originals.lock.clone());
    let mut problems = Vec::new();
    for (key, found) in &originals.found {
        let progress = shell.progress("Building", format!("{} {}", found.name, found.version));
        let home = workspace.folder().join(key);
        let built = workshop.build(found, key, (&home, "../../.."))?;
        drop(progress);
        for (number, part) in built.parts.iter().enumerate() {
            let there = files::read(&home.join(sets::file(number)));
            if there.map(|bytes| Digest::of(&bytes)).ok() == Some(part.digest) {
                let digest = part.digest.short();
                shell.status("Same", format!("{} {} (sha256 {digest})", found.name, found.version));
            } else {
                problems.push(format!(
                    "`{}` {} compiles to another component here: sha256 {}\n\
                     note: it was compiled by {}, and here by {}",
                    found.name,
                    found.version,
                    part.digest.short(),
                    made.get(key).map(|it| it.compiler.as_str()).unwrap_or_default(),
                    part.made.compiler,
                ));
            }
        }
    }
    Ok(problems)
}
