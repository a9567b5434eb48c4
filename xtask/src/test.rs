//! `xtask test`: everything that CI runs.

use anyhow::Result;

use crate::{demo, setup, step};

/// Workspaces beside the main one whose tests run natively.
const BESIDE: [&str; 3] = ["macro-guest-sdk/proc-macro", "guests", "examples/cell-market"];
/// What depends on the thin `cell-sdk` alone, in the target folder in which that is built anyway.
const IN_THE_SAME_TARGET: &str = "examples/cell-stacks";
/// One that builds tarpc and tonic: with the slow ones. `xtask check` compiles it anyway.
const BESIDE_SLOWLY: &str = "benches/calls";

/// Packages that are tested by themselves: selected together with the others they would give them
/// features that make cargo build wasmtime a second time (`tests/features` says more).
const BY_THEMSELVES: [&[&str]; 3] = [
    &["--package", "macro-guest-sdk-attribute"],
    // Thin, as its users have it: the examples in its documents expand from what is recorded.
    &["--package", "cell-sdk", "--no-default-features", "--features", "macros"],
    &["--package", "cell-sdk", "--no-default-features", "--features", "services"],
];

/// Cases by the million, which unoptimised take hours.
const OPTIMISED: [&str; 6] =
    ["--release", "--package", "cell-end-to-end", "--test", "it", "same::a_million"];

/// The other members of the workspace.
const TOGETHER: [&str; 5] =
    ["--workspace", "--exclude", "macro-guest-sdk-attribute", "--exclude", "cell-sdk"];

/// All tests that need neither wasmtime nor a compiler for guests. Each package by itself: selected
/// together, their features unify, and what one built is built again for the other.
pub(crate) fn light() -> Result<()> {
    let manifest = "macro-guest-sdk/proc-macro/Cargo.toml";
    step::run(&mut step::cargo(&["test", "--locked", "--manifest-path", manifest]))?;
    let packages = [
        "guest-toolchain",
        "macro-guest-sdk-attribute",
        "xtask",
        "macro-bridge",
        "cell-tests",
        "cell-analyzer-tests",
    ];
    for package in packages {
        step::run(&mut step::cargo(&["test", "--locked", "--no-fail-fast", "--package", package]))?;
    }
    Ok(())
}

pub(crate) fn run(slow: bool) -> Result<()> {
    setup::run()?;
    let mut failed = Vec::new();
    let mut test = |words: &[&str]| {
        let mut command = step::cargo(&[&["test", "--locked", "--no-fail-fast"], words].concat());
        if slow {
            command.env("SLOW_TESTS", "1");
        }
        failed.extend(step::run(&mut command).err());
    };
    for folder in BESIDE.into_iter().chain(slow.then_some(BESIDE_SLOWLY)) {
        test(&["--manifest-path", &format!("{folder}/Cargo.toml")]);
    }
    for words in BY_THEMSELVES {
        test(words);
    }
    let manifest = format!("{IN_THE_SAME_TARGET}/Cargo.toml");
    test(&["--manifest-path", &manifest, "--target-dir", "target"]);
    // Everything before anything runs: tests start the `cell` command.
    step::run(&mut step::cargo(&[&["test", "--locked", "--no-run"], &TOGETHER[..]].concat()))?;
    // Last, so that the runner's summary of what matters most stands at the end.
    test(&TOGETHER);
    if slow {
        test(&OPTIMISED);
        failed.extend(demo::live::run().err());
    }
    match failed.into_iter().reduce(|all, next| anyhow::anyhow!("{all:#}\n{next:#}")) {
        None => Ok(()),
        Some(error) => Err(error),
    }
}

/// The test that compares the bindings of guests with the contract also writes them.
pub(crate) fn bindings() -> Result<()> {
    let words = ["test", "--package", "bindings-gen"];
    step::run(step::cargo(&words).env("CELL_BLESS", "1"))
}
