//! Public macro crates as components: what they make of a token stream there is what they make of
//! it as ordinary proc-macros, token by token, with spacing and the `{:?}` of every span, inside a
//! live rustc.
//!
//! The crates are fetched by cargo (`tests/public-macros/sources`), copied without their
//! `#[proc_macro*]` attributes, and compiled twice: into components, and into one proc-macro crate
//! that runs both. The components run in this process, which has wasmtime; the proc-macro sends its
//! requests here.

mod crates;
mod fragments;
mod harvest;
mod manifest;
mod narrow;
mod report;
mod scratch;
mod server;
mod shapes;
mod source;
mod strip;
mod suites;
mod workspace;

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::crates::Crates;
use crate::report::{Ended, Report};
use crate::source::Source;
use crate::workspace::Workspace;

#[test]
#[expect(clippy::print_stdout, reason = "figures for `--nocapture`, and for who reads a failure")]
fn public_crates_yield_the_same_tokens_as_components() -> Result<()> {
    // `tests/sandboxed` compares two of the three in the normal tests, by all that rustc prints.
    if std::env::var_os("SLOW_TESTS").is_none() {
        return Ok(());
    }
    let crates = Crates::fetch()?;
    let workspace = Workspace::build(&crates)?;
    let macros = workspace.macros()?;
    let mut everything = Report::default();
    let suites: [(&str, Source); 6] = [
        ("thiserror", harvest::thiserror(&crates)?),
        ("derive_more", harvest::derive_more(&crates, &macros.derive_more)?),
        ("async_trait", harvest::async_trait(&crates)?),
        ("shapes", shapes::source(&macros.derives())),
        ("fragments", fragments::source(&macros.derives())),
        ("dependencies", harvest::dependencies(&crates, &macros.derives())?),
    ];
    for (name, source) in suites {
        let begun = Instant::now();
        let report = workspace.run(name, &source)?;
        println!("{name}: {report}, {:.1} s", begun.elapsed().as_secs_f64());
        ensure!(report.lines.len() > 100, "only {} inputs", report.lines.len());
        everything.add(report);
    }
    println!("together: {everything}");
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &everything.lines {
        *used.entry(&line.name).or_default() += 1;
    }
    let unused: Vec<_> = macros.paths().into_iter().filter(|m| !used.contains_key(&**m)).collect();
    ensure!(unused.is_empty(), "without input: {unused:?}");
    for ended in [Ended::Tokens, Ended::Error, Ended::Panic] {
        ensure!(
            everything.count(ended) > 50,
            "only {} inputs end so: {ended:?}",
            everything.count(ended)
        );
    }
    let first = everything.differences().take(20).map(ToString::to_string).collect::<Vec<_>>();
    ensure!(first.is_empty(), "{} differ:\n{}", everything.differences().count(), first.join("\n"));
    // Known, and each shown to be that and nothing else. If a reason is gone, its code can go too.
    let mut explained: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for line in everything.lines.iter().filter(|line| !line.why.is_empty()) {
        *explained.entry(&line.why).or_default().entry(&line.name).or_default() += 1;
    }
    println!("explained: {explained:?}");
    let reasons: Vec<_> = explained
        .iter()
        .map(|(why, names)| (*why, names.keys().copied().collect::<Vec<_>>()))
        .collect();
    let try_into = || vec!["derive_more::TryInto"];
    let known = [
        ("blanks", try_into()),
        ("width", vec!["derive_more::Eq", "derive_more::TryInto"]),
        ("width blanks", try_into()),
    ];
    ensure!(reasons == known, "explained by other reasons than known");
    Ok(())
}

#[test]
fn every_macro_of_the_crates_is_compared() -> Result<()> {
    let crates = Crates::fetch()?;
    let root = std::fs::read_to_string(crates.folder("derive_more-impl")?.join("src/lib.rs"))?;
    let declared = root.matches("create_derive!(").count();
    let listed = std::fs::read_to_string(scratch::template().join("macros.rs"))?;
    let (_, derive_more) = listed.split_once("derive_more_macros").context("a list")?;
    ensure!(derive_more.matches("_derive ").count() == declared, "{declared} are declared");
    Ok(())
}
