//! `xtask demo`: the example, once from what is recorded and once with the sandbox inside rustc,
//! and what its macros were given and gave back. `xtask demo live` and `xtask demo market` are in
//! modules of their own.

mod home;
pub(crate) mod live;
pub(crate) mod market;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use cargo_metadata::MetadataCommand;
use macro_bridge::digest::Digest;
use macro_bridge::expansion::file;
use macro_bridge::request::{self, Request};

use crate::{render, step};

/// The example's package.
pub(crate) const PACKAGE: &str = "cell-market-app";

pub(crate) fn run() -> Result<()> {
    let root = step::root();
    let metadata =
        MetadataCommand::new().manifest_path(root.join("Cargo.toml")).no_deps().exec()?;
    let target = metadata.target_directory.into_std_path_buf();
    let recorded = root.join("examples");

    title("1. From what is recorded in `.cell`: no WebAssembly, no wasmtime, no `cell` command");
    let thin = build(&recorded, &target, false)?;
    show(&recorded.join("cell-market"), &thin.trace)?;

    title(
        "2. Without the records: rustc runs the component in a sandbox (the first build takes minutes)",
    );
    let fresh = target.join("demo/examples");
    copy_without_expansions(&root, &fresh)?;
    let embedded = build(&fresh, &target, true)?;

    title("3. What both have in common");
    let (recorded, made) = (outputs(&thin.trace)?, outputs(&embedded.trace)?);
    ensure!(!recorded.is_empty(), "no macro ran");
    ensure!(recorded.keys().eq(made.keys()), "the two builds asked for other expansions");
    ensure!(recorded == made, "the sandbox made something else than what is recorded");
    ensure!(thin.said == embedded.said, "the two programs said different things");
    step::say("", &format!("the same {} expansions, the same program\n", recorded.len()));
    for (name, run) in [("recorded", &thin), ("in rustc", &embedded)] {
        let (app, seconds) = (run.app, run.dependencies);
        step::say(
            "",
            &format!("  {name}: dependencies {seconds:.1} s, the package itself {app:.1} s"),
        );
    }
    Ok(())
}

fn title(text: &str) {
    step::say("", &format!("\n=== {text}\n"));
}

struct Built {
    trace: PathBuf,
    /// Seconds for everything but the package.
    dependencies: f64,
    /// Seconds for the package, with its macros.
    app: f64,
    /// What the program wrote to stdout.
    said: Vec<u8>,
}

fn build(workspace: &Path, target: &Path, embedded: bool) -> Result<Built> {
    let name = if embedded { "embedded" } else { "recorded" };
    let trace = target.join("demo").join(format!("trace-{name}"));
    let _ = fs::remove_dir_all(&trace);
    let manifest = workspace.join("Cargo.toml").display().to_string();
    let target = target.display().to_string();
    let place = ["--package", PACKAGE, "--manifest-path", &manifest, "--target-dir", &target];
    let features: &[&str] = if embedded { &["--features", "embedded"] } else { &[] };
    let started = Instant::now();
    step::run(&mut step::cargo(&[&["build"][..], &place, features].concat()))?;
    let dependencies = started.elapsed().as_secs_f64();
    // Once more, so that its macros run now: what is up to date leaves no trace.
    step::run(&mut step::cargo(&[&["clean", "--quiet"][..], &place].concat()))?;
    let started = Instant::now();
    let mut command = step::cargo(&[&["build"][..], &place, features].concat());
    step::run(command.env("CELL_TRACE", &trace).env("CELL_TRACE_REQUESTS", "1"))?;
    let app = started.elapsed().as_secs_f64();
    let mut command = step::cargo(&[&["run", "--quiet"][..], &place, features].concat());
    let output = command.stderr(std::process::Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the example failed ({})", output.status);
    step::say("\nThe program says:\n", &format!("\n{}", String::from_utf8_lossy(&output.stdout)));
    Ok(Built { trace, dependencies: (dependencies - app).max(0.0), app, said: output.stdout })
}

/// The example as if nobody had run its macros yet.
fn copy_without_expansions(root: &Path, copy: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(copy);
    copy_folder(&root.join("examples"), copy)?;
    let _ = fs::remove_dir_all(copy.join("cell-market/.cell/expansions"));
    let manifest = copy.join("cell-market/app/Cargo.toml");
    let text = fs::read_to_string(&manifest)?;
    let sdk = root.join("cell-sdk").display().to_string();
    let changed = text.replace("../../../cell-sdk", &sdk);
    ensure!(changed != text, "the example does not depend on `../../../cell-sdk`");
    Ok(fs::write(&manifest, changed)?)
}

/// Copies a folder, build results aside.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name() == "target" {
            continue;
        }
        if from.is_dir() {
            copy_folder(&from, &to)?;
        } else {
            fs::copy(&from, &to)?;
        }
    }
    Ok(())
}

