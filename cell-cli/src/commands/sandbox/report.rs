//! `cell sandbox list`, `why` and `report`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use anyhow::Result;
use cell_sandbox::graph::Found;
use cell_sandbox::sets;
use macro_bridge::lock::LockedCell;
use macro_bridge::policy;
use serde_json::{Value, json};

use crate::arguments::sandbox::{SandboxList, SandboxReport, SandboxWhy};
use crate::arguments::{Global, Selection};
use crate::commands::macros::table;
use crate::sandbox::{self, State, Workspace};
use crate::shell::{Shell, count};
use crate::traced_check::TracedCheck;
use crate::{Exit, files};

pub(super) fn list(options: &SandboxList, global: &Global, shell: &Shell) -> Result<Exit> {
    let workspace = Workspace::open(global)?;
    let mut out = shell.stdout();
    if options.json {
        let all = workspace.found.iter().map(|one| short(&workspace, one));
        writeln!(out, "{:#}", json!({ "crates": all.collect::<Result<Vec<Value>>>()? }))?;
        return Ok(Exit::Done);
    }
    if workspace.found.is_empty() {
        shell.note("no proc-macro crate is in this workspace's graph");
        return Ok(Exit::Done);
    }
    let row = |one: &Found| {
        let (word, why) = state(&workspace, one);
        let rights = rights(&workspace, one)?;
        Ok([one.name.clone(), one.version.clone(), word.to_owned(), rights, why])
    };
    let rows = workspace.found.iter().map(row).collect::<Result<Vec<_>>>()?;
    write!(out, "{}", table(&rows))?;
    let of =
        |state: State| workspace.found.iter().filter(|one| workspace.state(one) == state).count();
    let (sandboxed, can) = (of(State::Sandboxed), of(State::Can));
    shell.note(format!(
        "{}: {sandboxed} sandboxed, {can} that can be",
        count(rows.len(), "proc-macro crate", "proc-macro crates")
    ));
    if can > 0 {
        shell.note("`cell sandbox add --all` shows what it would change, and asks");
    }
    Ok(Exit::Done)
}

/// How a crate runs, in a word, and a line about it.
fn state(workspace: &Workspace, found: &Found) -> (&'static str, String) {
    match workspace.state(found) {
        State::Sandboxed => {
            let key = workspace.key_of(found).unwrap_or_default();
            let sets = match workspace.made_more(&key).len() {
                0 => String::new(),
                more => format!("{} sets of features; ", more + 1),
            };
            ("sandboxed", format!("{sets}used by {}", found.dependents.join(", ")))
        }
        State::Can => {
            ("native", format!("can be sandboxed; used by {}", found.dependents.join(", ")))
        }
        State::Inner => {
            ("native", format!("only to compile other macros: {}", found.dependents.join(", ")))
        }
        State::Native(reason) => ("native", reason.to_string()),
    }
}

/// In short: what a crate may do that runs sandboxed, or would need if it did.
fn rights(workspace: &Workspace, found: &Found) -> Result<String> {
    let needs = match workspace.state(found) {
        State::Sandboxed => {
            let key = workspace.key_of(found).unwrap_or_default();
            let cell = workspace.lock.as_ref().and_then(|lock| lock.cells.get(&key));
            let Some(cell) = cell else { return Ok("-".to_owned()) };
            let emits: Vec<&str> = policy::words(cell.allowed).collect();
            let sees = [&cell.outside.variables[..], &cell.outside.files].concat();
            let part = |head: &str, words: String| match words.as_str() {
                "" => None,
                words => Some(format!("{head} {words}")),
            };
            let parts = [part("may emit", emits.join(", ")), part("sees", sees.join(", "))];
            parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
        }
        State::Can => sandbox::needs(found)?.to_string(),
        State::Inner | State::Native(_) => String::new(),
    };
    Ok(if needs.is_empty() { "-".to_owned() } else { needs })
}

