//! `xtask test`: everything that CI runs.

use std::path::PathBuf;

use anyhow::Result;
use cargo_metadata::MetadataCommand;

use crate::{setup, step};

/// Workspaces and packages beside the main one whose tests run natively.
const BESIDE: [&str; 3] = ["macro-guest-sdk/proc-macro", "guests", "examples"];

/// All tests that need neither wasmtime nor a compiler for guests. Each package by itself: selected
/// together, their features unify, and what one built is built again for the other.
pub(crate) fn light() -> Result<()> {
    let manifest = "macro-guest-sdk/proc-macro/Cargo.toml";
    step::run(&mut step::cargo(&["test", "--manifest-path", manifest]))?;
    for package in ["guest-toolchain", "macro-guest-sdk-attribute", "xtask", "macro-bridge", "cell-tests"] {
        step::run(&mut step::cargo(&["test", "--locked", "--no-fail-fast", "--package", package]))?;
    }
    Ok(())
}

pub(crate) fn run(slow: bool) -> Result<()> {
    setup::run()?;
    let mut failed = Vec::new();
    // Everything first, with the `cell` command among it: tests start it, and it builds the guests
    // that only tests have. Building it by itself would build wasmtime with other features.
    step::run(&mut step::cargo(&["test", "--workspace", "--no-run"]))?;
    let guests = "tests/guests/Cargo.toml";
    if step::root().join(guests).is_file() {
        let cell = target()?.join("debug").join(format!("cell{}", std::env::consts::EXE_SUFFIX));
        step::run(&mut step::command(cell, &["build-macros", "--manifest-path", guests]))?;
    }
    for folder in BESIDE {
        let manifest = format!("{folder}/Cargo.toml");
        if step::root().join(&manifest).is_file() {
            let mut command = step::cargo(&["test", "--no-fail-fast", "--manifest-path", &manifest]);
            failed.extend(step::run(&mut command).err());
        }
    }
    // Last, so that the runner's summary of what matters most stands at the end.
    let mut command = step::cargo(&["test", "--workspace", "--no-fail-fast"]);
    if slow {
        command.env("SLOW_TESTS", "1");
    }
    failed.extend(step::run(&mut command).err());
    match failed.into_iter().reduce(|all, next| anyhow::anyhow!("{all:#}\n{next:#}")) {
        None => Ok(()),
        Some(error) => Err(error),
    }
}

/// Where cargo builds.
fn target() -> Result<PathBuf> {
    let metadata = MetadataCommand::new().manifest_path(step::root().join("Cargo.toml")).no_deps().exec()?;
    Ok(metadata.target_directory.into_std_path_buf())
}

/// The test that compares the bindings of guests with the contract also writes them.
pub(crate) fn bindings() -> Result<()> {
    let words = ["test", "--package", "macro-guest-sdk", "--test", "bindings"];
    step::run(step::cargo(&words).env("CELL_BLESS", "1"))
}
