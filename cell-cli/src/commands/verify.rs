//! `cell verify`: is everything that is committed what the macros would say today?

use std::collections::BTreeSet;
use std::fs;
use std::time::Instant;

use anyhow::Result;
use macro_bridge::answer::Answer;
use macro_bridge::digest::Digest;
use macro_bridge::expansion::file;
use macro_bridge::failure::texts;
use macro_bridge::project::Project;

use crate::arguments::{Global, Verify};
use crate::commands::{lock, vendor};
use crate::shell::{Shell, count};
use crate::traced_check::TracedCheck;
use crate::{Exit, engine, files, project};

pub(crate) fn run(options: &Verify, global: &Global, shell: &Shell) -> Result<Exit> {
    let started = Instant::now();
    let root = project::root(global)?;
    let runtime = engine::runtime()?;
    let mut wrong = Wrong { shell, count: 0 };
    let made = lock::make(&root, &runtime, shell)?;
    if project::lock_text(&root).0.as_deref() != Some(made.lock.to_string().as_str()) {
        wrong.say("`cell.lock` is not what `cell lock` would write\nhelp: run `cell lock --check`");
    }
    let project = Project::load(&root)?;
    let mut kept = components(&project, &mut wrong)?;
    kept += schemas(&project, &mut wrong)?;
    kept += answers(&project, &mut wrong)?;
    // Damaged files would only make rustc fail in ways that say less.
    if wrong.count == 0 {
        kept += expansions(&project, options, global, shell, &runtime, &mut wrong)?;
    }
    let took = started.elapsed().as_secs_f64();
    if wrong.count == 0 {
        let files = count(kept, "file", "files");
        shell.status("Verified", format!("`cell.lock` and {files} in `.cell` in {took:.2}s"));
        return Ok(Exit::Done);
    }
    shell.say_error(format!("{} found", count(wrong.count, "difference was", "differences were")));
    Ok(Exit::Failed)
}

struct Wrong<'a> {
    shell: &'a Shell,
    count: usize,
}

impl Wrong<'_> {
    fn say(&mut self, text: impl std::fmt::Display) {
        self.count += 1;
        self.shell.say_error(text);
    }
}

/// Every component has the digest that is its name, and all that the lock names are there.
fn components(project: &Project, wrong: &mut Wrong<'_>) -> Result<usize> {
    let mut there = BTreeSet::new();
    let files = vendor::files_in(&project.root.join(".cell/components"))?;
    for path in &files {
        let name = path.file_stem().and_then(|name| Digest::parse(name.to_str()?));
        let found = Digest::of(&files::read(path)?);
        if name != Some(found) {
            wrong.say(format!("{} has the sha256 {found}, not that of its name", path.display()));
        }
        there.insert(found);
    }
    let named = project.lock.cells.values().filter_map(|cell| cell.component.as_ref());
    for digest in named.map(|found| &found.digest).filter(|digest| !there.contains(*digest)) {
        wrong.say(texts::project::no_component(&project.component_path(digest), digest));
    }
    Ok(files.len())
}

/// Every schema that the lock names is there, and is one; no file has another name than its digest.
fn schemas(project: &Project, wrong: &mut Wrong<'_>) -> Result<usize> {
    let files = vendor::files_in(&project.root.join(".cell/schemas"))?;
    for path in &files {
        let name = path.file_name().and_then(|name| Digest::parse(name.to_str()?));
        let found = Digest::of(&files::read(path)?);
        if name != Some(found) {
            wrong.say(format!("{} has the sha256 {found}, not that of its name", path.display()));
        }
    }
    for cell in project.lock.cells.keys() {
        if let Err(failure) = project.schemas(cell) {
            wrong.say(failure);
        }
    }
    Ok(files.len())
}

fn answers(project: &Project, wrong: &mut Wrong<'_>) -> Result<usize> {
    let mut kept = 0;
    for cell in fs::read_dir(project.root.join(".cell/answers")).into_iter().flatten().flatten() {
        let folder = cell.file_name().to_string_lossy().into_owned();
        for path in vendor::files_in(&cell.path())? {
            kept += 1;
            let name = path.file_name().and_then(|name| Digest::parse(name.to_str()?));
            match Answer::decode(&files::read(&path)?) {
                Err(damage) => wrong.say(texts::project::bad_answer(&path, &folder, &damage)),
                Ok(answer) if Some(answer.question.key()) != name => {
                    wrong.say(format!(
                        "{} answers another question than its name says",
                        path.display()
                    ));
                }
                Ok(_) => {}
            }
        }
    }
    Ok(kept)
}

fn expansions(
    project: &Project,
    options: &Verify,
    global: &Global,
    shell: &Shell,
    runtime: &macro_runtime::Runtime,
    wrong: &mut Wrong<'_>,
) -> Result<usize> {
    let files = vendor::expansions(project)?;
    for (path, key) in &files {
        let bytes = files::read(path)?;
        match key.map(|key| file::decode(&bytes, &key)) {
            None => wrong.say(format!("{} is no expansion", path.display())),
            Some(Err(damage)) => wrong.say(texts::project::bad_expansion(path, &damage)),
            Some(Ok(_)) => {}
        }
    }
    if wrong.count > 0 {
        return Ok(files.len());
    }
    let check = TracedCheck::new(&project.root, &options.selection, global, shell)?;
    let progress = shell.progress("Checking", "the project");
    let run = check.run(&|what| progress.say(what))?;
    drop(progress);
    let trace = run.trace;
    let keys: BTreeSet<Digest> = trace.keys();
    let mut requests = check.folder().requests(keys.iter().copied())?;
    for key in &keys {
        // Looked up, not traced: units that are fresh were compiled when more, or less, was recorded.
        match project.expansion(key) {
            Ok(None) => {}
            Ok(Some(_)) => continue,
            Err(failure) => {
                wrong.say(failure);
                continue;
            }
        }
        let title = requests.remove(key).map(|request| request.title()).unwrap_or_default();
        let place = trace.place(key);
        wrong.say(format!(
            "the expansion of `{title}` at {place} is not recorded\nhelp: run `cell vendor`"
        ));
    }
    if !run.success && wrong.count == 0 {
        shell.pass_on(&run.output);
        wrong.say("the project does not compile, for reasons that are above");
    }
    let total = requests.len();
    let progress = shell.progress("Expanding", format!("0 of {total}"));
    let say = |done: usize| progress.say(format!("{done} of {total}"));
    let outcomes =
        engine::expand_all(runtime, project, project, requests.into_iter().collect(), &say);
    drop(progress);
    for outcome in outcomes {
        let title = outcome.request.title();
        let place = trace.place(&outcome.key);
        match outcome.result {
            Err(failure) => wrong.say(format!("{failure}\n  --> {place}")),
            Ok(expansion) => {
                let path = project.expansion_path(&outcome.key);
                let today = file::encode(&outcome.key, &title, &expansion);
                if files::read(&path).ok().as_deref() != Some(today.as_bytes()) {
                    wrong.say(format!(
                        "the recorded expansion of `{title}` at {place} is not what the macro says\n\
                         note: {}\n\
                         help: find out who changed it; to record it anew, delete it and run `cell vendor`",
                        path.display()
                    ));
                }
            }
        }
    }
    let unused = files.iter().filter(|(_, key)| key.is_none_or(|key| !keys.contains(&key))).count();
    if unused > 0 {
        let what = count(unused, "recorded expansion was", "recorded expansions were");
        shell.warning(format!(
            "{what} not used and so not compared\nhelp: `cell vendor` removes what nothing uses"
        ));
    }
    Ok(files.len())
}
