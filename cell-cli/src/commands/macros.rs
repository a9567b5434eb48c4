//! `cell macros`: what macros there are, as their components describe themselves.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use macro_bridge::digest::Digest;
use macro_bridge::failure::texts::project::near;
use macro_bridge::lock::LockedCell;
use macro_bridge::project::Project;
use macro_bridge::request::wants;
use macro_runtime::{Components as _, MacroInfo, Runtime};
use serde_json::{Value, json};

use crate::arguments::Global;
use crate::arguments::authors::{Macros, MacrosAction, MacrosInfo, MacrosList};
use crate::highlight::harmless;
use crate::shell::{Shell, count};
use crate::traced_check::TracedCheck;
use crate::{Exit, engine, files, project};

pub(crate) fn run(options: &Macros, global: &Global, shell: &Shell) -> Result<Exit> {
    match &options.action {
        MacrosAction::List(options) => list(options, global, shell),
        MacrosAction::Info(options) => info(options, global, shell),
    }
}

/// A component and what it says of itself.
struct Described {
    cell: String,
    digest: Digest,
    size: usize,
    api: String,
    macros: Vec<MacroInfo>,
}

impl Described {
    fn new(cell: &str, bytes: &[u8], runtime: &Runtime) -> Result<Self> {
        let found = runtime.describe(cell, bytes)?;
        let (digest, api) = (found.audit.digest, found.audit.api);
        Ok(Self { cell: cell.to_owned(), digest, size: bytes.len(), api, macros: found.macros })
    }

    /// A file; its cell is called as the file is.
    fn of_file(path: &Path, runtime: &Runtime) -> Result<Self> {
        let bytes = files::read(path)
            .with_context(|| format!("cannot read the component `{}`", path.display()))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Self::new(&name, &bytes, runtime)
    }

    fn json(&self) -> Value {
        json!({
            "cell": self.cell,
            "sha256": self.digest.to_string(),
            "bytes": self.size,
            "api": self.api,
        })
    }
}

fn of_project(project: &Project, only: Option<&str>, shell: &Shell) -> Result<Vec<Described>> {
    let runtime = engine::runtime()?;
    let progress = shell.progress("Reading", "");
    let mut all = Vec::new();
    for (name, cell) in &project.lock.cells {
        let Some(component) = &cell.component else { continue };
        if only.is_some_and(|only| only != name) {
            continue;
        }
        progress.say(name.clone());
        all.push(Described::new(name, &project.component(&component.digest)?, &runtime)?);
    }
    Ok(all)
}

fn list(options: &MacrosList, global: &Global, shell: &Shell) -> Result<Exit> {
    let all = match &options.component {
        Some(path) => vec![Described::of_file(path, &engine::runtime()?)?],
        None => {
            let project = Project::load(&project::root(global)?)?;
            if let Some(cell) = &options.cell
                && !project.lock.cells.contains_key(cell)
            {
                return Ok(unknown("cell", cell, project.lock.cells.keys(), shell));
            }
            of_project(&project, options.cell.as_deref(), shell)?
        }
    };
    let mut out = shell.stdout();
    if options.json {
        let one = |described: &Described| {
            let mut value = described.json();
            let macros = described.macros.iter().map(|info| {
                json!({"name": info.name, "kind": info.kind.word(), "doc": summary(&info.doc)})
            });
            value["macros"] = macros.collect();
            value
        };
        let all: Vec<Value> = all.iter().map(one).collect();
        writeln!(out, "{:#}", json!({ "components": all }))?;
        return Ok(Exit::Done);
    }
    let rows: Vec<[String; 3]> = all
        .iter()
        .flat_map(|it| {
            it.macros.iter().map(|info| {
                let path = format!("{}::{}", it.cell, info.name);
                [path, info.kind.word().to_owned(), harmless(&summary(&info.doc))]
            })
        })
        .collect();
    if rows.is_empty() {
        shell.note("there are no macros");
    }
    write!(out, "{}", table(&rows))?;
    Ok(Exit::Done)
}

