//! Proc-macro crates that people use, as `cell sandbox` runs them: what rustc makes of the same source
//! with the crate itself and with its component is the same, token by token, with the hygiene of every
//! name; and so is what it says, with the place of every span that it points to.
//!
//! The crates and their versions are in `tests/sandboxed-macros`. `docs/src/sandboxed-crates.md` says
//! what came out.

mod crates;
mod inputs;
mod rustc;
mod scratch;
mod shapes;
mod suites;
mod table;
mod workspace;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::crates::{Crate, GRAPH, OTHERS, Set};
use crate::table::Row;
use crate::workspace::Workspace;

#[test]
fn crates_of_this_workspace_yield_the_same() -> Result<()> {
    compare(GRAPH, &workspace::facades()?)
}

#[test]
fn crates_that_many_use_yield_the_same() -> Result<()> {
    if std::env::var_os("SLOW_TESTS").is_none() {
        return Ok(());
    }
    compare(OTHERS, &workspace::facades()?)
}

/// Crates whose suites run, with the least number of tests and of files that must not compile.
const SUITES: [(Set, &str, usize, usize); 5] = [
    (GRAPH, "thiserror-impl", 50, 35),
    (OTHERS, "indoc", 20, 5),
    (OTHERS, "seq-macro", 15, 4),
    (OTHERS, "ref-cast-impl", 2, 10),
    (OTHERS, "enum-as-inner", 5, 0),
];

#[test]
#[expect(clippy::print_stdout, reason = "figures for `--nocapture`")]
fn published_suites_pass() -> Result<()> {
    let slow = std::env::var_os("SLOW_TESTS").is_some();
    let facades = workspace::facades()?;
    let out = scratch::folder()?.join("suites");
    for (set, name, tests, refused) in SUITES {
        if set.name == OTHERS.name && !slow {
            continue;
        }
        let workspace = Workspace::build(set)?;
        let krate = set.crates.iter().find(|one| one.name == name).context("a crate is listed")?;
        let library = workspace.native.libraries.get(name).context("a crate was built")?;
        let own = (library.folder.clone(), library.edition.clone());
        let (folder, edition) = facades.get(krate.facade).cloned().unwrap_or(own);
        let suite = suites::run(*krate, &workspace, (&folder, &edition), &out)?;
        println!(
            "{name}: {} tests in {} files, {} refused, left out: {}",
            suite.tests,
            suite.files,
            suite.refused,
            suite.left_out.join(" ")
        );
        ensure!(suite.differences.is_empty(), "{name}: {}", suite.differences.join("\n"));
        ensure!(suite.tests >= tests && suite.refused >= refused, "{name}: only {suite:?}");
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "figures for `--nocapture`, and for who reads a failure")]
fn compare(set: Set, facades: &BTreeMap<String, (PathBuf, String)>) -> Result<()> {
    let begun = Instant::now();
    let workspace = Workspace::build(set)?;
    println!("{}: built in {:.1} s", set.name, begun.elapsed().as_secs_f64());
    let only = std::env::var("CELL_SANDBOXED_ONLY").ok();
    let wanted =
        |one: &&Crate| only.as_ref().is_none_or(|only| only.split(',').any(|it| it == one.name));
    let crates: Vec<Crate> = set.crates.iter().filter(wanted).copied().collect();
    let (next, rows) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        let work = || -> Result<()> {
            while let Some(krate) = crates.get(next.fetch_add(1, Ordering::Relaxed)) {
                let row = one(*krate, &workspace, facades)
                    .with_context(|| format!("comparing {}", krate.name))?;
                // Both: the whole takes long, and is often ended before.
                println!("{row}{}", row.problem().map(|it| format!("\n{it}")).unwrap_or_default());
                rows.lock().ok().context("a thread panicked")?.push(row);
            }
            Ok(())
        };
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Ok(())))
    })?;
    let mut rows = rows.into_inner().ok().context("a thread panicked")?;
    rows.sort_by(|a: &Row, b| a.krate.name.cmp(b.krate.name));
    table::write(set, &rows)?;
    println!("{}: compared in {:.1} s", set.name, begun.elapsed().as_secs_f64());
    let wrong: Vec<String> = rows.iter().filter_map(Row::problem).collect();
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

