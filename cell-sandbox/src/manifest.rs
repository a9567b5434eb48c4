//! The manifest of a crate's copy: a library with the same dependencies and features.

use anyhow::{Context as _, Result};
use toml_edit::{DocumentMut, Item, Table, value};

/// What is not needed to build the library, or says something of another workspace.
const DROPPED: [&str; 9] = [
    "bin",
    "test",
    "example",
    "bench",
    "dev-dependencies",
    "dev_dependencies",
    "profile",
    "workspace",
    "lints",
];

/// The manifest of a proc-macro crate as that of an ordinary library.
///
/// # Errors
/// If it is no manifest of a package.
pub fn library(text: &str) -> Result<String> {
    let mut document: DocumentMut = text.parse()?;
    for key in DROPPED {
        document.remove(key);
    }
    if let Some(targets) = document.get_mut("target").and_then(Item::as_table_like_mut) {
        let names: Vec<String> = targets.iter().map(|(name, _)| name.to_owned()).collect();
        for name in names {
            if let Some(target) = targets.get_mut(&name).and_then(Item::as_table_like_mut) {
                target.remove("dev-dependencies");
            }
        }
    }
    let package = document.get_mut("package").and_then(Item::as_table_like_mut);
    let package = package.context("there is no `[package]` in it")?;
    for key in ["autobins", "autotests", "autoexamples", "autobenches"] {
        package.insert(key, value(false));
    }
    package.remove("default-run");
    let library = document.entry("lib").or_insert(Item::Table(Table::new()));
    let library = library.as_table_like_mut().context("`lib` is not a table")?;
    for key in ["proc-macro", "proc_macro", "crate-type", "crate_type"] {
        library.remove(key);
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_remains_with_its_dependencies_and_features() {
        let text = "[package]\nname = \"x_derive\"\nversion = \"1.2.3\"\nbuild = \"build.rs\"\n\n\
            [lib]\nname = \"x_derive\"\npath = \"src/lib.rs\"\nproc-macro = true\n\n\
            [[test]]\nname = \"t\"\n\n[dependencies.syn]\nversion = \"2\"\n\n\
            [dev-dependencies]\nserde = \"1\"\n\n[features]\nfull = [\"syn/full\"]\n\n\
            [target.'cfg(unix)'.dev-dependencies]\nlibc = \"1\"\n\n[lints.rust]\nx = \"deny\"\n";
        let made = library(text).unwrap();
        for gone in ["proc-macro", "[[test]]", "serde", "lints", "libc"] {
            assert!(!made.contains(gone), "{gone} in\n{made}");
        }
        for kept in [
            "build = \"build.rs\"",
            "[dependencies.syn]",
            "full = [\"syn/full\"]",
            "path = \"src/lib.rs\"",
        ] {
            assert!(made.contains(kept), "no {kept} in\n{made}");
        }
        assert!(library("[dependencies]\n").is_err());
    }
}
