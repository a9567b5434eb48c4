//! What `cell.toml` says about running cells: who needs whom, and how each is started.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use cargo_metadata::Message;
use macro_bridge::digest::Digest;
use macro_bridge::failure::texts::project::near;

use crate::arguments::Global;
use crate::manifest::Manifest;
use crate::manifest::run::{Program, Run};
use crate::shell::Shell;
use crate::supervisor::service::Spec;

/// How a cell of the project is started.
pub(crate) fn run<'a>(manifest: &'a Manifest, name: &str) -> Option<&'a Run> {
    manifest.cells.get(name)?.run.as_ref()
}

/// What each cell needs that this project starts.
pub(crate) fn needs(manifest: &Manifest) -> BTreeMap<String, Vec<String>> {
    let started = manifest.cells.iter().filter_map(|(name, cell)| {
        let run = cell.run.as_ref()?;
        Some((name.clone(), run.needs.clone()))
    });
    started.collect()
}

/// Of what `cell.toml` says about a cell's start; another text with the same sense has the same.
pub(crate) fn digest(run: &Run) -> String {
    Digest::of(format!("{run:?}").as_bytes()).short()
}

/// These cells, or all that the project starts, and what they need, in an order in which they may be
/// started.
///
/// # Errors
/// A name that is not there, and a cycle, wherever they are in the file.
pub(crate) fn order(manifest: &Manifest, names: &[String]) -> Result<Vec<String>> {
    let unknown = |name: &str, by: Option<&str>| {
        let who = by.map_or_else(String::new, |by| format!("`{by}` needs `{name}`: "));
        let known = manifest.cells.keys().map(String::as_str);
        let hint = match near(name, known) {
            Some(other) => format!("did you mean `{other}`?"),
            None => format!("write `[cells.{name}]`"),
        };
        anyhow::anyhow!("{who}cell.toml has no cell `{name}`\nhelp: {hint}")
    };
    for (name, cell) in &manifest.cells {
        for need in cell.run.iter().flat_map(|run| &run.needs) {
            if !manifest.cells.contains_key(need) {
                return Err(unknown(need, Some(name)));
            }
        }
    }
    let mut done = Vec::new();
    let mut all = Vec::new();
    for (name, cell) in &manifest.cells {
        visit(manifest, name, &mut Vec::new(), &mut all)?;
        if names.is_empty() && cell.run.is_some() {
            visit(manifest, name, &mut Vec::new(), &mut done)?;
        }
    }
    for name in names {
        match manifest.cells.get(name) {
            None => return Err(unknown(name, None)),
            Some(cell) if cell.run.is_none() => bail!(
                "cell.toml does not say how `{name}` is started\n\
                 help: write `[cells.{name}.run]` with a `package` or a `command`"
            ),
            Some(_) => visit(manifest, name, &mut Vec::new(), &mut done)?,
        }
    }
    if done.is_empty() {
        bail!(
            "cell.toml starts no cell\n\
             help: write `[cells.<name>.run]` with a `package` or a `command`"
        );
    }
    Ok(done)
}

/// Adds a cell behind all that it needs. `path` is who needs it.
fn visit(
    manifest: &Manifest,
    name: &str,
    path: &mut Vec<String>,
    done: &mut Vec<String>,
) -> Result<()> {
    if done.iter().any(|other| other == name) {
        return Ok(());
    }
    if let Some(at) = path.iter().position(|other| other == name) {
        let chain: Vec<String> = path[at..].iter().map(|other| format!("`{other}`")).collect();
        bail!(
            "cells need each other in a circle: {} needs `{name}`\n\
             help: take one of these names out of `needs` in cell.toml",
            chain.join(" needs ")
        );
    }
    path.push(name.to_owned());
    for need in run(manifest, name).iter().flat_map(|run| &run.needs) {
        visit(manifest, need, path, done)?;
    }
    path.pop();
    done.push(name.to_owned());
    Ok(())
}

