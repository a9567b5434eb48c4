//! The crates as cargo unpacked them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use cargo_metadata::MetadataCommand;

use crate::scratch;

/// Folders of the packages in `sources/Cargo.lock`, by name.
pub(crate) struct Crates(BTreeMap<String, PathBuf>);

impl Crates {
    /// Asks cargo for them, which fetches those that are not there.
    pub(crate) fn fetch() -> Result<Self> {
        let metadata = MetadataCommand::new()
            .manifest_path(scratch::template().join("sources/Cargo.toml"))
            .other_options(["--locked".to_owned()])
            .exec()
            .context("the public crates cannot be fetched")?;
        let folders = metadata.packages.into_iter().filter_map(|package| {
            let folder = package.manifest_path.parent()?;
            Some((package.name.to_string(), folder.to_owned().into_std_path_buf()))
        });
        Ok(Self(folders.collect()))
    }

    pub(crate) fn folder(&self, name: &str) -> Result<&Path> {
        self.0.get(name).map(|path| &**path).with_context(|| format!("cargo has no {name}"))
    }
}
