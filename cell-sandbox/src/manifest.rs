//! The manifest of a crate's copy: a library with the same dependencies and features.

use std::collections::BTreeMap;

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

/// The manifest with these features of what it depends on turned on as well, by package.
///
/// # Errors
/// If it is no manifest of a package.
pub fn with_features(text: &str, more: &BTreeMap<String, Vec<String>>) -> Result<String> {
    let mut document: DocumentMut = text.parse()?;
    let dependencies = document.get_mut("dependencies").and_then(Item::as_table_like_mut);
    for (key, entry) in dependencies.into_iter().flat_map(|table| table.iter_mut()) {
        let renamed = entry.get("package").and_then(Item::as_str);
        let Some(features) = more.get(renamed.unwrap_or(&key)) else { continue };
        if let Some(version) = entry.as_str().map(str::to_owned) {
            *entry = Item::Table(Table::new());
            entry["version"] = value(version);
        }
        let entry = entry.as_table_like_mut().context("a dependency is no table")?;
        let list = entry.entry("features").or_insert(value(toml_edit::Array::new()));
        let list = list.as_array_mut().context("`features` is no list")?;
        for feature in features {
            if !list.iter().any(|known| known.as_str() == Some(feature)) {
                list.push(feature.as_str());
            }
        }
    }
    Ok(document.to_string())
}

/// The manifest with `getrandom` 0.2, which the crate is linked with, told to ask somebody else.
///
/// # Errors
/// If it is no manifest of a package.
pub fn asking_for_randomness(text: &str) -> Result<String> {
    let mut document: DocumentMut = text.parse()?;
    let dependencies = document.entry("dependencies").or_insert(Item::Table(Table::new()));
    let dependencies = dependencies.as_table_like_mut().context("`dependencies` is no table")?;
    let found = dependencies.entry("getrandom").or_insert(Item::Table(Table::new()));
    if let Some(version) = found.as_str().map(str::to_owned) {
        *found = Item::Table(Table::new());
        found["version"] = value(version);
    }
    let found = found.as_table_like_mut().context("a dependency is no table")?;
    if !found.contains_key("version") {
        found.insert("version", value("0.2"));
    }
    let features = found.entry("features").or_insert(value(toml_edit::Array::new()));
    features.as_array_mut().context("`features` is no list")?.push("custom");
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_that_others_turn_on_are_added() {
        let before = "[package]\nname = \"a\"\n[dependencies]\nquote = \"1\"\nother = \"1\"\n\
                      [dependencies.syn2]\npackage = \"syn\"\nversion = \"2\"\nfeatures = [\"full\"]\n";
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
        let more = [
            ("quote".to_owned(), words(&["default"])),
            ("syn".to_owned(), words(&["full", "parsing"])),
            ("unknown".to_owned(), words(&["x"])),
        ];
        let text = with_features(before, &more.into()).unwrap();
        let made: DocumentMut = text.parse().unwrap();
        let of = |name: &str| made["dependencies"][name].get("features").map(ToString::to_string);
        assert_eq!(of("syn2").as_deref().map(str::trim), Some("[\"full\", \"parsing\"]"));
        assert_eq!(of("quote").as_deref().map(str::trim), Some("[\"default\"]"));
        assert_eq!(made["dependencies"]["other"].as_str(), Some("1"), "{text}");
        assert!(!text.contains("unknown"));
    }

    #[test]
    fn randomness_is_asked_for_whoever_depends_on_it() {
        for before in [
            "[package]\nname = \"a\"\n",
            "[package]\nname = \"a\"\n[dependencies]\ngetrandom = \"0.2.3\"\n",
            "[package]\nname = \"a\"\n[dependencies.getrandom]\nversion = \"0.2.3\"\nfeatures = [\"std\"]\n",
        ] {
            let text = asking_for_randomness(before).unwrap();
            let made: DocumentMut = text.parse().unwrap();
            let found = &made["dependencies"]["getrandom"];
            let version = if before.contains("0.2.3") { "0.2.3" } else { "0.2" };
            assert_eq!(found["version"].as_str(), Some(version), "{text}");
            let features = found["features"].as_array().unwrap();
            let features: Vec<_> = features.iter().filter_map(|it| it.as_str()).collect();
            assert_eq!(features.last(), Some(&"custom"), "{text}");
            assert_eq!(features.len(), 1 + usize::from(before.contains("std")));
        }
    }

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
