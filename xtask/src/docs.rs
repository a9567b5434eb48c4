//! `xtask docs`: the book in `docs/`, built and checked. `--check` builds nothing and needs nothing but
//! the files.

mod chapters;
mod environment;
mod html;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::step;

/// The version that builds the book; also that of the pages of its readers.
const MDBOOK: &str = "0.5.4";

/// Where the book is built.
const BOOK: &str = "target/book";

/// Pictures of `docs/benchmarks.md`, which is a chapter.
const PICTURES: &str = "docs/benchmarks";

/// What can be known without building the book.
pub(crate) fn check() -> Result<()> {
    let root = step::root();
    let mut wrong = chapters::check(&root)?;
    wrong.extend(environment::check(&root)?);
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// The chapter about commands: the test that compares it also writes it.
pub(crate) fn commands() -> Result<()> {
    let words = ["test", "--package", "cell-cli", "--test", "it", "reference::"];
    step::run(step::cargo(&words).env("CELL_BLESS", "1"))
}

pub(crate) fn run() -> Result<()> {
    check()?;
    let root = step::root();
    let book = root.join(BOOK);
    if book.exists() {
        std::fs::remove_dir_all(&book).with_context(|| book.display().to_string())?;
    }
    let mdbook = mdbook(&root)?;
    let mut command = step::command(&mdbook, &["build", "docs", "--dest-dir"]);
    step::run(command.arg(&book))?;
    copy(&root.join(PICTURES), &book.join("benchmarks"))?;
    let wrong = html::finish(&root, &book)?;
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    step::say("docs:", &format!("{}", book.join("index.html").display()));
    Ok(())
}

/// The one on `PATH`, if it has the right version; else the one in the target folder, which is built
/// there if it is missing.
fn mdbook(root: &Path) -> Result<PathBuf> {
    let tools = root.join("target/tools");
    let ours = tools.join("bin").join(format!("mdbook{}", std::env::consts::EXE_SUFFIX));
    for program in [PathBuf::from("mdbook"), ours.clone()] {
        if is_right(&program) {
            return Ok(program);
        }
    }
    step::say("docs:", &format!("building mdbook {MDBOOK}, once: a minute or two"));
    let words = ["install", "--locked", "--force", "--debug", "mdbook", "--version", MDBOOK];
    // What it leaves out serves and watches; unoptimised it takes a second for this book.
    let features = ["--no-default-features", "--features", "search", "--root"];
    let mut command = step::cargo(&[&words[..], &features[..]].concat());
    command.arg(&tools).env("CARGO_TARGET_DIR", tools.join("build"));
    step::run(&mut command)?;
    // A gigabyte that nobody needs again.
    std::fs::remove_dir_all(tools.join("build"))?;
    if !is_right(&ours) {
        bail!("`{}` is not mdbook {MDBOOK}", ours.display());
    }
    Ok(ours)
}

fn is_right(program: &Path) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == format!("mdbook v{MDBOOK}").as_bytes())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
