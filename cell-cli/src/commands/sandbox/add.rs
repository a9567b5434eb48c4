//! `cell sandbox add`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use cell_sandbox::graph::{self, Found};
use cell_sandbox::guest;
use cell_sandbox::needs::Needs;
use cell_sandbox::packages;
use cell_sandbox::patch::{self, Patch};
use cell_sandbox::sets;
use macro_bridge::failure::texts;
use macro_bridge::project::manifest_digest;

use super::edit::{self, Rights};
use crate::arguments::Global;
use crate::arguments::sandbox::{SandboxAdd, SandboxHow};
use crate::commands::lock;
use crate::live::difference;
use crate::manifest::Manifest;
use crate::published::Fresh;
use crate::sandbox::make::{Built, Workshop};
use crate::sandbox::{self, State, Workspace};
use crate::shell::{Shell, count};
use crate::{Exit, engine, files};

pub(super) fn run(options: &SandboxAdd, global: &Global, shell: &Shell) -> Result<Exit> {
    let workspace = Workspace::open(global)?;
    let chosen = match options.all {
        true => workspace.found.iter().collect(),
        false => workspace.select(&options.crates)?,
    };
    let mut wanted = Vec::new();
    for found in chosen {
        let name = format!("{} {}", found.name, found.version);
        match workspace.state(found) {
            State::Can => wanted.push(found),
            State::Inner if options.all => {}
            State::Inner => bail!(
                "only other proc-macro crates use `{name}`: {}\n\
                 help: sandbox those; it is then compiled for their components only",
                found.dependents.join(", ")
            ),
            State::Sandboxed if options.all => {}
            State::Sandboxed => shell.status("Fresh", format!("{name} runs sandboxed")),
            State::Native(reason) if options.all => {
                shell.status("Native", format!("{name}: {reason}"));
            }
            State::Native(reason) => bail!("`{name}` cannot be sandboxed: {reason}"),
        }
    }
    if wanted.is_empty() {
        shell.note("there is nothing to do");
        return Ok(Exit::Done);
    }
    add(&workspace, &wanted, (&options.how, options.all), global, shell)
}

/// A crate that will be sandboxed.
struct Planned {
    found: Found,
    key: String,
    needs: Needs,
}

impl Planned {
    /// What it is given if people do not say otherwise: what it emits by what it quotes.
    fn rights(&self) -> Rights {
        let mut allow = self.needs.allow.clone();
        if self.needs.attributes {
            allow.extend(["extern", "unsafe"].map(str::to_owned));
        }
        Rights { allow, variables: BTreeSet::new(), more_sets: self.found.sets.len() }
    }

    fn patch(&self) -> Patch {
        Patch {
            package: self.found.name.clone(),
            key: self.key.clone(),
            source: self.found.source.clone().unwrap_or_default(),
        }
    }
}

