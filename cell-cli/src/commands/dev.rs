//! `cell dev`: the project's cells in this terminal, and builds that may ask them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use macro_bridge::answer::Answer;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Global;
use crate::arguments::live::Dev;
use crate::arguments::up::Up;
use crate::commands::up;
use crate::commands::vendor::recorded_answers;
use crate::live::session::Open;
use crate::shell::Shell;
use crate::supervisor::client::listens;
use crate::supervisor::place::Place;
use crate::{Exit, files, project};

/// How often new records are looked for.
const PACE: Duration = Duration::from_millis(200);

pub(crate) fn run(options: &Dev, global: &Global, shell: &Shell) -> Result<Exit> {
    let root = project::root(global)?;
    let (manifest, _) = project::manifest(&root)?;
    let place = Place::of(&root)?;
    let starts = manifest.cells.values().any(|cell| cell.run.is_some());
    shell.status("Live", "builds of this project may ask its cells, until Ctrl-C");
    let (_end, ended) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let known = recorded_answers(&root)?;
        let shown = Shell::new(global);
        let root = &root;
        scope.spawn(move || {
            let mut known = known;
            // Until the other end is dropped.
            while ended.recv_timeout(PACE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                say_new(root, &mut known, &shown);
            }
            say_new(root, &mut known, &shown);
        });
        let end = _end;
        let outcome = if starts && !listens(&place)? {
            let names = Vec::new();
            let Dev { release, wait } = *options;
            up::run(&Up { names, foreground: true, release, wait }, global, shell)
        } else {
            until_interrupted(&place)
        };
        drop(end);
        outcome
    })
}

/// Holds a session until somebody ends it.
fn until_interrupted(place: &Place) -> Result<Exit> {
    let _open = Open::begin(place)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
        Ok(Exit::Done)
    })
}

/// Says which answers were recorded since the last look.
fn say_new(root: &Path, known: &mut BTreeSet<PathBuf>, shell: &Shell) {
    // A folder that is being written: next time.
    let Ok(now) = recorded_answers(root) else { return };
    for path in now.difference(known) {
        let answer = files::read(path).ok().and_then(|bytes| Answer::decode(&bytes).ok());
        if let Some(answer) = answer {
            shell.status("Recorded", crate::live::title(&answer.question));
        }
    }
    *known = now;
}