fn short(workspace: &Workspace, found: &Found) -> Result<Value> {
    let (word, _) = state(workspace, found);
    let reason = match workspace.state(found) {
        State::Native(reason) => Value::from(reason.to_string()),
        _ => Value::Null,
    };
    // By its source, of one that is not sandboxed and can be.
    let needs = match workspace.state(found) {
        State::Can => {
            let needs = sandbox::needs(found)?;
            json!({
                "emit": needs.allow,
                "variables": needs.more_variables().collect::<Vec<_>>(),
                "variables-by-other-names": needs.some_variables,
                "std": needs.reaches,
            })
        }
        _ => Value::Null,
    };
    Ok(json!({
        "name": found.name,
        "version": found.version,
        "needs": needs,
        "runs": word,
        "can": workspace.state(found) == State::Can,
        "reason": reason,
        "features": found.features,
        "other-features": workspace.key_of(found).map_or(Vec::new(), |key| {
            workspace.made_more(&key).into_iter().map(|(_, made)| made.features).collect()
        }),
        "used-by": found.dependents,
    }))
}

pub(super) fn why(options: &SandboxWhy, global: &Global, shell: &Shell) -> Result<Exit> {
    let workspace = Workspace::open(global)?;
    let mut out = shell.stdout();
    for found in workspace.select(std::slice::from_ref(&options.name))? {
        let (word, why) = state(&workspace, found);
        writeln!(out, "{} {}: {word}", found.name, found.version)?;
        let line = |out: &mut dyn std::io::Write, head: &str, text: &str| {
            if text.is_empty() { Ok(()) } else { writeln!(out, "  {head:<12} {text}") }
        };
        if let State::Native(_) = workspace.state(found) {
            line(&mut out, "because", &why)?;
        }
        line(&mut out, "features", &found.features.join(", "))?;
        line(&mut out, "used by", &found.dependents.join(", "))?;
        let locked = workspace.key_of(found).and_then(|key| {
            let cell = workspace.lock.as_ref()?.cells.get(&key)?;
            Some((workspace.made().get(&key)?.clone(), cell))
        });
        match locked {
            Some((made, cell)) => {
                let key = workspace.key_of(found).unwrap_or_default();
                line(&mut out, "component", &sha256(&workspace, &key))?;
                for (key, more) in workspace.made_more(&key) {
                    let text =
                        format!("{} of [{}]", sha256(&workspace, &key), more.features.join(", "));
                    line(&mut out, "", &text)?;
                }
                line(&mut out, "compiled by", &made.compiler)?;
                line(&mut out, "held back", &format!("build scripts from {}", made.held))?;
                let macros =
                    cell.macros.iter().map(|(name, it)| format!("{name} ({})", it.kind.word()));
                line(&mut out, "macros", &macros.collect::<Vec<_>>().join(", "))?;
                line(&mut out, "can ask for", &cell.outside.imports.join(", "))?;
                line(&mut out, "variables", &cell.outside.variables.join(", "))?;
                line(&mut out, "files", &cell.outside.files.join(", "))?;
                line(
                    &mut out,
                    "may emit",
                    &policy::words(cell.allowed).collect::<Vec<_>>().join(", "),
                )?;
            }
            None => {
                for one in workspace.with_sets(&[found], global)? {
                    for features in one.sets {
                        line(&mut out, "and with", &format!("[{}]", features.join(", ")))?;
                    }
                }
                let needs = sandbox::needs(found)?;
                let words = |words: &BTreeSet<String>| {
                    words.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
                };
                line(&mut out, "emits", &words(&needs.allow))?;
                line(&mut out, "variables", &words(&needs.variables))?;
                line(&mut out, "uses of std", &words(&needs.reaches))?;
                if workspace.state(found) == State::Can {
                    line(&mut out, "sandbox it", &format!("cell sandbox add {}", found.name))?;
                }
            }
        }
    }
    Ok(Exit::Done)
}

fn sha256(workspace: &Workspace, key: &str) -> String {
    let cell = workspace.lock.as_ref().and_then(|lock| lock.cells.get(key));
    let digest = cell.and_then(|cell| Some(cell.component.as_ref()?.digest.to_string()));
    format!("sha256 {}", digest.unwrap_or_default())
}

/// What macros did in the workspace, by crate.
#[derive(Default)]
struct Calls {
    number: usize,
    /// Sort and detail of what was refused.
    refused: BTreeSet<(String, String)>,
}

