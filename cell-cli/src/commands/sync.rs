//! `cell sync`: asks the cells again for all that is recorded and for what is missing, shows what is
//! different, and writes it.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use macro_bridge::expansion::file;
use macro_bridge::project::Project;
use macro_runtime::Store;
use macro_runtime::store::Age;

use crate::arguments::Global;
use crate::arguments::live::Sync;
use crate::commands::vendor;
use crate::live::attended::Attended;
use crate::live::cells::Cells;
use crate::live::look::{Found, Look, Looker};
use crate::live::{difference, title};
use crate::shell::{Shell, count};
use crate::{Exit, project};

/// Lines of one answer's difference that are shown.
const SHOWN: usize = 40;

/// How often macros may ask more once what they asked is recorded.
const ROUNDS: usize = 32;

pub(crate) fn run(options: &Sync, global: &Global, shell: &Shell) -> Result<Exit> {
    let root = project::root(global)?;
    let project = Project::load(&root)?;
    let (manifest, _) = project::manifest(&root)?;
    let wait = Duration::from_secs(options.wait);
    let begin = Instant::now();
    let attended = Attended::begin(&root, &manifest, false, wait, global, shell)?;
    let exit = sync(&project, options, begin, global, shell);
    let ended = attended.end(shell);
    let exit = exit?;
    ended.map(|()| exit)
}

/// Asks, compares and writes until nothing is left to ask: what a macro is told may lead to further
/// ones, and what did not compile may have some.
fn sync(
    project: &Project,
    options: &Sync,
    begin: Instant,
    global: &Global,
    shell: &Shell,
) -> Result<Exit> {
    let Sync { cells, selection, no_prune, .. } = options;
    let only_looks = options.check || global.locked;
    let sources = Cells::new();
    let look = Look { cells, selection, prune: !no_prune };
    let mut looker = Looker::new(project, &sources, look, global, shell)?;
    let mut written = false;
    for _ in 0..=ROUNDS {
        let mut found = looker.look(shell)?;
        let goes_on = found.goes_on() && !only_looks;
        if goes_on {
            // What is written first may use it.
            found.dead.clear();
        }
        say(&found, project, shell);
        if !found.failures.is_empty() {
            for (place, failure) in &found.failures {
                shell.say_error(format!("{failure}\n  --> {place}"));
            }
            let failed = count(found.failures.len(), "question", "questions");
            let nothing = if written { "nothing more" } else { "nothing" };
            shell.say_error(format!(
                "{failed} or what depends on them failed; {nothing} was written"
            ));
            return Ok(Exit::Failed);
        }
        if only_looks && !found.is_same() {
            shell.say_error(
                "`.cell/answers` is not what the cells say\n\
                 help: run `cell sync`, look at what changed, and commit it",
            );
            return Ok(Exit::Failed);
        }
        if !found.is_same() {
            write(&found, project)?;
            written = true;
        }
        if goes_on {
            continue;
        }
        if let Some(output) = &found.broken {
            shell.pass_on(output);
            let so_far = if written { "; what was asked so far is recorded" } else { "" };
            shell.say_error(format!(
                "the project does not compile, for reasons that are above: \
                 what its other macros ask is not known{so_far}"
            ));
            return Ok(Exit::Failed);
        }
        if found.kept > 0 && !found.unseen.is_empty() {
            let kept = count(found.kept, "answer", "answers");
            shell.note(vendor::kept(&kept, "cell sync", &found.unseen));
        }
        let verb = if written { "Recorded" } else { "Fresh" };
        let total = count(found.total(), "answer", "answers");
        shell.status(verb, format!("{total}, in {:.2}s", begin.elapsed().as_secs_f64()));
        if written {
            shell.note("look at what changed and commit `.cell`");
        }
        return Ok(Exit::Done);
    }
    bail!(
        "macros still ask more after {ROUNDS} rounds\n\
         help: run `cell sync` again; if that says the same, one of them asks for ever: \
         `cell expand` shows what they give"
    )
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
    let answers = || found.changed.iter().map(|(_, new)| new).chain(&found.new);
    let cells: BTreeSet<&str> = answers().map(|answer| answer.question.cell.as_str()).collect();
    for cell in cells {
        // What stands behind it is not this project's.
        let folder = project.root.join(".cell/answers").join(cell);
        if fs::symlink_metadata(&folder).is_ok_and(|found| found.is_symlink()) {
            bail!(
                "`.cell/answers/{cell}` is a link, and nothing is written through one\n\
                 help: put a folder in its place"
            );
        }
    }
    for answer in answers() {
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
