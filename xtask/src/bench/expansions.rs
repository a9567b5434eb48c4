//! How long one expansion takes, inside rustc.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use super::fixture::{self, SIZES};
use super::{folder, median, report};
use crate::step;

/// How proc-macros are built. Name, cargo's profile, its folder in a target folder.
const HOSTS: [(&str, &str, &str); 3] = [
    ("optimised", "optimised", "optimised"),
    ("README's lines", "documented", "documented"),
    ("unoptimised", "dev", "debug"),
];

/// Runs of rustc for what can be measured once in each.
const FIRSTS: usize = 15;
/// The same where Cranelift runs unoptimised.
const FIRST_EVERS: usize = 5;

/// Nanoseconds that passed, and nanoseconds of processor time of the whole process.
#[derive(Clone, Copy)]
pub(super) struct Time {
    pub(super) wall: f64,
    pub(super) processor: f64,
}

/// Times by host, way and fields.
pub(super) type Figures = BTreeMap<(&'static str, String, usize), Time>;

/// Measures all hosts, or the one that cargo's profile `only` builds; of the others it takes what
/// was measured last.
pub(super) fn run(only: Option<&str>) -> Result<()> {
    let root = folder()?;
    let mut figures = Figures::new();
    for (host, profile, built) in HOSTS {
        let file = root.join(format!("expansions-{profile}"));
        if only.is_some_and(|only| only != profile) {
            let text =
                fs::read_to_string(&file).with_context(|| format!("{host}: not measured"))?;
            figures.extend(text.lines().filter_map(|line| read(host, line)));
            continue;
        }
        let place = Place::prepare(&root, profile, built)?;
        place.record()?;
        place.steady(host, &mut figures)?;
        place.firsts(host, &mut figures)?;
        place.first_ever(host, &mut figures)?;
        let lines = figures.iter().filter(|((of, ..), _)| *of == host).map(written);
        fs::write(&file, lines.collect::<String>())?;
    }
    report::expansions(&figures)
}

fn written(((_, way, fields), time): (&(&'static str, String, usize), &Time)) -> String {
    format!("{way}\t{fields}\t{}\t{}\n", time.wall, time.processor)
}

fn read(host: &'static str, line: &str) -> Option<((&'static str, String, usize), Time)> {
    let mut words = line.split('\t');
    let (way, fields) = (words.next()?.to_owned(), words.next()?.parse().ok()?);
    let (wall, processor) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some(((host, way, fields), Time { wall, processor }))
}

/// One host, and the folders it works in.
struct Place {
    folder: PathBuf,
    library: PathBuf,
}

impl Place {
    fn prepare(root: &Path, profile: &str, built: &str) -> Result<Self> {
        let target = root.parent().unwrap_or(root);
        let manifest = step::root().join("benches/Cargo.toml").display().to_string();
        let words = ["build", "--locked", "--profile", profile, "--manifest-path", &manifest];
        step::run(step::cargo(&words).arg("--target-dir").arg(target))?;
        let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        let library = target.join(built).join(format!("{prefix}bench_macros{suffix}"));
        ensure!(library.is_file(), "there is no {}", library.display());
        let folder = root.join("expansions").join(profile);
        let _ = fs::remove_dir_all(&folder);
        fixture::project(&folder.join("fresh"))?;
        fixture::project(&folder.join("records"))?;
        Ok(Self { folder, library })
    }

    /// rustc on structs of these sizes; `recorded` says in which project.
    fn rustc(&self, sizes: &[usize], recorded: bool) -> Result<Command> {
        let source = self.folder.join("main.rs");
        let structs = sizes.iter().map(|size| fixture::structure("bench_macros::Measure", *size));
        fs::write(&source, structs.collect::<String>())?;
        let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        command
            .current_dir(&self.folder)
            .args(["main.rs", "--edition", "2021", "--crate-type", "lib", "--emit", "metadata"])
            .args(["--out-dir", "out", "--extern"])
            .arg(format!("bench_macros={}", self.library.display()))
            .env("CARGO_MANIFEST_DIR", self.folder.join(if recorded { "records" } else { "fresh" }))
            .env("CARGO_PKG_NAME", "measured")
            .env("CARGO_CRATE_NAME", "measured")
            .env("CELL_HOME", self.folder.join("home"))
            .env("CRITERION_HOME", self.folder.join("criterion"))
            .env("CELL_BENCH_RECORDS", self.folder.join("records"))
            .env_remove("CELL_TRACE");
        Ok(command)
    }

    fn record(&self) -> Result<()> {
        said(self.rustc(&SIZES, false)?.env("CELL_BENCH", "record")).map(drop)
    }

    fn steady(&self, host: &'static str, figures: &mut Figures) -> Result<()> {
        for way in ["component", "engine", "recorded", "native"] {
            step::say("   ..", &format!("{host}: {way}, as criterion has it"));
            let mut command = self.rustc(&SIZES, way == "recorded")?;
            said(command.env("CELL_BENCH", "steady").env("CELL_BENCH_WAY", way))?;
            for fields in SIZES {
                let read = |clock: &str| {
                    let name = format!("criterion/{way}-{clock}_Fields{fields}");
                    let file = self.folder.join(&name).join("new/estimates.json");
                    let text = fs::read_to_string(file).context(name)?;
                    estimate(&text).context("criterion's file has no median")
                };
                let time = Time { wall: read("wall")?, processor: read("processor")? };
                figures.insert((host, way.to_owned(), fields), time);
            }
        }
        Ok(())
    }

    /// What the first expansion of a rustc costs. Compiled code is in the cache.
    fn firsts(&self, host: &'static str, figures: &mut Figures) -> Result<()> {
        for way in ["component", "recorded", "native"] {
            step::say("   ..", &format!("{host}: {way}, first of a process"));
            for fields in SIZES {
                let once = || self.first(way, fields);
                let times = (0..FIRSTS).map(|_| once()).collect::<Result<Vec<_>>>()?;
                figures.insert((host, format!("{way} first"), fields), middle(&times));
            }
        }
        Ok(())
    }

    /// With nothing in the cache: Cranelift runs.
    fn first_ever(&self, host: &'static str, figures: &mut Figures) -> Result<()> {
        step::say("   ..", &format!("{host}: component, first ever"));
        let once = || {
            fs::remove_dir_all(self.folder.join("home"))?;
            self.first("component", 10)
        };
        let times = (0..FIRST_EVERS).map(|_| once()).collect::<Result<Vec<_>>>()?;
        figures.insert((host, "component first ever".to_owned(), 10), middle(&times));
        Ok(())
    }

    fn first(&self, way: &str, fields: usize) -> Result<Time> {
        let mut command = self.rustc(&[fields], way == "recorded")?;
        let said = said(command.env("CELL_BENCH", "first").env("CELL_BENCH_WAY", way))?;
        let expected = format!("{way}/Fields{fields} ");
        let line = said.lines().find_map(|line| line.strip_prefix(&expected));
        let line = line.with_context(|| format!("no time in `{said}`"))?;
        let (wall, processor) = line.split_once(' ').context("one time where two should be")?;
        Ok(Time { wall: wall.parse()?, processor: processor.trim().parse()? })
    }
}

fn middle(times: &[Time]) -> Time {
    let median_of = |part: fn(&Time) -> f64| median(times.iter().map(part).collect());
    Time { wall: median_of(|time| time.wall), processor: median_of(|time| time.processor) }
}

/// Runs a command that must succeed; what it wrote to stdout.
fn said(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        bail!("rustc failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The median in criterion's `estimates.json`, in nanoseconds.
fn estimate(text: &str) -> Option<f64> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    json.get("median")?.get("point_estimate")?.as_f64()
}

#[cfg(test)]
mod tests {
    use super::{Time, estimate, read, written};

    #[test]
    fn figures_are_read_as_they_were_written() {
        let key = ("host", "native first".to_owned(), 10);
        let line = written((&key, &Time { wall: 1.5, processor: 2.0 }));
        let (found, time) = read("host", line.trim_end()).unwrap();
        assert_eq!((found, time.wall, time.processor), (key, 1.5, 2.0));
        assert!(read("host", "native\t10\t1.5").is_none());
    }

    #[test]
    fn reads_medians_of_criterion() {
        let text = r#"{"mean":{"point_estimate":9.0},"median":{"confidence_interval":{},"point_estimate":12.5}}"#;
        assert_eq!(estimate(text), Some(12.5));
        assert_eq!(estimate("{}"), None);
    }
}
