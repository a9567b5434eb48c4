//! `cell up`: starts the project's cells and leaves a supervisor with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::Exit;
use crate::arguments::Global;
use crate::arguments::up::{Supervise, Up};
use crate::commands::logs::Printer;
use crate::connection::folder;
use crate::manifest::Manifest;
use crate::project;
use crate::shell::{Shell, count};
use crate::supervisor::actor::Message;
use crate::supervisor::client::{Client, listens};
use crate::supervisor::follow::Tail;
use crate::supervisor::place::Place;
use crate::supervisor::project as cells;
use crate::supervisor::serve::serve;
use crate::supervisor::service::{CellState, Spec, Standing, State};
use crate::supervisor::timestamp;

/// How often a supervisor is asked how far it is.
const PACE: Duration = Duration::from_millis(15);
/// After so long it is said who is waited for.
const NOTICE: Duration = Duration::from_secs(1);
/// Lines of its log that are shown of a cell that failed.
const LAST: usize = 12;

/// What is to run.
pub(crate) struct Wish {
    pub(crate) place: Place,
    pub(crate) manifest: Manifest,
    /// Those that were asked for.
    pub(crate) wanted: Vec<String>,
    /// Those and what they need, who is needed first.
    pub(crate) order: Vec<String>,
    pub(crate) programs: BTreeMap<String, PathBuf>,
    pub(crate) wait: Duration,
    /// May the project's builds ask them, as long as they are looked after?
    pub(crate) session: bool,
}

pub(crate) fn run(options: &Up, global: &Global, shell: &Shell) -> Result<Exit> {
    let root = project::root(global)?;
    let (manifest, _) = project::manifest(&root)?;
    let order = cells::order(&manifest, &options.names)?;
    let place = Place::of(&root)?;
    if options.foreground && listens(&place)? {
        bail!(
            "a supervisor of this project runs in the background\n\
             help: `cell logs --all --follow` shows what its cells write, `cell stop --all` ends it"
        );
    }
    let programs = cells::programs(&root, &manifest, &order, options.release, global, shell)?;
    let started = order.iter().filter(|name| cells::run(&manifest, name).is_some());
    let wanted = match options.names.is_empty() {
        true => started.cloned().collect(),
        false => options.names.clone(),
    };
    let wait = Duration::from_secs(options.wait);
    let wish = Wish { place, manifest, wanted, order, programs, wait, session: true };
    if options.foreground {
        return foreground(&wish, shell);
    }
    Ok(if bring_up(&wish, shell)? { Exit::Done } else { Exit::Failed })
}

impl Wish {
    fn specs(&self) -> BTreeMap<String, Spec> {
        cells::specs(&self.manifest, &self.order, &self.programs)
    }
}

/// Has the supervisor start these cells, and waits until all take calls. False if one does not.
pub(crate) fn bring_up(wish: &Wish, shell: &Shell) -> Result<bool> {
    wish.place.prepare()?;
    let specs = wish.specs();
    let begin = (Instant::now(), timestamp::now());
    let client = loop {
        let client = Client::start(&wish.place)?;
        match client.up(&specs, &wish.wanted, wish.session) {
            Ok(true) => break client,
            // It ends just now: the next one does it.
            outcome if begin.0.elapsed() > wish.wait => {
                outcome?;
                bail!("the supervisor of this project ends, and does not end");
            }
            _ => std::thread::sleep(PACE),
        }
    };
    let progress = shell.progress("Starting", "");
    let mut watch = Watch { wish, shell, begun: begin.1, said: BTreeSet::new(), restarts: None };
    loop {
        let state = client.state()?.context("the supervisor ended: run `cell up` again")?;
        let waiting = watch.look(&state);
        if waiting.is_empty() {
            break;
        }
        if watch.doomed(&state, &waiting) {
            return Ok(false);
        }
        progress.say(waiting.join(", "));
        let elapsed = begin.0.elapsed();
        if elapsed > NOTICE {
            watch.say_who_is_missing(&state, &waiting);
        }
        if elapsed > wish.wait {
            for name in &waiting {
                let how = state.cells.get(name).map_or_else(String::new, describe);
                shell.failed("Waited", format_args!("{} s for {name}: {how}", wish.wait.as_secs()));
                last_lines(&wish.place, name, shell)?;
            }
            shell.note(
                "the supervisor goes on\n\
                 help: `cell status` shows how far it is, `cell stop --all` ends it",
            );
            return Ok(false);
        }
        std::thread::sleep(PACE);
    }
    Ok(true)
}

/// What has been said of cells that start.
struct Watch<'a> {
    wish: &'a Wish,
    shell: &'a Shell,
    /// Milliseconds since 1970.
    begun: u64,
    said: BTreeSet<String>,
    restarts: Option<BTreeMap<String, u32>>,
}

