//! The source of our guest-side `proc_macro`: the crate that gives the tokens and spans of the host
//! to `proc-macro2`, `syn` and `quote` in a guest.

use std::fs;
use std::path::Path;

use macro_bridge::digest::{Digest, Sha256};

use crate::error::{Error, Result};

/// Path in the package, and text.
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/shim.rs"));

/// The digest of all its files.
#[must_use]
pub fn digest() -> Digest {
    let mut hash = Sha256::new();
    for (name, text) in FILES {
        hash.update(format!("{name} {}\n", text.len()).as_bytes());
        hash.update(text.as_bytes());
    }
    hash.finish()
}

/// The files that stand in for those of a guest's `proc-macro2`, by name: see [`crate::inside`].
pub(crate) fn inside() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().filter_map(|(name, text)| Some((name.strip_prefix("inside/")?, *text)))
}

/// Writes the package into an empty folder, as a workspace of its own.
///
/// # Errors
/// If the folder cannot be written.
pub fn write(folder: &Path) -> Result<()> {
    for (name, text) in FILES {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|e| Error::io("make the folder", parent, e))?;
        let own = *name == "Cargo.toml" && !text.lines().any(|line| line.trim() == "[workspace]");
        let end = if own { "\n[workspace]\n" } else { "" };
        fs::write(&path, format!("{text}{end}")).map_err(|e| Error::io("write", &path, e))?;
    }
    Ok(())
}
