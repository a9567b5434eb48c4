//! `cell vendor`: expands what rustc could not, records it, runs rustc again until nothing is
//! missing, and removes what nothing uses.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use macro_bridge::digest::Digest;
use macro_bridge::expansion::file;
use macro_bridge::failure::Failure;
use macro_bridge::project::Project;
use macro_runtime::store::Age;
use macro_runtime::{Runtime, Store};

use crate::arguments::{Global, Selection, Vendor};
use crate::shell::{Shell, count};
use crate::trace::Trace;
use crate::traced_check::TracedCheck;
use crate::{Exit, engine, files, project};

/// How often macros may give macros that give macros.
const DEPTH: usize = 32;

pub(crate) fn run(options: &Vendor, global: &Global, shell: &Shell) -> Result<Exit> {
    let started = Instant::now();
    let root = project::root(global)?;
    let project = Project::load(&root)?;
    let runtime = engine::runtime()?;
    let check = TracedCheck::new(&root, &options.selection, global, shell)?;
    remove_damaged(&project, shell)?;
    let recorded = record(&project, &check, &runtime, shell)?;
    if !recorded.failures.is_empty() {
        for (place, failure) in &recorded.failures {
            shell.say_error(format!("{failure}\n  --> {place}"));
        }
        let failed = count(recorded.failures.len(), "expansion", "expansions");
        shell.say_error(format!("{failed} failed; nothing was removed"));
        return Ok(Exit::Failed);
    }
    if let Some(output) = recorded.broken {
        shell.pass_on(&output);
        shell.say_error(
            "the project does not compile, for reasons that are above; nothing was removed",
        );
        return Ok(Exit::Failed);
    }
    let keys = recorded.trace.keys();
    // Where there is no call at all, another workspace than the one with the calls was compiled.
    if !options.no_prune && is_whole(&options.selection) && !keys.is_empty() {
        prune(&project, &keys, &recorded.answers, shell)?;
    }
    shell.status(
        "Finished",
        format!(
            "{} recorded, {} new, in {:.2}s",
            count(keys.len(), "expansion", "expansions"),
            recorded.new,
            started.elapsed().as_secs_f64()
        ),
    );
    Ok(Exit::Done)
}

/// Was everything compiled? Only then is what nobody asked for unused.
pub(crate) fn is_whole(selection: &Selection) -> bool {
    let Selection { packages, lib, bins, .. } = selection;
    packages.is_empty() && !lib && bins.is_empty()
}

struct Recorded {
    trace: Trace,
    /// What the recorded expansions stand on: cell and key.
    answers: BTreeSet<(String, Digest)>,
    new: usize,
    /// Place and reason of expansions that could not be made.
    failures: Vec<(String, Failure)>,
    /// What cargo said, if the last run failed.
    broken: Option<String>,
}

fn record(
    project: &Project,
    check: &TracedCheck,
    runtime: &Runtime,
    shell: &Shell,
) -> Result<Recorded> {
    let store = Store::of_project(&project.root);
    let mut tried = BTreeSet::new();
    let mut failures = BTreeMap::new();
    let mut new = 0;
    for _ in 0..=DEPTH {
        let progress = shell.progress("Checking", "the project");
        let run = check.run(&|what| progress.say(what))?;
        drop(progress);
        if shell.verbose {
            shell.pass_on(&run.output);
        }
        let trace = run.trace;
        let (mut open, mut answers) = (BTreeSet::new(), BTreeSet::new());
        for key in trace.keys() {
            // Looked up, not traced: units that are fresh were compiled when more, or less, was
            // recorded.
            match project.expansion(&key)? {
                Some(found) => {
                    answers.extend(found.answers.into_iter().map(|used| (used.cell, used.key)));
                }
                None if tried.insert(key) => drop(open.insert(key)),
                None => {}
            }
        }
        if open.is_empty() {
            let failures = failures.into_iter().map(|(key, failure)| (trace.place(&key), failure));
            let failures = failures.collect();
            let broken = (!run.success).then_some(run.output);
            return Ok(Recorded { failures, new, broken, trace, answers });
        }
        let total = open.len();
        let open = check.folder().requests(open)?.into_iter().collect();
        let progress = shell.progress("Expanding", format!("0 of {total}"));
        let say = |done: usize| progress.say(format!("{done} of {total}"));
        let outcomes = engine::expand_all(runtime, project, project, open, &say);
        drop(progress);
        for outcome in outcomes {
            let title = outcome.request.title();
            match outcome.result {
                Ok(expansion) => {
                    let bytes = file::encode(&outcome.key, &title, &expansion);
                    // A file that was there stood on other answers: what used it must run again.
                    let known = project.expansion_path(&outcome.key).exists();
                    let age = if known { Age::Fresh } else { Age::Settled };
                    store.put_expansion(&outcome.key, bytes.as_bytes(), age)?;
                    new += 1;
                    let place = trace.place(&outcome.key);
                    shell.status("Expanded", format!("{title} at {place}"));
                }
                Err(failure) => {
                    failures.insert(outcome.key, failure);
                }
            }
        }
    }
    anyhow::bail!(
        "macros still give calls of macros after {DEPTH} rounds\n\
         help: `cell expand` shows what they give; one of them calls itself for ever"
    )
}

