//! The generated workspace: `cargo check` of it, from nothing, with nothing to do, and after edits.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::effort::Effort;
use super::folder;
use super::generated::{self, CRATES, Kind, STRUCTS};
use super::home::{self, Home};
use super::measure::{Took, cargo, said, timed};
use super::samples::Samples;
use crate::step;

/// The part's name.
pub(super) const PART: &str = "workspace";

/// A way to expand the workspace's macros.
struct Variant {
    name: &'static str,
    kind: Kind,
    /// Are all expansions in `.cell`?
    recorded: bool,
}

const VARIANTS: [Variant; 4] = [
    Variant { name: "records", kind: Kind::Cell, recorded: true },
    Variant { name: "cached", kind: Kind::Cell, recorded: false },
    Variant { name: "native", kind: Kind::Native, recorded: false },
    Variant { name: "optimised", kind: Kind::Optimised, recorded: false },
];

/// The crate that nothing uses, and the one that all others use.
const LEAF: usize = CRATES - 1;
const BASE: usize = 0;

/// Measures all variants in turns.
pub(super) fn run(effort: Effort) -> Result<()> {
    let cell = home::command()?;
    let mut home = Home::new(&cell)?;
    home.start()?;
    let root = folder()?.join(PART);
    let _ = fs::remove_dir_all(&root);
    let mut tries = Vec::new();
    for variant in &VARIANTS {
        let one = Try { variant, root: root.join(variant.name), home: &home, edits: 0 };
        generated::write(&one.root, variant.kind)?;
        if variant.recorded {
            let mut vendor = Command::new(&cell);
            vendor.args(["vendor", "--offline", "--quiet"]).current_dir(&one.root);
            step::run(home.given(vendor.env("CARGO_TARGET_DIR", one.root.join("target"))))?;
        }
        step::say("   ..", &format!("dependencies of the workspace: {}", variant.name));
        timed(&mut one.check())?;
        tries.push(one);
    }
    let mut samples = Samples::default();
    for round in 0..effort.of(10, 2) {
        step::say("   ..", &format!("cargo check of the workspace, round {}", round + 1));
        for one in &mut tries {
            one.round(&mut samples)?;
        }
    }
    samples.write(PART, effort.quick)
}

/// A variant, and how often it was edited.
struct Try<'a> {
    variant: &'a Variant,
    root: PathBuf,
    home: &'a Home,
    edits: usize,
}

impl Try<'_> {
    fn round(&mut self, samples: &mut Samples) -> Result<()> {
        let name = self.variant.name;
        let mut keep = |what: &str, name: &str, took: Took| {
            samples.push(format!("check/{what}/{name}"), took.wall);
            samples.push(format!("check-processor/{what}/{name}"), took.processor);
        };
        if name == "cached" {
            self.home.forget_expansions();
            self.forget()?;
            keep("clean", "server", timed(&mut self.check())?);
        }
        self.forget()?;
        keep("clean", name, timed(&mut self.check())?);
        keep("noop", name, timed(&mut self.check())?);
        self.edit(LEAF)?;
        keep("leaf", name, timed(&mut self.check())?);
        self.edit(BASE)?;
        keep("base", name, timed(&mut self.check())?);

        // Once more for what the macros said of themselves: writing that down takes time.
        self.edit(BASE)?;
        let expansions = self.watched()?;
        ensure!(expansions.count == CRATES * STRUCTS, "{} expansions", expansions.count);
        samples.push(format!("phase/base/{name}"), expansions.seconds);
        samples.push(format!("hits/base/{name}"), expansions.hits as f64 / expansions.count as f64);
        if name == "cached" {
            self.home.forget_expansions();
            self.edit(BASE)?;
            let expansions = self.watched()?;
            ensure!(expansions.hits == 0, "{} hits in an empty cache", expansions.hits);
            samples.push("phase/base/server", expansions.seconds);
        }
        Ok(())
    }

    fn check(&self) -> Command {
        let mut command = cargo(&self.root, &["check", "--workspace", "--offline", "--quiet"]);
        self.home.given(&mut command);
        command
    }

    fn edit(&mut self, number: usize) -> Result<()> {
        self.edits += 1;
        generated::edit(&self.root, self.variant.kind, number, self.edits)
    }

    /// Only the members: what they depend on stays built.
    fn forget(&self) -> Result<()> {
        let mut command = cargo(&self.root, &["clean", "--offline", "--quiet"]);
        for number in 0..CRATES {
            command.args(["--package".to_owned(), generated::name(number)]);
        }
        said(&mut command).map(drop)
    }

    fn watched(&self) -> Result<Expansions> {
        let folder = self.root.join("watched");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let variable =
            if self.variant.kind == Kind::Cell { "CELL_TRACE" } else { "CELL_BENCH_TIMES" };
        said(self.check().env(variable, &folder))?;
        let mut all = Expansions::default();
        for text in texts(&folder)? {
            match self.variant.kind {
                Kind::Cell => text.lines().filter_map(traced).for_each(|(hit, seconds)| {
                    all.add(hit, seconds);
                }),
                _ => text.lines().filter_map(|line| line.parse().ok()).for_each(|time: f64| {
                    all.add(false, time * 1e-9);
                }),
            }
        }
        Ok(all)
    }
}

/// All expansions of a build.
#[derive(Default)]
struct Expansions {
    count: usize,
    /// Those that were read, not made.
    hits: usize,
    /// What all of them took, from rustc's tokens to rustc's tokens.
    seconds: f64,
}

impl Expansions {
    fn add(&mut self, hit: bool, seconds: f64) {
        self.count += 1;
        self.hits += usize::from(hit);
        self.seconds += seconds;
    }
}

/// A line of a trace: `took KEY HOW 1 2 3`, in microseconds.
pub(super) fn traced(line: &str) -> Option<(bool, f64)> {
    let mut words = line.strip_prefix("took ")?.split(' ').skip(1);
    let how = words.next()?;
    let micros: Option<Vec<f64>> = words.map(|word| word.parse().ok()).collect();
    Some((matches!(how, "recorded" | "expansion-cache"), micros?.iter().sum::<f64>() * 1e-6))
}

/// The files of a trace.
pub(super) fn texts(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).context("no rustc left what it expanded")?;
    let files = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
    files.map(|path| Ok(fs::read_to_string(path)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_traces_say_whether_it_was_a_hit() {
        assert_eq!(traced("took 12ab expansion-cache 100 20 30"), Some((true, 150.0 * 1e-6)));
        assert_eq!(traced("took 12ab macro-server 1 2 3").map(|found| found.0), Some(false));
        assert_eq!(traced("took 12ab"), None);
        assert_eq!(traced("answer x 12ab"), None);
    }
}
