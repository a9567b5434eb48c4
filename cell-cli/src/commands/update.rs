//! `cell update`: what cells publish now, and what that changes.

use anyhow::{Result, bail};
use macro_bridge::project::Project;
use macro_bridge::request::{Call, Request};
use macro_runtime::Runtime;

use crate::arguments::Global;
use crate::arguments::cells::Update;
use crate::commands::add::say_what_breaks;
use crate::commands::lock::{self, Made};
use crate::live::look::{before, is_same};
use crate::manifest::{Manifest, Services};
use crate::published::{self, Fresh};
use crate::shell::{Shell, count};
use crate::traced_check::TracedCheck;
use crate::{Exit, engine, project};

pub(crate) fn run(options: &Update, global: &Global, shell: &Shell) -> Result<Exit> {
    let root = project::root(global)?;
    let (manifest, digest) = project::manifest(&root)?;
    let fresh = take(&manifest, &options.cells, shell)?;
    let runtime = engine::runtime()?;
    let made = lock::make_of(&root, (&manifest, digest), &fresh, &runtime, shell)?;
    let (old_text, old) = project::lock_text(&root);
    let text = made.lock.to_string();
    if old_text.as_deref() == Some(text.as_str()) {
        shell.status("Fresh", count(made.lock.cells.len(), "cell", "cells"));
        made.write(&root)?;
        return Ok(Exit::Done);
    }
    for change in crate::lock::changes(old.as_ref(), &made.lock) {
        shell.status(change.verb, &change.text);
    }
    say_what_breaks(&root, old.as_ref(), &made.schemas, shell);
    lock::warn(&made.lock, shell);
    // What the project was before can be compared only if its files are those of a project.
    if let Ok(project) = Project::load(&root) {
        let check = TracedCheck::new(&root, &options.selection, global, shell)?;
        say_what_expands(&project, &made, &check, &runtime, shell)?;
    }
    if options.check || global.locked {
        shell.say_error(
            "cells publish something else than `cell.lock` says\n\
             help: run `cell update`, look at what changed, and commit it",
        );
        return Ok(Exit::Failed);
    }
    made.write(&root)?;
    shell.note(
        "now run `cell vendor` if expansions are committed, and commit `cell.lock` and `.cell/`",
    );
    Ok(Exit::Done)
}

/// What running cells publish; files are read when the lock is made.
fn take(manifest: &Manifest, names: &[String], shell: &Shell) -> Result<Fresh> {
    for name in names {
        if !manifest.cells.contains_key(name) {
            bail!("cell.toml has no cell `{name}`\nhelp: `cell add {name}` adds one");
        }
    }
    let mut fresh = Fresh::new();
    for (name, cell) in &manifest.cells {
        let wanted = names.is_empty() || names.contains(name);
        if cell.services != Services::Running || !wanted {
            continue;
        }
        match published::take(name) {
            Ok(published) => {
                fresh.insert(name.clone(), published);
            }
            // Of all cells those that do not run stay as they are.
            Err(error) if names.is_empty() => {
                shell.warning(format_args!("`{name}` stays as it is: {error:#}"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(fresh)
}

/// Says which expansions are others with what cells publish now.
fn say_what_expands(
    project: &Project,
    made: &Made,
    check: &TracedCheck,
    runtime: &Runtime,
    shell: &Shell,
) -> Result<()> {
    let progress = shell.progress("Checking", "the project");
    let run = check.run(&|what| progress.say(what))?;
    drop(progress);
    let now = Project { root: project.root.clone(), lock: made.lock.clone() };
    let (mut same, mut changed) = (0, 0);
    for (key, request) in check.folder().requests(run.trace.keys())? {
        let (title, place) = (request.title(), run.trace.place(&key));
        let Some(moved) = moved(&now, &request) else {
            shell.warning(format_args!("`{title}` at {place} is no macro any more"));
            continue;
        };
        if moved == request {
            same += 1;
            continue;
        }
        let before = before(project, runtime, &key, &request);
        match runtime.expand(&moved, made, project) {
            Ok(after) if before.as_ref().is_some_and(|before| is_same(before, &after)) => same += 1,
            Ok(_) => {
                changed += 1;
                shell.status("Expands", format_args!("{title} at {place} to something else"));
            }
            Err(failure) => {
                changed += 1;
                shell.warning(format_args!("{failure}\n  --> {place}"));
            }
        }
    }
    let (same, changed) = (count(same, "expansion", "expansions"), changed);
    shell.status("Compared", format_args!("{same} as before, {changed} not"));
    Ok(())
}

/// The same item with the macros as they are published now. `None` if one is gone.
fn moved(project: &Project, request: &Request) -> Option<Request> {
    let calls = request.calls.iter().map(|call| {
        let now = project.call(&call.cell, &call.name).ok()?;
        let is_same = now.kind == call.kind;
        let (arguments, profile) = (call.arguments.clone(), call.profile.clone());
        let outside = call.outside.clone();
        is_same.then_some(Call { arguments, profile, outside, ..now })
    });
    Some(Request { calls: calls.collect::<Option<_>>()?, ..request.clone() })
}
