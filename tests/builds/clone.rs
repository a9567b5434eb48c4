//! A clone on a machine that has Rust, and nothing of ours.

use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::{Folder, PACKAGE, cargo, clone_into, run};

#[test]
fn a_clone_builds_and_runs_without_network_wasm_or_our_command() -> Result<()> {
    let clone = Folder::new("clone")?;
    clone_into(clone.path())?;
    let words = ["run", "--locked", "--offline", "--quiet", "--package", PACKAGE];
    let plain = cargo(clone.path(), &words)?;
    // A network of its own with nothing in it, not even a loopback device that is up.
    let mut command = Command::new("unshare");
    command.args(["-rn", "--"]).arg(plain.get_program()).args(plain.get_args());
    command.current_dir(clone.path().join("examples"));
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    // Where neither `cell` nor a compiler for guests is found, but a linker is.
    command.env("PATH", "/usr/bin:/bin");
    let output = run(&mut command)?;
    let said = String::from_utf8(output.stdout)?;
    ensure!(said.contains("create table accounts"), "{said}");
    ensure!(said.contains("by [\"balance\"]"), "{said}");
    let home = clone.path().join("empty-home");
    let left: Vec<_> = fs::read_dir(&home)?.flatten().map(|entry| entry.path()).collect();
    ensure!(left.is_empty(), "the build left something at home: {left:?}");
    Ok(())
}
