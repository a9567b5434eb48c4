//! Where the report goes.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::compose::{self, HEADLINES, Measured, Report};
use super::goals::Facts;
use super::samples::Samples;
use super::trend::{Run, Trend};
use super::{calls, folder, machine, marks};
use crate::step;

/// The folder of the plots, beside the page.
const PLOTS: &str = "benchmarks";
const TREND: &str = "docs/benchmarks/instructions.tsv";

/// Writes the report into the target folder, and if it is to be published into the documents.
pub(super) fn write(samples: &Samples, publish: bool, counted: bool) -> Result<()> {
    let root = step::root();
    let version = |lock: &str, package: &str| {
        machine::version(&root.join(lock), package).unwrap_or_else(|| "unknown".to_owned())
    };
    let (rustc, wasmtime) = (machine::rustc()?, version("Cargo.lock", "wasmtime"));
    let (commit, day, _) = machine::commit().unwrap_or_default();
    let mut trend = Trend::read(&fs::read_to_string(root.join(TREND)).unwrap_or_default());
    let run = Run {
        day: &day,
        commit: &commit,
        rustc: rustc.split(' ').nth(1).unwrap_or_default(),
        wasmtime: &wasmtime,
    };
    if counted {
        trend.add(&run, samples);
    }
    let peers = "benches/peers/Cargo.lock";
    let versions = [
        ("cell", env!("CARGO_PKG_VERSION").to_owned()),
        ("wasmtime", wasmtime.clone()),
        ("serde", version(peers, "serde")),
        ("sqlx", version(peers, "sqlx")),
        ("tarpc", version(calls::LOCK, "tarpc")),
        ("tonic", version(calls::LOCK, "tonic")),
        ("syn, of the native macro", version("benches/Cargo.lock", "syn")),
    ];
    let component = fs::metadata(root.join("guests/components/ledger.wasm"))?.len();
    let docs = root.join("docs");
    let before = fs::read_to_string(docs.join("benchmarks.md")).unwrap_or_default();
    let measured = Measured {
        samples,
        facts: Facts { component },
        machine: machine::machine()?,
        versions: versions.map(|(name, version)| (name.to_owned(), version)).into(),
        trend: &trend,
    };
    let report = compose::report(&measured, &before);
    let target = folder()?;
    save(&report, &target.join("report.md"), &target.join(PLOTS))?;
    step::say("report:", "target/bench/report.md");
    if publish {
        save(&report, &docs.join("benchmarks.md"), &docs.join(PLOTS))?;
        fs::write(root.join(TREND), trend.to_text())?;
        let readme = root.join("README.md");
        let old = fs::read_to_string(&readme)?;
        let new = marks::replaced(&old, HEADLINES, &report.headlines);
        let new = new.with_context(|| format!("README.md has no marks for `{HEADLINES}`"))?;
        fs::write(readme, new)?;
        step::say("report:", "docs/benchmarks.md, docs/benchmarks and the table in README.md");
    }
    Ok(())
}

fn save(report: &Report, page: &Path, plots: &Path) -> Result<()> {
    fs::create_dir_all(plots)?;
    fs::write(page, &report.text)?;
    for (name, svg) in &report.plots {
        fs::write(plots.join(format!("{name}.svg")), svg)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_quotes_what_is_published() {
        let read = |file: &str| fs::read_to_string(step::root().join(file)).unwrap();
        let (readme, published) = (read("README.md"), read("docs/benchmarks.md"));
        let quoted = marks::found(&readme, HEADLINES);
        assert!(quoted.is_some_and(|text| text.contains("| ")), "{quoted:?}");
        assert_eq!(quoted, marks::found(&published, HEADLINES));
    }

    #[test]
    fn every_plot_that_is_published_is_there() {
        let page = fs::read_to_string(step::root().join("docs/benchmarks.md")).unwrap();
        let names = page.split("](benchmarks/").skip(1).filter_map(|rest| rest.split_once(')'));
        for (name, _) in names {
            let file = step::root().join("docs/benchmarks").join(name);
            assert!(file.is_file(), "{name}");
        }
    }
}
