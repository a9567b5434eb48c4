//! Workspaces whose crates lie in a folder, put there by `cargo vendor`: what components are built with has to
//! be there too, and what stands in for crates.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use cell_sandbox::packages::{self, Locked};
use cell_sandbox::patch;
use toml_edit::{Array, InlineTable, Value};

use super::Workspace;
use super::facts::Made;
use crate::files;

/// What is in the folder of a vendored package.
const MARK: &str = ".cargo-checksum.json";

impl Workspace {
    /// The folders that cargo takes crates from, by registry.
    pub(crate) fn vendored(&self) -> BTreeMap<String, PathBuf> {
        let packages = self.metadata.packages.iter().filter_map(|package| {
            let folder = package.manifest_path.parent()?;
            let source = package.source.as_ref()?.repr.clone();
            let vendor = folder.parent()?.as_std_path().to_owned();
            folder.join(MARK).is_file().then_some((source, vendor))
        });
        packages.collect()
    }

    /// Is all in that folder that `ours` and the sandboxed crates' originals need? `ours` are lines of a
    /// manifest, `lock` is the `Cargo.lock` that says which versions are meant.
    pub(crate) fn ask_of_vendored(&self, ours: &str, lock: &str) -> Result<()> {
        // What is ours is in the usual registry.
        let vendored = self.vendored();
        let usual = vendored.iter().find(|(source, _)| patch::index(source).is_none());
        let Some((_, vendor)) = usual else { return Ok(()) };
        // A folder that is as deep as those of crates, of which the ways in `ours` are right.
        let folder = self.target.join("vendored");
        let manifest = folder.join("Cargo.toml");
        let kept = self.kept();
        let text = dependencies("vendored", ours, &self.made(), &kept);
        files::replace(&manifest, text.as_bytes())?;
        files::replace(&folder.join("src/lib.rs"), b"")?;
        // As they are in the registry, also those that are replaced by now.
        let lock = packages::restored(lock, &kept)?;
        files::replace(&folder.join("Cargo.lock"), lock.as_bytes())?;
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["metadata", "--offline", "--format-version", "1", "--manifest-path"]);
        let output = cargo.arg(&manifest).stdin(Stdio::null()).stdout(Stdio::null()).output();
        let output = output.context("cannot run cargo")?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        // That it is offline is how it was asked here.
        let said = said.lines().filter(|line| !line.starts_with("As a reminder"));
        let here = std::env::current_dir().unwrap_or_default();
        // Cargo takes a way with `..` for another workspace.
        let path = |path: &Path| path.strip_prefix(&here).unwrap_or(path).display().to_string();
        bail!(
            "cargo takes crates from `{vendor}`, which has not all that this needs\n\
             note: {}\n\
             help: `cargo vendor --sync {} {vendor}`, then try again",
            said.collect::<Vec<_>>().join("\nnote: "),
            path(&manifest),
            vendor = path(vendor),
        );
    }
}

/// The manifest of a package that depends on the originals of sandboxed crates, and of `more`.
pub(super) fn dependencies(
    name: &str,
    more: &str,
    made: &BTreeMap<String, Made>,
    kept: &BTreeSet<Locked>,
) -> String {
    let mut manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[workspace]\n\n\
         [dependencies]\n{more}"
    );
    for (key, it) in made {
        let mut entry = InlineTable::new();
        entry.insert("package", Value::from(&it.name));
        entry.insert("version", Value::from(format!("={}", it.version)));
        let locked = kept.iter().find(|one| one.name == it.name && one.version == it.version);
        if let Some(index) = locked.and_then(|it| patch::index(it.source.as_deref()?)) {
            entry.insert("registry-index", Value::from(index));
        }
        entry.insert("default-features", Value::from(false));
        entry.insert(
            "features",
            Value::Array(it.features.iter().map(String::as_str).collect::<Array>()),
        );
        let own = toml_edit::Key::new(format!("it-{key}"));
        manifest.push_str(&format!("{own} = {}\n", Value::from(entry)));
    }
    manifest
}
