//! `cell vendor`: expands what rustc could not, records it, runs rustc again until nothing is
//! missing, and removes what nothing uses.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use macro_bridge::digest::Digest;
use macro_bridge::expansion::file;
use macro_bridge::failure::Failure;
use macro_bridge::project::Project;
use macro_runtime::store::Age;
use macro_runtime::{Runtime, Store};

use crate::arguments::{Global, Vendor};
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
    if !options.no_prune {
        let unused = unused(&project, &keys, &recorded.answers)?;
        let unseen = check.unseen(&project.lock);
        if !unseen.is_empty() && !unused.is_empty() {
            shell.note(kept(&count(unused.len(), "record", "records"), "cell vendor", &unseen));
        }
        // Where there is no call at all, another workspace than the one with the calls was compiled.
        if !keys.is_empty() {
            if unseen.is_empty() {
                for (path, why) in unused {
                    remove(&path, &project, why, shell)?;
                }
            }
            if options.selection.is_all() {
                remove_unnamed(&project, shell)?;
            }
        }
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

/// What is said of records that a run does not use, and that others may.
pub(crate) fn kept(records: &str, command: &str, unseen: &[String]) -> String {
    let mut text = format!(
        "kept {records} that this run does not use, and another one may\n\
         help: `{command}` removes them if it sees all that uses records:"
    );
    for reason in unseen {
        text.push_str("\nhelp: ");
        text.push_str(reason);
    }
    text
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
        let Some(key) = key else { continue };
        if !files::read(&path).is_ok_and(|bytes| file::decode(&bytes, &key).is_ok()) {
            remove(&path, project, "which is damaged", shell)?;
        }
    }
    Ok(())
}

/// Records that are not among those that are used, and why they are not needed.
fn unused(
    project: &Project,
    used: &BTreeSet<Digest>,
    answers: &BTreeSet<(String, Digest)>,
) -> Result<Vec<(PathBuf, &'static str)>> {
    let answers = answers.iter().map(|(cell, key)| project.answer_path(cell, key));
    let answers: BTreeSet<PathBuf> = answers.collect();
    let recorded = recorded_answers(&project.root)?.into_iter();
    let mut unused: Vec<(PathBuf, &str)> = recorded
        .filter(|path| !answers.contains(path))
        .map(|path| (path, "which nothing asks"))
        .collect();
    for (path, key) in expansions(project)? {
        // What is named otherwise is somebody else's.
        if key.is_some_and(|key| !used.contains(&key)) {
            unused.push((path, "which nothing uses"));
        }
    }
    Ok(unused)
}

/// Removes components and schemas that the lock does not name.
fn remove_unnamed(project: &Project, shell: &Shell) -> Result<()> {
    let cells = || project.lock.cells.values();
    let components = cells().filter_map(|cell| cell.component.as_ref());
    let components = components.map(|found| project.component_path(&found.digest));
    let schemas = cells().flat_map(|cell| cell.services.values());
    let schemas = schemas.map(|digest| project.schema_path(digest));
    let named: BTreeSet<PathBuf> = components.chain(schemas).collect();
    for folder in [".cell/components", ".cell/schemas"] {
        for path in files_in(&project.root.join(folder))? {
            let is_ours = path.file_stem().and_then(|name| Digest::parse(name.to_str()?)).is_some();
            if is_ours && !named.contains(&path) {
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

/// The files in `.cell/answers` that are named as records are.
pub(crate) fn recorded_answers(root: &Path) -> Result<BTreeSet<PathBuf>> {
    let records = answers(root)?.into_iter().map(|(path, _, _)| path);
    Ok(records.collect())
}

/// The same, each with its cell and with the key that is its name. What has another name is somebody
/// else's, and so is what stands behind a link: it may be used by others, and is not in the project's
/// history.
pub(crate) fn answers(root: &Path) -> Result<Vec<(PathBuf, String, Digest)>> {
    let mut records = Vec::new();
    let cells = match fs::read_dir(root.join(".cell/answers")) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(records),
        cells => cells.context("cannot read `.cell/answers`")?,
    };
    for cell in cells {
        let cell = cell.context("cannot read `.cell/answers`")?;
        if !cell.file_type()?.is_dir() {
            continue;
        }
        let name = cell.file_name().to_string_lossy().into_owned();
        for path in files_in(&cell.path())? {
            let key = path.file_name().and_then(|name| Digest::parse(name.to_str()?));
            records.extend(key.map(|key| (path, name.clone(), key)));
        }
    }
    records.sort();
    Ok(records)
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

/// Files of a folder that are not being written just now, without links.
pub(crate) fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
    let visible = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        is_file && !name.starts_with('.') && !name.ends_with(".tmp")
    };
    let mut files: Vec<_> = entries.flatten().filter(visible).map(|e| e.path()).collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_files_that_are_named_by_digests_are_records() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        let elsewhere = folder.path().join("elsewhere");
        let oracle = root.join(".cell/answers/oracle");
        fs::create_dir_all(&oracle).unwrap();
        fs::create_dir_all(&elsewhere).unwrap();
        let name = |text: &[u8]| Digest::of(text).to_string();
        for path in [oracle.join(name(b"1")), oracle.join("README.md"), elsewhere.join(name(b"2"))]
        {
            fs::write(path, "").unwrap();
        }
        symlink(elsewhere.join(name(b"2")), oracle.join(name(b"3"))).unwrap();
        symlink(&elsewhere, root.join(".cell/answers/linked")).unwrap();
        fs::write(root.join(".cell/answers/README.md"), "").unwrap();
        let found = recorded_answers(&root).unwrap();
        assert_eq!(found, [oracle.join(name(b"1"))].into());
        assert!(answers(&elsewhere).unwrap().is_empty());
    }
}
