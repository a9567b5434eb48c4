//! `cell expand`: what macros were given and what they made of it, as Rust source on stdout.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::Result;
use macro_bridge::digest::Digest;
use macro_bridge::expansion::{Expansion, Level};
use macro_bridge::project::Project;
use macro_bridge::request::Request;

use crate::arguments::{Expand, Global};
use crate::shell::{Shell, count};
use crate::trace::Site;
use crate::traced_check::TracedCheck;
use crate::{Exit, engine, project, render};

pub(crate) fn run(options: &Expand, global: &Global, shell: &Shell) -> Result<Exit> {
    let root = project::root(global)?;
    let project = Project::load(&root)?;
    let runtime = engine::runtime()?;
    let check = TracedCheck::new(&root, &options.selection, global, shell)?;
    let progress = shell.progress("Checking", "the project");
    let run = check.run(&|what| progress.say(what))?;
    drop(progress);
    let trace = run.trace;
    if trace.sites.is_empty() {
        if !run.success {
            shell.pass_on(&run.output);
            anyhow::bail!("the project does not compile, for reasons that are above");
        }
        shell.note("the project uses no macro of a cell");
        return Ok(Exit::Done);
    }
    let wanted: Vec<&Site> =
        trace.sites.keys().filter(|site| fits(site, options.filter.as_deref())).collect();
    if wanted.is_empty() {
        let filter = options.filter.as_deref().unwrap_or_default();
        let all = count(trace.sites.len(), "call", "calls");
        anyhow::bail!("none of {all} of macros has `{filter}` in its path or place");
    }
    let keys: BTreeSet<Digest> = wanted.iter().map(|site| site.key).collect();
    let open = check.folder().requests(keys)?.into_iter().collect();
    // Whoever reads what is written below may take time.
    drop(check);
    let outcomes = engine::expand_all(&runtime, &project, &project, open, &|_| {});
    let mut out = shell.stdout();
    let mut failed = false;
    for site in wanted {
        let Some(outcome) = outcomes.iter().find(|outcome| outcome.key == site.key) else {
            continue;
        };
        let Site { place, title, key } = site;
        let recorded = match project.expansion(key) {
            Ok(Some(_)) => "recorded",
            _ => "not recorded",
        };
        let took = outcome.took.as_secs_f64() * 1000.0;
        writeln!(out, "// `{title}` at {place}: {took:.2} ms, {recorded} as {}", key.short())?;
        given(&mut out, &outcome.request)?;
        match &outcome.result {
            Ok(expansion) => {
                made(&mut out, &outcome.request, expansion)?;
                if options.plan {
                    plan(&mut out, expansion)?;
                }
            }
            Err(failure) => {
                failed = true;
                comment(&mut out, "fails: ", &failure.to_string())?;
            }
        }
        writeln!(out)?;
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

fn fits(site: &Site, filter: Option<&str>) -> bool {
    filter
        .is_none_or(|filter| site.title.contains(filter) || site.place.to_string().contains(filter))
}

fn given(out: &mut impl Write, request: &Request) -> Result<()> {
    for call in &request.calls {
        if !call.arguments.is_empty() {
            let arguments = request.table.render(call.arguments.clone());
            comment(out, &format!("arguments of `{}`: ", call.path()), &arguments)?;
        }
    }
    comment(out, "given: ", render::input(&request.table, request.item()).trim_end())
}

fn made(out: &mut impl Write, request: &Request, expansion: &Expansion) -> Result<()> {
    for diagnostic in &expansion.diagnostics {
        let level = match diagnostic.level {
            Level::Error => "error: ",
            Level::Warning => "warning: ",
            Level::Note => "note: ",
            Level::Help => "help: ",
        };
        comment(out, level, &diagnostic.message)?;
    }
    for answer in &expansion.answers {
        comment(
            out,
            "stands on: ",
            &format!("answer {} of `{}`", answer.key.short(), answer.cell),
        )?;
    }
    for artifact in &expansion.artifacts {
        let size = artifact.body.len();
        comment(out, "artifact: ", &format!("{} ({size} bytes)", artifact.name))?;
    }
    write!(out, "{}", render::output(&request.table, &expansion.output))?;
    Ok(())
}

fn plan(out: &mut impl Write, expansion: &Expansion) -> Result<()> {
    for entry in &expansion.plan {
        let head = format!("plan: {} {} `{}`: ", entry.cell, entry.kind, entry.name);
        comment(out, &head, &entry.body)?;
    }
    Ok(())
}

/// A comment whose further lines are indented.
fn comment(out: &mut impl Write, head: &str, text: &str) -> Result<()> {
    let mut lines = text.lines();
    writeln!(out, "// {head}{}", lines.next().unwrap_or_default())?;
    lines.try_for_each(|line| writeln!(out, "//     {line}"))?;
    Ok(())
}
