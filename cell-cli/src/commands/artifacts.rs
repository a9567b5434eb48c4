//! `cell artifacts`: the files for other tools that the project's expansions return.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use macro_bridge::digest::Digest;
use macro_bridge::expansion::Artifact;
use macro_bridge::project::Project;

use crate::arguments::{Global, traced::Artifacts};
use crate::artifacts::{Found, MARKER, Marker, Step, Wanted, steps};
use crate::live::difference;
use crate::shell::{Shell, count};
use crate::traced_check::TracedCheck;
use crate::{Exit, engine, files, project};

pub(crate) fn run(options: &Artifacts, global: &Global, shell: &Shell) -> Result<Exit> {
    let root = project::root(global)?;
    let project = Project::load(&root)?;
    let Some((wanted, whole)) = wanted(&root, &project, options, global, shell)? else {
        return Ok(Exit::Failed);
    };
    let folder = options.out_dir.clone().unwrap_or_else(|| root.join("artifacts"));
    let ours = marker(&folder)?;
    let steps = steps(&wanted, &ours, whole, &|name| files::read(&folder.join(name)).ok());
    let shown = |name: &str| folder.join(name).display().to_string();
    if let Some((name, _)) = steps.iter().find(|(_, step)| **step == Step::Refuse) {
        bail!(
            "`{}` is there, and this command has not written it\n\
             note: {} returns a file of this name\n\
             help: move it away, or name another folder with `--out-dir`",
            shown(name),
            wanted.files()[name].from
        );
    }
    if !options.check && !steps.is_empty() {
        // Who is killed from here on finds all of these to be its own.
        keep(&folder, &wanted, ours.clone(), false)?;
    }
    let mut changes = 0;
    for (name, step) in &steps {
        match step {
            Step::Write | Step::Remove if options.check => {
                changes += 1;
                let verb = if *step == Step::Write { "Differs" } else { "Unused" };
                shell.failed(verb, shown(name));
                show(name, &folder, &wanted, shell);
            }
            Step::Write => {
                let found = &wanted.files()[name];
                files::replace(&folder.join(name), &found.body)?;
                shell.status("Written", format_args!("{}, of {}", shown(name), found.from));
            }
            Step::Remove => {
                fs::remove_file(folder.join(name))
                    .with_context(|| format!("cannot remove `{}`", shown(name)))?;
                shell.status("Removing", format_args!("{}, which nothing returns", shown(name)));
            }
            Step::Leave => shell.warning(format_args!(
                "`{}` is returned by no macro any more, and was changed by hand\n\
                 help: remove it, if it is not needed",
                shown(name)
            )),
            Step::Refuse => {}
        }
    }
    if changes > 0 {
        shell.say_error(format_args!(
            "{} not what the project's macros return\nhelp: run `cell artifacts`, and commit them",
            count(changes, "file is", "files are")
        ));
        return Ok(Exit::Failed);
    }
    if !options.check {
        keep(&folder, &wanted, ours, whole)?;
    }
    let files = count(wanted.files().len(), "file", "files");
    let verb = if options.check { "Checked" } else { "Finished" };
    shell.status(verb, format_args!("{files} for other tools in `{}`", folder.display()));
    Ok(Exit::Done)
}

/// The files that all expansions of the project return, and whether all were seen; `None` if one could
/// not be made, which was said.
fn wanted(
    root: &Path,
    project: &Project,
    options: &Artifacts,
    global: &Global,
    shell: &Shell,
) -> Result<Option<(Wanted, bool)>> {
    let check = TracedCheck::new(root, &options.selection, global, shell)?;
    let progress = shell.progress("Checking", "the project");
    let run = check.run(&|what| progress.say(what))?;
    drop(progress);
    let trace = run.trace;
    let (mut made, mut open) = (Vec::<(Digest, Vec<Artifact>)>::new(), BTreeSet::new());
    for key in trace.keys() {
        match project.expansion(&key)? {
            Some(found) => made.push((key, found.artifacts)),
            None => drop(open.insert(key)),
        }
    }
    let open: Vec<_> = check.folder().requests(open)?.into_iter().collect();
    let whole = check.unseen(&project.lock).is_empty();
    drop(check);
    let total = open.len();
    let progress = shell.progress("Expanding", format!("0 of {total}"));
    let say = |done: usize| progress.say(format!("{done} of {total}"));
    let runtime = engine::runtime()?;
    let outcomes = engine::expand_all(&runtime, project, project, open, &say);
    drop(progress);
    let mut failed = 0;
    for outcome in outcomes {
        match outcome.result {
            Ok(expansion) => made.push((outcome.key, expansion.artifacts)),
            Err(failure) => {
                failed += 1;
                shell.say_error(format!("{failure}\n  --> {}", trace.place(&outcome.key)));
            }
        }
    }
    if failed > 0 {
        let failed = count(failed, "expansion", "expansions");
        shell.say_error(format!("{failed} failed; no file was touched"));
        return Ok(None);
    }
    // What does not compile may have calls that nobody has seen.
    if !run.success {
        shell.pass_on(&run.output);
        bail!("the project does not compile, for reasons that are above; no file was touched");
    }
    let mut wanted = Wanted::default();
    for (key, artifacts) in made {
        for Artifact { cell, name, body } in artifacts {
            let from = format!("`{cell}` at {}", trace.place(&key));
            wanted.add(&name, Found { body, from })?;
        }
    }
    Ok(Some((wanted, whole)))
}

fn marker(folder: &Path) -> Result<Marker> {
    let path = folder.join(MARKER);
    match files::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Marker::default()),
        Err(error) => Err(error).with_context(|| format!("cannot read `{}`", path.display())),
        Ok(bytes) => Marker::decode(&bytes).map_err(|damage| {
            anyhow::anyhow!(
                "`{}` cannot be read: {damage}\n\
                 help: remove it together with the files that `cell artifacts` has written",
                path.display()
            )
        }),
    }
}

/// Writes down which files are ours now.
fn keep(folder: &Path, wanted: &Wanted, old: Marker, whole: bool) -> Result<()> {
    let mut marker = wanted.marker();
    if !whole {
        marker.0.extend(old.0.into_iter().filter(|(name, _)| !wanted.files().contains_key(name)));
    }
    let path: PathBuf = folder.join(MARKER);
    if !marker.0.is_empty() || path.exists() {
        files::replace(&path, marker.encode().as_bytes())?;
    }
    Ok(())
}

/// The lines that differ, if both are text.
fn show(name: &str, folder: &Path, wanted: &Wanted, shell: &Shell) {
    let there = files::read(&folder.join(name)).unwrap_or_default();
    let empty = Vec::new();
    let shall = wanted.files().get(name).map_or(&empty, |found| &found.body);
    let (Ok(there), Ok(shall)) = (std::str::from_utf8(&there), std::str::from_utf8(shall)) else {
        return shell.note("it is not text: no lines are shown");
    };
    for line in difference::lines(there, shall) {
        shell.pass_on(&format!("  {}\n", crate::highlight::harmless(&line)));
    }
}
