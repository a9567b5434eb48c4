//! Where both sides meet, and on which cores they run.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The folder of the sockets.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    folder: PathBuf,
}

impl Place {
    /// That which Cell looks into as well.
    pub(crate) fn here() -> Result<Self> {
        let home =
            std::env::var_os("CELL_HOME").context("set CELL_HOME to a folder for sockets")?;
        Ok(Self { folder: home.into() })
    }

    /// The socket of all that have no names.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("echo.sock")
    }
}

/// How the two sides share cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Both on one.
    One,
    /// Each on its own.
    Two,
    /// Each on its own, and neither core ever sleeps: see [`crate::awake`].
    Awake,
}

impl Lane {
    pub(crate) fn read(word: &str) -> Result<Self> {
        match word {
            "one" => Ok(Self::One),
            "two" => Ok(Self::Two),
            "awake" => Ok(Self::Awake),
            other => bail!("there is no lane `{other}`; there are `one`, `two` and `awake`"),
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Two => "two",
            Self::Awake => "awake",
        }
    }

    /// Keeps this process on the client's core. Before it has other threads: they inherit it.
    pub(crate) fn pin_client(self) -> Result<()> {
        pin(CLIENT)
    }

    /// Keeps this process on the server's core.
    pub(crate) fn pin_server(self) -> Result<()> {
        pin(if self == Self::One { CLIENT } else { SERVER })
    }
}

/// Cores of the two sides, in the order of those that this process may use.
pub(crate) const CLIENT: usize = 0;
pub(crate) const SERVER: usize = 1;

/// Keeps this process on a core.
pub(crate) fn pin(core: usize) -> Result<()> {
    // Of a process that is pinned already, as a child is, all cores are asked for again first.
    let mut all = CpuSet::new();
    (0..CpuSet::MAX_CPU).for_each(|core| all.set(core));
    sched_setaffinity(None, &all)?;
    let allowed = sched_getaffinity(None)?;
    let found = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).nth(core);
    let found = found.with_context(|| format!("this machine has no {} cores", core + 1))?;
    let mut one = CpuSet::new();
    one.set(found);
    Ok(sched_setaffinity(None, &one)?)
}
