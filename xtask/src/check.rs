//! `xtask check`: everything that can be checked without running a test. Goes on after a failure,
//! so that one run shows all of them.

use anyhow::{Result, bail};
use guest_toolchain::packages::{self, Guest};
use guest_toolchain::record::{self, Record};
use macro_bridge::digest::Digest;

use crate::policy::Policy;
use crate::{docs, errors, graph, sources, step};

/// Workspaces and packages beside the main one.
const BESIDE: [&str; 10] = [
    "guests",
    "examples",
    "examples/cell-market",
    "examples/cell-stacks",
    "macro-guest-sdk/proc-macro",
    "tests/compare-macros",
    "tests/outside/guest",
    "tests/differential/native",
    "benches",
    "benches/calls",
];

pub(crate) fn run() -> Result<()> {
    let mut failed = Vec::new();
    let mut task = |name: &str, result: Result<()>| match result {
        Ok(()) => step::say("check:", &format!("{name}: good")),
        Err(error) => {
            step::say("check:", &format!("{name}: {error:#}"));
            failed.push(name.to_owned());
        }
    };
    let beside: Vec<String> = BESIDE
        .iter()
        .map(|folder| format!("{folder}/Cargo.toml"))
        .filter(|manifest| step::root().join(manifest).is_file())
        .collect();
    let policy = Policy::read(&step::root().join("xtask/policy.toml"))?;
    task("sources", sources::check(&step::root(), &policy));
    task("errors", errors::check());
    task("book", docs::check());
    task("guests", guests());
    for manifest in std::iter::once("Cargo.toml").chain(beside.iter().map(String::as_str)) {
        task(&format!("graph of {manifest}"), graph::check(manifest, &policy));
        let format = ["fmt", "--all", "--check", "--manifest-path", manifest];
        task(&format!("format of {manifest}"), step::run(&mut step::cargo(&format)));
    }
    for manifest in std::iter::once("Cargo.toml").chain(beside.iter().map(String::as_str)) {
        // Some hold files of guests, whose tests are elsewhere.
        let targets: &[&str] = match manifest {
            "benches/Cargo.toml" => &["--lib"],
            "tests/differential/native/Cargo.toml" => &["--lib", "--bins"],
            _ => &["--all-targets"],
        };
        let which = ["clippy", "--workspace", "--manifest-path", manifest];
        let lints = [&which, targets, &["--", "-D", "warnings"]].concat();
        task(&format!("lints of {manifest}"), step::run(&mut step::cargo(&lints)));
    }
    let docs = ["doc", "--workspace", "--no-deps", "--document-private-items"];
    task("documents", step::run(step::cargo(&docs).env("RUSTDOCFLAGS", "-D warnings")));
    if failed.is_empty() {
        return Ok(());
    }
    bail!("{} of the checks failed: {}", failed.len(), failed.join(", "))
}

/// Are the committed components those of the sources beside them? Compiles nothing.
fn guests() -> Result<()> {
    let manifest = step::root().join("guests/Cargo.toml");
    if !manifest.is_file() {
        return Ok(());
    }
    let workspace = packages::workspace(&manifest)?;
    let components = workspace.root.join("components");
    let text = std::fs::read_to_string(components.join("sources.lock")).unwrap_or_default();
    let recorded = if text.is_empty() { Record::default() } else { Record::parse(&text)? };
    let mut stale = Vec::new();
    // Those elsewhere are for tests, which build them.
    let published = |guest: &&Guest| guest.manifest.starts_with(&workspace.root);
    for guest in workspace.guests.iter().filter(published) {
        let sources = guest_toolchain::sources::digest(&workspace, guest)?;
        let file = std::fs::read(components.join(format!("{}.wasm", guest.name))).ok();
        let component = file.map(|bytes| Digest::of(&bytes));
        let reason = record::compare(recorded.entries.get(&guest.name), sources, component);
        stale.extend(reason.map(|reason| format!("`{}` {reason}", guest.name)));
    }
    if stale.is_empty() {
        return Ok(());
    }
    bail!(
        "{}\nhelp: run `cargo run -p cell-cli -- build-macros -p ledger`, then `cell lock` and `cell vendor` in \
         the projects that use them",
        stale.join(", ")
    )
}
