//! With which features cargo builds proc-macro crates, where people build a part of a workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use cell_sandbox::graph::Found;
use cell_sandbox::sets;

use super::Workspace;
use crate::arguments::Global;
use crate::manifest::FEATURE_SETS;

/// Sets of features other than all together, by name and version of the crate.
pub(crate) type Sets = BTreeMap<(String, String), Vec<Vec<String>>>;

impl Workspace {
    /// The crates with all sets of features that cargo builds them with. Cargo is asked only if one of them
    /// may have several.
    pub(crate) fn with_sets(&self, crates: &[&Found], global: &Global) -> Result<Vec<Found>> {
        let sets = self.sets(crates, global)?;
        let mut found: Vec<Found> = crates.iter().map(|one| (*one).clone()).collect();
        for one in &mut found {
            let key = (one.name.clone(), one.version.clone());
            one.sets = sets.get(&key).cloned().unwrap_or_default();
        }
        Ok(found)
    }

    fn sets(&self, crates: &[&Found], global: &Global) -> Result<Sets> {
        let crates: Vec<Found> = crates.iter().map(|one| (*one).clone()).collect();
        let uncertain = sets::uncertain(&self.metadata, &crates);
        let mut seen = BTreeSet::new();
        for selection in sets::selections(&self.metadata, &uncertain) {
            seen.extend(sets::read(&self.tree(&selection, global)?));
        }
        let mut sets = Sets::new();
        for one in uncertain {
            let of_it = seen.iter().filter(|(name, version, features)| {
                (name, version) == (&one.name, &one.version) && *features != one.features
            });
            let of_it: Vec<Vec<String>> = of_it.map(|(_, _, features)| features.clone()).collect();
            if of_it.len() >= FEATURE_SETS {
                bail!(
                    "`{}` {} is built with {} different sets of features in this workspace\n\
                     help: name its features in `Cargo.toml` where all members use it",
                    one.name,
                    one.version,
                    of_it.len()
                );
            }
            sets.insert((one.name.clone(), one.version.clone()), of_it);
        }
        Ok(sets)
    }

    /// What cargo would build.
    fn tree(&self, selection: &sets::Selection, global: &Global) -> Result<String> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["tree", "--prefix", "none", "--color", "never", "--format", sets::FORMAT]);
        cargo.args(selection.arguments());
        cargo.args(global.offline.then_some("--offline"));
        cargo.args(global.locked.then_some("--locked"));
        cargo.arg("--manifest-path").arg(self.root.join("Cargo.toml")).stdin(Stdio::null());
        let output = cargo.output().context("cannot run cargo")?;
        if !output.status.success() {
            bail!(
                "cargo does not say with which features it builds a part of this workspace: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
