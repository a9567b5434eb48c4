//! `cell status`: how the project's cells are.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::time::Duration;

use anyhow::Result;
use cell_model::ops::About;
use macro_bridge::digest::Digest;
use macro_bridge::lock::{Lock, LockedCell};
use serde_json::json;
use tokio::task::JoinSet;

use crate::Exit;
use crate::arguments::Global;
use crate::arguments::up::Status;
use crate::commands::up::describe;
use crate::connection::folder;
use crate::manifest::Manifest;
use crate::project;
use crate::shell::Shell;
use crate::supervisor::client::Client;
use crate::supervisor::core::Health;
use crate::supervisor::place::Place;
use crate::supervisor::record::Record;
use crate::supervisor::service::{CellState, Standing};
use crate::supervisor::{probe, project as cells, timestamp};

/// What is shown of a cell.
struct Row {
    name: String,
    /// A word for programs.
    state: &'static str,
    /// The state for people.
    text: String,
    /// Does it take calls, or is it none that the project starts?
    well: bool,
    process: Option<u32>,
    /// Milliseconds since 1970.
    since: Option<u64>,
    restarts: u32,
    /// Why what runs is not what it should be.
    drift: Vec<String>,
}

pub(crate) fn run(options: &Status, global: &Global, shell: &Shell) -> Result<Exit> {
    let root = project::root(global)?;
    let (manifest, _) = project::manifest(&root)?;
    let place = Place::of(&root)?;
    let state = match Client::find(&place)? {
        Some(client) => client.state()?,
        None => None,
    };
    let supervised = state.is_some();
    let mut known = state.map(|state| state.cells).unwrap_or_default();
    let names: BTreeSet<String> = manifest.cells.keys().chain(known.keys()).cloned().collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let said = runtime.block_on(ask_all(&names))?;
    let (_, lock) = project::lock_text(&root);
    let rows: Vec<Row> = names
        .into_iter()
        .map(|name| {
            let (cell, said) = (known.remove(&name), said.get(&name));
            row(&place, &manifest, lock.as_ref(), name, cell, said)
        })
        .collect();
    let well = rows.iter().all(|row| row.well);
    let mut out = shell.stdout();
    if options.json {
        let rows: Vec<_> = rows.iter().map(json).collect();
        writeln!(out, "{:#}", json!({ "well": well, "supervised": supervised, "cells": rows }))?;
        return Ok(if well { Exit::Done } else { Exit::Failed });
    }
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0).max(4);
    let header = ("name", "process", "since", "restarts");
    let (name, process, since, restarts) = header;
    writeln!(out, "{name:width$}  {process:>8}  {since:>8}  {restarts:>8}  state")?;
    for Row { name, text, process, since, restarts, drift, .. } in &rows {
        let process = process.map_or_else(|| "-".to_owned(), |process| process.to_string());
        let age = |since| Duration::from_millis(timestamp::now().saturating_sub(since));
        let since = since.map_or_else(|| "-".to_owned(), |since| timestamp::span(age(since)));
        writeln!(out, "{name:width$}  {process:>8}  {since:>8}  {restarts:>8}  {text}")?;
        for drift in drift {
            writeln!(out, "{:width$}  {drift}", "")?;
        }
    }
    drop(out);
    if !supervised && rows.iter().any(|row| row.state == "unwatched") {
        shell.note(
            "the supervisor is gone, its cells go on\nhelp: `cell up` looks after them again",
        );
    }
    Ok(if well { Exit::Done } else { Exit::Failed })
}

/// What those that run say they are, and whether they take calls.
async fn ask_all(names: &BTreeSet<String>) -> Result<BTreeMap<String, (About, bool)>> {
    let folder = folder()?;
    let mut asked = JoinSet::new();
    for name in names.clone() {
        let folder = folder.clone();
        asked.spawn(async move {
            let about = probe::inspect(&folder, &name).await.ok()?;
            let (health, _) = probe::health(&folder, &name).await;
            Some((name, (about, !matches!(health, Health::Silent(_)))))
        });
    }
    Ok(asked.join_all().await.into_iter().flatten().collect())
}

