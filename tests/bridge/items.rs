//! Real items: the sources of everything this workspace depends on.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use syn::spanned::Spanned as _;

/// The text of every item in the sources of the workspace's dependencies, in a fixed order, up to
/// `most`.
pub fn collect(workspace: &Path, most: usize) -> Result<Vec<String>> {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(workspace.join("Cargo.toml"))
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .context("cargo metadata")?;
    let mut folders: Vec<PathBuf> = metadata
        .packages
        .iter()
        .filter(|package| package.source.is_some())
        .filter_map(|package| Some(package.manifest_path.parent()?.as_std_path().join("src")))
        .collect();
    folders.sort();
    let mut items = Vec::new();
    for folder in folders {
        let mut files = Vec::new();
        rust_files(&folder, &mut files);
        files.sort();
        for file in files {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            if text.len() > 400_000 {
                // Tables of generated code: many megabytes of one kind of token.
                continue;
            }
            add_items(&text, &mut items);
            if items.len() >= most {
                items.truncate(most);
                return Ok(items);
            }
        }
    }
    Ok(items)
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

fn add_items(text: &str, items: &mut Vec<String>) {
    let Ok(file) = syn::parse_file(text) else { return };
    for item in &file.items {
        let range = item.span().byte_range();
        if let Some(source) = text.get(range) {
            items.push(source.to_owned());
        }
    }
}
