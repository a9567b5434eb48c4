//! Manifests and lock files of the workspaces that are put together.

use anyhow::{Context as _, Result, ensure};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table};

/// The manifest of a public crate as that of an ordinary library, in a workspace of its own.
pub(crate) fn library(text: &str) -> Result<String> {
    let mut manifest: DocumentMut = text.parse()?;
    let library = manifest.get_mut("lib").and_then(Item::as_table_mut).context("no [lib]")?;
    ensure!(library.remove("proc-macro").is_some(), "no proc-macro crate");
    for table in ["dev-dependencies", "test", "lints"] {
        manifest.remove(table);
    }
    manifest.insert("workspace", Item::Table(Table::new()));
    Ok(manifest.to_string())
}

/// The manifest of `thiserror` as a workspace of its own whose macro is ours.
pub(crate) fn facade(text: &str) -> Result<String> {
    let mut manifest: DocumentMut = text.parse()?;
    for table in ["dev-dependencies", "test", "lints", "target"] {
        manifest.remove(table);
    }
    let dependencies =
        manifest.get_mut("dependencies").and_then(Item::as_table_mut).context("dependencies")?;
    ensure!(dependencies.remove("thiserror-impl").is_some(), "another crate than it was");
    let mut ours = toml_edit::InlineTable::new();
    ours.insert("package", "public-macros".into());
    ours.insert("path", "../../native".into());
    dependencies.insert("thiserror-impl", toml_edit::value(ours));
    manifest.insert("workspace", Item::Table(Table::new()));
    Ok(manifest.to_string())
}

/// A lock file with the packages of several; the first that has a package decides its version.
/// Cargo takes from it what it needs.
pub(crate) fn merge_locks(texts: &[String]) -> Result<String> {
    let mut merged = DocumentMut::new();
    merged.insert("version", toml_edit::value(4));
    let mut packages: Vec<Table> = Vec::new();
    for text in texts {
        let lock: DocumentMut = text.parse()?;
        let listed =
            lock.get("package").and_then(Item::as_array_of_tables).context("no packages")?;
        for package in listed {
            let word = |table: &Table, key: &str| Some(table.get(key)?.as_str()?.to_owned());
            let same = |known: &Table| {
                ["name", "version"].iter().all(|key| word(known, key) == word(package, key))
            };
            // Those of the repository have no source, and cargo finds them by their folders.
            if package.contains_key("source") && !packages.iter().any(same) {
                packages.push(package.clone());
            }
        }
    }
    let mut list = ArrayOfTables::new();
    for mut package in packages {
        package.set_position(None);
        list.push(package);
    }
    merged.insert("package", Item::ArrayOfTables(list));
    Ok(merged.to_string())
}

#[test]
fn locks_are_joined() {
    let package = |name: &str, version: &str| {
        format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"registry\"\n")
    };
    let ours = format!(
        "version = 4\n[[package]]\nname = \"ours\"\nversion = \"1\"\n{}",
        package("a", "1")
    );
    let theirs = format!("version = 4\n{}{}", package("a", "1"), package("a", "2"));
    let merged = merge_locks(&[ours, theirs]).unwrap();
    assert_eq!(merged.matches("[[package]]").count(), 2, "{merged}");
    assert!(merged.contains("version = \"2\"") && !merged.contains("ours"), "{merged}");
}
