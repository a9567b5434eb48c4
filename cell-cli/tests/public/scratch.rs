//! The folder in the target folder where the two workspaces are put together.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The repository.
pub(crate) fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// `tests/public-macros`
pub(crate) fn template() -> PathBuf {
    repository().join("tests/public-macros")
}

/// `<target>/public-macros`: a test is `<target>/debug/deps/<name>`.
pub(crate) fn folder() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let target = test.ancestors().nth(3).context("this test is not in a target folder")?;
    Ok(target.join("public-macros"))
}

/// Files below `folder`, relative to it, in a fixed order.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(inner) = open.pop() {
        let entries = fs::read_dir(folder.join(&inner));
        for entry in entries.with_context(|| format!("reading {}", folder.display()))? {
            let entry = entry?;
            let path = inner.join(entry.file_name());
            if entry.path().is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

/// Writes a file unless it has this content: cargo builds again what has a newer time.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    if fs::read(path).is_ok_and(|found| found == content.as_ref()) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().context("a file in a folder")?)?;
    fs::write(path, content).with_context(|| format!("writing {}", path.display()))
}
