//! What is compiled: generated sources, each site another question or query.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::step;

/// The word that the oracle knows.
pub(super) const WORD: &str = "bench";

/// So many questions.
pub(super) fn asked(sites: usize) -> String {
    let site = |n| format!("#[cell::wasm(asks::value({n}))]\npub struct Site{n};\n");
    (0..sites).map(site).collect()
}

/// As many macro calls of the same component that ask nothing.
pub(super) fn quiet(sites: usize) -> String {
    let site = |n| format!("#[cell::wasm(asks::values(0))]\npub struct Site{n};\n");
    (0..sites).map(site).collect()
}

/// What the questions lead to, written by hand.
pub(super) fn by_hand(sites: usize) -> String {
    let site = |n| {
        format!(
            "pub struct Site{n};\nimpl Site{n} {{\n    #[allow(missing_docs, dead_code)]\n    \
             pub const VALUE: &'static str = \"{WORD}-{n}\";\n}}\n"
        )
    };
    (0..sites).map(site).collect()
}

/// The table that is queried.
pub(super) const TABLE: &str = "CREATE TABLE accounts (id bigint PRIMARY KEY, owner text NOT NULL, \
                                balance bigint NOT NULL, closed timestamptz)";

/// So many statements that a database checks.
pub(super) fn queries(sites: usize) -> String {
    let site = |n| {
        format!(
            "pub fn site{n}(id: i64) {{\n    let _ = sqlx::query!(\n        \
             \"SELECT owner, balance FROM accounts WHERE id = $1 AND balance > {n}\",\n        \
             id\n    );\n}}\n"
        )
    };
    (0..sites).map(site).collect()
}

/// The same functions without the statements.
pub(super) fn no_queries(sites: usize) -> String {
    let site = |n| format!("pub fn site{n}(id: i64) {{\n    let _ = id;\n}}\n");
    (0..sites).map(site).collect()
}

/// One package of a workspace.
pub(super) struct Package<'a> {
    pub(super) name: &'a str,
    /// A line of its manifest.
    pub(super) dependency: &'a str,
    pub(super) source: String,
}

/// Writes a workspace. `profile` stands at the end of its manifest; `lock`, from this workspace's root,
/// has the versions of what it depends on.
pub(super) fn write(
    root: &Path,
    packages: &[Package<'_>],
    profile: &str,
    lock: &str,
) -> Result<()> {
    let _ = fs::remove_dir_all(root);
    let mut members = String::new();
    for Package { name, dependency, source } in packages {
        let _ = write!(members, "\"{name}\", ");
        let folder = root.join(name);
        fs::create_dir_all(folder.join("src"))?;
        fs::write(
            folder.join("Cargo.toml"),
            format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
                 [dependencies]\n{dependency}\n"
            ),
        )?;
        fs::write(folder.join("src/lib.rs"), source)?;
    }
    let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n\n{profile}");
    fs::write(root.join("Cargo.toml"), manifest)?;
    fs::copy(step::root().join(lock), root.join("Cargo.lock")).context(lock.to_owned())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_sites_ask_the_same() {
        for (text, words) in [(asked(200), "asks::value("), (queries(200), "balance > ")] {
            let questions: std::collections::BTreeSet<_> =
                text.lines().filter_map(|line| line.split_once(words)).collect();
            assert_eq!(questions.len(), 200, "{words}");
        }
    }

    #[test]
    fn variants_have_as_many_items() {
        let items = |text: &str, words| text.matches(words).count();
        for text in [asked(20), quiet(20), by_hand(20)] {
            assert_eq!(items(&text, "pub struct Site"), 20);
        }
        for text in [queries(20), no_queries(20)] {
            assert_eq!(items(&text, "pub fn site"), 20);
        }
        assert!(by_hand(2).contains("\"bench-1\"") && !quiet(2).contains("value("));
    }
}
