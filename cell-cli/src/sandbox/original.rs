//! The crates that sandboxed ones stand for, as cargo has them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use cargo_metadata::MetadataCommand;
use cell_sandbox::graph::{self, Found};
use cell_sandbox::packages::{self, Locked};
use toml_edit::{Array, InlineTable, Value};

use super::Workspace;
use super::facts::Made;
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
    let mut manifest = String::from(
        "[package]\nname = \"originals\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[workspace]\n\n[dependencies]\n",
    );
    for (key, it) in made {
        let mut entry = InlineTable::new();
        entry.insert("package", Value::from(&it.name));
        entry.insert("version", Value::from(format!("={}", it.version)));
        entry.insert("default-features", Value::from(false));
        entry.insert(
            "features",
            Value::Array(it.features.iter().map(String::as_str).collect::<Array>()),
        );
        let own = toml_edit::Key::new(format!("it-{key}"));
        manifest.push_str(&format!("{own} = {}\n", Value::from(entry)));
    }
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
    let lock = files::read_text(&folder.join("Cargo.lock"))?;
    Ok(Originals { found, lock })
}
