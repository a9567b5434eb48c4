//! Where the cells of a demo have their sockets and caches.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Bytes of a folder in which sockets still have room for their names.
const LONGEST: usize = 80;

/// A `CELL_HOME` of the demo's own, which goes when this does.
pub(super) struct Home(PathBuf);

impl Home {
    /// An empty one, in `folder` if sockets have room for their names there.
    pub(super) fn new(folder: &Path) -> Result<Self> {
        let mut home = folder.join("home");
        if home.as_os_str().len() > LONGEST {
            home = std::env::temp_dir().join(format!("cell-demo-{}", std::process::id()));
        }
        fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
        Ok(Self(home))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
