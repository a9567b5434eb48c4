//! `cell tree`: the project's cells, what they do, and what they may do; and those of dependencies.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use cargo_metadata::{Dependency, DependencyKind, Metadata};
use macro_bridge::lock::{Lock, LockedCell};
use macro_bridge::policy;
use macro_bridge::project::{Project, find_root};
use macro_bridge::request::{CallPermission, Limits};

use crate::arguments::Global;
use crate::arguments::traced::Tree;
use crate::commands::vendor;
use crate::manifest::{Cell, Manifest, Services};
use crate::shell::{Shell, count};
use crate::trace::Trace;
use crate::traced_check::{self, TracedCheck};
use crate::{Exit, project};

pub(crate) fn run(options: &Tree, global: &Global, shell: &Shell) -> Result<Exit> {
    let root = project::root(global)?;
    let (manifest, _) = project::manifest(&root)?;
    let project = Project::load(&root)?;
    let has_macros = project.lock.cells.values().any(|cell| !cell.macros.is_empty());
    let (calls, metadata) = if options.no_calls || !has_macros {
        let cargo = traced_check::manifest(&root, global).ok();
        (None, cargo.map(|cargo| traced_check::metadata(&cargo, global)).transpose()?)
    } else {
        let check = TracedCheck::new(&root, &options.selection, global, shell)?;
        let progress = shell.progress("Checking", "the project");
        let run = check.run(&|what| progress.say(what))?;
        drop(progress);
        if !run.success {
            shell.warning(
                "the project does not compile: calls are counted as far as rustc came\n\
                 help: `cargo check` says why",
            );
        }
        (Some(calls(&run.trace)), Some(check.metadata().clone()))
    };
    let mut cells: Vec<Node> = manifest
        .cells
        .iter()
        .map(|(name, cell)| {
            let answers = vendor::files_in(&root.join(".cell/answers").join(name))?.len();
            let locked = project.lock.cells.get(name);
            Ok(self::cell(name, cell, locked, calls.as_ref(), answers))
        })
        .collect::<Result<_>>()?;
    let dependencies = metadata.map(|metadata| dependencies(&metadata, &root)).unwrap_or_default();
    if !dependencies.is_empty() {
        cells.push(Node::new("dependencies").with(dependencies));
    }
    let top = Node::new(head(&root, &manifest)).with(cells);
    write!(shell.stdout(), "{top}")?;
    Ok(Exit::Done)
}

/// How often each macro is called, by `cell::name`.
type Calls = BTreeMap<String, usize>;

fn calls(trace: &Trace) -> Calls {
    let mut calls = Calls::new();
    for path in trace.sites.keys().flat_map(|site| site.title.split(" + ")) {
        *calls.entry(path.to_owned()).or_default() += 1;
    }
    calls
}

fn head(root: &Path, manifest: &Manifest) -> String {
    let cells = count(manifest.cells.len(), "cell", "cells");
    format!("{}: {cells}, profile {}", root.join("cell.toml").display(), manifest.profile)
}

fn cell(
    name: &str,
    cell: &Cell,
    locked: Option<&LockedCell>,
    calls: Option<&Calls>,
    answers: usize,
) -> Node {
    let component = locked.and_then(|locked| locked.component.as_ref());
    let mut label = name.to_owned();
    if let Some(component) = component {
        label.push_str(&format!(" {}", component.digest.short()));
    }
    let source = source(cell);
    if !source.is_empty() {
        label.push_str(&format!(" ({source})"));
    }
    let Some(locked) = locked else {
        return Node::new(label).with([Node::new("is only started by this project")]);
    };
    let macros = locked.macros.iter().map(|(found, locked)| {
        let kind = locked.kind.word();
        let called = calls.map(|calls| {
            let number = calls.get(&format!("{name}::{found}")).copied().unwrap_or(0);
            format!(": {}", count(number, "call", "calls"))
        });
        Node::new(format!("{found} ({kind}){}", called.unwrap_or_default()))
    });
    let services = locked
        .services
        .iter()
        .map(|(service, digest)| Node::new(format!("{service} {}", digest.short())));
    let mut nodes = vec![
        Node::new("macros").with(macros),
        Node::new("services").with(services),
        Node::new("asks").with(asked(locked)),
    ];
    nodes.retain(|node| !node.nodes.is_empty());
    nodes.extend(may(locked));
    if answers > 0 {
        let answers = count(answers, "recorded answer", "recorded answers");
        nodes.push(Node::new(format!("{answers} of it")));
    }
    Node::new(label).with(nodes)
}

