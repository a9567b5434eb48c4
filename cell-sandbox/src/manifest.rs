//! The manifest of a crate's copy: a library with the same dependencies and features. Optional dependencies that no
//! feature turns on are left out: `Cargo.lock` of who uses the crate has no version of them, and cargo would
//! have to look for one.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use toml_edit::{DocumentMut, Item, Table, TableLike, value};

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

/// The tables with dependencies of a library.
const DEPENDENCIES: [&str; 3] = ["dependencies", "build-dependencies", "build_dependencies"];

/// The manifest of a proc-macro crate as that of an ordinary library, to be built with these features: all that
/// are on, also those that others turn on.
///
/// # Errors
/// If it is no manifest of a package.
pub fn library(text: &str, features: &[String]) -> Result<String> {
    let mut document: DocumentMut = text.parse()?;
    for key in DROPPED {
        document.remove(key);
    }
    if let Some(targets) = document.get_mut("target").and_then(Item::as_table_like_mut) {
        let names: Vec<String> = targets.iter().map(|(name, _)| name.to_owned()).collect();
        for name in names {
            if let Some(target) = targets.get_mut(&name).and_then(Item::as_table_like_mut) {
                target.remove("dev-dependencies");
                target.remove("dev_dependencies");
            }
        }
    }
    without_unused(&mut document, features);
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

/// Takes out the optional dependencies that these features do not turn on, and what names them.
fn without_unused(document: &mut DocumentMut, features: &[String]) {
    let declared = document.get("features").and_then(Item::as_table_like);
    let words = features.iter().filter_map(|name| declared?.get(name)?.as_array());
    let words = words.flatten().filter_map(|word| word.as_str());
    // A feature may have the name of the dependency that it is.
    let used: BTreeSet<String> = words
        .filter(|word| !word.contains("?/"))
        .chain(features.iter().map(String::as_str))
        .map(|word| dependency(word).to_owned())
        .collect();
    let (mut gone, mut stay) = (BTreeSet::new(), BTreeSet::new());
    for_each_table(document, &mut |table| {
        let names: Vec<String> = table.iter().map(|(name, _)| name.to_owned()).collect();
        for name in names {
            let entry = table.get(&name).and_then(Item::as_table_like);
            let optional = entry.and_then(|it| it.get("optional")?.as_bool()) == Some(true);
            if optional && !used.contains(&name) {
                table.remove(&name);
                gone.insert(name);
            } else {
                stay.insert(name);
            }
        }
    });
    let Some(declared) = document.get_mut("features").and_then(Item::as_table_like_mut) else {
        return;
    };
    let names: BTreeSet<String> = declared.iter().map(|(name, _)| name.to_owned()).collect();
    for (_, words) in declared.iter_mut() {
        let Some(words) = words.as_array_mut() else { continue };
        words.retain(|word| {
            let word = word.as_str().unwrap_or_default();
            let name = dependency(word);
            let is_feature = word == name && names.contains(name);
            is_feature || stay.contains(name) || !gone.contains(name)
        });
    }
}

/// The dependency that a word in `[features]` names, if it is no feature: `dep:a`, `a/b`, `a?/b`, `a`.
fn dependency(word: &str) -> &str {
    let word = word.strip_prefix("dep:").unwrap_or(word);
    let name = word.split('/').next().unwrap_or(word);
    name.strip_suffix('?').unwrap_or(name)
}

/// Each table with dependencies, also those for some systems only.
fn for_each_table(document: &mut DocumentMut, act: &mut dyn FnMut(&mut dyn TableLike)) {
    let mut of = |table: &mut dyn TableLike| {
        for key in DEPENDENCIES {
            if let Some(found) = table.get_mut(key).and_then(Item::as_table_like_mut) {
                act(found);
            }
        }
    };
    of(document.as_table_mut());
    if let Some(targets) = document.get_mut("target").and_then(Item::as_table_like_mut) {
        let targets = targets.iter_mut().filter_map(|(_, target)| target.as_table_like_mut());
        targets.for_each(of);
    }
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
        let made = library(text, &[]).unwrap();
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
        assert!(library("[dependencies]\n", &[]).is_err());
    }

    /// With these features on: the dependencies that are left, and what the features turn on.
    fn left(features: &[&str]) -> (Vec<String>, Vec<(String, Vec<String>)>) {
        let text = "[package]\nname = \"x\"\n[dependencies]\nsyn = \"2\"\n\
            try = { version = \"1\", optional = true }\n\
            log = { version = \"1\", optional = true }\n\
            [dependencies.both]\nversion = \"1\"\noptional = true\n[build-dependencies]\nboth = \"1\"\n\
            [target.'cfg(unix)'.dependencies]\nlibc = { version = \"1\", optional = true }\n\
            [features]\ntesting = [\"try\", \"full\"]\nfull = [\"syn/full\", \"log?/std\"]\n\
            logging = [\"dep:log\"]\nloud = [\"log/std\", \"libc/std\", \"both/std\"]\nlibc = [\"dep:libc\"]\n";
        let features: Vec<String> = features.iter().map(|name| (*name).to_owned()).collect();
        let made: DocumentMut = library(text, &features).unwrap().parse().unwrap();
        let mut names = Vec::new();
        for_each_table(&mut made.clone(), &mut |table| {
            names.extend(table.iter().map(|(name, _)| name.to_owned()));
        });
        let words = |item: &Item| {
            let words = item.as_array().into_iter().flatten();
            words.filter_map(|word| word.as_str()).map(str::to_owned).collect()
        };
        let declared = made["features"].as_table().into_iter().flatten();
        (names, declared.map(|(name, item)| (name.to_owned(), words(item))).collect())
    }

    #[test]
    fn optional_dependencies_that_nothing_turns_on_are_gone() {
        let features = |lists: [&[&str]; 5]| -> Vec<(String, Vec<String>)> {
            let names = ["testing", "full", "logging", "loud", "libc"];
            let owned = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
            names.iter().zip(lists).map(|(name, list)| ((*name).to_owned(), owned(list))).collect()
        };
        // A feature of the name of a dependency stays a feature.
        let (names, declared) = left(&["full"]);
        assert_eq!(names, ["syn", "both"]);
        assert_eq!(declared, features([&["full"], &["syn/full"], &[], &["both/std"], &[]]));
        let (names, _) = left(&["testing", "try", "full"]);
        assert_eq!(names, ["syn", "try", "both"]);
        let (names, _) = left(&["logging"]);
        assert_eq!(names, ["syn", "log", "both"]);
        let (names, declared) = left(&["loud", "libc"]);
        assert_eq!(names, ["syn", "log", "both", "both", "libc"]);
        let loud: &[&str] = &["log/std", "libc/std", "both/std"];
        let full: &[&str] = &["syn/full", "log?/std"];
        assert_eq!(declared, features([&["full"], full, &["dep:log"], loud, &["dep:libc"]]));
    }
}
