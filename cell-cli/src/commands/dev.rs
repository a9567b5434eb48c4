//! `cell dev`: the project's cells in this terminal, builds that may ask them, and guests that are built
//! when their sources change.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use macro_bridge::answer::Answer;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::live::Dev;
use crate::arguments::up::Up;
use crate::arguments::{self, Global};
use crate::commands::vendor::recorded_answers;
use crate::commands::{build_macros, lock, up};
use crate::guests::watch::{Stale, Watch};
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
        let (end_of_guests, guests_end) = std::sync::mpsc::channel::<()>();
        if !options.no_guests {
            let shown = Shell::new(global);
            scope.spawn(move || rebuild(root, options.lock, global, &shown, &guests_end));
        }
        let end = (_end, end_of_guests);
        let outcome = if starts && !listens(&place)? {
            let names = Vec::new();
            let Dev { release, wait, .. } = *options;
            up::run(&Up { names, foreground: true, release, wait }, global, shell)
        } else {
            until_interrupted(&place)
        };
        drop(end);
        outcome
    })
}

/// Builds guests whose sources have changed, until the other end of `ended` is dropped.
fn rebuild(
    root: &Path,
    lock: bool,
    global: &Global,
    shell: &Shell,
    ended: &std::sync::mpsc::Receiver<()>,
) {
    let mut watch = Watch::new(root);
    loop {
        for stale in watch.look() {
            shell.status("Changed", format_args!("the sources of {}", stale.names.join(", ")));
            if let Err(error) = build(&stale, root, lock, global, shell) {
                // Its author will change it again.
                shell.error(&error);
            }
        }
        if ended.recv_timeout(Watch::PACE) != Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            return;
        }
    }
}

fn build(stale: &Stale, root: &Path, lock: bool, global: &Global, shell: &Shell) -> Result<()> {
    let options = arguments::BuildMacros {
        packages: stale.names.clone(),
        check: false,
        rustc: None,
        out_dir: Some(stale.components.clone()),
        target_dir: None,
    };
    let manifest_path = Some(stale.manifest.clone());
    build_macros::run(&options, &Global { manifest_path, ..global.clone() }, shell)?;
    let manifest_path = Some(root.join("cell.toml"));
    if lock {
        let check = arguments::Lock { check: false };
        lock::run(&check, &Global { manifest_path, ..global.clone() }, shell)?;
    } else {
        shell.note(
            "builds go on with the components that `cell.lock` names\n\
             help: run `cell lock`; `cell dev --lock` does so by itself",
        );
    }
    Ok(())
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
