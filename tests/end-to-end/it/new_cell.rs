//! `cell new cell`: what it makes passes its own tests, and others can use it.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::project::{Host, Project, clean, workspace};
use crate::report::expect_none;
use crate::run::{run, turn};

/// Compiles a guest, and a service twice.
const PATIENCE: Duration = Duration::from_secs(900);

fn does(program: OsString, words: &[&str], folder: &Path) -> Result<String> {
    let mut command = clean(Command::new(program))?;
    // With the user's own `CELL_HOME`, where the kit for guests is.
    if let Some(home) = std::env::var_os("CELL_HOME") {
        command.env("CELL_HOME", home);
    }
    command.env("CELL_SERVER", "off").args(words).current_dir(folder);
    let _turn = turn();
    let ended = run(&mut command, &crate::project::folder(), PATIENCE)?;
    ensure!(ended.code == Some(0), "{words:?}: {}{}", ended.stdout, ended.stderr);
    Ok(ended.stdout)
}

#[test]
fn a_new_cell_passes_its_tests_and_serves_others() -> Result<()> {
    let user = Project::new("user-of-new", Host::Services)?.fresh_home()?;
    let sdk = workspace().join("cell-sdk").to_string_lossy().into_owned();
    let cell = || env!("CARGO_BIN_EXE_cell-end-to-end").into();
    let cargo = || std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let _ = fs::remove_dir_all(user.root.join("order-book"));
    does(cell(), &["new", "cell", "order-book", "--sdk-path", &sdk], &user.root)?;
    let folder = user.root.join("order-book");
    let said = does(cargo(), &["test", "--quiet"], &folder)?;
    ensure!(said.contains("3 passed"), "{said}");
    let said =
        does(cargo(), &["test", "--quiet", "--manifest-path", "macros/Cargo.toml"], &folder)?;
    ensure!(said.contains("2 passed"), "{said}");
    let schema = does(cargo(), &["run", "--quiet", "--", "--schema"], &folder)?;
    ensure!(schema == fs::read_to_string(folder.join("order-book.schema"))?, "{schema}");

    // The README's lines for those who use it.
    user.cell_does(&["add", "order-book", "--from", "order-book"])?;
    let readme = fs::read_to_string(folder.join("README.md"))?;
    let code = readme.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next());
    let code = code.unwrap_or_default().to_owned();
    ensure!(code.contains("OrderBook::connect()?"), "{readme}");
    user.write("src/lib.rs", format!("#![allow(warnings)]\n{code}"))?;
    user.cell_does(&["vendor"])?;
    expect_none(&user, &code)
}
