//! `cell discover`: all cells of this user that run, from any project, and what they offer.

use std::collections::BTreeMap;
use std::io::Write as _;

use anyhow::Result;
use cell_model::coordination::Description;
use cell_model::ops::About;
use cell_model::{Code, Fault};
use serde_json::json;
use tokio::task::JoinSet;

use crate::Exit;
use crate::arguments::up::Discover;
use crate::commands::cells::names;
use crate::connection::folder;
use crate::shell::Shell;
use crate::supervisor::probe;

/// What a cell says of itself, asked all at once: each may take seconds that is stuck.
type Answer = Result<(About, Option<Description>), Fault>;

pub(crate) fn run(options: &Discover, shell: &Shell) -> Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut found = BTreeMap::new();
    for (name, answer) in runtime.block_on(ask_all(names()?))? {
        match answer {
            Ok(answer) => {
                found.insert(name, answer);
            }
            // A socket that a killed cell left.
            Err(fault) if fault.code == Code::Disconnected => {}
            Err(fault) => shell.warning(format_args!("`{name}`: {fault}")),
        }
    }
    let mut out = shell.stdout();
    if options.json {
        let cells: Vec<_> =
            found.values().map(|(about, offer)| json(about, offer.as_ref())).collect();
        writeln!(out, "{:#}", json!({ "cells": cells }))?;
        return Ok(Exit::Done);
    }
    if found.is_empty() {
        shell.status("Running", "no cell");
    }
    for (name, (about, offer)) in found {
        let version = if about.version.is_empty() { "-" } else { &about.version };
        writeln!(out, "{name}  {version}  process {}", about.process)?;
        for (service, hash) in &about.services {
            writeln!(out, "  service    {service}  {}", hash.get(..16).unwrap_or(hash))?;
        }
        for question in offer.iter().flat_map(|offer| &offer.questions) {
            writeln!(out, "  question   {question}")?;
        }
        if let Some(component) = offer.and_then(|offer| offer.component) {
            let digest = component.digest.get(..16).unwrap_or(&component.digest);
            writeln!(
                out,
                "  component  {digest}  {} bytes, API {}",
                component.length, component.api
            )?;
        }
    }
    Ok(Exit::Done)
}

async fn ask_all(names: Vec<String>) -> Result<Vec<(String, Answer)>> {
    let folder = folder()?;
    let mut asked = JoinSet::new();
    for name in names {
        let folder = folder.clone();
        asked.spawn(async move {
            let answer = async {
                let about = probe::inspect(&folder, &name).await?;
                // A cell may know nothing of macros.
                Ok((about, probe::describe(&folder, &name).await.ok()))
            };
            let answer = answer.await;
            (name, answer)
        });
    }
    Ok(asked.join_all().await)
}

fn json(about: &About, offer: Option<&Description>) -> serde_json::Value {
    let component = offer.and_then(|offer| offer.component.as_ref()).map(
        |component| json!({ "digest": component.digest, "bytes": component.length, "api": component.api }),
    );
    json!({
        "name": about.name,
        "version": about.version,
        "process": about.process,
        "started": about.started,
        "services": about.services,
        "questions": offer.map(|offer| offer.questions.clone()).unwrap_or_default(),
        "component": component,
    })
}
