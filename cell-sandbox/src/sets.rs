//! The sets of features that a proc-macro crate is built with: all that a workspace turns on together, and
//! what cargo turns on where only a part of the workspace is built.
//!
//! A macro may emit what only those use who turned on a feature: `cargo build -p a` must not get what
//! another member asked for. So each set has a component of its own. Most crates have one set, and
//! cargo need not be asked: each of those who use it wants all of its features.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{Dependency, DependencyKind, Metadata, Package, PackageId};

use crate::graph::Found;

/// Features by name, with what each turns on, as a manifest says it.
pub type Declared = BTreeMap<String, Vec<String>>;

/// By which name `cell.lock` knows the component of a set. The first, number 0, is that of all features
/// together.
#[must_use]
pub fn key(crate_key: &str, number: usize) -> String {
    match number {
        0 => crate_key.to_owned(),
        number => format!("{crate_key}-set{number}"),
    }
}

/// The crate and number of a component that has a number.
#[must_use]
pub fn of_key(key: &str) -> Option<(&str, usize)> {
    let (crate_key, number) = key.rsplit_once("-set")?;
    let plain = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| Some((crate_key, number.parse().ok()?))).flatten()
}

/// The file of the component, in the crate's folder.
#[must_use]
pub fn file(number: usize) -> String {
    match number {
        0 => "component.wasm".to_owned(),
        number => format!("component-{number}.wasm"),
    }
}

/// The features that these ones turn on of the same crate, and themselves.
#[must_use]
pub fn closed<'a>(
    wanted: impl IntoIterator<Item = &'a str>,
    declared: &'a Declared,
) -> BTreeSet<&'a str> {
    let mut open: Vec<&str> = wanted.into_iter().collect();
    let mut closed = BTreeSet::new();
    while let Some(name) = open.pop() {
        let Some((name, more)) = declared.get_key_value(name) else { continue };
        if closed.insert(name.as_str()) {
            open.extend(more.iter().filter_map(|word| turned_on(word)));
        }
    }
    closed
}

/// The feature of its own crate that a word in `[features]` turns on, if there is one of that name: `a`, or
/// the `a` of `a/b`.
pub(crate) fn turned_on(word: &str) -> Option<&str> {
    match word.split_once('/') {
        Some((name, _)) => (!name.ends_with('?')).then_some(name),
        None => (!word.starts_with("dep:")).then_some(word),
    }
}

/// Those of the crates that may be built with less than all features that the workspace turns on.
#[must_use]
pub fn uncertain<'a>(metadata: &Metadata, found: &'a [Found]) -> Vec<&'a Found> {
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let edges: Vec<(&PackageId, &PackageId)> =
        nodes.flat_map(|node| node.deps.iter().map(|dep| (&node.id, &dep.pkg))).collect();
    let package = |id: &PackageId| metadata.packages.iter().find(|package| package.id == *id);
    let of = |one: &Found| metadata.packages.iter().find(|package| is(package, one));
    found
        .iter()
        .filter(|one| {
            let Some(own) = of(one) else { return false };
            let users = edges.iter().filter(|(_, to)| **to == own.id);
            let users = users.filter_map(|(from, _)| package(from));
            let mut wishes = users.flat_map(|user| &user.dependencies).filter(|dependency| {
                dependency.name == one.name && dependency.req.matches(&own.version)
            });
            wishes.any(|wish| {
                let least = least(wish, &one.declared);
                !one.features.iter().all(|feature| least.contains(feature.as_str()))
            })
        })
        .collect()
}

fn is(package: &Package, found: &Found) -> bool {
    package.name.as_str() == found.name && package.manifest_path.as_std_path() == found.manifest
}

/// What is on wherever this dependency counts.
fn least<'a>(dependency: &'a Dependency, declared: &'a Declared) -> BTreeSet<&'a str> {
    let default = dependency.uses_default_features.then_some("default");
    closed(dependency.features.iter().map(String::as_str).chain(default), declared)
}

/// Something that people build: packages, with some features.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Packages, as cargo names them; none is the whole workspace.
    pub packages: Vec<String>,
    /// `--all-features`, `--no-default-features` or none of both.
    pub features: Option<&'static str>,
    /// With what tests need?
    pub tests: bool,
}