/// Where `cell.toml` says that it comes from.
fn source(cell: &Cell) -> String {
    let schemas = match &cell.services {
        Services::None => Vec::new(),
        Services::Files(files) => files.clone(),
        Services::Running => vec!["schemas of the running cell".to_owned()],
    };
    cell.path.iter().cloned().chain(schemas).collect::<Vec<_>>().join(", ")
}

/// What its macros want to ask, and what was granted to them.
fn asked(locked: &LockedCell) -> Vec<Node> {
    let wishes = locked.macros.iter().flat_map(|(name, found)| {
        found.calls.iter().map(move |question| (question, Some(name.as_str())))
    });
    let grants = locked.grants.iter().map(|question| (question, None));
    let mut questions: BTreeMap<&CallPermission, BTreeSet<&str>> = BTreeMap::new();
    for (question, name) in wishes.chain(grants) {
        questions.entry(question).or_default().extend(name);
    }
    let node = |(question, names): (&CallPermission, BTreeSet<&str>)| {
        let CallPermission { cell, function } = question;
        let who = names.into_iter().collect::<Vec<_>>().join(", ");
        let state = match (locked.grants.contains(question), who.is_empty()) {
            (true, false) => format!("granted, asked by {who}"),
            (true, true) => "granted, asked by no macro".to_owned(),
            (false, _) => format!("not granted, asked by {who}"),
        };
        Node::new(format!("{cell}::{function}: {state}"))
    };
    questions.into_iter().map(node).collect()
}

/// What its macros may do beyond the plain, or less than others may.
fn may(locked: &LockedCell) -> Vec<Node> {
    let mut nodes = Vec::new();
    let words: Vec<_> = policy::words(locked.allowed).collect();
    if !words.is_empty() {
        nodes.push(Node::new(format!("its tokens may contain {}", words.join(", "))));
    }
    let (now, plain) = (locked.limits, Limits::default());
    let limits = [
        ("fuel", now.fuel, plain.fuel, false),
        ("memory", now.memory, plain.memory, true),
        ("rows", now.rows, plain.rows, false),
        ("output", now.bytes, plain.bytes, true),
    ];
    for (name, now, plain, bytes) in limits {
        if now != plain {
            let [now, plain] = [now, plain].map(|amount| self::amount(amount, bytes));
            nodes.push(Node::new(format!("{name} {now} (others {plain})")));
        }
    }
    nodes
}

/// As `cell.toml` writes it: `2_000_000`, `64 MiB`.
fn amount(amount: u64, bytes: bool) -> String {
    for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if bytes && amount >= size && amount.is_multiple_of(size) {
            return format!("{} {unit}", amount / size);
        }
    }
    let digits = amount.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

/// Packages whose macros are of another project, and what they were granted there: their `cell.lock`
/// was written by their authors.
fn dependencies(metadata: &Metadata, root: &Path) -> Vec<Node> {
    let mut projects: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for package in &metadata.packages {
        // Others use no macros, whatever lies in or above their folders.
        let uses =
            |one: &Dependency| one.name == "cell-sdk" && one.kind != DependencyKind::Development;
        if !package.dependencies.iter().any(uses) {
            continue;
        }
        let folder = package.manifest_path.parent().map(|folder| folder.as_std_path());
        let Some(found) = folder.and_then(find_root).filter(|found| found != root) else {
            continue;
        };
        let from = match &package.source {
            Some(source) if source.is_crates_io() => "crates.io".to_owned(),
            Some(source) => source.repr.clone(),
            None => package.manifest_path.parent().map(ToString::to_string).unwrap_or_default(),
        };
        let name = format!("{} {} ({from})", package.name, package.version);
        projects.entry(found).or_default().push(name);
    }
    let node = |(root, mut packages): (PathBuf, Vec<String>)| {
        packages.sort();
        let cells = match Project::read(&root) {
            Ok((project, true)) => granted(&project.lock),
            Ok((project, false)) => {
                let stale = Node::new("its `cell.lock` is older than its `cell.toml`");
                [vec![stale], granted(&project.lock)].concat()
            }
            Err(failure) => vec![Node::new(failure.message)],
        };
        Node::new(packages.join(", ")).with(cells)
    };
    projects.into_iter().map(node).collect()
}

