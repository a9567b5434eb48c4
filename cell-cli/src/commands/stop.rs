//! `cell stop`: through the supervisor where there is one, since it would start a cell again that
//! ends without its knowledge.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::Exit;
use crate::arguments::Global;
use crate::arguments::up::Stop;
use crate::commands::cells;
use crate::commands::up::describe;
use crate::project;
use crate::shell::Shell;
use crate::supervisor::client::Client;
use crate::supervisor::place::Place;
use crate::supervisor::project::needs;
use crate::supervisor::service::{Standing, State};

/// How much longer than a cell's patience we wait for it: it is killed then.
const SLACK: Duration = Duration::from_secs(10);

pub(crate) fn run(options: &Stop, global: &Global, shell: &Shell) -> Result<Exit> {
    let Stop { names, all, wait } = options;
    let patience = Duration::from_secs(*wait);
    let found = match project::root(global) {
        Ok(root) => supervisor(Place::of(&root)?)?,
        // Any cell of this user can be stopped from anywhere.
        Err(error) if *all => return Err(error),
        Err(_) => None,
    };
    if *all {
        match found {
            Some((client, place, needs)) => finish(&client, &place, needs, patience, shell)?,
            None => shell.status("Running", "no cell of this project"),
        }
        return Ok(Exit::Done);
    }
    let state = match &found {
        Some((client, ..)) => client.state()?,
        None => None,
    };
    let ours = |name: &&String| state.as_ref().is_some_and(|state| looks_after(state, name));
    let (kept, others): (Vec<&String>, Vec<&String>) = names.iter().partition(ours);
    let kept: Vec<String> = kept.into_iter().cloned().collect();
    if let (Some((client, _, needs)), Some(state)) = (found.filter(|_| !kept.is_empty()), &state) {
        client.stop(&kept, needs, patience)?;
        wait_for(&client, state, &kept, patience, shell)?;
    }
    for name in others {
        cells::stop(name, *wait)?;
        shell.status("Stopped", name);
    }
    Ok(Exit::Done)
}

/// Has the supervisor this cell, or would it start it again?
fn looks_after(state: &State, name: &str) -> bool {
    let standing = state.cells.get(name).map(|cell| &cell.standing);
    !matches!(standing, None | Some(Standing::Stopped | Standing::Elsewhere(_)))
}

type Needs = BTreeMap<String, Vec<String>>;

/// The project's supervisor, if it runs or has left somebody behind.
fn supervisor(place: Place) -> Result<Option<(Client, Place, Needs)>> {
    let client = match Client::find(&place)? {
        None if place.left().is_empty() => return Ok(None),
        None => Client::start(&place)?,
        Some(client) => client,
    };
    // Only for the order: a file that cannot be read keeps nobody running.
    let needs = project::manifest(&place.root).map(|(manifest, _)| needs(&manifest));
    Ok(Some((client, place, needs.unwrap_or_default())))
}

fn wait_for(
    client: &Client,
    before: &State,
    names: &[String],
    patience: Duration,
    shell: &Shell,
) -> Result<()> {
    let begin = Instant::now();
    let mut left: Vec<&String> = names.iter().collect();
    let process = |state: &State, name| state.cells.get(name).and_then(|cell| cell.process);
    while !left.is_empty() {
        let Some(state) = client.state()? else { return Ok(()) };
        left.retain(|name| {
            // Somebody may have started it again meanwhile.
            let old = process(before, name.as_str());
            let another = old.is_some() && process(&state, name.as_str()) != old;
            let stopped = another || !looks_after(&state, name);
            if stopped {
                shell.status("Stopped", name);
            }
            !stopped
        });
        give_up(begin, patience, left.first().map(|name| name.as_str()), &state)?;
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn give_up(begin: Instant, patience: Duration, name: Option<&str>, state: &State) -> Result<()> {
    // One after the other, if they need each other.
    let most = (patience + SLACK) * state.cells.len().max(1) as u32;
    if begin.elapsed() < most {
        return Ok(());
    }
    let Some((name, cell)) = name.and_then(|name| Some((name, state.cells.get(name)?))) else {
        bail!("the supervisor does not end");
    };
    bail!("`{name}` has not ended, though it was killed: {}", describe(cell));
}

/// Ends all cells and the supervisor.
pub(crate) fn finish(
    client: &Client,
    place: &Place,
    needs: Needs,
    patience: Duration,
    shell: &Shell,
) -> Result<()> {
    let before = client.state()?;
    let mut left: Vec<String> = before
        .iter()
        .flat_map(|state| state.cells.keys().filter(|name| looks_after(state, name)).cloned())
        .collect();
    let begin = Instant::now();
    client.finish(needs, patience)?;
    while let Some(state) = client.state()? {
        left.retain(|name| {
            let stopped = !looks_after(&state, name);
            if stopped {
                shell.status("Stopped", name);
            }
            !stopped
        });
        give_up(begin, patience, left.first().map(String::as_str), &state)?;
        std::thread::sleep(Duration::from_millis(10));
    }
    // It answers no more, and has its place until it is gone.
    place.wait_for(Place::LOCK)?;
    left.iter().for_each(|name| shell.status("Stopped", name));
    let elsewhere = before.iter().flat_map(|state| &state.cells);
    for (name, cell) in elsewhere {
        if cell.standing == Standing::Elsewhere(true) {
            shell.note(format_args!("`{name}` goes on: this project has not started it"));
        }
    }
    Ok(())
}