/// `lenient`: crates that cannot be built are left out.
pub(super) fn add(
    workspace: &Workspace,
    wanted: &[&Found],
    (how, lenient): (&SandboxHow, bool),
    global: &Global,
    shell: &Shell,
) -> Result<Exit> {
    let started = Instant::now();
    let mut planned = Vec::new();
    for found in workspace.with_sets(wanted, global)? {
        let key = graph::key(&found, &workspace.found);
        let needs = sandbox::needs(&found)?;
        planned.push(Planned { found, key, needs });
    }
    show(workspace, &planned, shell)?;
    if global.locked {
        shell.say_error("`Cargo.toml` and `cell.lock` would change, and `--locked` was given");
        return Ok(Exit::Failed);
    }
    if !how.yes && !agreed(shell)? {
        shell.note("nothing was changed");
        return Ok(Exit::Failed);
    }
    let lock =
        files::read_text(&workspace.root.join("Cargo.lock")).context("cannot read `Cargo.lock`")?;
    // What is sandboxed already keeps the versions of what is ours.
    let versions = packages::restored(&lock, &workspace.kept())?;
    let from = (workspace, &*workspace.target, versions);
    let workshop = Workshop::open(how, from, global, shell)?;
    workspace.ask_of_vendored(&workshop.dependencies(), &lock)?;
    let mut built = Vec::new();
    let mut failed = Vec::new();
    let all = planned.len();
    for (number, one) in planned.into_iter().enumerate() {
        let name = format!("{} {}", one.found.name, one.found.version);
        let progress = shell.progress("Building", format!("{name} ({} of {all})", number + 1));
        let started = Instant::now();
        let home = workspace.folder().join(&one.key);
        let made = workshop.build(&one.found, &one.key, (&home, "../../.."));
        drop(progress);
        match made {
            Ok(made) => {
                let size: usize = made.parts.iter().map(|it| it.component.len()).sum();
                let size = size.div_ceil(1024);
                let macros = made.parts.iter().map(|it| it.entries.macros.len()).max();
                let macros = count(macros.unwrap_or_default(), "macro", "macros");
                let sets = match made.parts.len() {
                    1 => String::new(),
                    several => format!("{several} sets of features, "),
                };
                let took = started.elapsed().as_secs_f64();
                shell.status("Built", format!("{name}: {macros}, {sets}{size} KiB, in {took:.1}s"));
                for part in &made.parts {
                    if let Some(error) = &part.failed {
                        let features = part.made.features.join(", ");
                        shell.note(format!(
                            "{name} cannot be built with [{features}] alone, and so runs with all \
                             features where only these are on: {error:#}"
                        ));
                    }
                }
                built.push((one, made));
            }
            Err(error) => {
                shell
                    .failed("Native", format!("{name} cannot be built for the sandbox: {error:#}"));
                failed.push(name);
            }
        }
    }
    if built.is_empty() || (!failed.is_empty() && !lenient) {
        shell.say_error("nothing was changed");
        return Ok(Exit::Failed);
    }
    write(workspace, &built, &lock, global, shell)?;
    shell.status(
        "Finished",
        format!(
            "{} sandboxed in {:.1}s",
            count(built.len(), "crate", "crates"),
            started.elapsed().as_secs_f64()
        ),
    );
    shell.note(
        "commit `Cargo.toml`, `Cargo.lock`, `cell.toml`, `cell.lock` and `.cell/`; \
         `cell sandbox remove` undoes it",
    );
    if let Some(package) = patch::packs(&workspace.manifest) {
        shell.note(format!(
            "`cargo publish` of `{package}` is as before, since `[patch]` is left out; to leave out these \
             files too, write `exclude = [\"/.cell\", \"/cell.*\"]` below its `[package]`"
        ));
    }
    Ok(Exit::Done)
}

/// What will be different, before anything is.
fn show(workspace: &Workspace, planned: &[Planned], shell: &Shell) -> Result<()> {
    let patches: Vec<Patch> = planned.iter().map(Planned::patch).collect();
    let manifest = patch::with(&workspace.manifest, &patches)?;
    let cells = files::read_text(&workspace.root.join("cell.toml")).ok();
    let cells = cells.unwrap_or_default();
    let mut rights = if cells.is_empty() { edit::HEAD.to_owned() } else { cells.clone() };
    for one in planned {
        rights = edit::with(&rights, &one.key, &one.rights())?;
    }
    for (file, old, new) in
        [("Cargo.toml", &workspace.manifest, &manifest), ("cell.toml", &cells, &rights)]
    {
        shell.status("Changing", format!("`{file}`"));
        for line in difference::lines(old, new) {
            shell.status("", line);
        }
    }
    for one in planned {
        let Planned { found, needs, .. } = one;
        for features in &found.sets {
            shell.note(format!(
                "{} {}: parts of the workspace build it with other features than all together, \
                 so there will be a component with [{}] too",
                found.name,
                found.version,
                features.join(", ")
            ));
        }
        let mut said = Vec::new();
        if !needs.allow.is_empty() {
            said.push(format!("emits {}", list(&needs.allow)));
        }
        if !needs.variables.is_empty() {
            said.push(format!("asks for the variables {}", list(&needs.variables)));
        }
        if needs.some_variables {
            said.push("asks for variables that its source does not name".to_owned());
        }
        if !needs.reaches.is_empty() {
            said.push(format!("uses {} of `std`, which the sandbox has not", list(&needs.reaches)));
        }
        if !said.is_empty() {
            shell.note(format!(
                "{} {}: by its source it {}",
                found.name,
                found.version,
                said.join(", ")
            ));
        }
    }
    Ok(())
}

fn list(words: &BTreeSet<String>) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn agreed(shell: &Shell) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("nobody is there to say yes\nhelp: if that is what shall change, add `--yes`");
    }
    shell.status("Change", "these files, and build the components? [y/N]");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

