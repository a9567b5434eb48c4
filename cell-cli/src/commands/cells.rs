//! `cell ls`, `inspect`, `health`, `schema`, `stop`: cells that run.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use cell_model::ops::{About, Health, Reply, Request};
use cell_model::{Code, Fault};

use crate::Exit;
use crate::arguments::cells::{self, Inspect, Ls, Metrics, Schema};
use crate::connection::{ask, folder};
use crate::shell::Shell;
use crate::supervisor::record::{has_ended, token};
use crate::supervisor::timestamp;

/// The names of cells that have a socket, whether they run or not.
pub(crate) fn names() -> Result<Vec<String>> {
    let folder = folder()?;
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| format!("cannot read {}", folder.display()))?,
    };
    let name = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let name = name.strip_suffix(".sock")?;
        // What has a `.` is not of a cell, or stands for a name that is too long to be found here.
        (!name.contains('.') && !name.starts_with("macros-")).then(|| name.to_owned())
    };
    let mut names: Vec<String> = entries.flatten().filter_map(name).collect();
    names.sort();
    Ok(names)
}

pub(crate) fn ls(options: &Ls, shell: &Shell) -> Result<Exit> {
    let mut out = shell.stdout();
    let mut found = Vec::new();
    for name in names()? {
        match ask(&name, &Request::Inspect) {
            Ok(Ok(Reply::Inspect(about))) => found.push((name, about)),
            Ok(Ok(_)) => {
                shell.warning(format_args!("`{name}` says something else than what it is"))
            }
            // A socket that a killed cell left.
            Ok(Err(fault)) if fault.code == Code::Disconnected => {}
            Ok(Err(fault)) => shell.warning(format_args!("`{name}`: {fault}")),
            Err(error) => shell.warning(format_args!("{error:#}")),
        }
    }
    if options.names {
        found.iter().try_for_each(|(name, _)| writeln!(out, "{name}"))?;
        return Ok(Exit::Done);
    }
    if found.is_empty() {
        shell.status("Running", "no cell");
        return Ok(Exit::Done);
    }
    let width = found.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(4);
    writeln!(
        out,
        "{:width$}  {:>8}  {:>7}  {:>9}  services",
        "name", "version", "process", "since"
    )?;
    for (name, about) in found {
        let services: Vec<&str> = about.services.keys().map(String::as_str).collect();
        let (version, process, since) = (&about.version, about.process, since(&about));
        let services = services.join(", ");
        writeln!(out, "{name:width$}  {version:>8}  {process:>7}  {since:>9}  {services}")?;
    }
    Ok(Exit::Done)
}

pub(crate) fn inspect(options: &Inspect, shell: &Shell) -> Result<Exit> {
    let about = about(&options.name)?;
    let mut out = shell.stdout();
    writeln!(out, "name       {}", about.name)?;
    writeln!(out, "version    {}", about.version)?;
    writeln!(out, "process    {}", about.process)?;
    writeln!(out, "since      {}", since(&about))?;
    for (service, hash) in &about.services {
        writeln!(out, "service    {service}  {hash}")?;
    }
    about.component.iter().try_for_each(|component| writeln!(out, "component  {component}"))?;
    Ok(Exit::Done)
}

