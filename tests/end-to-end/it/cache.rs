//! The user's cache of compiled code: whatever is wrong with it costs time and never an error.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use macro_bridge::host::home::EXPANSIONS;

use crate::guests::ledger;
use crate::project::{Host, Project};
use crate::report::{errors, expect_none};
use crate::run::unshared;

const SOURCE: &str = "#[cell::wasm(ledger::table(name = \"accounts\"))]
pub struct Account { #[ledger::primary_key] pub id: u64 }
pub fn f(account: &Account) -> &u64 { account.get_id() }
";

/// Checks [`SOURCE`], whose expansion is not known yet.
fn check(project: &Project) -> Result<()> {
    let _ = fs::remove_dir_all(project.home.join("cache").join(EXPANSIONS));
    expect_none(project, SOURCE)
}

fn project(name: &str) -> Result<Project> {
    let project = Project::new(name, Host::Embedded)?.fresh_home()?;
    project.write("cell.toml", format!("[cells.ledger]\npath = {:?}\n", ledger()))?;
    project.cell_does(&["lock"])?;
    fs::remove_dir_all(&project.home)?;
    fs::create_dir(&project.home)?;
    Ok(project)
}

/// The one file of compiled code.
fn compiled(project: &Project) -> Result<PathBuf> {
    let entries = fs::read_dir(project.home.join("cache/compiled"))?;
    let mut files = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && path.file_name().is_some_and(|name| name.len() > 64));
    files.next().context("there is no compiled code")
}

#[test]
fn damaged_files_are_made_again() -> Result<()> {
    let project = project("compiled")?;
    check(&project)?;
    let path = compiled(&project)?;
    let good = fs::read(&path)?;
    let key = path.with_file_name("key");
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    for (what, bytes) in [("cut", &good[..good.len() / 2]), ("empty", b""), ("flipped", &flipped)] {
        fs::write(&path, bytes)?;
        check(&project).context(what)?;
        ensure!(fs::read(&path)?.len() == good.len(), "{what}: it was not made again");
    }
    // Another key: what is there was made by somebody else.
    fs::write(&key, [7; 32])?;
    check(&project)?;
    ensure!(fs::read(&path)? != good, "compiled code of another key was kept");
    for broken in [&b""[..], b"short"] {
        fs::write(&key, broken)?;
        check(&project)?;
        ensure!(fs::read(&key)?.len() == 32, "no new key");
    }
    // Neither a pipe nor a folder in its place keeps rustc waiting.
    fs::remove_file(&path)?;
    ensure!(Command::new("mkfifo").arg(&path).status()?.success(), "no pipe");
    check(&project)?;
    let _ = fs::remove_file(&path);
    fs::create_dir_all(&path)?;
    check(&project)
}

#[test]
fn a_cache_that_cannot_be_a_folder() -> Result<()> {
    let mut project = project("no-folder")?;
    fs::write(project.home.join("cache"), "a file")?;
    check(&project)?;
    // An empty name is no folder, and not the folder that rustc was started in.
    let home = project.root.join("user");
    fs::create_dir(&home)?;
    project.environment.push(("XDG_CACHE_HOME", home.display().to_string()));
    project.home = PathBuf::new();
    check(&project)?;
    ensure!(!project.root.join("cache").exists(), "the cache is in the project");
    ensure!(home.join("cell/compiled").is_dir(), "the cache is not the user's");
    Ok(())
}

/// Root may write into a folder whatever its mode says, so the folder is a file system of its own.
#[test]
fn a_cache_that_is_full_or_read_only() -> Result<()> {
    let mut project = project("full")?;
    project.environment.push(("CELL_LOG", "1".to_owned()));
    let home = project.home.display().to_string();
    let mounted = |options: &str, then: &str| {
        let script = format!("mount -t tmpfs -o {options} tmpfs {home:?} && {then} \"$@\"");
        let ended = project.check_by(SOURCE, |cargo| unshared(&script, &cargo))?;
        let found = errors(&ended)?;
        ensure!(found.is_empty(), "{options}: {found:#?}");
        ensure!(
            ended.stderr.contains("compiled macro"),
            "{options}: nothing said: {}",
            ended.stderr
        );
        Ok(())
    };
    // Room for folders and the key, not for compiled code.
    mounted("size=64k,mode=700", "")?;
    // Not even for a folder.
    mounted("size=4k,nr_inodes=1,mode=700", "")?;
    mounted("size=64k,mode=700", &format!("mount -o remount,ro {home:?} &&"))
}