fn row(
    place: &Place,
    manifest: &Manifest,
    lock: Option<&Lock>,
    name: String,
    cell: Option<CellState>,
    said: Option<&(About, bool)>,
) -> Row {
    let run = cells::run(manifest, &name);
    let about = said.map(|(about, _)| about);
    let takes_calls = said.is_some_and(|(_, takes_calls)| *takes_calls);
    let mut drift = Vec::new();
    if let (Some(about), Some(locked)) = (about, lock.and_then(|lock| lock.cells.get(&name))) {
        drift = differences(about, locked);
    }
    if let (Some(cell), Some(run)) = (&cell, run)
        && cell.process.is_some()
        && cell.digest != cells::digest(run)
    {
        drift.push("cell.toml was changed since it was started".to_owned());
    }
    // Without a supervisor, or one that was never asked for this cell.
    let cell = cell.filter(|cell| {
        !matches!(cell.standing, Standing::Stopped | Standing::Elsewhere(_)) || about.is_none()
    });
    let Some(cell) = cell else {
        let record = Record::read(&place.file(&name, "keeper")).filter(|_| place.is_locked(&name));
        let (state, text) = match (&record, about) {
            (Some(_), _) => ("unwatched", "running, without a supervisor"),
            (None, Some(_)) => ("not-ours", "running, not started by this project"),
            (None, None) if run.is_none() => ("not-ours", "not started by this project"),
            (None, None) => ("stopped", "stopped"),
        };
        let well = run.is_none() || takes_calls;
        let process = record.as_ref().map(|record| record.cell).or(about.map(|a| a.process));
        let since = record.map(|record| record.started).or(about.map(|a| a.started * 1_000));
        let text = text.to_owned();
        return Row { name, state, text, well, process, since, restarts: 0, drift };
    };
    let (state, takes_calls) = standing(&cell.standing);
    let well = run.is_none() || takes_calls;
    let text = describe(&cell);
    let CellState { process, since, restarts, .. } = cell;
    Row { name, state, text, well, process, since, restarts, drift }
}

/// A word for programs, and whether the cell takes calls.
fn standing(standing: &Standing) -> (&'static str, bool) {
    match standing {
        Standing::Stopped => ("stopped", false),
        Standing::Waiting(_) => ("waiting", false),
        Standing::Starting => ("starting", false),
        Standing::Ready => ("ready", true),
        Standing::Degraded(_) => ("degraded", true),
        Standing::Restarting(_) => ("restarting", false),
        Standing::Stopping => ("stopping", false),
        Standing::GivenUp => ("given-up", false),
        Standing::Elsewhere(ready) => ("not-ours", *ready),
        Standing::Other => ("unknown", false),
    }
}

/// What a cell says that it is, and `cell.lock` does not. What it publishes beside is its own affair.
fn differences(about: &About, locked: &LockedCell) -> Vec<String> {
    let short = |text: &str| text.get(..12).unwrap_or(text).to_owned();
    let mut found = Vec::new();
    let mut compare = |what: &str, runs: Option<&String>, locked: Digest| {
        let locked = locked.to_string();
        match runs {
            Some(runs) if *runs == locked => {}
            Some(runs) => {
                found.push(format!("{what} {} runs, cell.lock has {}", short(runs), short(&locked)))
            }
            None => found.push(format!("{what} is in cell.lock, and the cell has none")),
        }
    };
    if let Some(component) = &locked.component {
        compare("the component", about.component.as_ref(), component.digest);
    }
    for (service, digest) in &locked.services {
        compare(&format!("the schema of {service}"), about.services.get(service), *digest);
    }
    found
}

fn json(row: &Row) -> serde_json::Value {
    let Row { name, state, text, well, process, since, restarts, drift } = row;
    json!({
        "name": name,
        "state": state,
        "text": text,
        "well": well,
        "process": process,
        "since": since.map(timestamp::rfc3339),
        "restarts": restarts,
        "drift": drift,
    })
}

#[cfg(test)]
mod tests {
    use macro_bridge::lock::LockedComponent;

    use super::*;

    #[test]
    fn a_degraded_cell_takes_calls() {
        assert_eq!(standing(&Standing::Degraded(vec!["a disk".into()])), ("degraded", true));
        assert_eq!(standing(&Standing::Elsewhere(false)), ("not-ours", false));
    }

    #[test]
    fn what_runs_is_compared_with_what_is_locked() {
        let digest = |text: &str| Digest::of(text.as_bytes());
        let mut locked = LockedCell {
            services: BTreeMap::from([("Ledger".to_owned(), digest("schema"))]),
            ..LockedCell::default()
        };
        let services = [("Ledger", "schema"), ("More", "more")];
        let mut about = About {
            name: "ledger".into(),
            version: String::new(),
            started: 0,
            process: 1,
            services: services.map(|(name, text)| (name.into(), digest(text).to_string())).into(),
            component: Some(digest("component").to_string()),
        };
        assert_eq!(differences(&about, &locked), Vec::<String>::new());
        locked.component = Some(LockedComponent { api: "0.1.0".into(), digest: digest("other") });
        about.services.remove("Ledger");
        let found = differences(&about, &locked);
        assert_eq!(found.len(), 2, "{found:?}");
        let (runs, old) = (digest("component").to_string(), digest("other").to_string());
        let expected = format!("the component {} runs, cell.lock has {}", &runs[..12], &old[..12]);
        assert_eq!(found[0], expected);
        assert_eq!(found[1], "the schema of Ledger is in cell.lock, and the cell has none");
    }
}
