//! The proc-macro crates in cargo's graph, and which of them can run as components.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use cargo_metadata::{
    CrateType, DependencyKind, Edition, Metadata, Node, Package, PackageId, Resolve, Target,
};

use crate::sets::Declared;

/// A proc-macro crate that is compiled for a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// How cargo names where it is from: `registry+..`; `None` of a folder.
    pub source: Option<String>,
    /// The features that are on, in order.
    pub features: Vec<String>,
    /// The other sets of features that cargo builds it with; nobody has asked yet: see [`crate::sets`].
    pub sets: Vec<Vec<String>>,
    /// All features that it has, and what each turns on.
    pub declared: Declared,
    /// Who depends on it, in order.
    pub dependents: Vec<String>,
    /// Do only other proc-macro crates of a registry use it? Once those are sandboxed, nobody does.
    pub inner: bool,
    /// Its `Cargo.toml`.
    pub manifest: PathBuf,
    /// Its root file.
    pub root: PathBuf,
    /// The name of its library.
    pub library: String,
    /// Its edition.
    pub edition: Edition,
    /// The libraries whose code is in it, in order: many a macro is written in one beside its crate.
    pub libraries: Vec<Library>,
    /// The features of what it depends on that the workspace turns on, by package: some crates forgot one,
    /// and are compiled only where somebody else did not.
    pub beside: BTreeMap<String, Vec<String>>,
}

/// A library that a proc-macro crate is linked with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Library {
    /// The name of its package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its root file.
    pub root: PathBuf,
}

/// Why a crate runs natively.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Native {
    /// It is the project's own code, or from a folder.
    Folder,
    /// It is from a version control system.
    Repository,
    /// It is one of ours.
    OfCell,
}

impl fmt::Display for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Folder => "it is in a folder of yours, not from a registry",
            Self::Repository => "it is from a repository, not from a registry",
            Self::OfCell => "it is what runs components",
        })
    }
}

impl Found {
    /// Why it cannot be sandboxed, if so.
    #[must_use]
    pub fn native(&self) -> Option<Native> {
        match self.source.as_deref() {
            _ if self.name == "host-macro" => Some(Native::OfCell),
            None => Some(Native::Folder),
            Some(source) if source.starts_with("registry+") || source.starts_with("sparse+") => {
                None
            }
            Some(_) => Some(Native::Repository),
        }
    }
}

/// The proc-macro crates of a workspace, by name and version.
#[must_use]
pub fn found(metadata: &Metadata) -> Vec<Found> {
    let Some(resolve) = &metadata.resolve else { return Vec::new() };
    let packages: BTreeMap<&PackageId, &Package> =
        metadata.packages.iter().map(|package| (&package.id, package)).collect();
    let mut dependents: BTreeMap<&PackageId, BTreeSet<String>> = BTreeMap::new();
    for node in &resolve.nodes {
        let name = packages.get(&node.id).map(|package| package.name.to_string());
        for dependency in &node.deps {
            dependents.entry(&dependency.pkg).or_default().extend(name.clone());
        }
    }
    let outer = outer(metadata, resolve, &packages);
    let mut found: Vec<Found> = resolve
        .nodes
        .iter()
        .filter_map(|node| {
            let package = packages.get(&node.id)?;
            let target = package.targets.iter().find(|target| is_macros(target))?;
            let mut features: Vec<String> = node.features.iter().map(ToString::to_string).collect();
            features.sort();
            Some(Found {
                name: package.name.to_string(),
                version: package.version.to_string(),
                source: package.source.as_ref().map(|source| source.repr.clone()),
                features,
                sets: Vec::new(),
                declared: package.features.clone().into_iter().collect(),
                dependents: dependents.get(&node.id).into_iter().flatten().cloned().collect(),
                inner: !outer.contains(&node.id),
                manifest: package.manifest_path.clone().into(),
                root: target.src_path.clone().into(),
                library: target.name.clone(),
                edition: target.edition,
                libraries: libraries(&node.id, resolve, &packages),
                beside: beside(node, resolve, &packages),
            })
        })
        .collect();
    found.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    found
}

fn is_macros(target: &Target) -> bool {
    target.crate_types.contains(&CrateType::ProcMacro)
}

/// What macros read and write tokens with: it emits nothing of its own.
const TOOLS: [&str; 4] = ["proc-macro2", "quote", "syn", "unicode-ident"];