fn one(
    krate: Crate,
    workspace: &Workspace,
    facades: &BTreeMap<String, (PathBuf, String)>,
) -> Result<Row> {
    let library = workspace.native.libraries.get(krate.name).context("a crate was built")?;
    let mut row = Row::new(krate, library.version.clone());
    let Some(made) = workspace.made.get(krate.name) else {
        row.failed = workspace.failed.get(krate.name).cloned();
        return Ok(row);
    };
    row.made = made.clone();
    let scratch = workspace.native.folder.with_file_name("inputs");
    for mut input in inputs::of(krate, library, made, facades.get(krate.facade), &scratch)? {
        let mut native = rustc::expand(&workspace.native, krate, &input)?;
        let mut panics = native.panics();
        while !panics.is_empty() {
            row.panics += panics.len();
            input.without(&panics, &scratch.join(krate.name).join("published"))?;
            native = rustc::expand(&workspace.native, krate, &input)?;
            let left = native.panics();
            // One in another file stays.
            panics = if left == panics { Vec::new() } else { left };
        }
        let calls = native.calls(made);
        if calls == 0 {
            continue;
        }
        let sandboxed = rustc::expand(&workspace.sandboxed, krate, &input)?;
        row.files += 1;
        row.calls += calls;
        row.tokens += native.tokens.split(' ').count();
        if let Some(difference) = native.difference(&sandboxed) {
            let file = input.folder.join(&input.file);
            row.differences.push(format!("{}: {difference}", file.display()));
        }
    }
    Ok(row)
}

/// In the graph of our workspace, and not compared.
const NOT_COMPARED: [(&str, &str); 1] =
    [("multiversion_no_op", "it hands back what it is given, and is not called")];

#[test]
fn the_list_has_every_crate_in_its_version() -> Result<()> {
    let list = std::fs::read_to_string(scratch::repository().join("docs/src/sandboxed-crates.md"))?;
    for set in [GRAPH, OTHERS] {
        let lock = scratch::template().join(set.name).join("Cargo.lock");
        let lock = std::fs::read_to_string(lock)?;
        for krate in set.crates {
            let named = |line: &&str| {
                let mut cells = line.split('|').map(str::trim).skip(1);
                let name = format!("`{}`", krate.name);
                cells.next() == Some(&*name)
                    && cells.next().is_some_and(|version| {
                        lock.contains(&format!(
                            "name = \"{}\"\nversion = \"{version}\"",
                            krate.name
                        ))
                    })
            };
            ensure!(list.lines().any(|line| named(&line)), "{} is not in the list", krate.name);
        }
    }
    for file in std::fs::read_dir(scratch::template().join("inputs"))? {
        let path = file?.path();
        let name = path.file_stem().context("a name")?.to_string_lossy().into_owned();
        let known = [GRAPH, OTHERS].iter().flat_map(|set| set.crates).any(|one| one.name == name);
        ensure!(known, "`{}` is the input of no crate", path.display());
    }
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_cell"))
        .args(["sandbox", "list", "--json"])
        .current_dir(scratch::repository())
        .output()?;
    let said: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let ours = said["crates"].as_array().context("a list of crates")?;
    let lock = std::fs::read_to_string(scratch::template().join("graph/Cargo.lock"))?;
    let mut seen = 0;
    for one in ours.iter().filter(|one| one["can"] == true) {
        let (name, version) = (one["name"].as_str(), one["version"].as_str());
        let (name, version) = name.zip(version).context("a name and a version")?;
        if NOT_COMPARED.iter().any(|(not, _)| *not == name) {
            continue;
        }
        seen += 1;
        ensure!(GRAPH.crates.iter().any(|it| it.name == name), "{name} is not compared");
        let locked = lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\""));
        ensure!(locked, "{name} is {version} here, and another version is compared");
    }
    ensure!(seen > 10, "only {seen} crates are in our graph");
    Ok(())
}
