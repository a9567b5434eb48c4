//! The crates that sandboxed ones stand for, as cargo has them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use cargo_metadata::MetadataCommand;
use cell_sandbox::graph::{self, Found};
use cell_sandbox::packages::{self, Locked};

use super::facts::Made;
use super::{Workspace, vendored};
use crate::arguments::Global;
use crate::files;

/// Crates by their name in `cell.lock`, and the `Cargo.lock` that names them.
pub(crate) struct Originals {
    pub(crate) found: BTreeMap<String, Found>,
    pub(crate) lock: String,
}

/// Asks cargo for the sources of these crates: in a workspace of its own, since in that of the project
/// they are replaced.
pub(crate) fn find(
    workspace: &Workspace,
    made: &BTreeMap<String, Made>,
    kept: &BTreeSet<Locked>,
    global: &Global,
) -> Result<Originals> {
    let folder = workspace.target.join("originals");
    let manifest = vendored::dependencies("originals", "", made, kept);
    files::replace(&folder.join("Cargo.toml"), manifest.as_bytes())?;
    files::replace(&folder.join("src/lib.rs"), b"")?;
    let lock = packages::restored("version = 4\n", kept)?;
    files::replace(&folder.join("Cargo.lock"), lock.as_bytes())?;
    let mut command = MetadataCommand::new();
    command.manifest_path(folder.join("Cargo.toml"));
    command.other_options(
        global.offline.then(|| "--offline".to_owned()).into_iter().collect::<Vec<_>>(),
    );
    let metadata = command.exec().context("cargo does not find the crates that were sandboxed")?;
    let all = graph::found(&metadata);
    let found = made
        .iter()
        .map(|(key, it)| {
            let one = all.iter().find(|one| one.name == it.name && one.version == it.version);
            let mut one =
                one.with_context(|| format!("cargo has no `{}` {}", it.name, it.version))?.clone();
            one.features.clone_from(&it.features);
            one.sets = workspace.made_more(key).into_iter().map(|(_, it)| it.features).collect();
            Ok((key.clone(), one))
        })
        .collect::<Result<_>>()?;
    Ok(Originals { found, lock })
}