pub(crate) fn health(options: &cells::Health, shell: &Shell) -> Result<Exit> {
    let begin = Instant::now();
    let patience = Duration::from_secs(options.wait);
    loop {
        let found = ask(&options.name, &Request::Health)?;
        let ready = matches!(found, Ok(Reply::Health(Health::Ready | Health::Degraded { .. })));
        if ready || begin.elapsed() >= patience {
            let words = match found {
                Ok(Reply::Health(Health::Ready)) => "ready".to_owned(),
                Ok(Reply::Health(Health::Starting)) => "starting".to_owned(),
                Ok(Reply::Health(Health::Stopping)) => "stopping".to_owned(),
                Ok(Reply::Health(Health::Degraded { why })) => {
                    format!("degraded: {}", why.join("; "))
                }
                Ok(_) => bail!("`{}` says something else than how it is", options.name),
                Err(fault) => return Err(explained(&options.name, &fault)),
            };
            writeln!(shell.stdout(), "{words}")?;
            return Ok(if ready { Exit::Done } else { Exit::Failed });
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn metrics(options: &Metrics, shell: &Shell) -> Result<Exit> {
    let Reply::Metrics(text) = answer(&options.name, &Request::Metrics)? else {
        bail!("`{}` says something else than what it counts", options.name);
    };
    write!(shell.stdout(), "{text}")?;
    Ok(Exit::Done)
}

pub(crate) fn schema(options: &Schema, shell: &Shell) -> Result<Exit> {
    let text = published(&options.name, options.service.as_deref())?;
    write!(shell.stdout(), "{text}")?;
    Ok(Exit::Done)
}

/// All schemas that a running cell publishes, by service.
pub(crate) fn all_published(name: &str) -> Result<BTreeMap<String, String>> {
    let about = about(name)?;
    let services = about.services.into_keys();
    services.map(|service| Ok((service.clone(), published(name, Some(&service))?))).collect()
}

/// The schema that a cell publishes.
pub(crate) fn published(name: &str, service: Option<&str>) -> Result<String> {
    let service = match service {
        Some(service) => service.to_owned(),
        None => {
            let about = about(name)?;
            let mut services = about.services.into_keys();
            match (services.next(), services.next()) {
                (Some(one), None) => one,
                (None, _) => bail!("`{name}` has no service"),
                (Some(one), Some(other)) => bail!(
                    "`{name}` has several services: {one}, {other}{}\n\
                     help: name one: `cell schema {name} {one}`",
                    services.map(|more| format!(", {more}")).collect::<String>()
                ),
            }
        }
    };
    match answer(name, &Request::Schema { service })? {
        Reply::Schema(text) => Ok(text),
        _ => bail!("`{name}` says something else than its schema"),
    }
}

/// Asks a cell to end that nobody looks after, and waits until its process is gone. Its name is free
/// before: calls that are under way go on.
pub(crate) fn stop(name: &str, wait: u64) -> Result<()> {
    let begin = Instant::now();
    let process = about(name)?.process;
    // Another process may get the number.
    let token = token(process);
    answer(name, &Request::Stop)?;
    let mut shared = None;
    while token.as_ref().is_some_and(|token| !has_ended(process, token)) {
        if begin.elapsed() >= SOON && shared.is_none() {
            shared = Some(has_other(process, name)?);
        }
        let listens = || Ok::<_, anyhow::Error>(ask(name, &Request::Health)?.is_ok());
        if shared == Some(true) && !listens()? {
            break;
        }
        if begin.elapsed() >= Duration::from_secs(wait) {
            let how = if listens()? { "was asked to end" } else { "takes no more calls" };
            bail!("`{name}` {how}, and its process {process} runs still, after {wait} s");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// A process that goes on for longer may have more than one cell.
const SOON: Duration = Duration::from_secs(1);

/// Has a process another cell, too? Then it does not end with this one.
fn has_other(process: u32, name: &str) -> Result<bool> {
    let same = |found| matches!(found, Ok(Ok(Reply::Inspect(About { process: its, .. }))) if its == process);
    Ok(names()?.iter().any(|other| other != name && same(ask(other, &Request::Inspect))))
}

/// What a cell says that it is.
fn about(name: &str) -> Result<About> {
    match answer(name, &Request::Inspect)? {
        Reply::Inspect(about) => Ok(about),
        _ => bail!("`{name}` says something else than what it is"),
    }
}

/// The answer of a cell that runs.
fn answer(name: &str, asked: &Request) -> Result<Reply> {
    ask(name, asked)?.map_err(|fault| explained(name, &fault))
}

fn explained(name: &str, fault: &Fault) -> anyhow::Error {
    match fault.code {
        Code::Disconnected => {
            anyhow::anyhow!("the cell `{name}` does not run\nhelp: `cell ls` shows those that do")
        }
        _ => anyhow::anyhow!("`{name}`: {}", fault.text),
    }
}

/// How long it has been running.
fn since(about: &About) -> String {
    let started = Duration::from_secs(about.started);
    timestamp::span(Duration::from_millis(timestamp::now()).saturating_sub(started))
}
