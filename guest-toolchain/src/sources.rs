//! What a component is built from, as one digest. `build-macros` records it, checks compare it:
//! after a clone the times of files mean nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use cargo_metadata::{DependencyKind, Package};
use macro_bridge::digest::{Digest, Sha256};

use crate::error::{Error, Kind, Result};
use crate::kit::Library;
use crate::packages::{self, Guest, Workspace};
use crate::{library, shim};

/// The record beside components; a folder with it has nothing else.
const RECORD: &str = "sources.lock";
/// Folders of a package that no library is made of.
const OUTSIDE: [&str; 4] = ["target", "tests", "benches", "examples"];

/// The digest of a guest's sources: its files and those of its path dependencies, what they
/// inherit from their workspaces, the root manifest of the guests (profiles), what `Cargo.lock`
/// says of the guest's dependencies, and our guest-side `proc_macro`.
///
/// Packages of a registry are in it by the checksum in `Cargo.lock`. Nothing depends on where the
/// folders are, so two checkouts agree.
///
/// # Errors
/// If a file cannot be read or `Cargo.lock` is missing.
pub fn digest(workspace: &Workspace, guest: &Guest) -> Result<Digest> {
    let mut hash = Sha256::new();
    let mut fact = |name: &str, bytes: &[u8]| {
        hash.update(format!("{name} {}\n", bytes.len()).as_bytes());
        hash.update(bytes);
    };
    fact("proc_macro", shim::digest().as_bytes());
    if guest.library == Library::Sandboxed {
        fact("library", library::digest().as_bytes());
    }
    for file in ["Cargo.toml", ".cargo/config.toml"] {
        let path = workspace.root.join(file);
        if path.is_file() {
            fact(&format!("workspace {file}"), &read(&path)?);
        }
    }
    let lock = workspace.root.join("Cargo.lock");
    let text = fs::read_to_string(&lock).map_err(|e| {
        Error::io("read", &lock, e).help("run `cargo generate-lockfile` there and commit the file")
    })?;
    fact("lock", lock_closure(&text, &guest.name, &lock)?.as_bytes());
    for (name, package) in path_packages(&guest.manifest)? {
        fact(&format!("package {name}"), inherited(&package).as_bytes());
        let root = package.manifest_path.parent().map(Path::new).unwrap_or(Path::new(""));
        let mut files = BTreeSet::new();
        collect(root, Path::new(""), &mut files)?;
        for file in files {
            let slashes: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
            fact(&slashes.join("/"), &read(&root.join(&file))?);
        }
    }
    Ok(hash.finish())
}

/// The folders that a guest's sources are in: its package and those that it depends on by path.
///
/// # Errors
/// If cargo cannot read a manifest.
pub fn folders(guest: &Guest) -> Result<Vec<PathBuf>> {
    let packages = path_packages(&guest.manifest)?.into_values();
    let folder = |package: Package| package.manifest_path.parent().map(PathBuf::from);
    Ok(packages.filter_map(folder).collect())
}

/// The files in a folder that [`digest`] is made of, with their lengths and times of change: quick to
/// compare, and without meaning for anybody else.
///
/// # Errors
/// If the folder cannot be read.
pub fn stamps(folder: &Path) -> Result<Vec<(PathBuf, u64, Option<SystemTime>)>> {
    let mut files = BTreeSet::new();
    collect(folder, Path::new(""), &mut files)?;
    let stamp = |file: PathBuf| {
        let path = folder.join(file);
        let found = path.metadata().ok();
        let time = found.as_ref().and_then(|found| found.modified().ok());
        (path, found.map_or(0, |found| found.len()), time)
    };
    Ok(files.into_iter().map(stamp).collect())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|e| Error::io("read", path, e))
}

