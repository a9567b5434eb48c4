//! `docs/errors.md`, made from the list of kinds.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use macro_bridge::failure::Kind;

use crate::step;

pub(crate) fn write() -> Result<()> {
    let path = path();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&path, text()).with_context(|| format!("cannot write {}", path.display()))
}

pub(crate) fn check() -> Result<()> {
    let found = std::fs::read_to_string(path()).unwrap_or_default();
    ensure!(found == text(), "docs/errors.md is out of date\nhelp: run `cargo xtask errors`");
    Ok(())
}

fn path() -> PathBuf {
    step::root().join("docs/errors.md")
}

fn text() -> String {
    let mut text = String::from(
        "# Errors\n\n\
         Every error has a code that never changes its meaning; `cell explain CELL0303` shows the\n\
         same text. Made by `cargo xtask errors` from `macro-bridge/src/failure.rs`.\n",
    );
    for kind in Kind::ALL {
        let _ = writeln!(text, "\n## {}\n", kind.code());
        for line in kind.explanation().lines() {
            let _ = writeln!(text, "{}", line.trim());
        }
        let _ = writeln!(text, "\nTo be mended in: {}.", kind.fault().describe());
    }
    text
}
