//! Every path gives the same bytes: an expansion that is made as inside rustc, one of the macro
//! server, and what is read from the expansion cache.
//!
//! `CELL_SAME_SEED=<seed>` tries one case again. With `SLOW_TESTS=1` and `--release` there are a million.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use cell_tests::Progress;
use macro_bridge::answer::{Answer, Question, Source};
use macro_bridge::digest::Digest;
use macro_bridge::expansion::{Expansion, compact, file};
use macro_bridge::failure::Failure;
use macro_bridge::failure::texts::output::NOT_ASKED;
use macro_bridge::host::{Cached, Engine as _, Server, entry, home};
use macro_bridge::project::Project;
use macro_bridge::request::Request;
use macro_runtime::store::Age;
use macro_runtime::{CacheDir, Options, Runtime, Store};

use crate::background::children;
use crate::cases::{Case, is_used};
use crate::guests::{build, ledger, misbehave, stack};
use crate::project::{Host, clean};
use crate::served::Served;

/// Processes at the same time. While one waits for the server another computes.
const WORKERS: u64 = 3;

/// A project with all the cells that the cases use, and some answers.
pub(crate) fn project(name: &str, host: Host) -> Result<Served> {
    let served = Served::new(name, host)?;
    let (identity, stack, misbehave) = (build("identity")?, stack()?, misbehave()?);
    let cells = format!(
        "[cells.identity]\npath = {identity:?}\noutput.allow = [\"unsafe\", \"extern\"]\n\
         [cells.ledger]\npath = {:?}\n\
         [cells.misbehave]\npath = {misbehave:?}\ngrants.calls = [\"vault::secret\"]\n\
         limits = {{ fuel = 3000000, memory = \"4 MiB\" }}\n\
         [cells.stack]\npath = {stack:?}\ngrants.calls = [\"oracle::answer\", \"oracle::other\"]\n",
        ledger()
    );
    served.project.lock_only(&cells, is_used)?;
    let store = Store::of_project(&served.project.root);
    for (cell, function, asked, said) in [
        ("oracle", "answer", "name", Ok("Ada")),
        ("oracle", "other", "type", Ok("u8")),
        ("vault", "secret", "all", Ok("seven")),
    ] {
        let (cell, function, arguments) = (cell.into(), function.into(), asked.into());
        let question = Question { cell, function, arguments };
        let reply = said.map(|text: &str| text.as_bytes().to_vec()).map_err(str::to_owned);
        store.put_answer(&Answer { question, reply, source: Source::default() }, Age::Settled)?;
    }
    Ok(served)
}

#[test]
fn a_million_cases_are_the_same_everywhere() -> Result<()> {
    let slow = std::env::var_os("SLOW_TESTS").is_some();
    let (first, cases) = match std::env::var("CELL_SAME_SEED") {
        Ok(seed) => (seed.parse()?, 1),
        // Ten times as slow, unoptimised.
        Err(_) if cfg!(debug_assertions) => (0, if slow { 20_000 } else { 2_000 }),
        Err(_) => (0, if slow { 1_000_000 } else { 2_000 }),
    };
    let served = project("same", Host::Thin)?;
    let mut workers = Vec::new();
    for worker in 0..WORKERS.min(cases) {
        let mut command = clean(Command::new(std::env::current_exe()?))?;
        command
            .args(["--exact", "same::works", "--nocapture"])
            .envs(served.project.environment.iter().map(|(name, value)| (name, value)))
            .env("CELL_HOME", &served.project.home)
            .env("CELL_SAME", format!("{} {cases} {WORKERS}", first + worker))
            .env("CARGO_MANIFEST_DIR", &served.project.root)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        workers.push(command.spawn()?);
    }
    // All are waited for: what one says stands on the terminal.
    let ended: Vec<_> = workers.iter_mut().map(|worker| worker.wait()).collect();
    for status in ended {
        ensure!(status?.success(), "a worker ended badly; what it said stands above");
    }
    Ok(())
}

/// What the cases of one worker were.
#[derive(Debug, Default)]
struct Seen {
    expansions: u64,
    errors: u64,
    plans: u64,
    artifacts: u64,
    answers: u64,
    failures: u64,
    /// Macros that do not go together.
    refused: u64,
}

