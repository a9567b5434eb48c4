//! Projects whose macros ask, and a cell that answers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::source::{self, Package, WORD};
use super::{MANY, SITES};
use crate::bench::home::{Home, component};
use crate::bench::measure::{self, Took, said, timed};
use crate::bench::samples::Samples;
use crate::bench::workspace::{texts, traced};
use crate::bench::{statistics, target};
use crate::step;

/// How the sites are compiled, in the order of rounds: where expansions are cached, it is by the one before.
pub(super) const WAYS: [&str; 6] =
    ["hand", "quiet", "quiet-cached", "live", "recorded", "recorded-cached"];

const SDK: &str =
    r#"cell-sdk = { path = "ROOT/cell-sdk", default-features = false, features = ["macros"] }"#;
const CALLS: &str = "5000";

/// A process that ends with this.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self(command.spawn().context("cannot start a process")?))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A workspace with 200 questions, 200 macro calls that ask nothing, and 200 constants; an oracle, a macro
/// server, and a session.
pub(super) struct Sites {
    root: PathBuf,
    cell: PathBuf,
    oracle: PathBuf,
    component: PathBuf,
    // In the order in which they end.
    _session: Process,
    _answering: Process,
    home: Home,
}

impl Sites {
    pub(super) fn prepare(cell: &Path, root: &Path) -> Result<Self> {
        let oracle = oracle()?;
        let component = component(cell, "asks")?;
        let mut home = Home::new(cell)?;
        let sdk = SDK.replace("ROOT", &step::root().display().to_string());
        let packages = [
            Package { name: "hand", dependency: "", source: source::by_hand(SITES) },
            Package { name: "quiet", dependency: &sdk, source: source::quiet(SITES) },
            Package { name: "sites", dependency: &sdk, source: source::asked(SITES) },
        ];
        source::write(root, &packages, "", "Cargo.lock")?;
        project(root, cell, &component)?;
        home.start()?;
        let words = ["serve", "oracle", WORD];
        let answering = Process::start(home.given(Command::new(&oracle).args(words)))?;
        let mut session = Command::new(cell);
        session.arg("dev").current_dir(root);
        let session = Process::start(open(home.given(&mut session)))?;
        let (root, cell) = (root.to_owned(), cell.to_owned());
        let mut sites =
            Self { root, cell, oracle, component, _session: session, _answering: answering, home };
        sites.called().context("the oracle does not answer")?;
        let held = sites.home.folder().join("state/projects");
        until(|| has_session(&held)).context("no session begins")?;
        step::say("   ..", "dependencies of the questions");
        // Twice, so that also the cargo that comes first finds everything built.
        for way in WAYS {
            sites.check(way)?;
        }
        Ok(sites)
    }

    /// `cargo check` of one package whose dependencies are built.
    pub(super) fn check(&mut self, way: &str) -> Result<Took> {
        let mut command = self.prepared(way)?;
        let took = timed(&mut command)?;
        let answers = count(&self.root.join(".cell/answers/oracle"));
        ensure!(way != "live" || answers == SITES, "{answers} of {SITES} answers were recorded");
        Ok(took)
    }

    /// What each macro call of the package says that it took, in seconds.
    pub(super) fn times(&mut self, way: &str) -> Result<Vec<f64>> {
        let folder = self.root.join("watched");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        said(self.prepared(way)?.env("CELL_TRACE", &folder))?;
        let texts = texts(&folder)?;
        let times = texts.iter().flat_map(|text| text.lines()).filter_map(traced);
        let times: Vec<f64> = times.map(|(_, seconds)| seconds).collect();
        ensure!(times.len() == SITES, "{} expansions instead of {SITES}", times.len());
        Ok(times)
    }

    /// What a question adds to a macro call, and what a client's call of the same method takes.
    pub(super) fn questions(
        &self,
        quiet: &[f64],
        live: &[f64],
        samples: &mut Samples,
    ) -> Result<()> {
        let call = self.called()?;
        let (quiet, live) = (statistics::median(quiet), statistics::median(live));
        for (name, value) in
            [("call", call), ("quiet", quiet), ("live", live), ("above", live - quiet - call)]
        {
            samples.push(format!("answers/question/{name}"), value);
        }
        Ok(())
    }

    /// The median of a client's calls, in seconds.
    fn called(&self) -> Result<f64> {
        let mut command = Command::new(&self.oracle);
        command.args(["call", "oracle", CALLS]);
        median(&said(self.home.given(&mut command))?)
    }