impl Watch<'_> {
    /// Says who takes calls since the last look. Returns who does not.
    fn look(&mut self, state: &State) -> Vec<String> {
        let counts = || state.cells.iter().map(|(name, cell)| (name.clone(), cell.restarts));
        let mut restarts = self.restarts.take().unwrap_or_else(|| counts().collect());
        let mut waiting = Vec::new();
        for name in &self.wish.order {
            let Some(cell) = state.cells.get(name) else { continue };
            let known = restarts.entry(name.clone()).or_default();
            if cell.restarts > *known {
                *known = cell.restarts;
                let last = cell.last.as_deref().unwrap_or("ended");
                self.shell.warning(format_args!("`{name}` {last}, and is started again"));
            }
            if !matches!(
                cell.standing,
                Standing::Ready | Standing::Degraded(_) | Standing::Elsewhere(true)
            ) {
                waiting.push(name.clone());
            } else if self.said.insert(name.clone()) {
                self.say(name, cell);
            }
        }
        self.restarts = Some(restarts);
        waiting
    }

    fn say(&self, name: &str, cell: &CellState) {
        let shell = self.shell;
        let process = cell.process.map_or_else(String::new, |id| format!("process {id}"));
        let since = cell.since.unwrap_or(0);
        let age = timestamp::span(Duration::from_millis(timestamp::now().saturating_sub(since)));
        match &cell.standing {
            Standing::Elsewhere(_) => {
                shell.status("Found", format_args!("{name}, which this project has not started"));
            }
            _ if since >= self.begun => {
                let took = timestamp::now().saturating_sub(since) as f64 / 1_000.0;
                shell.status("Started", format_args!("{name} in {took:.2} s, {process}"));
            }
            _ if cell.adopted => shell.status(
                "Watching",
                format_args!("{name}, {process}: it ran on without its supervisor for {age}"),
            ),
            _ => shell.status("Running", format_args!("{name} for {age}, {process}")),
        }
        if let Standing::Degraded(why) = &cell.standing {
            shell.warning(format_args!("`{name}` is degraded: {}", why.join("; ")));
        }
        let Some(run) = cells::run(&self.wish.manifest, name) else { return };
        if matches!(cell.standing, Standing::Elsewhere(_)) {
            return;
        }
        let again = format!("`cell stop {name}` and `cell up` start it anew");
        if cell.digest != cells::digest(run) {
            let text = "runs as cell.toml said before it was changed";
            shell.warning(format_args!("`{name}` {text}\nhelp: {again}"));
        }
        let built =
            self.wish.programs.get(name).and_then(|path| path.metadata().ok()?.modified().ok());
        if built.is_some_and(|built| timestamp::millis(built) > since) {
            shell.warning(format_args!(
                "`{name}` was built anew since it was started\nhelp: {again}"
            ));
        }
    }

    /// Will none of those that are waited for ever take calls? Says why.
    fn doomed(&self, state: &State, waiting: &[String]) -> bool {
        let mut lost: Vec<&str> = Vec::new();
        // Who is needed comes first, so one round is enough.
        for name in waiting {
            let is_lost = state.cells.get(name).is_some_and(|cell| match &cell.standing {
                Standing::GivenUp | Standing::Stopped => true,
                Standing::Waiting(needs) => needs.iter().any(|need| lost.contains(&need.as_str())),
                _ => false,
            });
            if !is_lost {
                return false;
            }
            lost.push(name);
        }
        for name in waiting {
            let Some(cell) = state.cells.get(name) else { continue };
            self.shell.failed("Failed", format_args!("{name}: {}", describe(cell)));
            if cell.standing == Standing::GivenUp {
                let _ = last_lines(&self.wish.place, name, self.shell);
            }
        }
        true
    }

    /// Of cells that somebody else has to start.
    fn say_who_is_missing(&mut self, state: &State, waiting: &[String]) {
        for name in waiting {
            let cell = state.cells.get(name);
            if cell.is_some_and(|cell| cell.standing == Standing::Elsewhere(false))
                && cells::run(&self.wish.manifest, name).is_none()
                && self.said.insert(format!("missing {name}"))
            {
                self.shell.note(format_args!(
                    "waiting for `{name}`: it does not run, and cell.toml does not say how it is \
                     started\nhelp: start it, or write `[cells.{name}.run]`"
                ));
            }
        }
    }
}

