//! `cell init`: what a package needs to use macros of cells.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use macro_bridge::project::find_root;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Value};

use crate::arguments::{Global, Init};
use crate::manifest::Manifest;
use crate::shell::Shell;
use crate::{Exit, files, project};

/// Facts of two branches in `cell.lock` are both kept; where they exclude each other, reading it
/// says so and `cell lock` mends it. Files of `.cell` end with their digest: no byte may change.
const ATTRIBUTES: [&str; 2] =
    ["cell.lock text eol=lf merge=union", ".cell/** -text linguist-generated"];

pub(crate) fn run(options: &Init, global: &Global, shell: &Shell) -> Result<Exit> {
    let folder = project::start(global)?;
    let cargo = folder.join("Cargo.toml");
    let text = fs::read_to_string(&cargo).with_context(|| {
        format!(
            "there is no `Cargo.toml` in `{}`\nhelp: run `cargo init` first, or go to the package's folder",
            folder.display()
        )
    })?;
    let cells = options.cells.iter().map(|cell| parse_cell(cell)).collect::<Result<Vec<_>>>()?;
    let source = match (&options.sdk_path, &options.sdk_version) {
        (Some(path), _) => Source::Path(relative(&folder, path)?),
        (None, version) => Source::Version(match version {
            Some(version) => version.clone(),
            None => env!("CARGO_PKG_VERSION").to_owned(),
        }),
    };
    match add_dependency(&text, &source).with_context(|| format!("in `{}`", cargo.display()))? {
        Some(changed) => {
            files::replace(&cargo, changed.as_bytes())?;
            shell.status("Adding", "`cell-sdk` to the dependencies");
        }
        None => shell.status("Fresh", "`Cargo.toml` depends on `cell-sdk`"),
    }
    let found = find_root(&folder);
    let names_cells = match &found {
        Some(root) => {
            let text = fs::read_to_string(root.join("cell.toml")).unwrap_or_default();
            Manifest::parse(&text).is_ok_and(|manifest| !manifest.cells.is_empty())
        }
        None => !cells.is_empty(),
    };
    match found {
        Some(root) => {
            shell.status("Fresh", format!("`{}`", root.join("cell.toml").display()));
            if !cells.is_empty() {
                bail!(
                    "there is a `cell.toml` already\nhelp: add the cells to `{}`",
                    root.join("cell.toml").display()
                );
            }
        }
        None => {
            let path = folder.join("cell.toml");
            files::replace(&path, manifest(&cells).as_bytes())?;
            shell.status("Created", "`cell.toml`");
        }
    }
    add_attributes(&folder, shell)?;
    shell.note(if names_cells {
        "now run `cell lock` and `cell vendor`, and commit `cell.toml`, `cell.lock` and `.cell/`"
    } else {
        "now name a cell in `cell.toml`, then run `cell lock` and `cell vendor`"
    });
    Ok(Exit::Done)
}

enum Source {
    Path(String),
    Version(String),
}

/// The manifest with the thin form of the dependency: who has this command needs no engine inside
/// rustc. `None` if it is there in any form.
fn add_dependency(text: &str, source: &Source) -> Result<Option<String>> {
    let mut document: DocumentMut = text.parse()?;
    if document.get("package").is_none() {
        bail!("it is no package\nhelp: go to the folder of one of the workspace's packages");
    }
    let dependencies = document.entry("dependencies").or_insert_with(toml_edit::table);
    let Some(table) = dependencies.as_table_like_mut() else { bail!("`dependencies` is no table") };
    if table.contains_key("cell-sdk") {
        return Ok(None);
    }
    let mut entry = InlineTable::new();
    match source {
        Source::Path(path) => entry.insert("path", path.as_str().into()),
        Source::Version(version) => entry.insert("version", version.as_str().into()),
    };
    entry.insert("default-features", false.into());
    entry.insert("features", Value::Array(Array::from_iter(["macros"])));
    table.insert("cell-sdk", Item::Value(Value::InlineTable(entry)));
    Ok(Some(document.to_string()))
}