/// One line of a trace.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) key: Digest,
    /// `src/main.rs:12:3`
    pub(crate) place: String,
    title: String,
}

/// All calls of macros, by place.
pub(crate) fn sites(trace: &Path) -> Result<Vec<Site>> {
    let mut sites = Vec::new();
    for text in traces(trace)? {
        sites.extend(text.lines().filter_map(site));
    }
    sites.sort_by(|a, b| a.place.cmp(&b.place));
    Ok(sites)
}

/// What each macro made: digests of expansions by their keys.
fn outputs(trace: &Path) -> Result<BTreeMap<Digest, Digest>> {
    let mut outputs = BTreeMap::new();
    for text in traces(trace)? {
        let words = text.lines().filter_map(|line| line.strip_prefix("output ")?.split_once(' '));
        outputs.extend(words.filter_map(|(key, made)| Digest::parse(key).zip(Digest::parse(made))));
    }
    Ok(outputs)
}

/// What each rustc wrote.
fn traces(folder: &Path) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    let entries = fs::read_dir(folder).context("rustc left no trace: did it run no macro?")?;
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_some_and(|extension| extension == "trace") {
            texts.push(fs::read_to_string(path)?);
        }
    }
    Ok(texts)
}

/// `expansion KEY HOW FILE:LINE:COLUMN<tab>MACROS`
fn site(line: &str) -> Option<Site> {
    let mut words = line.strip_prefix("expansion ")?.splitn(3, ' ');
    let (key, _, rest) = (Digest::parse(words.next()?)?, words.next()?, words.next()?);
    let (place, title) = rest.split_once('\t')?;
    Some(Site { key, place: place.to_owned(), title: title.to_owned() })
}

/// What macros were asked.
pub(crate) fn requests(trace: &Path) -> Result<BTreeMap<Digest, Request>> {
    let mut requests = BTreeMap::new();
    for entry in fs::read_dir(trace.join("request")).into_iter().flatten().flatten() {
        let key = Digest::parse(&entry.file_name().to_string_lossy());
        let request = request::file::decode(&fs::read(entry.path())?);
        requests.extend(key.zip(request.ok()));
    }
    Ok(requests)
}

/// What each macro was given, and what came back.
fn show(project: &Path, trace: &Path) -> Result<()> {
    let requests = requests(trace)?;
    for Site { key, place, title } in sites(trace)? {
        step::say("", &format!("--- `{title}` at {place}"));
        let Some(request) = requests.get(&key) else { continue };
        for call in request.calls.iter().filter(|call| !call.arguments.is_empty()) {
            let arguments = request.table.render(call.arguments.clone());
            step::say("", &format!("arguments of `{}`: {arguments}", call.path()));
        }
        let given = render::pretty(&request.table.render(request.item()));
        step::say("", &format!("given:\n{}", indented(&given)));
        let path = project.join(".cell/expansions").join(key.to_string());
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let expansion = file::decode(&bytes, &key)
            .map_err(|damage| anyhow::anyhow!("{}: {damage}", path.display()))?;
        let back = render::output(&request.table, &expansion.output);
        step::say("", &format!("came back:\n{}", indented(&back)));
        for entry in &expansion.plan {
            step::say("", &format!("planned: {} `{}`: {}", entry.kind, entry.name, entry.body));
        }
        step::say("", "");
    }
    Ok(())
}

fn indented(text: &str) -> String {
    text.trim_end().lines().map(|line| format!("    {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lines_of_traces() {
        let key = Digest::of(b"x");
        let found =
            site(&format!("expansion {key} recorded src/main.rs:1:2\ta::b + a::c")).unwrap();
        assert_eq!((found.key, found.place.as_str()), (key, "src/main.rs:1:2"));
        assert_eq!(found.title, "a::b + a::c");
        assert!(site("answer ledger x").is_none() && site("expansion x y").is_none());
    }
}
