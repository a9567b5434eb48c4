//! `cell sync`: asks the cells again for all that is recorded and for what is missing, shows what is
//! different, and writes it.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use macro_bridge::expansion::file;
use macro_bridge::project::Project;
use macro_runtime::Store;
use macro_runtime::store::Age;

use crate::arguments::Global;
use crate::arguments::live::Sync;
use crate::live::attended::Attended;
use crate::live::look::{Found, Look, look};
use crate::live::{difference, title};
use crate::shell::{Shell, count};
use crate::{Exit, project};

/// Lines of one answer's difference that are shown.
const SHOWN: usize = 40;

pub(crate) fn run(options: &Sync, global: &Global, shell: &Shell) -> Result<Exit> {
    let begin = Instant::now();
    let root = project::root(global)?;
    let project = Project::load(&root)?;
    let (manifest, _) = project::manifest(&root)?;
    let wait = Duration::from_secs(options.wait);
    let attended = Attended::begin(&root, &manifest, false, wait, global, shell)?;
    let Sync { cells, selection, no_prune, .. } = options;
    let found = look(&project, &Look { cells, selection, prune: !no_prune }, global, shell);
    attended.end(shell)?;
    let found = found?;
    say(&found, &project, shell);
    if !found.failures.is_empty() {
        for (place, failure) in &found.failures {
            shell.say_error(format!("{failure}\n  --> {place}"));
        }
        let failed = count(found.failures.len(), "question", "questions");
        shell.say_error(format!("{failed} or what depends on them failed; nothing was written"));
        return Ok(Exit::Failed);
    }
    let took = begin.elapsed().as_secs_f64();
    let total = count(found.total(), "answer", "answers");
    if found.is_same() {
        shell.status("Fresh", format!("{total}, in {took:.2}s"));
        return Ok(Exit::Done);
    }
    if options.check || global.locked {
        shell.say_error(
            "`.cell/answers` is not what the cells say\n\
             help: run `cell sync`, look at what changed, and commit it",
        );
        return Ok(Exit::Failed);
    }
    write(&found, &project)?;
    shell.status("Recorded", format!("{total}, in {took:.2}s"));
    shell.note("look at what changed and commit `.cell`");
    Ok(Exit::Done)
}

/// Says what is different.
fn say(found: &Found, project: &Project, shell: &Shell) {
    for answer in &found.new {
        shell.status("New", title(&answer.question));
    }
    for (old, new) in &found.changed {
        shell.status("Changed", title(&new.question));
        let lines = difference::of_answers(old, new);
        for line in lines.iter().take(SHOWN) {
            shell.pass_on(&format!("{:15}{line}\n", ""));
        }
        if lines.len() > SHOWN {
            let more = count(lines.len() - SHOWN, "more line", "more lines");
            shell.pass_on(&format!("{:15}.. {more}\n", ""));
        }
    }
    for path in &found.damaged {
        let shown = path.strip_prefix(&project.root).unwrap_or(path).display();
        shell.failed("Damaged", format_args!("{shown}"));
    }
    for (_, question) in &found.dead {
        shell.status("Unused", title(question));
    }
    for changed in &found.expansions {
        let verb = if changed.is_new { "Expanded" } else { "Expands" };
        let other = if changed.is_new { "" } else { " to something else" };
        shell.status(verb, format_args!("{} at {}{other}", changed.title, changed.place));
    }
}

/// Writes what is different. A kill between two files leaves a project whose next `cell sync` does the
/// rest: each file is whole, and expansions name the answers that they stand on.
fn write(found: &Found, project: &Project) -> Result<()> {
    let store = Store::of_project(&project.root);
    let changed = found.changed.iter().map(|(_, new)| new);
    for answer in changed.chain(&found.new) {
        // What used another answer, or none, has to run again.
        store.put_answer(answer, Age::Fresh)?;
    }
    for path in found.dead.iter().map(|(path, _)| path).chain(&found.damaged) {
        // A damaged one may have been written again just now.
        let is_new = |answer: &&macro_bridge::answer::Answer| {
            project.answer_path(&answer.question.cell, &answer.question.key()) == *path
        };
        if !found.new.iter().any(|answer| is_new(&answer)) {
            fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    for changed in &found.expansions {
        // Only what was recorded: `cell vendor` decides what is.
        if project.expansion_path(&changed.key).exists() {
            let bytes = file::encode(&changed.key, &changed.title, &changed.expansion);
            store.put_expansion(&changed.key, bytes.as_bytes(), Age::Fresh)?;
        }
    }
    Ok(())
}