/// Writes everything, or leaves everything as it was.
fn write(
    workspace: &Workspace,
    built: &[(Planned, Built)],
    lock: &str,
    global: &Global,
    shell: &Shell,
) -> Result<()> {
    let root = &workspace.root;
    let before: Vec<(PathBuf, Option<Vec<u8>>)> =
        ["Cargo.toml", "Cargo.lock", "cell.toml", "cell.lock"]
            .map(|name| root.join(name))
            .map(|path| (path.clone(), files::read(&path).ok()))
            .into();
    let written = write_all(workspace, built, lock, shell).and_then(|()| {
        let after =
            Workspace::open(global).context("cargo does not take the changed `Cargo.toml`")?;
        let runs = |one: &Planned| {
            after.found.iter().any(|it| after.key_of(it).as_deref() == Some(&*one.key))
        };
        match built.iter().find(|(one, _)| !runs(one)) {
            None => Ok(()),
            Some((one, _)) => bail!(
                "cargo goes on using `{}` {} of the registry\n\
                 help: run `cargo update -p {}` and try again",
                one.found.name,
                one.found.version,
                one.found.name
            ),
        }
    });
    if let Err(error) = written {
        for (path, bytes) in before {
            match bytes {
                Some(bytes) => drop(files::replace(&path, &bytes)),
                None => drop(fs::remove_file(&path)),
            }
        }
        for (one, _) in built {
            let _ = fs::remove_dir_all(workspace.folder().join(&one.key));
        }
        return Err(error.context("everything is as it was before"));
    }
    Ok(())
}

fn write_all(
    workspace: &Workspace,
    built: &[(Planned, Built)],
    cargo_lock: &str,
    shell: &Shell,
) -> Result<()> {
    let root = &workspace.root;
    for (one, made) in built {
        let folder = workspace.folder().join(&one.key);
        files::replace(&folder.join("Cargo.toml"), made.manifest.as_bytes())?;
        files::replace(&folder.join("src/lib.rs"), made.source.as_bytes())?;
        for (number, part) in made.parts.iter().enumerate() {
            files::replace(&folder.join(sets::file(number)), &part.component)?;
        }
    }
    let path = root.join("cell.toml");
    let mut text = if path.is_file() { files::read_text(&path)? } else { edit::HEAD.to_owned() };
    for (one, _) in built {
        text = edit::with(&text, &one.key, &one.rights())?;
    }
    let bad = |reason: String| texts::project::bad_manifest(&path, &reason);
    let manifest = Manifest::parse(&text).map_err(|error| bad(error.to_string()))?;
    // Facts of before: what `Cargo.lock` says of the originals is known only now.
    let packages = packages::read(cargo_lock)?;
    let mut facts = String::new();
    for (one, made) in built {
        for part in &made.parts {
            facts.push_str(&format!("cell {} crate {}\n", part.key, part.made.to_fact()));
        }
        for package in packages::closure(&packages, &one.found.name, &one.found.version) {
            facts.push_str(&format!("package {}\n", package.to_fact()));
        }
    }
    // Who compiles components again takes these versions, also of what is ours.
    let components: Vec<_> = built
        .iter()
        .flat_map(|(one, made)| made.parts.iter().map(move |part| (one, part)))
        .map(|(one, part)| (part.lock.clone(), guest::name(&one.found.name), &one.found.version))
        .collect();
    let components: Vec<_> = components
        .iter()
        .map(|(lock, name, version)| (lock.clone(), name.as_str(), version.as_str()))
        .collect();
    for package in packages::of_components(&components, &packages) {
        facts.push_str(&format!("package {}\n", package.to_fact()));
    }
    let old = files::read_text(&root.join("cell.lock")).unwrap_or_default();
    let of = (&manifest, manifest_digest(&text));
    let kept = (&Fresh::new(), Some(facts + &old));
    let made = lock::make_from(root, of, kept, &engine::runtime()?, shell)?;
    files::replace(&path, text.as_bytes())?;
    made.write(root)?;
    let patches: Vec<Patch> = built.iter().map(|(one, _)| one.patch()).collect();
    let text = patch::with(&workspace.manifest, &patches)?;
    files::replace(&root.join("Cargo.toml"), text.as_bytes())?;
    Ok(())
}