/// A guest and all packages that it depends on by path, by name. Two of one name cannot be in one
/// graph by path without being told apart by version, which is in the key.
fn path_packages(manifest: &Path) -> Result<BTreeMap<String, Package>> {
    let mut found = BTreeMap::new();
    let mut open = vec![manifest.to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(manifest) = open.pop() {
        let manifest = manifest.canonicalize().map_err(|e| Error::io("read", &manifest, e))?;
        if !seen.insert(manifest.clone()) {
            continue;
        }
        let metadata = packages::metadata(&manifest)?;
        let package = metadata.packages.into_iter().find(|package| {
            package.manifest_path.as_std_path().canonicalize().is_ok_and(|path| path == manifest)
        });
        let package = package.ok_or_else(|| {
            Error::new(Kind::Malformed, format!("`{}` is not a package", manifest.display()))
        })?;
        open.extend(
            package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind != DependencyKind::Development)
                .filter_map(|dependency| Some(dependency.path.as_ref()?.join("Cargo.toml").into())),
        );
        found.insert(format!("{} {}", package.name, package.version), package);
    }
    Ok(found)
}

/// What may come from a root manifest elsewhere, which is not hashed as a file because most of it
/// concerns other packages.
fn inherited(package: &Package) -> String {
    let mut lines: Vec<String> = package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .map(|d| {
            let (name, kind, version, defaults) =
                (&d.name, d.kind, &d.req, d.uses_default_features);
            format!("{name} {kind} {version} {defaults} {}\n", d.features.join(","))
        })
        .collect();
    lines.sort();
    format!("edition {}\n{}", package.edition, lines.concat())
}

/// Files below `root`, without hidden ones, packages of their own and [`OUTSIDE`].
fn collect(root: &Path, folder: &Path, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    let here = root.join(folder);
    let entries = fs::read_dir(&here).map_err(|e| Error::io("read", &here, e))?;
    for entry in entries {
        let entry = entry.map_err(|e| Error::io("read", &here, e))?;
        let name = entry.file_name();
        let path = folder.join(&name);
        let top = folder.as_os_str().is_empty();
        if name.to_string_lossy().starts_with('.') || (top && name == "Cargo.lock") {
            continue;
        }
        if entry.path().is_file() {
            files.insert(path);
        } else if entry.path().is_dir() {
            // Components that `cell build-macros` made are not made of themselves.
            let made = top && entry.path().join(RECORD).is_file();
            let skipped = made || top && OUTSIDE.iter().any(|outside| name == *outside);
            if !skipped && !entry.path().join("Cargo.toml").is_file() {
                collect(root, &path, files)?;
            }
        }
    }
    Ok(())
}

/// The lines of `Cargo.lock` that concern a package: name, version and checksum of everything that
/// it depends on. Another guest's dependencies do not make this one stale.
fn lock_closure(text: &str, root: &str, path: &Path) -> Result<String> {
    let malformed = || {
        Error::new(Kind::Malformed, format!("`{}` does not list `{root}`", path.display()))
            .help("run `cargo generate-lockfile` there and commit the file")
    };
    let lock: toml::Table = text.parse().map_err(|_| malformed())?;
    let packages = lock.get("package").and_then(|p| p.as_array()).ok_or_else(malformed)?;
    let field = |package: &toml::Value, name: &str| {
        package.get(name).and_then(|v| v.as_str()).unwrap_or("").to_owned()
    };
    // A dependency is written as `name`, or `name version` where there are several.
    let find = |wanted: &str| {
        let mut words = wanted.split(' ');
        let (name, version) = (words.next()?, words.next());
        packages.iter().find(|package| {
            field(package, "name") == name && version.is_none_or(|v| field(package, "version") == v)
        })
    };
    let mut lines = BTreeSet::new();
    let mut open = vec![root.to_owned()];
    while let Some(wanted) = open.pop() {
        let package = find(&wanted).ok_or_else(malformed)?;
        let line = ["name", "version", "checksum"].map(|name| field(package, name)).join(" ");
        if lines.insert(line) {
            let dependencies = package.get("dependencies").and_then(|d| d.as_array());
            open.extend(
                dependencies.into_iter().flatten().filter_map(|d| Some(d.as_str()?.to_owned())),
            );
        }
    }
    Ok(lines.into_iter().map(|line| line + "\n").collect())
}

#[cfg(test)]
mod tests;
