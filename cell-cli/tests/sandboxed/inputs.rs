//! What macros are given: tests and examples that their authors published, code in their documentation,
//! items of many shapes, and files of ours.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use macro_bridge::request::MacroKind;

use crate::crates::Crate;
use crate::workspace::{Library, Made};
use crate::{scratch, shapes};

/// A source file.
pub(crate) struct Input {
    /// Where rustc is started, and what `CARGO_MANIFEST_DIR` says.
    pub(crate) folder: PathBuf,
    pub(crate) file: PathBuf,
    pub(crate) edition: String,
    /// Are there tests in it?
    pub(crate) test: bool,
    /// Was it put together here?
    pub(crate) ours: bool,
}

impl Input {
    /// Takes lines out of it; out of a copy in `scratch` if an author published it.
    pub(crate) fn without(&mut self, lines: &[usize], scratch: &Path) -> Result<()> {
        let text = fs::read_to_string(self.folder.join(&self.file))?;
        if !self.ours {
            self.file = scratch.join(self.file.to_string_lossy().replace('/', "_"));
            self.ours = true;
        }
        let path = self.folder.join(&self.file);
        let kept = text
            .lines()
            .enumerate()
            .map(|(number, line)| if lines.contains(&(number + 1)) { "" } else { line });
        scratch::write(&path, kept.collect::<Vec<_>>().join("\n"))
    }
}

/// Of so many published files a normal run takes all, of more every second or third.
const MOST: usize = 12;

/// All inputs of a crate, or a part of them unless tests may be slow. `facade`: the folder and edition of the crate that re-exports its macros.
pub(crate) fn of(
    krate: Crate,
    library: &Library,
    made: &Made,
    facade: Option<&(PathBuf, String)>,
    scratch: &Path,
) -> Result<Vec<Input>> {
    let mut packages = vec![(library.folder.clone(), library.edition.clone())];
    packages.extend(facade.cloned());
    let mut inputs = Vec::new();
    let mut blocks = Vec::new();
    for (folder, edition) in &packages {
        for part in ["tests", "examples"] {
            for file in scratch::sources(&folder.join(part)) {
                inputs.push(Input {
                    folder: folder.clone(),
                    file: file.strip_prefix(folder)?.to_owned(),
                    edition: edition.clone(),
                    test: part == "tests",
                    ours: false,
                });
            }
        }
        let mut documented = scratch::sources(&folder.join("src"));
        documented.push(folder.join("README.md"));
        for file in documented {
            blocks.extend(examples(&fs::read_to_string(file).unwrap_or_default()));
        }
    }
    if std::env::var_os("SLOW_TESTS").is_none() {
        let step = inputs.len().div_ceil(MOST).max(1);
        inputs = inputs.into_iter().step_by(step).collect();
    }
    blocks.sort();
    blocks.dedup();
    let mut own = |name: &str, text: String| -> Result<()> {
        let folder = scratch.join(krate.name);
        scratch::write(&folder.join(name), text)?;
        // `CARGO_MANIFEST_DIR` of a package.
        scratch::write(&folder.join("Cargo.toml"), MANIFEST)?;
        let edition = "2021".to_owned();
        let file = name.into();
        inputs.push(Input { folder, file, edition, test: true, ours: true });
        Ok(())
    };
    let mut text = String::new();
    for (number, block) in blocks.iter().enumerate() {
        text.push_str(&format!("fn example_{number}() {{\n{block}\n}}\n"));
    }
    own("examples.rs", text)?;
    own("shapes.rs", shapes::of(krate, &made.macros))?;
    let ours = scratch::template().join(format!("inputs/{}.rs", krate.name));
    if ours.is_file() {
        own("inputs.rs", fs::read_to_string(ours)?)?;
    }
    Ok(inputs)
}

const MANIFEST: &str = "[package]\nname = \"inputs\"\nversion = \"1.2.3\"\nedition = \"2021\"\n\n\
    [features]\ndefault = [\"a\"]\n## What `a` does\na = []\n#! Others\n\n## What `b` does\nb = []\n";

/// The blocks of Rust in Markdown or in doc comments that can stand in a function.
fn examples(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block: Option<(bool, String)> = None;
    for line in text.lines() {
        let line = line.trim_start();
        let line = ["///", "//!"].iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line);
        let line = line.strip_prefix(' ').unwrap_or(line);
        match (line.trim_start().strip_prefix("```"), block.take()) {
            (Some(kind), None) => {
                let other = kind.split([',', ' ']).any(|word| {
                    ["text", "toml", "sh", "console", "json", "txt", "ignore", "sql", "bash"]
                        .contains(&word)
                });
                block = Some((!other, String::new()));
            }
            (Some(_), Some((true, text))) if fits(&text) => found.push(text),
            (Some(_), Some(_)) | (None, None) => {}
            (None, Some((rust, mut text))) => {
                // Hidden lines of documentation.
                let line = match line.trim_start() {
                    "#" => "",
                    other => other.strip_prefix("# ").unwrap_or(line),
                };
                if !line.trim_start().starts_with("#![") {
                    text.push_str(line);
                    text.push('\n');
                }
                block = Some((rust, text));
            }
        }
    }
    found
}

/// Something with a macro in it that is Rust, and can be in a file with others.
fn fits(text: &str) -> bool {
    (text.contains("#[") || text.contains('!'))
        && !text.contains("macro_use")
        && syn::parse_str::<syn::ItemFn>(&format!("fn f() {{\n{text}\n}}")).is_ok()
}

/// By which name inputs call a crate.
pub(crate) fn alias(krate: Crate) -> String {
    let name = if krate.facade.is_empty() { krate.name } else { krate.facade };
    name.replace('-', "_")
}

/// The words of a report.
pub(crate) fn kinds(made: &Made) -> String {
    let of = |kind: MacroKind| made.macros.iter().filter(|(_, it)| *it == kind).count();
    let all = [MacroKind::Derive, MacroKind::Attribute, MacroKind::Function];
    let words = all.into_iter().filter(|kind| of(*kind) > 0);
    words.map(|kind| format!("{} {}", of(kind), kind.word())).collect::<Vec<_>>().join(", ")
}

/// The name of a library as rustc wants it.
pub(crate) fn library_name(file: &Path) -> Result<String> {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).context("a library has a name")?;
    let stem = stem.strip_prefix("lib").unwrap_or(stem);
    Ok(stem.rsplit_once('-').map_or(stem, |(name, _)| name).to_owned())
}

#[test]
fn code_in_documentation_is_found() {
    let text = "//! ```\n//! # use a::B;\n//! #[derive(B)]\n//! struct A;\n//! ```\n/// ```text\n/// a!\n/// ```\n\
        ```rust\na!(x);\n#\n```\n/// ```\n/// not rust! (\n/// ```\n";
    assert_eq!(examples(text), ["use a::B;\n#[derive(B)]\nstruct A;\n", "a!(x);\n\n"]);
}