/// Deletes recorded expansions that cannot be read: they are made again.
fn remove_damaged(project: &Project, shell: &Shell) -> Result<()> {
    for (path, key) in expansions(project)? {
        let good = key.is_some_and(|key| {
            files::read(&path).is_ok_and(|bytes| file::decode(&bytes, &key).is_ok())
        });
        if !good {
            remove(&path, project, "which is damaged", shell)?;
        }
    }
    Ok(())
}

fn prune(
    project: &Project,
    used: &BTreeSet<Digest>,
    answers: &BTreeSet<(String, Digest)>,
    shell: &Shell,
) -> Result<()> {
    let answers = answers.iter().map(|(cell, key)| project.answer_path(cell, key));
    let answers: BTreeSet<PathBuf> = answers.collect();
    for path in recorded_answers(&project.root)? {
        if !answers.contains(&path) {
            remove(&path, project, "which nothing asks", shell)?;
        }
    }
    for (path, key) in expansions(project)? {
        if key.is_none_or(|key| !used.contains(&key)) {
            remove(&path, project, "which nothing uses", shell)?;
        }
    }
    let cells = || project.lock.cells.values();
    let components = cells().filter_map(|cell| cell.component.as_ref());
    let components = components.map(|found| project.component_path(&found.digest));
    let schemas = cells().flat_map(|cell| cell.services.values());
    let schemas = schemas.map(|digest| project.schema_path(digest));
    let named: BTreeSet<PathBuf> = components.chain(schemas).collect();
    for folder in [".cell/components", ".cell/schemas"] {
        for path in files_in(&project.root.join(folder))? {
            if !named.contains(&path) {
                remove(&path, project, "which `cell.lock` does not name", shell)?;
            }
        }
    }
    Ok(())
}

fn remove(path: &Path, project: &Project, why: &str, shell: &Shell) -> Result<()> {
    let shown = path.strip_prefix(&project.root).unwrap_or(path).display().to_string();
    fs::remove_file(path).with_context(|| format!("cannot remove `{shown}`"))?;
    shell.status("Removing", format!("{shown}, {why}"));
    Ok(())
}

/// Files in `.cell/answers`.
pub(crate) fn recorded_answers(root: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for cell in fs::read_dir(root.join(".cell/answers")).into_iter().flatten().flatten() {
        files.extend(files_in(&cell.path())?);
    }
    Ok(files)
}

/// Files in `.cell/expansions`; without a key if the name is none.
pub(crate) fn expansions(project: &Project) -> Result<Vec<(PathBuf, Option<Digest>)>> {
    let files = files_in(&project.root.join(".cell/expansions"))?;
    let keyed = files.into_iter().map(|path| {
        let key = path.file_name().and_then(|name| Digest::parse(name.to_str()?));
        (path, key)
    });
    Ok(keyed.collect())
}

/// Files of a folder that are not being written just now.
pub(crate) fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
    let visible = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.is_file() && !name.starts_with('.') && !name.ends_with(".tmp")
    };
    let mut files: Vec<_> = entries.flatten().map(|e| e.path()).filter(visible).collect();
    files.sort();
    Ok(files)
}
