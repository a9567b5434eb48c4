//! Real items: the sources of what this workspace depends on, as cargo unpacked them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The text of every item in the sources of the packages in `Cargo.lock`, in a fixed order, up to
/// `most`. Packages that were not fetched are left out.
pub(super) fn collect(workspace: &Path, most: usize) -> Result<Vec<String>> {
    let lock = fs::read_to_string(workspace.join("Cargo.lock")).context("Cargo.lock")?;
    let registries = registries()?;
    let mut items = Vec::new();
    for package in packages(&lock) {
        for registry in &registries {
            let mut files = Vec::new();
            rust_files(&registry.join(&package).join("src"), &mut files);
            files.sort();
            for file in files {
                let Ok(text) = fs::read_to_string(&file) else { continue };
                // Tables of generated code: many megabytes of one kind of token.
                if text.len() < 400_000 {
                    add_items(&text, &mut items);
                }
                if items.len() >= most {
                    items.truncate(most);
                    return Ok(items);
                }
            }
        }
    }
    Ok(items)
}

/// `name-version` of each package, in the order of the file.
fn packages(lock: &str) -> Vec<String> {
    let value = |line: &str, key: &str| {
        let rest = line.strip_prefix(key)?.strip_prefix(" = \"")?;
        Some(rest.strip_suffix('"')?.to_owned())
    };
    let mut packages = Vec::new();
    let mut name = None;
    for line in lock.lines() {
        name = value(line, "name").or(name);
        if let (Some(version), Some(name)) = (value(line, "version"), &name) {
            packages.push(format!("{name}-{version}"));
        }
    }
    packages
}

/// Where cargo unpacks packages, one folder for each registry.
fn registries() -> Result<Vec<PathBuf>> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let sources = home.context("neither CARGO_HOME nor HOME is set")?.join("registry/src");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(sources)?.flatten().map(|entry| entry.path()).collect();
    folders.sort();
    Ok(folders)
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Cuts a file behind each `;` and each `{ .. }` at its top level: that is where items end.
fn add_items(text: &str, items: &mut Vec<String>) {
    let Ok(stream) = text.parse::<TokenStream>() else { return };
    let mut start = None;
    for tree in stream {
        let range = tree.span().byte_range();
        let start_of_item = *start.get_or_insert(range.start);
        let ends = match &tree {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            _ => false,
        };
        if ends {
            items.extend(text.get(start_of_item..range.end).map(str::to_owned));
            start = None;
        }
    }
}
