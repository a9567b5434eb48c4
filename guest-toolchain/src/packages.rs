//! Which packages of a workspace are guests.

use std::path::{Path, PathBuf};

use cargo_metadata::{CrateType, Metadata, MetadataCommand, Package};

use crate::error::{Error, Kind, Result};
use crate::kit::Library;

/// A package that becomes a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// Name of the package, and of the component's file.
    pub name: String,
    /// Its `Cargo.toml`.
    pub manifest: PathBuf,
    /// The standard library that it is compiled with: `[package.metadata.cell] library`.
    pub library: Library,
}

/// A workspace of guests.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The folder of its root manifest.
    pub root: PathBuf,
    /// Where cargo puts what it builds.
    pub target: PathBuf,
    /// Its guests, by name.
    pub guests: Vec<Guest>,
}

/// Reads a workspace: guests are packages with a `cdylib` whose manifest has a table
/// `[package.metadata.component]` or `[package.metadata.cell]`. Needs no network.
///
/// # Errors
/// If cargo cannot read the manifest, or there is no guest.
pub fn workspace(manifest: &Path) -> Result<Workspace> {
    let metadata = metadata(manifest)?;
    let mut guests: Vec<Guest> = metadata
        .packages
        .iter()
        .filter(|package| metadata.workspace_members.contains(&package.id) && is_guest(package))
        .map(|package| {
            Ok(Guest {
                name: package.name.to_string(),
                manifest: package.manifest_path.clone().into(),
                library: library(package)?,
            })
        })
        .collect::<Result<_>>()?;
    if guests.is_empty() {
        return Err(Error::new(
            Kind::Malformed,
            format!("there is no guest in `{}`", manifest.display()),
        )
        .note(
            "a guest is a package with `crate-type = [\"cdylib\"]` and `[package.metadata.cell]`",
        ));
    }
    guests.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Workspace {
        root: metadata.workspace_root.into(),
        target: metadata.target_directory.into(),
        guests,
    })
}

impl Workspace {
    /// The guests with these names, all if none is named.
    ///
    /// # Errors
    /// If there is no guest of a name; says which there are.
    pub fn select(&self, names: &[String]) -> Result<Vec<&Guest>> {
        if names.is_empty() {
            return Ok(self.guests.iter().collect());
        }
        let find = |name: &String| {
            self.guests.iter().find(|guest| guest.name == *name).ok_or_else(|| {
                let known: Vec<_> = self.guests.iter().map(|g| format!("`{}`", g.name)).collect();
                Error::new(Kind::Malformed, format!("there is no guest `{name}`"))
                    .note(format!("the guests here are {}", known.join(", ")))
            })
        };
        names.iter().map(find).collect()
    }
}

fn is_guest(package: &Package) -> bool {
    let library = package.targets.iter().any(|t| t.crate_types.contains(&CrateType::CDyLib));
    let marked = ["component", "cell"].iter().any(|key| package.metadata.get(key).is_some());
    library && marked
}

/// `library = "sandboxed"` in the table `[package.metadata.cell]`.
fn library(package: &Package) -> Result<Library> {
    let said = package.metadata.get("cell").and_then(|table| table.get("library"));
    match said.map(|said| said.as_str().unwrap_or_default()) {
        None => Ok(Library::Plain),
        Some("sandboxed") => Ok(Library::Sandboxed),
        Some(other) => {
            let message = format!("`{}` wants the library `{other}`", package.name);
            Err(Error::new(Kind::Malformed, message)
                .help("write `library = \"sandboxed\"`, or leave it out"))
        }
    }
}

/// The members of the workspace that a manifest belongs to, without their dependencies.
pub(crate) fn metadata(manifest: &Path) -> Result<Metadata> {
    MetadataCommand::new().manifest_path(manifest).no_deps().exec().map_err(|e| {
        let text = e.to_string();
        let reason = text.lines().find(|l| !l.trim().is_empty()).unwrap_or("").trim().to_owned();
        Error::new(Kind::Malformed, format!("cargo cannot read `{}`", manifest.display()))
            .note(reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_says_which_library_it_wants() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("Cargo.toml");
        std::fs::create_dir(folder.path().join("src")).unwrap();
        std::fs::write(folder.path().join("src/lib.rs"), "").unwrap();
        let library = |line: &str| {
            let text = format!(
                "[workspace]\n[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                 [lib]\ncrate-type = [\"cdylib\"]\n[package.metadata.cell]\n{line}\n"
            );
            std::fs::write(&manifest, text).unwrap();
            workspace(&manifest).map(|it| it.guests[0].library).map_err(|e| e.to_string())
        };
        assert_eq!(library(""), Ok(Library::Plain));
        assert_eq!(library("library = \"sandboxed\""), Ok(Library::Sandboxed));
        assert!(library("library = \"sandbox\"").unwrap_err().contains("`sandbox`"));
        assert!(library("library = 1").is_err());
    }
}
