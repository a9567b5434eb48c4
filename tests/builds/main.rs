//! What a project that depends on Cell sees of its builds: cargo is run on the example, from a
//! fresh clone where that matters, with the thin host.

mod clone;
mod rebuilds;
mod same;
mod system;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, ensure};
use cell_tests::{stderr, workspace};

const PACKAGE: &str = "cell-market-app";

/// A folder of this test run, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Result<Self> {
        let path = cell_tests::target()?.join(format!("builds-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What is committed, and what is not yet but would be: a build of a clone sees nothing else.
fn clone_into(folder: &Path) -> Result<()> {
    let list = Command::new("git")
        .current_dir(workspace())
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .output()
        .context("git could not be started")?;
    ensure!(list.status.success(), "{}", stderr(&list));
    for name in String::from_utf8(list.stdout)?.split_terminator('\0') {
        let (from, to) = (workspace().join(name), folder.join(name));
        // A file that was removed and not yet committed as such.
        if from.is_file() {
            fs::create_dir_all(to.parent().context("a file in a folder")?)?;
            fs::copy(&from, &to).with_context(|| format!("copying {name}"))?;
        }
    }
    Ok(())
}

/// A cargo command in the workspace `examples` of a clone, without what our own cargo told us, and
/// with a home in which there is nothing.
fn cargo(clone: &Path, words: &[&str]) -> Result<Command> {
    let home = clone.join("empty-home");
    fs::create_dir_all(&home)?;
    let mut command = Command::new(real_cargo()?);
    command.args(words).current_dir(clone.join("examples"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_") || text.starts_with("CELL_") || text == "RUSTFLAGS" {
            command.env_remove(&name);
        }
    }
    command
        .env("CARGO_HOME", cargo_home()?)
        .env("RUSTC", real_rustc()?)
        .env("HOME", &home)
        .env("CARGO_TARGET_DIR", clone.join("target"))
        .env("CARGO_NET_OFFLINE", "true")
        .env("CARGO_TERM_COLOR", "never");
    Ok(command)
}

/// Runs a command that must succeed.
fn run(command: &mut Command) -> Result<Output> {
    let output = command.output().with_context(|| format!("{command:?} could not be started"))?;
    ensure!(output.status.success(), "{command:?} failed:\n{}", stderr(&output));
    Ok(output)
}

/// The program itself: behind the name there may be a chooser that looks into the home.
fn real_cargo() -> Result<PathBuf> {
    let cargo = real_rustc()?.with_file_name(format!("cargo{}", std::env::consts::EXE_SUFFIX));
    Ok(if cargo.is_file() { cargo } else { "cargo".into() })
}

fn real_rustc() -> Result<PathBuf> {
    static RUSTC: OnceLock<PathBuf> = OnceLock::new();
    if let Some(found) = RUSTC.get() {
        return Ok(found.clone());
    }
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--print", "sysroot"])
        .output()?;
    let sysroot = PathBuf::from(String::from_utf8(output.stdout)?.trim());
    let rustc = sysroot.join("bin").join(format!("rustc{}", std::env::consts::EXE_SUFFIX));
    Ok(RUSTC.get_or_init(|| rustc).clone())
}

/// Where cargo keeps what it fetched.
fn cargo_home() -> Result<PathBuf> {
    match std::env::var_os("CARGO_HOME") {
        Some(home) => Ok(home.into()),
        None => {
            Ok(PathBuf::from(std::env::var_os("HOME").context("there is no home")?).join(".cargo"))
        }
    }
}

/// Keys of all expansions in a folder of traces, with how each was found.
fn traced(folder: &Path) -> Result<BTreeSet<(String, String)>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "trace") {
            for line in fs::read_to_string(&path)?.lines() {
                let mut words = line.split(' ');
                if words.next() == Some("expansion") {
                    let (key, how) = (words.next(), words.next());
                    found.extend(key.zip(how).map(|(k, h)| (k.to_owned(), h.to_owned())));
                }
            }
        }
    }
    Ok(found)
}
