//! Writing files that are never seen half written.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use macro_bridge::project::{LARGEST_FILE, read_file};

/// The bytes of a file of a project, which may be a link to anything.
pub(crate) fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    read_file(path, LARGEST_FILE)?.ok_or_else(|| std::io::ErrorKind::NotFound.into())
}

/// The text of such a file.
pub(crate) fn read_text(path: &Path) -> std::io::Result<String> {
    String::from_utf8(read(path)?).map_err(|_| std::io::Error::other("it is not text"))
}

/// Replaces a file by a rename. Does nothing if it has this content: its time is a fact too, cargo
/// runs again what depends on it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<bool> {
    if read(path).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    write(path, bytes).with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(true)
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".cell-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}
