//! `proc-macro2` as it is in a component: always inside a compiler.
//!
//! Each of its types is the compiler's or one of its own, for programs that are no macros, and which
//! of them it is it finds out while it runs. A component is nothing but a macro, yet the other half
//! was a third of a small one: a lexer, its tokens, and a branch wherever a token is touched. So
//! guests are compiled with the package's own files except for three, in which there is no value of
//! those types, and the compiler leaves out what would need one.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, Package};

use crate::error::{Error, Result};
use crate::{copy, shim};

/// The versions whose other files ask these three for nothing that a component needs. With any
/// other version guests are larger.
const KNOWN: [&str; 2] = ["1.0.106", "1.0.107"];

/// The package that a guest's `proc-macro2` is compiled from, if it is one of the known ones: a
/// folder in `kit`, made if it is not there. Its name is that of package and version.
pub(crate) fn prepare(metadata: &Metadata, kit: &Path) -> Result<Option<PathBuf>> {
    let Some(package) = metadata.packages.iter().find(|package| is_known(package)) else {
        return Ok(None);
    };
    let folder = kit.join(format!("{}-{}", package.name, package.version));
    if folder.is_dir() {
        return Ok(Some(folder));
    }
    let upstream = package.manifest_path.with_file_name("src").into_std_path_buf();
    let scratch = tempfile::Builder::new()
        .prefix(".proc-macro2-")
        .tempdir_in(kit)
        .map_err(|e| Error::io("make a folder in", kit, e))?;
    let made = scratch.path().join("package");
    copy::copy(&upstream, &made.join("src"))?;
    for (name, text) in shim::inside() {
        let path = made.join("src").join(name);
        fs::write(&path, text).map_err(|e| Error::io("write", &path, e))?;
    }
    match fs::rename(&made, &folder) {
        // Somebody else was quicker, with the same.
        Err(_) if folder.is_dir() => {}
        moved => moved.map_err(|e| Error::io("write", &folder, e))?,
    }
    Ok(Some(folder))
}

/// Is it as published? A copy of a project's own is used as it is.
fn is_known(package: &Package) -> bool {
    package.name.as_str() == "proc-macro2"
        && package.source.as_ref().is_some_and(|source| source.is_crates_io())
        && KNOWN.contains(&package.version.to_string().as_str())
}

#[cfg(test)]
mod tests {
    use cargo_metadata::MetadataCommand;

    use super::*;

    fn metadata(folder: &Path, version: &str, source: &str) -> Metadata {
        let manifest = folder.join("Cargo.toml").display().to_string();
        let text = format!(
            r#"{{"packages":[{{"name":"proc-macro2","version":"{version}","id":"it",
            "source":{source},"dependencies":[],"targets":[],"features":{{}},
            "manifest_path":"{manifest}"}}],"workspace_members":[],"resolve":null,
            "workspace_root":"/w","target_directory":"/w/target","version":1}}"#
        );
        MetadataCommand::parse(text).unwrap()
    }

    const PUBLISHED: &str = r#""registry+https://github.com/rust-lang/crates.io-index""#;

    #[test]
    fn three_files_are_ours_and_all_others_upstream() {
        let (upstream, kit) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir_all(upstream.path().join("src/probe")).unwrap();
        for file in ["lib.rs", "wrapper.rs", "fallback.rs", "detection.rs", "probe/one.rs"] {
            fs::write(upstream.path().join("src").join(file), "upstream").unwrap();
        }
        let metadata = metadata(upstream.path(), "1.0.107", PUBLISHED);
        for _ in 0..2 {
            let made = prepare(&metadata, kit.path()).unwrap().unwrap();
            assert_eq!(made, kit.path().join("proc-macro2-1.0.107"));
            let read = |file: &str| fs::read_to_string(made.join("src").join(file)).unwrap();
            for file in ["lib.rs", "wrapper.rs", "probe/one.rs"] {
                assert_eq!(read(file), "upstream", "{file}");
            }
            for file in ["fallback.rs", "detection.rs", "parse.rs"] {
                assert!(read(file).starts_with("//! "), "{file}");
            }
            assert_eq!(fs::read_dir(kit.path()).unwrap().count(), 1, "nothing is left over");
        }
    }

    #[test]
    fn what_nobody_looked_at_is_used_as_it_is() {
        let kit = Path::new("/nonexistent");
        for (version, source) in [("1.0.60", PUBLISHED), ("1.0.107", "null")] {
            let metadata = metadata(kit, version, source);
            assert_eq!(prepare(&metadata, kit).unwrap(), None, "{version} from {source}");
        }
    }

    #[test]
    fn the_version_of_our_own_guests_was_looked_at() {
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/Cargo.lock");
        let lock = fs::read_to_string(lock).unwrap();
        let (_, version) = lock.split_once("name = \"proc-macro2\"\nversion = \"").unwrap();
        let (version, _) = version.split_once('"').unwrap();
        assert!(
            KNOWN.contains(&version),
            "compare the files in `inside` with what the others of {version} ask of them"
        );
    }
}