/// A path as it is seen from the package.
fn relative(folder: &Path, path: &Path) -> Result<String> {
    let target =
        path.canonicalize().with_context(|| format!("there is no folder `{}`", path.display()))?;
    if !target.join("Cargo.toml").is_file() {
        bail!("`{}` is no package: it has no `Cargo.toml`", path.display());
    }
    Ok(project::relative(folder, &target))
}

fn parse_cell(text: &str) -> Result<(String, String)> {
    match text.split_once('=') {
        Some((name, path)) if !path.is_empty() => {
            let entry = manifest(&[(name.to_owned(), path.to_owned())]);
            Manifest::parse(&entry).with_context(|| format!("`--cell {text}`"))?;
            Ok((name.to_owned(), path.to_owned()))
        }
        _ => bail!(
            "`--cell {text}` is not `NAME=COMPONENT`, as in `--cell ledger=macros/ledger.wasm`"
        ),
    }
}

pub(crate) fn manifest(cells: &[(String, String)]) -> String {
    let mut text = String::from(
        "# The cells whose macros this project uses. `cell lock --help` shows all keys.\n\
         # After a change: `cell lock`, `cell vendor`, commit.\n",
    );
    if cells.is_empty() {
        text.push_str(
            "\n# [cells.ledger]\n# path = \"macros/ledger.wasm\"\n# alias = \"Ledger\"\n",
        );
    }
    for (name, path) in cells {
        let path = Value::from(path.as_str());
        let alias = alias(name);
        text.push_str(&format!("\n[cells.{name}]\npath = {path}\nalias = \"{alias}\"\n"));
    }
    text
}

/// `order-book` is `OrderBook`.
pub(crate) fn alias(name: &str) -> String {
    let words = name.split(['-', '_']).filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>())
    };
    words.filter_map(capital).collect()
}

pub(crate) fn add_attributes(folder: &Path, shell: &Shell) -> Result<()> {
    let path = folder.join(".gitattributes");
    let mut text = fs::read_to_string(&path).unwrap_or_default();
    let missing: Vec<_> =
        ATTRIBUTES.iter().filter(|line| !text.lines().any(|known| known == **line)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    missing.iter().for_each(|line| text.push_str(&format!("{line}\n")));
    files::replace(&path, text.as_bytes())?;
    shell.status("Adding", "how git shall treat `cell.lock` and `.cell` to `.gitattributes`");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_the_thin_form_and_keeps_the_rest() {
        let text = "[package]\nname = \"a\" # mine\n\n[dependencies]\nb = \"1\"\n";
        let changed = add_dependency(text, &Source::Version("0.1.0".into())).unwrap().unwrap();
        let line = "cell-sdk = { version = \"0.1.0\", default-features = false, features = [\"macros\"] }\n";
        assert_eq!(changed, format!("{text}{line}"));
        assert_eq!(add_dependency(&changed, &Source::Version("9".into())).unwrap(), None);
        assert!(add_dependency("[workspace]\n", &Source::Path("x".into())).is_err());
    }

    #[test]
    fn what_it_writes_can_be_read() {
        let cells = [("order-book".to_owned(), "a \"b\".wasm".to_owned())];
        let read = Manifest::parse(&manifest(&cells)).unwrap();
        let cell = &read.cells["order-book"];
        assert_eq!(
            (cell.path.as_deref(), cell.alias.as_deref()),
            (Some("a \"b\".wasm"), Some("OrderBook"))
        );
        assert!(Manifest::parse(&manifest(&[])).unwrap().cells.is_empty());
        assert!(parse_cell("ledger").is_err() && parse_cell("le dger=x").is_err());
    }

    #[test]
    fn finds_the_way_from_one_folder_to_another() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("app")).unwrap();
        fs::create_dir_all(root.join("cell/sdk")).unwrap();
        fs::write(root.join("cell/sdk/Cargo.toml"), "").unwrap();
        assert_eq!(relative(&root.join("app"), &root.join("cell/sdk")).unwrap(), "../cell/sdk");
        assert!(relative(&root, &root.join("app")).is_err());
    }
}
