//! The proc-macro crates of a workspace, from its files and cargo's graph.

pub(crate) mod confine;
pub(crate) mod facts;
pub(crate) mod make;
pub(crate) mod original;
pub(crate) mod sets;
mod vendored;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{Metadata, MetadataCommand};
use cell_sandbox::graph::{self, Found};
use cell_sandbox::needs::Needs;
use cell_sandbox::packages::Locked;
use cell_sandbox::patch;
use macro_bridge::failure::texts::project::near;
use macro_bridge::lock::Lock;

use crate::arguments::Global;
use crate::{files, project};
use facts::Made;

/// What is not part of a crate's library.
const NOT_SOURCE: [&str; 7] = ["target", "tests", "benches", "examples", ".git", ".github", "fuzz"];

/// A workspace, with what `Cargo.toml`, `cell.toml` and `cell.lock` say of its macros.
pub(crate) struct Workspace {
    /// Its folder, with `Cargo.toml` and `Cargo.lock`.
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    /// The text of `Cargo.toml`.
    pub(crate) manifest: String,
    /// The proc-macro crates that cargo wants now.
    pub(crate) found: Vec<Found>,
    /// What `cell.lock` says, if there is one.
    pub(crate) lock: Option<Lock>,
    /// What cargo says.
    metadata: Metadata,
}

/// How a crate runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// As a component.
    Sandboxed,
    /// Natively, and it need not.
    Can,
    /// Natively, to build other proc-macro crates only.
    Inner,
    /// Natively, for this reason.
    Native(graph::Native),
}

impl Workspace {
    /// Asks cargo. All features are on, so that what only some builds use is seen.
    pub(crate) fn open(global: &Global) -> Result<Self> {
        let start = project::start(global)?;
        let manifest = match global.manifest_path.as_deref().filter(|p| p.ends_with("Cargo.toml")) {
            Some(path) => std::path::absolute(path)?,
            None => start
                .ancestors()
                .map(|folder| folder.join("Cargo.toml"))
                .find(|path| path.is_file())
                .with_context(|| {
                    format!("there is no `Cargo.toml` in `{}` or above", start.display())
                })?,
        };
        let mut command = MetadataCommand::new();
        command.manifest_path(&manifest).features(cargo_metadata::CargoOpt::AllFeatures);
        let switches = [global.locked.then_some("--locked"), global.offline.then_some("--offline")];
        let mut options: Vec<String> = switches.into_iter().flatten().map(str::to_owned).collect();
        // What only other systems compile is compiled by nobody here.
        options.extend(["--filter-platform".to_owned(), platform()?]);
        command.other_options(options);
        let metadata = command.exec().map_err(|error| match error {
            cargo_metadata::Error::CargoMetadata { stderr } => anyhow::anyhow!("{}", stderr.trim()),
            other => other.into(),
        })?;
        let root: PathBuf = metadata.workspace_root.clone().into();
        let text = files::read_text(&root.join("Cargo.toml"))?;
        let (_, lock) = project::lock_text(&root);
        Ok(Self {
            target: metadata.target_directory.join("cell/sandbox").into(),
            manifest: text,
            found: graph::found(&metadata),
            lock,
            root,
            metadata,
        })
    }

    /// Where generated crates are.
    pub(crate) fn folder(&self) -> PathBuf {
        self.root.join(patch::FOLDER)
    }

    /// The name of a sandboxed crate in `cell.lock`; `None` if it is another crate.
    pub(crate) fn key_of(&self, found: &Found) -> Option<String> {
        let folder = found.manifest.parent()?;
        let inside = folder.strip_prefix(self.folder()).ok()?;
        Some(inside.to_str()?.to_owned())
    }

    /// How a crate runs.
    pub(crate) fn state(&self, found: &Found) -> State {
        match (self.key_of(found), found.native()) {
            (Some(_), _) => State::Sandboxed,
            (None, Some(reason)) => State::Native(reason),
            (None, None) if found.inner => State::Inner,
            (None, None) => State::Can,
        }
    }

    /// What sandboxed crates were made of, by their name in `cell.lock`: with all features that the workspace
    /// turns on. Of other sets of features: [`Workspace::made_more`].
    pub(crate) fn made(&self) -> BTreeMap<String, Made> {
        let mut all = self.made_all();
        let more: Vec<String> =
            all.keys().filter(|key| crate_of(key, &all).is_some()).cloned().collect();
        more.iter().for_each(|key| drop(all.remove(key)));
        all
    }

    /// What `cell.lock` keeps of `Cargo.lock`.
    pub(crate) fn kept(&self) -> BTreeSet<Locked> {
        let facts = self.lock.iter().flat_map(|lock| &lock.packages);
        facts.filter_map(|fact| Locked::of_fact(fact)).collect()
    }

    /// The components of a crate for other sets of features, by their names in `cell.lock`, in order.
    pub(crate) fn made_more(&self, key: &str) -> Vec<(String, Made)> {
        let all = self.made_all();
        let of_it = all.iter().filter(|(other, _)| crate_of(other, &all) == Some(key));
        let mut more: Vec<_> = of_it.map(|(key, made)| (key.clone(), made.clone())).collect();
        more.sort_by_key(|(key, _)| cell_sandbox::sets::of_key(key).map(|(_, number)| number));
        more
    }

