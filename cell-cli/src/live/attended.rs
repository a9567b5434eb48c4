//! Cells that run as long as a command needs them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::arguments::Global;
use crate::commands::{stop, up};
use crate::live::session::Open;
use crate::manifest::Manifest;
use crate::shell::Shell;
use crate::supervisor::client::{Client, listens};
use crate::supervisor::place::Place;
use crate::supervisor::project as cells;

/// How long cells may take to finish what they do, at the end.
const PATIENCE: Duration = Duration::from_secs(10);

/// The cells that macros of a project may ask, running. Builds may ask them only if somebody opens a
/// session: who just asks them itself lets nobody else write.
pub(crate) struct Attended {
    place: Place,
    /// Those that this command has started, by whom they need.
    started: Option<BTreeMap<String, Vec<String>>>,
}

impl Attended {
    /// Starts those that `cell.toml` says how to start and that do not run.
    pub(crate) fn begin(
        root: &Path,
        manifest: &Manifest,
        release: bool,
        wait: Duration,
        global: &Global,
        shell: &Shell,
    ) -> Result<Self> {
        let place = Place::of(root)?;
        let wanted = asked(manifest);
        let was_there = listens(&place)?;
        if !wanted.is_empty() {
            let order = cells::order(manifest, &wanted)?;
            let programs = cells::programs(root, manifest, &order, release, global, shell)?;
            let (place, manifest) = (place.clone(), manifest.clone());
            let wanted = wanted.clone();
            let wish = up::Wish { place, manifest, wanted, order, programs, wait, session: false };
            if !up::bring_up(&wish, shell)? {
                bail!(
                    "a cell that macros ask takes no calls\n\
                     help: `cell status` shows how it is, `cell stop --all` ends what was started"
                );
            }
        }
        let started = (!wanted.is_empty() && !was_there).then(|| cells::needs(manifest));
        Ok(Self { place, started })
    }

    /// Lets the project's builds ask, as long as what this returns is there.
    pub(crate) fn session(&self) -> Result<Open> {
        Open::begin(&self.place)
    }

    /// Ends what this command has started.
    pub(crate) fn end(self, shell: &Shell) -> Result<()> {
        let Some(needs) = self.started else { return Ok(()) };
        match Client::find(&self.place)? {
            Some(client) => stop::finish(&client, &self.place, needs, PATIENCE, shell),
            None => Ok(()),
        }
    }
}

/// Cells that macros of this project may ask and that it starts.
fn asked(manifest: &Manifest) -> Vec<String> {
    let granted =
        manifest.cells.values().flat_map(|cell| &cell.grants.calls).map(|call| &call.cell);
    let mut names: Vec<String> =
        granted.filter(|name| cells::run(manifest, name).is_some()).cloned().collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cells_that_may_be_asked_and_can_be_started_are() {
        let manifest = Manifest::parse(
            "[cells.search]\npath = \"s.wasm\"\n\
             grants.calls = [\"ledger::schema\", \"ledger::rows\", \"elsewhere::x\", \"none::y\"]\n\
             [cells.ledger.run]\ncommand = [\"./ledger\"]\n\
             [cells.elsewhere]\nschemas = [\"e.schema\"]\n\
             [cells.other.run]\ncommand = [\"./other\"]\n",
        )
        .unwrap();
        assert_eq!(asked(&manifest), ["ledger"]);
    }
}
