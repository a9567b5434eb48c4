//! Which guests of a project have to be built again. Looks, and decides; builds nothing.
//!
//! Files are looked at by their times, often; only when these have changed, and then not changed since
//! the last look, the digest of the sources says whether there is something to do. So saving many files
//! builds once, and touching one builds nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use guest_toolchain::packages::{Guest, Workspace};
use guest_toolchain::sources;

use crate::commands::build_macros;
use crate::guests::{Own, of_project};
use crate::{files, project};

/// Guests of one workspace that have to be built.
#[derive(Debug, PartialEq)]
pub(crate) struct Stale {
    pub(crate) manifest: PathBuf,
    pub(crate) components: PathBuf,
    pub(crate) names: Vec<String>,
}

/// Lengths and times of files.
type Stamps = Vec<(PathBuf, u64, Option<SystemTime>)>;

/// What was seen of a project's guests.
pub(crate) struct Watch {
    root: PathBuf,
    /// `cell.toml` as it was when the guests were looked for.
    manifest: Option<Vec<u8>>,
    guests: Vec<Watched>,
}

struct Watched {
    workspace: Workspace,
    guest: Guest,
    components: PathBuf,
    folders: Vec<PathBuf>,
    settling: Settling<Stamps>,
}

impl Watch {
    /// Between two looks.
    pub(crate) const PACE: Duration = Duration::from_millis(300);

    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), manifest: None, guests: Vec::new() }
    }

    /// What has to be built since the last look. Each change is reported once, whatever comes of it.
    pub(crate) fn look(&mut self) -> Vec<Stale> {
        self.find_guests();
        let mut stale: BTreeMap<PathBuf, Stale> = BTreeMap::new();
        for watched in &mut self.guests {
            let Watched { workspace, guest, components, folders, settling } = watched;
            if !settling.look(stamps(workspace, folders)) {
                continue;
            }
            // One that cannot be read is being written: the next change comes.
            if let Ok(found) = sources::folders(guest) {
                *folders = found;
            }
            if !matches!(build_macros::stale(workspace, guest, components), Ok(Some(_))) {
                continue;
            }
            let manifest = workspace.root.join("Cargo.toml");
            let entry = stale.entry(manifest.clone()).or_insert_with(|| Stale {
                manifest,
                components: components.clone(),
                names: Vec::new(),
            });
            entry.names.push(guest.name.clone());
        }
        stale.into_values().collect()
    }

    /// Looks for guests again if `cell.toml` has changed.
    fn find_guests(&mut self) {
        let manifest = files::read(&self.root.join("cell.toml")).ok();
        if manifest == self.manifest {
            return;
        }
        // What cannot be read is looked at when it has changed again.
        self.manifest = manifest;
        let Ok((manifest, _)) = project::manifest(&self.root) else { return };
        self.guests.clear();
        for Own { workspace, guests, components } in of_project(&self.root, &manifest) {
            self.guests.extend(guests.into_iter().map(|guest| Watched {
                folders: sources::folders(&guest).unwrap_or_default(),
                workspace: workspace.clone(),
                guest,
                components: components.clone(),
                settling: Settling::default(),
            }));
        }
    }
}

fn stamps(workspace: &Workspace, folders: &[PathBuf]) -> Stamps {
    let mut all = Stamps::new();
    for file in ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"] {
        let path = workspace.root.join(file);
        let found = path.metadata().ok();
        let time = found.as_ref().and_then(|found| found.modified().ok());
        all.push((path, found.map_or(0, |found| found.len()), time));
    }
    all.extend(folders.iter().filter_map(|folder| sources::stamps(folder).ok()).flatten());
    all
}

/// Something that is looked at from time to time.
struct Settling<T> {
    /// As it was when it was last dealt with.
    done: Option<T>,
    /// As it was at the last look.
    last: Option<T>,
}

impl<T> Default for Settling<T> {
    fn default() -> Self {
        Self { done: None, last: None }
    }
}

impl<T: PartialEq + Clone> Settling<T> {
    /// Has it changed since it was dealt with, and not since the last look? Then it is dealt with now.
    fn look(&mut self, now: T) -> bool {
        let settled = self.last.as_ref() == Some(&now);
        let due = settled && self.done.as_ref() != Some(&now);
        if due {
            self.done = Some(now.clone());
        }
        self.last = Some(now);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_due_once_when_it_has_come_to_rest() {
        let mut settling = Settling::default();
        let looks = [1, 1, 1, 2, 3, 3, 3, 4, 3, 3];
        let due: Vec<bool> = looks.into_iter().map(|now| settling.look(now)).collect();
        let expected = [false, true, false, false, false, true, false, false, false, false];
        assert_eq!(due, expected, "what went back to what it was needs nothing");
    }

    #[test]
    fn sources_that_changed_are_stale_once() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("cell.toml", "[cells.a]\npath = \"macros/components/a.wasm\"\n");
        write(
            "macros/Cargo.toml",
            "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n\
             [lib]\ncrate-type = [\"cdylib\"]\n[package.metadata.cell]\n",
        );
        write("macros/src/lib.rs", "");
        let lock = "version = 4\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\n";
        write("macros/Cargo.lock", lock);
        let mut watch = Watch::new(&root);
        let expected = [Stale {
            manifest: root.join("macros/Cargo.toml"),
            components: root.join("macros/components"),
            names: vec!["a".into()],
        }];
        let looks = |watch: &mut Watch| {
            let twice = [watch.look(), watch.look(), watch.look()];
            twice.into_iter().flatten().collect::<Vec<_>>()
        };
        assert_eq!(looks(&mut watch), expected, "it was never built");
        assert_eq!(looks(&mut watch), [], "once for each change");
        // What a build leaves is no source.
        write("macros/components/sources.lock", "cell-sources 1\n");
        write("macros/components/a.wasm", "x");
        write("macros/target/x", "x");
        assert_eq!(looks(&mut watch), []);
        write("macros/src/lib.rs", "// other");
        assert_eq!(looks(&mut watch), expected);
        write("cell.toml", "");
        write("macros/src/lib.rs", "// more");
        assert_eq!(looks(&mut watch), [], "the project does not use it any more");
    }
}
