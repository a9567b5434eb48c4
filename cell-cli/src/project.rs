//! Which project a command is about.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use macro_bridge::digest::Digest;
use macro_bridge::failure::texts;
use macro_bridge::lock::Lock;
use macro_bridge::project::{find_root, manifest_digest};

use crate::arguments::Global;
use crate::files;
use crate::manifest::Manifest;

/// The folder of `cell.toml`: beside or above `--manifest-path`, else here or above.
pub(crate) fn root(global: &Global) -> Result<PathBuf> {
    let start = start(global)?;
    Ok(find_root(&start).ok_or_else(|| texts::project::no_project(&start))?)
}

/// The folder that a command is about, absolute.
pub(crate) fn start(global: &Global) -> Result<PathBuf> {
    let folder = match global.manifest_path.as_deref() {
        Some(path) if path.is_dir() => path,
        Some(path) => match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        },
        None => Path::new("."),
    };
    folder.canonicalize().with_context(|| format!("there is no folder `{}`", folder.display()))
}

/// The way from a folder to a file or folder, as `cell.toml` and `Cargo.toml` write it; both absolute.
pub(crate) fn relative(folder: &Path, target: &Path) -> String {
    let shared = folder.components().zip(target.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(shared).map(|_| "..".to_owned());
    let down =
        target.components().skip(shared).map(|c| c.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// `cell.toml`, with its digest.
pub(crate) fn manifest(root: &Path) -> Result<(Manifest, Digest)> {
    let path = root.join("cell.toml");
    let bad = |reason: String| texts::project::bad_manifest(&path, &reason);
    let text = files::read_text(&path).map_err(|e| bad(e.to_string()))?;
    let manifest = Manifest::parse(&text).map_err(|e| bad(e.to_string()))?;
    Ok((manifest, manifest_digest(&text)))
}

/// `cell.lock` as text, and what it says, if it can be read.
pub(crate) fn lock_text(root: &Path) -> (Option<String>, Option<Lock>) {
    let text = files::read_text(&root.join("cell.lock")).ok();
    let lock = text.as_deref().and_then(|text| Lock::parse(text).ok());
    (text, lock)
}