/// The work of [`a_million_cases_are_the_same_everywhere`], in a process that has its `CELL_HOME`.
#[test]
fn works() -> Result<()> {
    let Ok(task) = std::env::var("CELL_SAME") else { return Ok(()) };
    let numbers: Vec<u64> = task.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let [first, cases, step] = numbers.as_slice() else { anyhow::bail!("{task}") };
    let paths = Paths::new()?;
    let mut seen = Seen::default();
    let mine = cases.div_ceil(*step);
    let mut progress = Progress::new(format!("same, worker {}", first % step), mine);
    for (done, seed) in (*first..).step_by(*step as usize).take(mine as usize).enumerate() {
        let case = Case::new(seed);
        paths.compare(&case, &mut seen).with_context(|| {
            format!("seed {seed}, to be tried again with CELL_SAME_SEED={seed}\n{}", case.source())
        })?;
        progress.done(done as u64 + 1);
    }
    // As for rust-analyzer, which lives for days: what started the server is gone and buried.
    let children = children(rustix::process::getpid());
    ensure!(children.is_empty(), "children are left: {children:?}");
    if mine >= 1_000 {
        let Seen { expansions, errors, plans, artifacts, answers, failures, .. } = seen;
        let least =
            [expansions / 40, errors, plans, artifacts, answers, failures].into_iter().min();
        ensure!(least > Some(mine / 1_000), "too little of something: {seen:?}");
    }
    Ok(())
}

/// The ways to an expansion.
struct Paths {
    project: Project,
    runtime: Runtime,
    cache: PathBuf,
}

impl Paths {
    fn new() -> Result<Self> {
        let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").context("a project")?);
        let project = Project::load(&root).map_err(|failure| anyhow::anyhow!("{failure}"))?;
        // As inside rustc.
        let home = std::env::var_os("CELL_HOME").map(PathBuf::from);
        let cache = CacheDir::of_user(home.as_deref());
        let runtime = Runtime::new(Options { cache, ..Options::default() })?;
        Ok(Self { project, runtime, cache: home::expansions().context("a home")? })
    }

    fn compare(&self, case: &Case, seen: &mut Seen) -> Result<()> {
        let Self { project, runtime, cache } = self;
        let Some(request) = case.request(project)? else {
            seen.refused += 1;
            return Ok(());
        };
        let key = request.key();
        let made = runtime.expand(&request, project, project);
        let served = Server.expand(project, &request, &key).context("the server passed")?;
        match (&made, served) {
            (Ok(made), Ok(served)) => {
                let expected = encoded(&request, &key, made);
                ensure!(
                    expected == encoded(&request, &key, &served),
                    "the server says other things"
                );
                let path = entry(cache, &key);
                let kept = self.cached(&request, &key).context("the cache has no entry")?;
                ensure!(expected == encoded(&request, &key, &kept), "the cache says other things");
                ensure!(fs::read(&path)? == compact::entry(&key, made), "written otherwise");
                // A million would be more than the cache keeps.
                fs::remove_file(path)?;
                seen.expansions += 1;
                seen.errors += u64::from(!made.diagnostics.is_empty());
                seen.plans += u64::from(!made.plan.is_empty());
                seen.artifacts += u64::from(!made.artifacts.is_empty());
                seen.answers += u64::from(!made.answers.is_empty());
            }
            (Err(made), Err(served)) => {
                // Why nobody was asked depends on the place, and only that.
                let words = |failure: &Failure| {
                    let mut failure = failure.clone();
                    failure.notes.retain(|note| !note.starts_with(NOT_ASKED));
                    format!("{failure:?}")
                };
                let (made, served) = (words(made), words(&served));
                ensure!(made == served, "another failure:\n{made}\n{served}");
                ensure!(Cached.expand(project, &request, &key).is_none(), "a failure was kept");
                seen.failures += 1;
            }
            (made, served) => anyhow::bail!("{made:?}\nbut the server: {served:?}"),
        }
        Ok(())
    }

    /// The server writes an entry when it has answered.
    fn cached(&self, request: &Request, key: &Digest) -> Option<Expansion> {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(20) {
            if let Some(found) = Cached.expand(&self.project, request, key) {
                return found.ok();
            }
            std::thread::sleep(Duration::from_micros(20));
        }
        None
    }
}

fn encoded(request: &Request, key: &Digest, expansion: &Expansion) -> String {
    file::encode(key, &request.title(), expansion)
}
