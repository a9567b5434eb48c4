//! Files and folders.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The repository.
pub(crate) fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// `tests/sandboxed-macros`
pub(crate) fn template() -> PathBuf {
    repository().join("tests/sandboxed-macros")
}

/// `<target>/sandboxed-macros`: a test is `<target>/debug/deps/<name>`.
pub(crate) fn folder() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let target = test.ancestors().nth(3).context("this test is not in a target folder")?;
    Ok(target.join("sandboxed-macros"))
}

/// Files of Rust below `folder`, in a fixed order; none if it is not there.
pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Writes a file unless it has this content: cargo builds again what has a newer time.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    if fs::read(path).is_ok_and(|found| found == content.as_ref()) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().context("a file in a folder")?)?;
    fs::write(path, content).with_context(|| format!("writing {}", path.display()))
}
