//! `cell run`: one cell in this terminal, with what it needs in the background.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};

use crate::Exit;
use crate::arguments::Global;
use crate::arguments::up::Run;
use crate::commands::up::{Wish, bring_up};
use crate::connection::folder;
use crate::project;
use crate::shell::Shell;
use crate::supervisor::place::Place;
use crate::supervisor::probe;
use crate::supervisor::project as cells;

pub(crate) fn run(options: &Run, global: &Global, shell: &Shell) -> Result<Exit> {
    let Run { name, arguments, release, wait } = options;
    let root = project::root(global)?;
    let (manifest, _) = project::manifest(&root)?;
    let mut order = cells::order(&manifest, std::slice::from_ref(name))?;
    let programs = cells::programs(&root, &manifest, &order, *release, global, shell)?;
    let run = cells::run(&manifest, name).context("the cell has been looked for")?.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if let Ok(about) = runtime.block_on(probe::inspect(&folder()?, name)) {
        bail!(
            "`{name}` runs already, as process {}\nhelp: `cell stop {name}` ends it",
            about.process
        );
    }
    order.retain(|other| other != name);
    let mut command = cells::command(&run, programs.get(name)).context("no program")?;
    if !order.is_empty() {
        let (place, wait) = (Place::of(&root)?, Duration::from_secs(*wait));
        let wanted = run.needs.clone();
        let wish = Wish { place, manifest, wanted, order, programs, wait, session: false };
        if !bring_up(&wish, shell)? {
            return Ok(Exit::Failed);
        }
    }
    command.extend(arguments.iter().cloned());
    let program = command.remove(0);
    let mut started = Command::new(&program);
    started.args(command).envs(&run.environment).current_dir(&root);
    let status = runtime.block_on(attend(&mut started, &program))?;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    Ok(Exit::OfCell(u8::try_from(code).unwrap_or(1)))
}

/// Waits until it ends. The terminal's Ctrl-C reaches it without us; a SIGTERM is passed on.
async fn attend(command: &mut Command, program: &str) -> Result<ExitStatus> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut child = command.spawn().with_context(|| format!("cannot start `{program}`"))?;
    let process = Pid::from_child(&child);
    let mut ended = tokio::task::spawn_blocking(move || child.wait());
    loop {
        let passed = tokio::select! {
            status = &mut ended => return Ok(status??),
            _ = interrupt.recv() => continue,
            _ = terminate.recv() => Signal::TERM,
            _ = hang_up.recv() => Signal::HUP,
        };
        if !ended.is_finished() {
            let _ = kill_process(process, passed);
        }
    }
}
