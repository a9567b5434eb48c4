//! Guests of a project: those whose components `cell.toml` names and whose packages are in it.

pub(crate) mod watch;

use std::path::{Path, PathBuf};

use guest_toolchain::packages::{self, Guest, Workspace};

use crate::manifest::Manifest;

/// The guests of one workspace that a project uses.
pub(crate) struct Own {
    pub(crate) workspace: Workspace,
    pub(crate) guests: Vec<Guest>,
    /// Where their components are.
    pub(crate) components: PathBuf,
}

/// Those of the project in `root`. What cargo cannot read is left out: it is being written.
pub(crate) fn of_project(root: &Path, manifest: &Manifest) -> Vec<Own> {
    let mut found: Vec<Own> = Vec::new();
    for (components, name) in named(root, manifest) {
        if let Some(own) = found.iter_mut().find(|own| own.components == components) {
            let guest = own.workspace.guests.iter().find(|guest| guest.name == name);
            own.guests.extend(guest.cloned());
            continue;
        }
        let folder = components.parent().unwrap_or(Path::new(""));
        let Ok(workspace) = packages::workspace(&folder.join("Cargo.toml")) else { continue };
        let guest = workspace.guests.iter().find(|guest| guest.name == name).cloned();
        let guests: Vec<Guest> = guest.into_iter().collect();
        found.push(Own { workspace, guests, components });
    }
    found.retain(|own| !own.guests.is_empty());
    found
}

/// Folder and name of each component as `cell build-macros` writes it, `macros/components/ledger.wasm`
/// beside `macros/Cargo.toml`, that lies in the project.
fn named(root: &Path, manifest: &Manifest) -> Vec<(PathBuf, String)> {
    let paths = manifest.cells.values().filter_map(|cell| cell.path.as_deref());
    let named = paths.filter_map(|path| {
        let path = root.join(path);
        let name = path.file_stem()?.to_str()?.to_owned();
        let folder = path.parent()?.parent()?.canonicalize().ok()?;
        let components = folder.join(path.parent()?.file_name()?);
        let is_own = folder.starts_with(root) && folder.join("Cargo.toml").is_file();
        is_own.then_some((components, name))
    });
    let mut named: Vec<(PathBuf, String)> = named.collect();
    named.sort();
    named.dedup();
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_in_the_project_are_its_own() {
        let outside = tempfile::tempdir().unwrap();
        let outside = outside.path().canonicalize().unwrap();
        let root = outside.join("app");
        for folder in ["app/macros/src", "app/without", "other/src"] {
            std::fs::create_dir_all(outside.join(folder)).unwrap();
        }
        let package = "[package]\nname = \"greeter-macros\"\nversion = \"0.1.0\"\n\
             edition = \"2024\"\n[workspace]\n[lib]\ncrate-type = [\"cdylib\"]\n\
             [package.metadata.cell]\n";
        std::fs::write(root.join("macros/Cargo.toml"), package).unwrap();
        std::fs::write(root.join("macros/src/lib.rs"), "").unwrap();
        std::fs::write(outside.join("other/src/lib.rs"), "").unwrap();
        std::fs::write(outside.join("other/Cargo.toml"), package).unwrap();
        let manifest = Manifest::parse(
            "[cells.greeter]\npath = \"macros/components/greeter-macros.wasm\"\n\
             [cells.again]\npath = \"./macros/components/greeter-macros.wasm\"\n\
             [cells.unknown]\npath = \"macros/components/unknown.wasm\"\n\
             [cells.bare]\npath = \"without/components/x.wasm\"\n\
             [cells.other]\npath = \"../other/components/greeter-macros.wasm\"\n\
             [cells.running]\nfrom = \"running\"\n",
        )
        .unwrap();
        let own = of_project(&root, &manifest);
        assert_eq!(own.len(), 1);
        let names: Vec<&str> = own[0].guests.iter().map(|guest| guest.name.as_str()).collect();
        assert_eq!(names, ["greeter-macros"]);
        assert_eq!(own[0].components, root.join("macros/components"));
    }
}