/// The libraries that a crate is linked with, in order, without [`TOOLS`].
fn libraries(
    of: &PackageId,
    resolve: &Resolve,
    packages: &BTreeMap<&PackageId, &Package>,
) -> Vec<Library> {
    let mut open = vec![of];
    let (mut seen, mut libraries) = (BTreeSet::new(), Vec::new());
    while let Some(id) = open.pop() {
        let Some(node) = resolve.nodes.iter().find(|node| node.id == *id) else { continue };
        for dependency in &node.deps {
            let linked =
                dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
            let Some(package) = packages.get(&dependency.pkg).filter(|_| linked) else { continue };
            let root = package.targets.iter().find(|target| target.is_lib());
            if let Some(root) = root
                && !TOOLS.contains(&package.name.as_str())
                && seen.insert(&dependency.pkg)
            {
                libraries.push(Library {
                    name: package.name.to_string(),
                    version: package.version.to_string(),
                    root: root.src_path.clone().into(),
                });
                open.push(&dependency.pkg);
            }
        }
    }
    libraries.sort();
    libraries
}

/// The features of what a crate depends on, by package.
fn beside(
    node: &Node,
    resolve: &Resolve,
    packages: &BTreeMap<&PackageId, &Package>,
) -> BTreeMap<String, Vec<String>> {
    let of = resolve.nodes.iter().filter(|other| node.dependencies.contains(&other.id));
    of.filter_map(|other| {
        let features = other.features.iter().map(ToString::to_string).collect();
        Some((packages.get(&other.id)?.name.to_string(), features))
    })
    .collect()
}

/// What is reached from the workspace without going through a proc-macro crate of a registry.
fn outer<'a>(
    metadata: &'a Metadata,
    resolve: &'a Resolve,
    packages: &BTreeMap<&PackageId, &Package>,
) -> BTreeSet<&'a PackageId> {
    let nodes: BTreeMap<&PackageId, _> =
        resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let mut open: Vec<&PackageId> = metadata.workspace_members.iter().collect();
    let mut reached = BTreeSet::new();
    while let Some(id) = open.pop() {
        let ends = packages.get(id).is_some_and(|package| {
            package.source.is_some() && package.targets.iter().any(is_macros)
        });
        if reached.insert(id) && !ends {
            let node = nodes.get(id).into_iter();
            open.extend(node.flat_map(|node| &node.deps).map(|dependency| &dependency.pkg));
        }
    }
    reached
}

/// By which name `cell.lock` knows a crate: its own, and with the version if there are several.
#[must_use]
pub fn key(one: &Found, all: &[Found]) -> String {
    let several = all.iter().filter(|other| other.name == one.name).count() > 1;
    if several {
        format!("{}-{}", one.name, one.version.replace(['.', '+'], "_"))
    } else {
        one.name.clone()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn found_one(name: &str, source: Option<&str>) -> Found {
        Found {
            name: name.to_owned(),
            version: "1.2.3".to_owned(),
            source: source.map(str::to_owned),
            features: vec![],
            sets: vec![],
            declared: Declared::new(),
            dependents: vec![],
            inner: false,
            manifest: "Cargo.toml".into(),
            root: "src/lib.rs".into(),
            library: name.to_owned(),
            edition: Edition::E2021,
            libraries: vec![],
            beside: BTreeMap::new(),
        }
    }

    #[test]
    fn only_crates_of_a_registry_can_be_replaced() {
        let registry = Some("registry+https://example.org/index");
        assert_eq!(found_one("a", registry).native(), None);
        assert_eq!(found_one("a", Some("sparse+https://example.org/")).native(), None);
        assert_eq!(
            found_one("a", Some("git+https://example.org/a")).native(),
            Some(Native::Repository)
        );
        assert_eq!(found_one("a", None).native(), Some(Native::Folder));
        assert_eq!(found_one("host-macro", registry).native(), Some(Native::OfCell));
    }

    #[test]
    fn the_libraries_of_a_crate_are_those_that_may_write_its_code() {
        let metadata = cargo_metadata::MetadataCommand::new().exec().unwrap();
        let of = |name: &str| {
            let found = found(&metadata).into_iter().find(|one| one.name == name).unwrap();
            found.libraries.into_iter().map(|it| it.name).collect::<Vec<_>>()
        };
        assert_eq!(of("clap_derive"), ["heck"], "syn and quote emit nothing of their own");
        assert!(of("thiserror-impl").is_empty());
    }

    #[test]
    fn several_versions_have_several_names() {
        let one = found_one("a", None);
        let other = Found { version: "2.0.0-rc.1".to_owned(), ..one.clone() };
        assert_eq!(key(&one, std::slice::from_ref(&one)), "a");
        let all = [one.clone(), other.clone()];
        assert_eq!(
            (key(&one, &all), key(&other, &all)),
            ("a-1_2_3".to_owned(), "a-2_0_0-rc_1".to_owned())
        );
    }
}
