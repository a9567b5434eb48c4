//! What the book shows of code is code of this repository, or is run by [`super::follow`].
//!
//! A block of Rust or TOML says where it is from: `from=path` compares it with a file, of which `// ..`
//! leaves something out; an include takes it from there; `file=path` is for the chapters that are
//! followed. Other TOML is a `cell.toml`, and is read as one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use cell_cli::manifest::Manifest;

use super::markdown::{Block, blocks};
use crate::project::workspace;

/// Chapters that a test types.
pub(crate) const FOLLOWED: [&str; 2] = ["porting.md", "tutorial.md"];

/// The chapters, as paths from the workspace.
pub(crate) fn chapters() -> Result<Vec<String>> {
    let mut chapters = Vec::new();
    for folder in ["docs/src", "docs/src/reference"] {
        for entry in fs::read_dir(workspace().join(folder))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".md") {
                chapters.push(format!("{folder}/{name}"));
            }
        }
    }
    chapters.sort();
    Ok(chapters)
}

#[test]
fn code_in_the_book_is_code_of_this_repository() -> Result<()> {
    let mut compared = 0;
    for chapter in chapters()? {
        let text = fs::read_to_string(workspace().join(&chapter))?;
        let followed = FOLLOWED.iter().any(|name| chapter == format!("docs/src/{name}"));
        for block in blocks(&text)? {
            compared += usize::from(block.value("from").is_some());
            check(&block, followed).with_context(|| format!("{chapter}:{}", block.line))?;
        }
    }
    ensure!(compared > 20, "only {compared} blocks were compared");
    Ok(())
}

fn check(block: &Block<'_>, followed: bool) -> Result<()> {
    if let Some(path) = block.value("from") {
        return files(path)?.iter().try_for_each(|file| compare(&block.text, file));
    }
    let included = block.text.lines().all(|line| line.starts_with("{{#include "));
    match block.language {
        _ if block.value("file").is_some() => {
            ensure!(followed, "nobody writes this file: the chapter is not followed");
        }
        _ if included => {}
        "toml" => {
            let manifest = Manifest::parse(&block.text)?;
            ensure!(!manifest.cells.is_empty(), "a `cell.toml` that names no cell");
        }
        "console" | "text" => {}
        other => bail!("nobody looks at this block of `{other}`: say where it is from"),
    }
    Ok(())
}

/// The file, or with `*` as its name those of a folder.
fn files(path: &str) -> Result<Vec<PathBuf>> {
    let Some(folder) = path.strip_suffix("/*") else { return Ok(vec![workspace().join(path)]) };
    let entries = fs::read_dir(workspace().join(folder)).context(folder.to_owned())?;
    let files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    ensure!(!files.is_empty(), "`{folder}` is empty");
    Ok(files)
}

/// Each part of the block is in the file, one behind the other. Indentation and empty lines do not
/// count.
fn compare(shown: &str, file: &Path) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let text = match file.extension().is_some_and(|extension| extension == "in") {
        true => filled(&text),
        false => text,
    };
    let (lines, shown) = (lines(&text), lines(shown));
    let mut rest = lines.as_slice();
    for part in shown.split(|line| *line == "// ..").filter(|part| !part.is_empty()) {
        let place = rest.windows(part.len()).position(|window| window == part);
        let place = place.with_context(|| {
            format!("this is not in `{}`, or not there:\n{}", file.display(), part.join("\n"))
        })?;
        rest = &rest[place + part.len()..];
    }
    Ok(())
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// A template of `cell new cell greeter`.
fn filled(text: &str) -> String {
    [("@name@", "greeter"), ("@crate@", "greeter"), ("@Service@", "Greeter")]
        .iter()
        .fold(text.to_owned(), |text, (word, value)| text.replace(word, value))
}

#[test]
fn the_reference_has_every_key_of_a_manifest() -> Result<()> {
    let text = fs::read_to_string(workspace().join("docs/src/reference/files.md"))?;
    let blocks = blocks(&text)?;
    let block = blocks.iter().find(|block| block.has("every-key")).context("the block")?;
    Manifest::parse(&block.text)?;
    let mut keys = BTreeSet::new();
    let cell = "[cells.a]\npath = \"a\"";
    let tables = ["grants", "output", "limits", "live", "run"];
    let tables = tables.map(|table| format!("{cell}\n[cells.a.{table}]"));
    for table in [String::new(), cell.to_owned()].into_iter().chain(tables) {
        // What is not known is answered with what is.
        let said = Manifest::parse(&format!("{table}\nzzzzzz = 1\n")).unwrap_err().to_string();
        let (_, known) = said.split_once("known are ").with_context(|| said.clone())?;
        keys.extend(known.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    ensure!(keys.len() > 20, "only {keys:?} are known");
    for key in keys {
        let is_key = |line: &str| {
            let inside = line.split(['.', '[', ']', ' ', '{', '=']).any(|word| word == key);
            inside && !line.starts_with('#')
        };
        ensure!(block.text.lines().any(is_key), "the key `{key}` is not in the reference");
    }
    Ok(())
}

#[test]
fn what_is_not_in_its_file_is_found() {
    let compare = |text: &str| compare(text, &workspace().join("rustfmt.toml"));
    let whole = fs::read_to_string(workspace().join("rustfmt.toml")).unwrap();
    let (first, last) = (whole.lines().next().unwrap(), whole.lines().last().unwrap());
    compare(&whole).unwrap();
    compare(&format!("  {first}\n// ..\n\n{last}\n")).unwrap();
    assert!(compare(&format!("{last}\n// ..\n{first}\n")).is_err());
    assert!(compare("nothing of the kind\n").is_err());
    let block = "```rust\nfn a() {}\n```\n```toml\n[cells]\n```\n";
    assert!(blocks(block).unwrap().iter().all(|block| check(block, true).is_err()));
}