/// The programs of these cells, built if they are packages.
pub(crate) fn programs(
    root: &Path,
    manifest: &Manifest,
    names: &[String],
    release: bool,
    global: &Global,
    shell: &Shell,
) -> Result<BTreeMap<String, PathBuf>> {
    let packages: BTreeMap<&str, (&str, Option<&str>)> = names
        .iter()
        .filter_map(|name| match &run(manifest, name)?.program {
            Program::Package { package, bin } => {
                Some((name.as_str(), (package.as_str(), bin.as_deref())))
            }
            Program::Command(_) => None,
        })
        .collect();
    if packages.is_empty() {
        return Ok(BTreeMap::new());
    }
    let unique: BTreeSet<&str> = packages.values().map(|(package, _)| *package).collect();
    let shown = unique.iter().copied().collect::<Vec<_>>().join(", ");
    let progress = shell.progress("Building", shown.clone());
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--message-format=json-render-diagnostics"]);
    command.arg("--manifest-path").arg(manifest_of_cells(root, global)?);
    command.args((!shell.verbose).then_some("--quiet")).args(release.then_some("--release"));
    command.args(global.locked.then_some("--locked"));
    command.args(global.offline.then_some("--offline"));
    command.args(["--color", shell.color_word()]);
    command.args(unique.iter().flat_map(|package| ["--package", package]));
    match packages.values().map(|(_, bin)| *bin).collect::<Option<BTreeSet<&str>>>() {
        Some(bins) => command.args(bins.into_iter().flat_map(|bin| ["--bin", bin])),
        None => command.arg("--bins"),
    };
    let output = command.stdin(Stdio::null()).output().context("cannot run cargo")?;
    drop(progress);
    shell.pass_on(&String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        bail!("cargo could not build {shown}: nothing was started");
    }
    let built = built(&output.stdout);
    packages
        .into_iter()
        .map(|(name, (package, bin))| Ok((name.to_owned(), choose(&built, name, package, bin)?)))
        .collect()
}

/// The manifest that has the packages of cells: beside `cell.toml`, where applications that use the
/// cells may have workspaces of their own.
fn manifest_of_cells(root: &Path, global: &Global) -> Result<PathBuf> {
    let beside = root.join("Cargo.toml");
    if beside.is_file() { Ok(beside) } else { crate::traced_check::manifest(root, global) }
}

/// Programs by package and name, of what cargo says.
fn built(stdout: &[u8]) -> BTreeMap<(String, String), PathBuf> {
    let messages = Message::parse_stream(stdout).flatten();
    let programs = messages.filter_map(|message| match message {
        Message::CompilerArtifact(artifact) if artifact.target.is_bin() => {
            let package = package_name(&artifact.package_id.repr).to_owned();
            Some(((package, artifact.target.name), artifact.executable?.into_std_path_buf()))
        }
        _ => None,
    });
    programs.collect()
}

/// The name in `path+file:///a/ledger#0.1.0` and in `path+file:///a/b#ledger@0.1.0`.
fn package_name(id: &str) -> &str {
    let (url, fragment) = id.rsplit_once('#').unwrap_or((id, ""));
    match fragment.split_once('@') {
        Some((name, _)) => name,
        None => url.rsplit('/').next().unwrap_or(url),
    }
}

fn choose(
    built: &BTreeMap<(String, String), PathBuf>,
    name: &str,
    package: &str,
    bin: Option<&str>,
) -> Result<PathBuf> {
    let of_package = built.iter().filter(|((owner, _), _)| owner == package);
    let fits = of_package.filter(|((_, program), _)| bin.is_none_or(|bin| bin == program));
    let fits: Vec<_> = fits.collect();
    match fits.as_slice() {
        [(_, path)] => Ok((*path).clone()),
        [] => bail!(
            "the package `{package}` has no program{}",
            match bin {
                Some(bin) => format!(" `{bin}`"),
                None => String::new(),
            }
        ),
        several => {
            let names: Vec<&str> = several.iter().map(|((_, name), _)| name.as_str()).collect();
            bail!(
                "the package `{package}` has several programs: {}\n\
                 help: write `bin = \"{}\"` under `[cells.{name}.run]`",
                names.join(", "),
                names[0]
            )
        }
    }
}

