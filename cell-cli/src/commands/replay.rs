//! `cell replay`: what `cell expand --save` wrote, expanded once more and compared.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use macro_bridge::digest::Digest;
use macro_bridge::request::Request;
use macro_runtime::Runtime;

use crate::arguments::expand::Replay;
use crate::live::difference;
use crate::saved::{Case, Saved};
use crate::shell::{Shell, count};
use crate::{Exit, engine, files, highlight, show};

pub(crate) fn run(options: &Replay, shell: &Shell) -> Result<Exit> {
    let path = &options.file;
    let read = files::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let mut saved = Saved::decode(&read).with_context(|| {
        format!("`{}` is nothing that `cell expand --save` writes", path.display())
    })?;
    let runtime = engine::runtime()?;
    let others = others(&options.components, &mut saved, &runtime)?;
    if saved.by != env!("CARGO_PKG_VERSION") {
        let by = highlight::harmless(&saved.by);
        shell.note(format_args!("it was written by `cell` {by}, and this is another release"));
    }
    let requests: Vec<(Digest, Request)> =
        saved.cases.iter().map(|case| (case.request.key(), with(&case.request, &others))).collect();
    let progress = shell.progress("Expanding", path.display().to_string());
    let outcomes = engine::expand_all(&runtime, &saved, &saved, requests, &|_| {});
    drop(progress);
    let mut out = shell.stdout();
    let mut different = 0;
    for (case, outcome) in saved.cases.iter().zip(outcomes) {
        let (title, key) = (case.request.title(), case.request.key());
        let mut text = String::new();
        let took = outcome.took.as_secs_f64() * 1000.0;
        show::comment(&mut text, "", &format!("`{title}` at {}: {took:.2} ms", case.place));
        text.push_str(&show::given(&outcome.request));
        text.push_str(&show::result(&outcome.request, &outcome.result, options.plan));
        if let Some(words) = outcome.result.as_ref().err().and_then(|it| it.source.as_deref()) {
            show::comment(&mut text, "the engine's own words: ", words);
        }
        let before = Case::outcome(&key, &title, &case.result);
        let now =
            others.iter().fold(Case::outcome(&key, &title, &outcome.result), |text, other| {
                // Another component is another component: that alone is no other result.
                text.replace(&other.digest.short(), &other.instead_of.short())
            });
        if before != now {
            different += 1;
            show::comment(&mut text, "not what was saved: ", &difference(case, &before, &now));
        }
        writeln!(out, "{}", highlight::rust(&text))?;
    }
    drop(out);
    let all = saved.cases.len();
    if different > 0 {
        let what = count(different, "result is", "results are");
        shell.say_error(format_args!("{what} not what was saved, of {all}"));
        return Ok(Exit::Failed);
    }
    let what = count(all, "expansion", "expansions");
    shell.status("Replayed", format_args!("{what}: byte for byte what was saved"));
    Ok(Exit::Done)
}

/// How the results differ, line by line.
fn difference(case: &Case, before: &str, now: &str) -> String {
    let head = match &case.result {
        Ok(_) => "there were tokens",
        Err(failure) => &format!("it failed with {}", failure.kind.code()),
    };
    let lines = difference::lines(before, now);
    format!("{head}\n{}", lines.join("\n"))
}

/// A component that stands for a saved one.
struct Other {
    cell: String,
    digest: Digest,
    instead_of: Digest,
}

/// Reads what `--component` names, and puts it into the file.
fn others(named: &[String], saved: &mut Saved, runtime: &Runtime) -> Result<Vec<Other>> {
    let mut others = Vec::new();
    for text in named {
        let calls = || saved.cases.iter().flat_map(|case| &case.request.calls);
        let mut cells: Vec<(String, Digest)> =
            calls().map(|call| (call.cell.clone(), call.component)).collect();
        cells.sort();
        cells.dedup();
        let (cell, path) = match (text.split_once('='), cells.as_slice()) {
            (Some((cell, path)), _) if cells.iter().any(|(known, _)| known == cell) => {
                (cell.to_owned(), path)
            }
            (_, [(cell, _)]) => (cell.clone(), text.as_str()),
            _ => {
                let names: Vec<String> =
                    cells.iter().map(|(cell, _)| format!("`{cell}`")).collect();
                bail!(
                    "the file has components of {}\n\
                     help: name the cell, as in `--component ledger=ledger.wasm`",
                    names.join(", ")
                );
            }
        };
        let bytes = files::read(Path::new(path))
            .with_context(|| format!("cannot read the component `{path}`"))?;
        let description = runtime.describe(&cell, &bytes)?;
        let digest = description.audit.digest;
        for call in calls().filter(|call| call.cell == cell) {
            let is_it =
                |info: &&macro_runtime::MacroInfo| info.name == call.name && info.kind == call.kind;
            if !description.macros.iter().any(|info| is_it(&info)) {
                bail!("`{path}` has no {} `{}`", call.kind.word(), call.name);
            }
        }
        let of_cell = cells.iter().filter(|(known, _)| *known == cell);
        others.extend(of_cell.map(|(cell, instead_of)| Other {
            cell: cell.clone(),
            digest,
            instead_of: *instead_of,
        }));
        saved.components.insert(digest, bytes);
    }
    Ok(others)
}

/// The same request to other components.
fn with(request: &Request, others: &[Other]) -> Request {
    let mut request = request.clone();
    for call in &mut request.calls {
        if let Some(other) = others.iter().find(|other| other.cell == call.cell) {
            call.component = other.digest;
        }
    }
    request
}
