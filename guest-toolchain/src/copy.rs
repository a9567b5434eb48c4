//! Copies of sources, to be changed: those of a compiler or a registry stay as they are.

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};

/// All files of a folder and those below it. Their rights are not copied: sources that are read-only
/// could not be changed.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(|e| Error::io("make the folder", to, e))?;
    for entry in fs::read_dir(from).map_err(|e| Error::io("read", from, e))? {
        let path = entry.map_err(|e| Error::io("read", from, e))?.path();
        let copied = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &copied)?;
        } else {
            let text = fs::read(&path).map_err(|e| Error::io("read", &path, e))?;
            fs::write(&copied, text).map_err(|e| Error::io("write", &copied, e))?;
        }
    }
    Ok(())
}