/// What a supervisor has to know. The environment is ours, and what `cell.toml` adds.
pub(crate) fn specs(
    manifest: &Manifest,
    names: &[String],
    programs: &BTreeMap<String, PathBuf>,
) -> BTreeMap<String, Spec> {
    // What is no text cannot be sent; nobody has such variables on purpose.
    let ours: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let spec = |name: &String| {
        let run = run(manifest, name);
        let mut environment = ours.clone();
        environment.extend(run.iter().flat_map(|run| run.environment.clone()));
        let spec = Spec {
            command: run.and_then(|run| command(run, programs.get(name))),
            needs: run.map(|run| run.needs.clone()).unwrap_or_default(),
            digest: run.map(digest).unwrap_or_default(),
            environment: if run.is_some() { environment } else { BTreeMap::new() },
        };
        (name.clone(), spec)
    };
    names.iter().map(spec).collect()
}

/// The program and its arguments.
pub(crate) fn command(run: &Run, program: Option<&PathBuf>) -> Option<Vec<String>> {
    let mut command = match &run.program {
        Program::Command(command) => command.clone(),
        Program::Package { .. } => vec![program?.to_str()?.to_owned()],
    };
    command.extend(run.arguments.iter().cloned());
    Some(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(cells: &[(&str, Option<&[&str]>)]) -> Manifest {
        let mut text = String::new();
        for (name, needs) in cells {
            text += &format!("[cells.{name}]\npath = \"x.wasm\"\n");
            if let Some(needs) = needs {
                text += &format!("[cells.{name}.run]\ncommand = [\"x\"]\nneeds = {needs:?}\n");
            }
        }
        Manifest::parse(&text).unwrap()
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn cells_come_behind_what_they_need() {
        let manifest = manifest(&[
            ("a", Some(&["b", "c"])),
            ("b", Some(&["c", "d"])),
            ("c", Some(&[])),
            ("d", None),
            ("e", None),
        ]);
        assert_eq!(order(&manifest, &[]).unwrap(), ["c", "d", "b", "a"]);
        assert_eq!(order(&manifest, &names(&["c"])).unwrap(), ["c"]);
        let error = |asked: &[&str]| order(&manifest, &names(asked)).unwrap_err().to_string();
        assert!(error(&["e"]).contains("does not say how `e` is started"));
        assert!(error(&["bb"]).contains("did you mean `b`?"));
    }

    #[test]
    fn circles_and_unknown_names_are_named() {
        let circle = manifest(&[("a", Some(&["b"])), ("b", Some(&["c"])), ("c", Some(&["b"]))]);
        let error = order(&circle, &[]).unwrap_err().to_string();
        assert!(error.contains("circle: `b` needs `c` needs `b`"), "{error}");
        let itself = manifest(&[("a", Some(&["a"])), ("b", Some(&[]))]);
        let error = order(&itself, &names(&["b"])).unwrap_err().to_string();
        assert!(error.contains("circle: `a` needs `a`"), "{error}");
        let unknown = manifest(&[("ledger", Some(&["postgers"])), ("postgres", None)]);
        let error = order(&unknown, &[]).unwrap_err().to_string();
        assert!(error.contains("`ledger` needs `postgers`: cell.toml has no cell"), "{error}");
        assert!(error.contains("did you mean `postgres`?"), "{error}");
        let none = manifest(&[("a", None)]);
        assert!(order(&none, &[]).unwrap_err().to_string().contains("starts no cell"));
    }

    #[test]
    fn packages_are_known_by_what_cargo_says() {
        assert_eq!(package_name("path+file:///a/ledger#0.1.0"), "ledger");
        assert_eq!(package_name("path+file:///a/b#market-ledger@0.1.0"), "market-ledger");
        assert_eq!(package_name("ledger"), "ledger");
        let both = [("a", "one"), ("a", "two"), ("b", "one")];
        let built = both.map(|(p, b)| ((p.to_owned(), b.to_owned()), PathBuf::from(p).join(b)));
        let built = BTreeMap::from(built);
        assert_eq!(choose(&built, "x", "b", None).unwrap(), Path::new("b/one"));
        assert_eq!(choose(&built, "x", "a", Some("two")).unwrap(), Path::new("a/two"));
        let error = choose(&built, "x", "a", None).unwrap_err().to_string();
        assert!(error.contains("one, two") && error.contains("[cells.x.run]"), "{error}");
        assert!(choose(&built, "x", "c", None).unwrap_err().to_string().contains("no program"));
    }
}
