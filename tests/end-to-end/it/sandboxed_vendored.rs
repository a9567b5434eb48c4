//! `cell sandbox` where all crates lie in a folder of the repository, and nothing of a registry may be used.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::project::{PATIENCE, Project, clean, folder, workspace};
use crate::run::{Ended, run, turn};
use crate::sandboxed::{cell, files, good};

const MANIFEST: &str = "[package]\nname = \"app-vendored\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
    [dependencies]\nrustversion = \"1\"\n\n[workspace]\n";

const SOURCE: &str =
    "#[rustversion::all(since(1.60), not(nightly))]\npub fn new() {}\npub fn user() { new() }\n";

fn cargo(project: &Project, words: &[&str]) -> Result<Ended> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = clean(Command::new(cargo))?;
    command.args(words).arg("--offline").current_dir(&project.root).env("CELL_SERVER", "off");
    command.env("CARGO_TARGET_DIR", folder().join("sandboxed-target"));
    let _turn = turn();
    let ended = run(&mut command, &project.root, PATIENCE)?;
    ensure!(ended.code == Some(0), "{words:?}: {}{}", ended.stdout, ended.stderr);
    Ok(ended)
}

/// `cell` fails, and says which command of cargo helps.
fn helped(project: &Project, words: &[&str]) -> Result<()> {
    let before = files(&project.root)?;
    let refused = cell(project, words)?;
    ensure!(refused.code == Some(1), "{words:?} is content: {}", refused.stderr);
    ensure!(files(&project.root)? == before, "{words:?} changed something: {}", refused.stderr);
    let help = refused.stderr.split("help: `cargo ").nth(1).and_then(|it| it.split('`').next());
    let help = help.with_context(|| format!("no command in {}", refused.stderr))?;
    let words: Vec<&str> = help.split(' ').collect();
    cargo(project, &words).map(drop)
}

#[test]
fn crates_in_a_folder_are_sandboxed_without_a_registry() -> Result<()> {
    if std::env::var_os("SLOW_TESTS").is_none() {
        eprintln!("skipped: compiles components; set SLOW_TESTS=1");
        return Ok(());
    }
    // Outside of the checkout, which builds of components may read.
    let elsewhere = tempfile::Builder::new().prefix("cell-vendored").tempdir()?;
    let root = elsewhere.path().canonicalize()?;
    let project = Project { home: root.join("home"), root, environment: Vec::new() };
    project.write("Cargo.toml", MANIFEST)?;
    project.write("src/lib.rs", SOURCE)?;
    std::fs::copy(workspace().join("Cargo.lock"), project.root.join("Cargo.lock"))?;
    cargo(&project, &["vendor", "--quiet", "vendor"])?;
    project.write(
        ".cargo/config.toml",
        "[source.crates-io]\nreplace-with = \"vendored-sources\"\n\n\
         [source.vendored-sources]\ndirectory = \"vendor\"\n",
    )?;
    cargo(&project, &["check", "--quiet"])?;
    let before = files(&project.root)?;

    let sdk = workspace().join("cell-sdk").to_string_lossy().into_owned();
    let add = ["sandbox", "add", "rustversion", "--yes", "--sdk-path", &sdk];
    helped(&project, &add)?;
    good(&project, &add)?;
    good(&project, &["sandbox", "check", "--deny-native"])?;
    good(&project, &["vendor"])?;
    // What is vendored now is what is compiled now.
    cargo(&project, &["vendor", "--quiet", "vendor"])?;
    ensure!(!project.root.join("vendor/rustversion").exists());
    cargo(&project, &["check", "--quiet"])?;

    helped(&project, &["sandbox", "remove", "--all"])?;
    good(&project, &["sandbox", "remove", "--all"])?;
    cargo(&project, &["vendor", "--quiet", "vendor"])?;
    let mut after = files(&project.root)?;
    after.retain(|name, _| !name.starts_with(".cell/expansions/"));
    let changed = before.iter().filter(|(name, bytes)| after.get(*name) != Some(*bytes));
    let changed: Vec<&String> = changed.map(|(name, _)| name).collect();
    ensure!(changed.is_empty(), "not as before: {changed:?}");
    Ok(())
}
