//! `cell.toml`, `cell.lock` and recorded expansions that are missing, stale or damaged, with the
//! thin host: nothing but these files, cargo and rustc.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use macro_bridge::failure::Kind;

use crate::guests::ledger;
use crate::project::{Host, Project};
use crate::report::{errors, expect, expect_none, fails};

const SOURCE: &str = "#[cell::wasm(ledger::«table»(name = \"accounts\"))]
pub struct Account { #[ledger::primary_key] pub id: u64 }
pub fn f(account: Account) -> u64 { account.id }
";

fn plain() -> String {
    SOURCE.replace(['«', '»'], "")
}

fn project(name: &str) -> Result<Project> {
    let project = Project::new(name, Host::Thin)?.fresh_home()?;
    project.write("cell.toml", format!("[cells.ledger]\npath = {:?}\n", ledger()))?;
    project.cell_does(&["lock"])?;
    Ok(project)
}

/// With the expansion of [`SOURCE`] recorded; where it is.
fn recorded(name: &str) -> Result<(Project, String)> {
    let project = project(name)?;
    project.write("src/lib.rs", format!("#![allow(warnings)]\n{}", plain()))?;
    project.cell_does(&["vendor"])?;
    let mut files = fs::read_dir(project.root.join(".cell/expansions"))?;
    let path = files.next().context("an expansion")??.file_name();
    expect_none(&project, &plain())?;
    Ok((project, format!(".cell/expansions/{}", path.to_string_lossy())))
}

#[test]
fn files_of_a_project_that_are_not_there_or_not_in_step() -> Result<()> {
    let project = project("missing")?;
    let check = |kind, words: &[&str]| {
        expect(&project, SOURCE, &[fails(kind, words)]).with_context(|| format!("{kind:?}"))
    };
    check(
        Kind::NoEngine,
        &[
            "`ledger::table` is not recorded",
            "`struct Account`",
            ".cell/expansions/",
            "`cell vendor`",
            "`embedded`",
        ],
    )?;
    let (toml, lock) = (project.read("cell.toml")?, project.read("cell.lock")?);
    project.write("cell.toml", [&toml[..], b"alias = \"Ledger\"\n"].concat())?;
    check(Kind::StaleLock, &["`cell.lock` was not written for this `cell.toml`", "`cell lock`"])?;
    project.write("cell.toml", b"\xff\xfe")?;
    check(Kind::BadManifest, &["`cell.toml` cannot be read", "it is not text"])?;
    project.write("cell.toml", &toml)?;
    fs::remove_file(project.root.join("cell.lock"))?;
    check(Kind::NoLock, &["there is no `cell.lock`", "`cell lock`"])?;
    std::os::unix::fs::symlink("/dev/zero", project.root.join("cell.lock"))?;
    check(Kind::BadLock, &["it is not a text file"])?;
    fs::remove_file(project.root.join("cell.lock"))?;
    project.write("cell.lock", lock)?;
    fs::remove_file(project.root.join("cell.toml"))?;
    check(Kind::NoProject, &["this package has no `cell.toml`", "`cell init`"])
}

#[test]
fn a_lock_that_was_cut_off() -> Result<()> {
    let (project, _) = recorded("lock-cut")?;
    let lock = project.read("cell.lock")?;
    // In the first line, between lines, in the last line, and all but its end.
    let between = 1 + lock.iter().position(|byte| *byte == b'\n').context("lines")?;
    for length in [0, 7, between, lock.len() / 2, lock.len() - 3, lock.len() - 1] {
        project.write("cell.lock", &lock[..length])?;
        let expected = fails(Kind::BadLock, &["`cell.lock` cannot be read", "run `cell lock`"]);
        expect(&project, SOURCE, &[expected]).with_context(|| format!("cut after {length}"))?;
    }
    project.write("cell.lock", &lock)?;
    expect_none(&project, &plain())
}

/// The lock has no digest of itself, or branches could not be merged. So a flipped bit may make
/// another lock that can be read; then nothing is recorded for it, or it says the same. Never
/// is there more than one error, or one of rustc's own.
#[test]
fn a_lock_with_a_flipped_bit() -> Result<()> {
    let (project, _) = recorded("lock-flip")?;
    let lock = project.read("cell.lock")?;
    let step = if std::env::var_os("SLOW_TESTS").is_some() { 1 } else { 53 };
    let begin = lock.windows(5).position(|part| part == b"\ncell").context("facts")?;
    let (mut tried, mut refused) = (0, 0);
    for at in (begin..lock.len()).step_by(step) {
        let mut bytes = lock.clone();
        bytes[at] ^= 1 << (at % 7);
        project.write("cell.lock", &bytes)?;
        let found = errors(&project.check(&plain())?)?;
        ensure!(found.len() <= 1, "byte {at}: {found:#?}");
        for one in &found {
            ensure!(one.kind().is_some(), "byte {at}: {one:#?}");
            crate::help::can_be_followed(&one.text).with_context(|| one.text.clone())?;
        }
        tried += 1;
        refused += found.len();
    }
    ensure!(refused * 2 > tried, "only {refused} of {tried} were found");
    Ok(())
}

#[test]
fn recorded_expansions_that_are_damaged() -> Result<()> {
    let (project, path) = recorded("expansions")?;
    let good = project.read(&path)?;
    let check = |what: String| {
        let words = ["a recorded expansion is damaged", ".cell/expansions/", "`cell vendor`"];
        expect(&project, SOURCE, &[fails(Kind::BadExpansion, &words)]).context(what)
    };
    for length in [0, 1, 16, good.len() / 2, good.len() - 65, good.len() - 1] {
        project.write(&path, &good[..length])?;
        check(format!("cut after {length} bytes"))?;
    }
    for at in [0, 20, good.len() / 3, good.len() / 2, good.len() - 70, good.len() - 2] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        project.write(&path, bytes)?;
        check(format!("flipped at {at}"))?;
    }
    let file = project.root.join(&path);
    fs::remove_file(&file)?;
    fs::create_dir(&file)?;
    check("a folder".to_owned())?;
    fs::remove_dir(&file)?;
    project.write(&path, &good)?;
    expect_none(&project, &plain())
}

/// Somebody changed a record and its seal: it is read like a guest's answer.
#[test]
fn a_record_with_a_right_seal_and_wrong_tokens() -> Result<()> {
    let (project, path) = recorded("sealed")?;
    let good = String::from_utf8(project.read(&path)?)?;
    let body = &good[..good.rfind("sum ").context("a seal")?];
    for (line, words) in [
        ("=99999 1", "the recorded expansion of `ledger::table` cannot be used"),
        ("i1000000 name", "the recorded expansion of `ledger::table` cannot be used"),
        ("i a b", "the recorded expansion of `ledger::table` cannot be used"),
        ("{77", "cannot be read"),
    ] {
        project.write(&path, macro_bridge::sealed::seal(format!("{body}{line}\n")))?;
        let expected = fails(Kind::BadExpansion, &[words, ".cell/expansions"]);
        expect(&project, SOURCE, &[expected]).with_context(|| line.to_owned())?;
    }
    Ok(())
}