    /// The name in `cell.lock` of the crate whose component this is.
    pub(crate) fn crate_key<'a>(&self, key: &'a str) -> &'a str {
        crate_of(key, &self.made_all()).unwrap_or(key)
    }

    fn made_all(&self) -> BTreeMap<String, Made> {
        let cells = self.lock.iter().flat_map(|lock| &lock.cells);
        cells
            .filter_map(|(key, cell)| Some((key.clone(), Made::of_fact(cell.krate.as_deref()?)?)))
            .collect()
    }

    /// Sandboxed crates by name, `name@version`, or their name in `cell.lock`.
    pub(crate) fn select_made(&self, names: &[String]) -> Result<BTreeMap<String, Made>> {
        let made = self.made();
        let mut selected = BTreeMap::new();
        for name in names {
            let fits = |(key, one): &(&String, &Made)| {
                let exact = format!("{}@{}", one.name, one.version);
                one.name == *name || exact == *name || **key == *name
            };
            let found = made.iter().filter(fits);
            let found: Vec<_> = found.map(|(key, one)| (key.clone(), one.clone())).collect();
            if found.is_empty() {
                bail!("`{name}` is not sandboxed\nhelp: `cell sandbox` lists what is");
            }
            selected.extend(found);
        }
        Ok(selected)
    }

    /// Crates by name, or `name@version`.
    pub(crate) fn select(&self, names: &[String]) -> Result<Vec<&Found>> {
        let mut selected = Vec::new();
        for name in names {
            let (plain, version) = match name.split_once('@') {
                Some((plain, version)) => (plain, Some(version)),
                None => (name.as_str(), None),
            };
            let fits = |one: &&Found| {
                one.name == plain && version.is_none_or(|version| one.version == version)
            };
            let found: Vec<&Found> = self.found.iter().filter(fits).collect();
            if found.is_empty() {
                let names = self.found.iter().map(|one| one.name.as_str());
                let hint = match near(plain, names) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "`cell sandbox` lists those that there are".to_owned(),
                };
                bail!("no proc-macro crate `{name}` is in this workspace's graph\nhelp: {hint}");
            }
            selected.extend(found);
        }
        selected.dedup();
        Ok(selected)
    }
}

/// The crate of which this is a component for another set of features.
fn crate_of<'a>(key: &'a str, all: &BTreeMap<String, Made>) -> Option<&'a str> {
    let (of, _) = cell_sandbox::sets::of_key(key)?;
    let (it, one) = (all.get(key)?, all.get(of)?);
    ((&it.name, &it.version) == (&one.name, &one.version)).then_some(of)
}

/// The system that the compiler runs on, and so its macros.
fn platform() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc).arg("-vV").output();
    let output = output.with_context(|| format!("cannot run `{}`", rustc.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("the compiler does not say for which system it is")
}

/// What a crate seems to need, from all its source files and those of the libraries in it.
pub(crate) fn needs(found: &Found) -> Result<Needs> {
    let mut needs = Needs::default();
    let libraries = found.libraries.iter().map(|library| &library.root);
    for root in std::iter::once(&found.root).chain(libraries) {
        // A build script reads other variables, and at another time.
        let folder = root.parent().unwrap_or(Path::new(""));
        for file in source_files(folder)? {
            if file.extension().is_some_and(|it| it == "rs") {
                needs.read(&files::read_text(&folder.join(&file)).unwrap_or_default());
            }
        }
    }
    Ok(needs)
}

/// The files of a crate without its tests, from its folder, in order.
pub(crate) fn source_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(inside) = open.pop() {
        let path = folder.join(&inside);
        let entries = std::fs::read_dir(&path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let (kind, inner) = (entry.file_type()?, inside.join(&name));
            let unwanted = inside.as_os_str().is_empty()
                && NOT_SOURCE.iter().any(|unwanted| name.to_str() == Some(unwanted));
            if kind.is_dir() && !unwanted {
                open.push(inner);
            } else if kind.is_file() {
                found.push(inner);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_with_a_number_is_one_of_its_crate_only_if_there_is_that_crate() {
        let made = |name: &str| Made::of_fact(&format!("{name} 1.0.0 features= held=x compiler=y"));
        let of = |pairs: &[(&str, &str)]| -> BTreeMap<String, Made> {
            let pairs = pairs.iter();
            pairs.filter_map(|(key, name)| Some(((*key).to_owned(), made(name)?))).collect()
        };
        let all = of(&[
            ("a", "a"),
            ("a-set1", "a"),
            ("b-set1", "b-set1"),
            ("c", "c"),
            ("c-set1", "c-set1"),
        ]);
        assert_eq!(all.len(), 5);
        assert_eq!(crate_of("a-set1", &all), Some("a"));
        for other in ["a", "b-set1", "c-set1", "a-set2", "d"] {
            assert_eq!(crate_of(other, &all), None, "{other}");
        }
    }
}