/// Columns as wide as what is in them; the last one is not filled up.
pub(crate) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn info(options: &MacrosInfo, global: &Global, shell: &Shell) -> Result<Exit> {
    let (cell, name) = match options.path.split_once("::") {
        Some((cell, name)) => (Some(cell), name),
        None => (None, options.path.as_str()),
    };
    let (described, project) = match (&options.component, cell) {
        (Some(path), _) => (Described::of_file(path, &engine::runtime()?)?, None),
        (None, Some(cell)) => {
            let project = Project::load(&project::root(global)?)?;
            let with = |name: &&String| project.lock.cells[*name].component.is_some();
            if project.lock.cells.get(cell).is_none_or(|it| it.component.is_none()) {
                let known = project.lock.cells.keys().filter(with);
                return Ok(unknown("cell with macros", cell, known, shell));
            }
            let mut all = of_project(&project, Some(cell), shell)?;
            (all.remove(0), Some(project))
        }
        (None, None) => {
            shell.say_error(format_args!(
                "`{name}` does not say whose macro it is\n\
                 help: write the cell before it, as in `ledger::table`; `cell macros list` shows all"
            ));
            return Ok(Exit::Usage);
        }
    };
    let Some(found) = described.macros.iter().find(|info| info.name == name) else {
        let known = described.macros.iter().map(|info| &info.name);
        return Ok(unknown("macro", name, known, shell));
    };
    let uses = match &project {
        Some(project) if !options.no_calls => {
            Some(uses(project, found, &described, options, global, shell)?)
        }
        _ => None,
    };
    let locked = project.as_ref().and_then(|project| project.lock.cells.get(&described.cell));
    let mut out = shell.stdout();
    if options.json {
        writeln!(out, "{:#}", as_json(found, &described, locked, uses.as_deref()))?;
    } else {
        write!(out, "{}", as_text(found, &described, locked, uses.as_deref()))?;
    }
    Ok(Exit::Done)
}

/// Says that there is none, and what there is.
fn unknown<'a>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a String>,
    shell: &Shell,
) -> Exit {
    let known: Vec<&str> = known.map(String::as_str).collect();
    let hint = match near(name, known.iter().copied()) {
        Some(other) => format!("did you mean `{other}`?"),
        None => "`cell macros list` shows all".to_owned(),
    };
    shell.say_error(format_args!("there is no {what} `{}`\nhelp: {hint}", name.escape_debug()));
    Exit::Usage
}

/// Where the project calls it: each place once.
fn uses(
    project: &Project,
    info: &MacroInfo,
    described: &Described,
    options: &MacrosInfo,
    global: &Global,
    shell: &Shell,
) -> Result<Vec<String>> {
    let check = TracedCheck::new(&project.root, &options.selection, global, shell)?;
    let progress = shell.progress("Checking", "the project");
    let run = check.run(&|what| progress.say(what))?;
    drop(progress);
    if !run.success {
        shell.warning(
            "the project does not compile: places are shown as far as rustc came\n\
             help: `cargo check` says why",
        );
    }
    let path = format!("{}::{}", described.cell, info.name);
    let sites = run.trace.all_sites();
    let calls = sites.filter(|site| site.title.split(" + ").any(|called| called == path));
    let places: BTreeSet<_> = calls.map(|site| site.place.clone()).collect();
    Ok(places.iter().map(ToString::to_string).collect())
}