    /// Empties what `way` is not to find; the command that is measured then.
    fn prepared(&mut self, way: &str) -> Result<Command> {
        let package = match way {
            "hand" => "hand",
            "quiet" | "quiet-cached" => "quiet",
            _ => "sites",
        };
        let words = ["clean", "--offline", "--quiet", "--package", package];
        said(&mut measure::cargo(&self.root, &words))?;
        if way == "live" {
            self.home.forget(&self.root.join(".cell/answers"));
        }
        if matches!(way, "quiet" | "live" | "recorded") {
            self.home.forget_expansions();
        }
        let mut command =
            measure::cargo(&self.root, &["check", "--offline", "--quiet", "--package", package]);
        self.home.given(open(&mut command));
        Ok(command)
    }
}

/// A project with a thousand recorded answers.
pub(super) struct Many<'a> {
    root: PathBuf,
    sites: &'a Sites,
    has_check: bool,
}

impl<'a> Many<'a> {
    pub(super) fn prepare(sites: &'a Sites, root: &Path) -> Result<Self> {
        let sdk = SDK.replace("ROOT", &step::root().display().to_string());
        let package = Package { name: "many", dependency: &sdk, source: source::asked(MANY) };
        source::write(root, &[package], "", "Cargo.lock")?;
        project(root, &sites.cell, &sites.component)?;
        let help = Command::new(&sites.cell).args(["check", "--help"]).output()?;
        let many = Self { root: root.to_owned(), sites, has_check: help.status.success() };
        step::say("   ..", "the first `cell sync`");
        said(&mut many.command("sync"))?;
        let answers = count(&many.root.join(".cell/answers/oracle"));
        ensure!(answers == MANY, "{answers} of {MANY} answers were recorded");
        many.measure(&mut Samples::default())?;
        Ok(many)
    }

    /// Commands that find nothing changed.
    pub(super) fn measure(&self, samples: &mut Samples) -> Result<()> {
        for command in ["sync", "check"].into_iter().filter(|it| *it == "sync" || self.has_check) {
            let took = timed(&mut self.command(command))?;
            samples.push(format!("answers/many/{command}"), took.wall);
            samples.push(format!("answers/many-processor/{command}"), took.processor);
        }
        Ok(())
    }

    fn command(&self, command: &str) -> Command {
        let mut cell = Command::new(&self.sites.cell);
        cell.args([command, "--quiet"]).current_dir(&self.root);
        cell.env("CARGO_TARGET_DIR", self.root.join("target")).env_remove("MALLOC_CONF");
        self.sites.home.given(open(&mut cell));
        cell
    }
}

/// `cell.toml`, with what its macros are granted, and its lock.
fn project(root: &Path, cell: &Path, component: &Path) -> Result<()> {
    fs::copy(component, root.join("asks.wasm"))?;
    let schema = step::root().join("tests/guests/asks/oracle.schema");
    fs::copy(schema, root.join("oracle.schema"))?;
    fs::write(
        root.join("cell.toml"),
        "[cells.asks]\npath = \"asks.wasm\"\ngrants.calls = [\"oracle::value\"]\n\n\
         [cells.oracle]\nschemas = [\"oracle.schema\"]\n",
    )?;
    step::run(Command::new(cell).args(["lock", "--quiet"]).current_dir(root))
}

/// Where macros may ask, whatever the one who measures has set.
fn open(command: &mut Command) -> &mut Command {
    command.env_remove("CI").env_remove("CELL_MODE").env_remove("CELL_PROFILE")
}

/// The cell that is asked, optimised as those who publish one would.
fn oracle() -> Result<PathBuf> {
    let target = target()?;
    let words = ["build", "--release", "--locked", "--package", "cell-services", "--bin", "oracle"];
    step::run(step::cargo(&words).arg("--target-dir").arg(&target))?;
    let oracle = target.join("release").join(format!("oracle{}", std::env::consts::EXE_SUFFIX));
    ensure!(oracle.is_file(), "there is no {}", oracle.display());
    Ok(oracle)
}

fn has_session(projects: &Path) -> bool {
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files = entries(projects).flat_map(|project| {
        let project = project.path();
        entries(&project).map(|file| file.path()).collect::<Vec<_>>()
    });
    files.any(|file| file.extension().is_some_and(|it| it == "session"))
}

/// Waits, but not for ever.
pub(super) fn until(mut done: impl FnMut() -> bool) -> Result<()> {
    let begin = Instant::now();
    while !done() {
        ensure!(begin.elapsed() < Duration::from_secs(60), "nothing happened for a minute");
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Entries of a folder.
pub(super) fn count(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

/// `p50 0.000021`
fn median(text: &str) -> Result<f64> {
    let value = text.lines().find_map(|line| line.strip_prefix("p50 "));
    Ok(value.with_context(|| format!("no median in `{text}`"))?.trim().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_says_what_a_call_takes() {
        assert_eq!(median("p50 0.00002\n").ok(), Some(2e-5));
        assert!(median("p99 0.00002\n").is_err() && median("p50 fast\n").is_err());
    }
}