/// Cells that macros come from, and what they may do.
fn granted(lock: &Lock) -> Vec<Node> {
    let macros = lock.cells.iter().filter_map(|(name, cell)| {
        let component = cell.component.as_ref()?;
        let asked = asked(cell);
        let nodes = asked.into_iter().chain(may(cell));
        Some(Node::new(format!("{name} {}", component.digest.short())).with(nodes))
    });
    macros.collect()
}

/// A line, and those below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Node {
    label: String,
    nodes: Vec<Node>,
}

impl Node {
    fn new(label: impl Into<String>) -> Self {
        // Words of a dependency's files are among them.
        let label = label.into();
        let plain = |ch: char| if ch.is_control() { '\u{fffd}' } else { ch };
        Self { label: label.chars().map(plain).collect(), nodes: Vec::new() }
    }

    fn with(mut self, nodes: impl IntoIterator<Item = Node>) -> Self {
        self.nodes.extend(nodes);
        self
    }

    fn below(&self, f: &mut std::fmt::Formatter<'_>, indent: &str) -> std::fmt::Result {
        for (index, node) in self.nodes.iter().enumerate() {
            let last = index + 1 == self.nodes.len();
            let (arm, gap) = if last { ("└── ", "    ") } else { ("├── ", "│   ") };
            writeln!(f, "{indent}{arm}{}", node.label)?;
            node.below(f, &format!("{indent}{gap}"))?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.label)?;
        self.below(f, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "cell-lock 1\n\
        manifest 0000000000000000000000000000000000000000000000000000000000000000\n\
        profile default\n\
        cell ledger api 0.1.0\n\
        cell ledger component 1111111111111111111111111111111111111111111111111111111111111111\n\
        cell ledger service Books 2222222222222222222222222222222222222222222222222222222222222222\n\
        cell ledger grant call search::schema\n\
        cell ledger grant call search::old\n\
        cell ledger allow unsafe\n\
        cell ledger limit fuel 1234567\n\
        cell ledger limit memory 1048576\n\
        cell ledger macro cache attribute slot=1\n\
        cell ledger macro table attribute slot=0 call=search::schema call=vault::secret\n";

    #[test]
    fn a_cell_is_shown_with_all_that_it_may() {
        let lock = Lock::parse(LOCK).unwrap();
        let manifest =
            Manifest::parse("[cells.ledger]\npath = \"a.wasm\"\nschemas = [\"b.schema\"]\n")
                .unwrap();
        let (toml, locked) = (&manifest.cells["ledger"], lock.cells.get("ledger"));
        let calls: Calls = [("ledger::table".to_owned(), 2)].into();
        let shown = cell("ledger", toml, locked, Some(&calls), 1).to_string();
        let expected = "\
ledger 11111111 (a.wasm, b.schema)
├── macros
│   ├── cache (attribute): 0 calls
│   └── table (attribute): 2 calls
├── services
│   └── Books 22222222
├── asks
│   ├── search::old: granted, asked by no macro
│   ├── search::schema: granted, asked by table
│   └── vault::secret: not granted, asked by table
├── its tokens may contain unsafe
├── fuel 1_234_567 (others 2_000_000_000)
├── memory 1 MiB (others 256 MiB)
└── 1 recorded answer of it
";
        assert_eq!(shown, expected);
        let idle = cell("other", toml, None, None, 0).to_string();
        assert!(idle.contains("only started"), "{idle}");
        let not_counted = cell("ledger", toml, locked, None, 0).to_string();
        assert!(not_counted.contains("table (attribute)\n"), "{not_counted}");
    }

    #[test]
    fn amounts_are_written_as_in_the_manifest() {
        let check = |number, bytes| amount(number, bytes);
        assert_eq!(check(1_000, false), "1_000");
        assert_eq!(check(999, true), "999");
        assert_eq!(check(64 << 20, true), "64 MiB");
        assert_eq!(check((64 << 20) + 1, true), "67_108_865");
    }

    #[test]
    fn a_word_of_others_stays_in_its_line() {
        assert_eq!(Node::new("a\nb\u{1b}c").label.lines().count(), 1);
    }
}
