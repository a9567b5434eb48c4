//! Calls between two processes over a unix socket: Cell, a raw socket, tarpc and tonic, one like the
//! other, by `benches/calls`.

pub(super) mod section;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::effort::Effort;
use super::measure::{self, said, timed};
use super::samples::Samples;
use super::{folder, target};
use crate::step;

/// The part's name.
pub(super) const PART: &str = "calls";
/// The lock file with the versions of those that are compared with.
pub(super) const LOCK: &str = "benches/calls/Cargo.lock";

/// Ways to call: name for files, name for people, colour. The first is compared with the others.
pub(super) const WAYS: [(&str, &str, usize); 5] = [
    ("cell", "Cell", 0),
    ("messagepack", "Cell, MessagePack", 2),
    ("raw", "raw socket", 5),
    ("tarpc", "tarpc", 1),
    ("tonic", "tonic", 3),
];
/// How the sides share cores, and what that is called.
pub(super) const LANES: [(&str, &str); 3] = [
    ("one", "one core for both sides"),
    ("two", "a core for each"),
    ("awake", "a core for each, kept awake"),
];
/// Bytes of a call where many are in flight.
pub(super) const SIZES: [usize; 2] = [64, 4096];
/// Connections that are idle.
pub(super) const CONNECTIONS: usize = 1000;
/// Those with a client and a server to build, and to keep connections.
pub(super) const LIBRARIES: [&str; 3] = ["cell", "tarpc", "tonic"];

/// Can a way have several calls in flight?
pub(super) fn in_flight(way: &str) -> bool {
    way != "raw"
}

/// Measures all of it.
pub(super) fn run(effort: Effort) -> Result<()> {
    let bench = Bench::prepare()?;
    let mut samples = Samples::default();
    let milliseconds = |all, few| effort.of(all, few).to_string();
    for round in 0..effort.of(10, 2) {
        step::say("   ..", &format!("one call after another, round {}", round + 1));
        for (lane, _) in LANES {
            for (way, ..) in WAYS {
                let words = ["latency", way, lane, "64", &milliseconds(350, 150)];
                bench.measure(&words, &format!("calls/latency/{lane}/{way}"), &mut samples)?;
            }
        }
    }
    for round in 0..effort.of(10, 2) {
        step::say("   ..", &format!("64 calls in flight, round {}", round + 1));
        for (lane, _) in LANES {
            for size in SIZES.map(|size| size.to_string()) {
                for (way, ..) in WAYS.into_iter().filter(|(way, ..)| in_flight(way)) {
                    let words = ["load", way, lane, &size, &milliseconds(500, 250)];
                    let name = format!("calls/load/{lane}/{size}/{way}");
                    bench.measure(&words, &name, &mut samples)?;
                }
            }
        }
    }
    for round in 0..effort.of(10, 2) {
        step::say("   ..", &format!("idle connections, round {}", round + 1));
        for way in LIBRARIES {
            let words = ["idle", way, "two", &CONNECTIONS.to_string()];
            bench.measure(&words, &format!("calls/idle/{way}"), &mut samples)?;
        }
    }
    drop(bench);
    for round in 0..effort.of(4, 1) {
        step::say("   ..", &format!("clean builds of applications, round {}", round + 1));
        for way in LIBRARIES {
            build(way, &mut samples)?;
        }
    }
    samples.write(PART, effort.quick)
}

fn sources() -> PathBuf {
    step::root().join("benches/calls")
}

/// The program that measures, and the folder of its sockets, which goes when this does.
struct Bench {
    program: PathBuf,
    folder: PathBuf,
}

impl Bench {
    fn prepare() -> Result<Self> {
        let target = target()?;
        let manifest = sources().join("Cargo.toml").display().to_string();
        let words = ["build", "--release", "--locked", "--workspace", "--manifest-path", &manifest];
        let mut command = step::cargo(&words);
        step::run(command.arg("--target-dir").arg(&target))?;
        let program =
            target.join("release").join(format!("bench-calls{}", std::env::consts::EXE_SUFFIX));
        ensure!(program.is_file(), "there is no {}", program.display());
        // In the system's folder for such things: the path of a socket has to be short.
        let folder = std::env::temp_dir().join(format!("cell-calls-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { program, folder })
    }

    fn measure(&self, words: &[&str], name: &str, samples: &mut Samples) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(words).env("CELL_HOME", &self.folder).env_remove("MALLOC_CONF");
        let text = said(&mut command).with_context(|| words.join(" "))?;
        collect(&text, name, samples)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Lines `p50 0.000021`.
fn collect(text: &str, name: &str, samples: &mut Samples) -> Result<()> {
    for line in text.lines() {
        let (what, value) =
            line.split_once(' ').with_context(|| format!("no value in `{line}`"))?;
        samples.push(format!("{name}/{what}"), value.parse()?);
    }
    Ok(())
}

/// A clean build of one application, and how many packages it compiles.
fn build(way: &str, samples: &mut Samples) -> Result<()> {
    let target = folder()?.join(PART).join(way);
    let _ = fs::remove_dir_all(&target);
    let package = format!("application-{way}");
    let words = ["build", "--offline", "--locked", "--quiet", "--package", &package];
    let took = timed(&mut cargo(&words, &target))?;
    let words = ["tree", "--offline", "--locked", "--package", &package, "--no-dedupe"];
    let mut tree = cargo(&words, &target);
    let text = said(tree.args(["--edges", "normal,build", "--prefix", "none"]))?;
    samples.push(format!("calls/build/{way}/seconds"), took.wall);
    samples.push(format!("calls/build/{way}/processor"), took.processor);
    samples.push(format!("calls/build/{way}/packages"), packages(&text) as f64);
    let _ = fs::remove_dir_all(&target);
    Ok(())
}

/// Cargo as for packages from a registry: those of Cell are folders here, which it would compile
/// incrementally.
fn cargo(words: &[&str], target: &Path) -> Command {
    let mut command = measure::cargo(&sources(), words);
    command.env("CARGO_TARGET_DIR", target).env("CARGO_INCREMENTAL", "0");
    command
}

/// Names and versions in what `cargo tree` says, each once, without the application.
fn packages(tree: &str) -> usize {
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    };
    let found: BTreeSet<_> = tree.lines().filter_map(line).collect();
    found.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_program_become_samples() {
        let mut samples = Samples::default();
        collect("p50 0.00002\nrate 100\n", "calls/x", &mut samples).unwrap();
        collect("p50 0.00004\n", "calls/x", &mut samples).unwrap();
        assert_eq!(samples.get("calls/x/p50"), [2e-5, 4e-5]);
        assert_eq!(samples.get("calls/x/rate"), [100.0]);
        assert!(collect("p50\n", "x", &mut samples).is_err());
        assert!(collect("p50 fast\n", "x", &mut samples).is_err());
    }

    #[test]
    fn packages_are_counted_once() {
        let tree = "application v0.1.0 (/x)\nserde v1.0.229\nsyn v2.0.1\nsyn v3.0.9 (proc-macro)\n\
                    serde v1.0.229\n\n";
        assert_eq!(packages(tree), 3);
    }

    #[test]
    fn every_library_has_an_application() {
        for way in LIBRARIES {
            let manifest = sources().join("applications").join(way).join("Cargo.toml");
            let text = fs::read_to_string(manifest).unwrap();
            assert!(text.contains(&format!("name = \"application-{way}\"")), "{way}");
        }
    }
}