/// Where a cell stands, for people.
pub(crate) fn describe(cell: &CellState) -> String {
    let last = || cell.last.as_deref().unwrap_or("ended");
    match &cell.standing {
        Standing::Stopped => match &cell.last {
            Some(last) => format!("stopped, {last}"),
            None => "stopped".to_owned(),
        },
        Standing::Waiting(needs) => format!("waiting for {}", needs.join(", ")),
        Standing::Starting => "started, takes no calls yet".to_owned(),
        Standing::Ready => "ready".to_owned(),
        Standing::Degraded(why) => format!("degraded: {}", why.join("; ")),
        Standing::Restarting(millis) => {
            format!("restarting in {:.1} s, {}", *millis as f64 / 1_000.0, last())
        }
        Standing::Stopping => "stopping".to_owned(),
        Standing::GivenUp => format!("given up, {} {} times", last(), cell.restarts + 1),
        Standing::Elsewhere(true) => "running, not started by this project".to_owned(),
        Standing::Elsewhere(false) => "not running, not started by this project".to_owned(),
        Standing::Other => "in a state that this release does not know".to_owned(),
    }
}

fn last_lines(place: &Place, name: &str, shell: &Shell) -> Result<()> {
    let (lines, _) = Tail::open(&place.file(name, "log"), LAST)?;
    if lines.is_empty() {
        return Ok(());
    }
    let shown = count(lines.len(), "line", "lines");
    shell.note(format_args!("the last {shown} of `cell logs {name}`:"));
    for line in lines {
        shell.pass_on(&format!("  {} {}\n", line.time, line.text));
    }
    Ok(())
}

/// The supervisor in this terminal.
fn foreground(wish: &Wish, shell: &Shell) -> Result<Exit> {
    wish.place.prepare()?;
    let (specs, needs) = (wish.specs(), cells::needs(&wish.manifest));
    let paths: Vec<(String, PathBuf)> =
        wish.order.iter().map(|name| (name.clone(), wish.place.file(name, "log"))).collect();
    let mut printer = Printer::open(&paths, 0, true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let served = runtime.block_on(serve(&wish.place, &needs, |sender| {
        let (reply, _) = tokio::sync::oneshot::channel();
        let _ = sender.send(Message::Up(specs, wish.wanted.clone(), wish.session, reply));
        shell.status(
            "Starting",
            format_args!("{}; Ctrl-C stops them", count(wish.order.len(), "cell", "cells")),
        );
        let printer = &mut printer;
        async move {
            let mut said = BTreeMap::new();
            while printer.print(shell).is_ok() {
                let (reply, state) = tokio::sync::oneshot::channel();
                let _ = sender.send(Message::State(reply));
                let Ok(state) = state.await else { return };
                say_changes(&state, &mut said, shell);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }))?;
    printer.print(shell)?;
    if !served {
        bail!("a supervisor of this project was started at the same time\nhelp: `cell status`");
    }
    shell.status("Stopped", count(wish.order.len(), "cell", "cells"));
    Ok(Exit::Done)
}

/// What has become of cells since the last look.
fn say_changes(state: &State, said: &mut BTreeMap<String, Standing>, shell: &Shell) {
    for (name, cell) in &state.cells {
        let before = said.insert(name.clone(), cell.standing.clone());
        let same = |before: &Standing| {
            std::mem::discriminant(before) == std::mem::discriminant(&cell.standing)
        };
        if before.as_ref().is_some_and(same) {
            continue;
        }
        match &cell.standing {
            Standing::Ready => shell.status("Ready", name),
            Standing::Degraded(_) | Standing::Restarting(_) => {
                shell.warning(format_args!("`{name}` is {}", describe(cell)));
            }
            Standing::GivenUp => shell.failed("Failed", format_args!("{name}: {}", describe(cell))),
            Standing::Stopped if before.is_some() => shell.status("Stopped", name),
            Standing::Elsewhere(false) => {
                shell.note(format_args!("waiting for `{name}`, which this project does not start"));
            }
            _ => {}
        }
    }
}

/// `cell supervisor`.
pub(crate) fn supervise(options: &Supervise) -> Result<Exit> {
    let Supervise { root, folder: state, detached } = options;
    let place = Place::at(root, state);
    if !detached {
        let socket = cell_transport::unix::socket(&folder()?, &place.supervisor())?;
        let mut server = std::process::Command::new(std::env::current_exe()?);
        server.arg("supervisor").arg("--root").arg(root).arg("--folder").arg(state);
        server.arg("--detached");
        macro_server::detach::launch(server, &socket).context(
            "the supervisor does not start\nhelp: run `cell up --foreground` to see why",
        )?;
        return Ok(Exit::Done);
    }
    macro_server::detach::leave();
    let needs = needs_of(root).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(&place, &needs, |_| std::future::pending()))?;
    Ok(Exit::Done)
}

/// For the order of a stop that no command asks for.
fn needs_of(root: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    Ok(cells::needs(&project::manifest(root)?.0))
}
