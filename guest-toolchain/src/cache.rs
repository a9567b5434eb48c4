//! The per-user cache folder.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::error::{Error, Kind, Result};

/// `$CELL_HOME/cache`, or the cache folder that the system gives a user's programs.
///
/// # Errors
/// If there is neither `CELL_HOME` nor a home folder.
pub fn folder() -> Result<PathBuf> {
    if let Some(home) = env::var_os("CELL_HOME").filter(|home| !home.is_empty()) {
        return Ok(Path::new(&home).join("cache"));
    }
    directories::ProjectDirs::from("", "", "cell")
        .map(|dirs| dirs.cache_dir().to_owned())
        .ok_or_else(|| {
            Error::new(Kind::Io, "there is no home folder to keep the cache in")
                .help("set `CELL_HOME` to a folder that you can write to")
        })
}

/// Makes a folder that only its owner can enter.
///
/// # Errors
/// If it cannot be made.
pub fn make_private(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|e| {
        Error::io("make the folder", folder, e)
            .help("set `CELL_HOME` to a folder that you can write to")
    })
}