fn calls(workspace: &Workspace, global: &Global, shell: &Shell) -> Result<BTreeMap<String, Calls>> {
    let check = TracedCheck::new(&workspace.root, &Selection::default(), global, shell)?;
    let progress = shell.progress("Checking", "the workspace");
    let run = check.run(&|what| progress.say(what))?;
    drop(progress);
    if !run.success {
        shell.warning(
            "the workspace does not compile: calls are those as far as rustc came\n\
             help: `cargo check` says why",
        );
    }
    let mut calls: BTreeMap<String, Calls> = BTreeMap::new();
    for site in run.trace.sites.keys() {
        let key = workspace.crate_key(site.title.split("::").next().unwrap_or_default());
        calls.entry(key.to_owned()).or_default().number += 1;
    }
    for [key, what, detail] in run.trace.made.values().flat_map(|made| &made.attempts) {
        let refused = (what.clone(), detail.clone());
        calls.entry(workspace.crate_key(key).to_owned()).or_default().refused.insert(refused);
    }
    Ok(calls)
}

pub(super) fn report(options: &SandboxReport, global: &Global, shell: &Shell) -> Result<Exit> {
    let workspace = Workspace::open(global)?;
    let calls = match options.no_calls || workspace.made().is_empty() {
        true => None,
        false => Some(calls(&workspace, global, shell)?),
    };
    let kept = workspace.kept();
    let made = workspace.made();
    let mut crates = Vec::new();
    for found in &workspace.found {
        let mut value = short(&workspace, found)?;
        let key = workspace.key_of(found);
        let original =
            kept.iter().find(|one| one.name == found.name && one.version == found.version);
        let source = original.and_then(|it| it.source.clone()).or_else(|| found.source.clone());
        value["source"] = source.into();
        value["checksum"] = original.and_then(|it| it.checksum.clone()).into();
        let cell = key.as_ref().and_then(|key| workspace.lock.as_ref()?.cells.get(key));
        if let (Some(key), Some(cell)) = (&key, cell) {
            value["component"] = component(&workspace, (key, 0), cell);
            // Where cargo builds it with other features than all together.
            let more = workspace.made_more(key);
            let more = (1..).zip(&more).filter_map(|(number, (own, made))| {
                let cell = workspace.lock.as_ref()?.cells.get(own)?;
                let mut value = component(&workspace, (key, number), cell);
                value["features"] = made.features.clone().into();
                Some(value)
            });
            let more: Vec<Value> = more.collect();
            if !more.is_empty() {
                value["components-of-other-features"] = more.into();
            }
            value["can-ask-for"] = cell.outside.imports.clone().into();
            value["granted"] = json!({
                "variables": cell.outside.variables,
                "files": cell.outside.files,
            });
            if let Some(calls) = &calls {
                let none = Calls::default();
                let of = calls.get(key).unwrap_or(&none);
                value["calls"] = of.number.into();
                value["refused"] = of
                    .refused
                    .iter()
                    .map(|(what, detail)| json!({ "tried": what, "detail": detail }))
                    .collect();
            }
            value["compiler"] = made.get(key).map(|it| it.compiler.clone()).into();
            value["build-scripts-without"] = made.get(key).map(|it| it.held.clone()).into();
            value["dependencies"] = original
                .iter()
                .flat_map(|it| &it.dependencies)
                .map(|(name, version)| format!("{name}@{version}"))
                .collect();
        }
        crates.push(value);
    }
    let report = json!({
        "format": "cell-sandbox-report 1",
        "cell": env!("CARGO_PKG_VERSION"),
        "crates": crates,
        // What components were compiled of, as `Cargo.lock` named it.
        "sources": kept.iter().filter(|one| one.source.is_some()).map(|one| json!({
            "name": one.name,
            "version": one.version,
            "source": one.source,
            "checksum": one.checksum,
        })).collect::<Vec<_>>(),
    });
    writeln!(shell.stdout(), "{report:#}")?;
    Ok(Exit::Done)
}

fn component(workspace: &Workspace, (key, number): (&str, usize), cell: &LockedCell) -> Value {
    let path = workspace.folder().join(key).join(sets::file(number));
    let size = files::read(&path).map(|bytes| bytes.len()).ok();
    let limits = cell.limits;
    json!({
        "sha256": cell.component.as_ref().map(|it| it.digest.to_string()),
        "bytes": size,
        "api": cell.component.as_ref().map(|it| it.api.clone()),
        "macros": cell.macros.iter().map(|(name, it)| json!({
            "name": name,
            "kind": it.kind.word(),
            "helpers": it.helpers,
        })).collect::<Vec<_>>(),
        "may-emit": policy::words(cell.allowed).collect::<Vec<_>>(),
        "limits": {
            "fuel": limits.fuel,
            "memory": limits.memory,
            "rows": limits.rows,
            "bytes": limits.bytes,
        },
    })
}