/// The first line of a doc comment.
fn summary(doc: &str) -> String {
    doc.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

/// What stands under the heading `# Arguments` of a doc comment.
fn arguments(doc: &str) -> Option<String> {
    let is_heading = |line: &str| line.trim_start().starts_with('#');
    let mut lines = doc.lines().skip_while(|line| {
        !(is_heading(line) && line.trim_start_matches(['#', ' ']).trim() == "Arguments")
    });
    lines.next()?;
    let inside: Vec<&str> = lines.take_while(|line| !is_heading(line)).collect();
    let text = inside.join("\n");
    let text = text.trim_matches('\n').trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

/// What a macro asks to be told, in words.
fn told(context: u32) -> Vec<&'static str> {
    let all = [
        (wants::ITEM_KIND, "kind of item"),
        (wants::GATHERED, "other macros on the item"),
        (wants::PACKAGE, "package and crate name"),
        (wants::PROFILE, "profile"),
    ];
    all.into_iter().filter(|(bit, _)| context & bit != 0).map(|(_, word)| word).collect()
}

/// Questions, each with whether it is granted, if there is a project that could.
fn questions(info: &MacroInfo, locked: Option<&LockedCell>) -> Vec<(String, Option<bool>)> {
    let granted = |call| locked.map(|locked| locked.grants.contains(call));
    let name =
        |call: &macro_bridge::request::CallPermission| format!("{}::{}", call.cell, call.function);
    info.calls.iter().map(|call| (name(call), granted(call))).collect()
}

fn as_json(
    info: &MacroInfo,
    described: &Described,
    locked: Option<&LockedCell>,
    uses: Option<&[String]>,
) -> Value {
    let calls = questions(info, locked).into_iter();
    let calls: Vec<Value> =
        calls.map(|(name, granted)| json!({"question": name, "granted": granted})).collect();
    json!({
        "name": info.name,
        "kind": info.kind.word(),
        "doc": info.doc,
        "arguments": arguments(&info.doc),
        "helpers": info.helpers,
        "needs": info.needs,
        "context": told(info.context),
        "calls": calls,
        "component": described.json(),
        "used": uses,
    })
}

fn as_text(
    info: &MacroInfo,
    described: &Described,
    locked: Option<&LockedCell>,
    uses: Option<&[String]>,
) -> String {
    let mut text = format!("{}::{} ({})\n", described.cell, info.name, info.kind.word());
    let doc = harmless(info.doc.trim_end());
    if !doc.trim().is_empty() {
        text.push('\n');
        doc.lines()
            .for_each(|line| text.push_str(&format!("    {line}\n").replace("    \n", "\n")));
        text.push('\n');
    }
    let mut fact = |name: &str, value: String| text.push_str(&format!("{name:<10} {value}\n"));
    if let Some(arguments) = arguments(&info.doc) {
        let mut lines = arguments.lines().map(harmless);
        fact("arguments", lines.next().unwrap_or_default());
        lines.for_each(|line| fact("", line));
    }
    for (name, list) in [("helpers", &info.helpers), ("needs", &info.needs)] {
        if !list.is_empty() {
            fact(name, list.join(", "));
        }
    }
    let told = told(info.context);
    if !told.is_empty() {
        fact("is told", told.join(", "));
    }
    for (question, granted) in questions(info, locked) {
        let granted = match granted {
            Some(true) => ", which is granted",
            Some(false) => ", which is not granted",
            None => "",
        };
        fact("asks", format!("{question}{granted}"));
    }
    let size = described.size.div_ceil(1024);
    fact("component", format!("sha256 {}, {size} KiB, API {}", described.digest, described.api));
    if let Some(uses) = uses {
        fact("used", count(uses.len(), "place", "places"));
        uses.iter().for_each(|place| fact("", place.clone()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_what_stands_under_their_heading() {
        let doc =
            " Adds a table.\n\n # Arguments\n\n - `name`: of the table\n - `x`\n\n # Example\n y\n";
        assert_eq!(arguments(doc).as_deref(), Some(" - `name`: of the table\n - `x`"));
        assert_eq!(arguments("Adds.\n# Arguments\nnone").as_deref(), Some("none"));
        assert_eq!(arguments("Adds.\n# Arguments\n# Other\nx"), None);
        assert_eq!(arguments("Arguments\nx"), None);
        assert_eq!(summary("\n  First. \nSecond"), "First.");
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let rows = [["a".to_owned(), "é b".to_owned()], ["long".to_owned(), String::new()]];
        assert_eq!(table(&rows), "a     é b\nlong\n");
    }
}