impl Selection {
    /// The arguments for cargo.
    #[must_use]
    pub fn arguments(&self) -> Vec<&str> {
        let mut arguments = vec!["--edges", if self.tests { "all" } else { "normal,build" }];
        match self.packages.as_slice() {
            [] => arguments.push("--workspace"),
            some => arguments.extend(some.iter().flat_map(|id| ["--package", id.as_str()])),
        }
        arguments.extend(self.features);
        arguments
    }
}

/// What to ask cargo, to know with which features it builds these crates: each member that needs one of
/// them by itself, and all together.
#[must_use]
pub fn selections(metadata: &Metadata, crates: &[&Found]) -> Vec<Selection> {
    let users = users(metadata, crates);
    let members: Vec<&Package> = metadata
        .packages
        .iter()
        .filter(|package| metadata.workspace_members.contains(&package.id))
        .filter(|package| users.contains(&package.id))
        .collect();
    let mut groups: Vec<Vec<&Package>> = members.iter().map(|one| vec![*one]).collect();
    let usual = &metadata.workspace_default_members;
    if usual.is_available() && usual.len() > 1 && usual.len() < metadata.workspace_members.len() {
        groups.push(members.iter().copied().filter(|one| usual.contains(&one.id)).collect());
    }
    let mut selections = Vec::new();
    let mut add = |packages: Vec<String>, of: &[&Package]| {
        let switches = [None, Some("--all-features"), Some("--no-default-features")];
        let any = of.iter().any(|one| !one.features.is_empty());
        let tests = of.iter().flat_map(|one| &one.dependencies);
        let tests = tests.into_iter().any(|it| it.kind == DependencyKind::Development);
        for features in switches.into_iter().take(if any { 3 } else { 1 }) {
            for tests in [false, true].into_iter().take(1 + usize::from(tests)) {
                selections.push(Selection { packages: packages.clone(), features, tests });
            }
        }
    };
    if metadata.workspace_members.len() > 1 {
        add(Vec::new(), &members);
    }
    for group in groups.iter().filter(|group| !group.is_empty()) {
        add(group.iter().map(|one| one.id.repr.clone()).collect(), group);
    }
    selections
}

/// Who needs one of these crates, in some way.
fn users<'a>(metadata: &'a Metadata, crates: &[&Found]) -> BTreeSet<&'a PackageId> {
    let mut users: BTreeSet<&PackageId> = metadata
        .packages
        .iter()
        .filter(|package| crates.iter().any(|one| is(package, one)))
        .map(|package| &package.id)
        .collect();
    let nodes: Vec<_> = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes).collect();
    loop {
        let known = users.len();
        for node in &nodes {
            if node.deps.iter().any(|dependency| users.contains(&dependency.pkg)) {
                users.insert(&node.id);
            }
        }
        if users.len() == known {
            return users;
        }
    }
}

/// How `cargo tree` shall write a package: name, version and what it is, then features.
pub const FORMAT: &str = "{p}\t{f}";

/// The proc-macro crates that `cargo tree` printed in [`FORMAT`]: name, version and features.
#[must_use]
pub fn read(tree: &str) -> BTreeSet<(String, String, Vec<String>)> {
    tree.lines()
        .filter_map(|line| {
            let (package, features) = line.rsplit_once('\t')?;
            let mut words = package.split(' ');
            let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
            words.next().filter(|word| *word == "(proc-macro)")?;
            // Those that were printed before have a star.
            let features = features.split(' ').next().unwrap_or_default();
            let features = features.split(',').filter(|name| !name.is_empty());
            let mut features: Vec<String> = features.map(str::to_owned).collect();
            features.sort();
            Some((name.to_owned(), version.to_owned(), features))
        })
        .collect()
}

/// The `cfg` of exactly these features, among all that are on in some set.
#[must_use]
pub fn condition(features: &[String], all: &BTreeSet<&String>) -> String {
    let words = all.iter().map(|name| match features.contains(name) {
        true => format!("feature = {name:?}"),
        false => format!("not(feature = {name:?})"),
    });
    format!("all({})", words.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests;
