//! `policy.toml`: what may be depended on, which crates may know each other, where `unsafe` may
//! stand. Each exception has a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use toml::{Table, Value};

pub(crate) struct Policy {
    pub(crate) licences: BTreeSet<String>,
    /// Package and reason.
    pub(crate) banned: BTreeMap<String, String>,
    /// Manifest of a workspace, and banned packages that it may have.
    pub(crate) compared: BTreeMap<String, BTreeSet<String>>,
    /// Package and those of ours that it may depend on.
    pub(crate) edges: BTreeMap<String, BTreeSet<String>>,
    /// Packages that must not be among what a package depends on.
    pub(crate) without: BTreeMap<String, BTreeSet<String>>,
    /// Files that may allow `unsafe`.
    pub(crate) unsafe_files: BTreeSet<String>,
    /// Files that may be long.
    pub(crate) long_files: BTreeSet<String>,
}

impl Policy {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)?;
        Self::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let table: Table = text.parse()?;
        let known =
            ["licences", "banned", "compared", "edges", "without", "unsafe-files", "long-files"];
        for key in table.keys() {
            ensure!(known.contains(&key.as_str()), "there is no key `{key}`");
        }
        let reasons = |key: &str| -> Result<BTreeMap<String, String>> {
            let entries = table.get(key).and_then(Value::as_table).into_iter().flatten();
            let text = |(name, reason): (&String, &Value)| {
                let reason = reason.as_str().filter(|reason| !reason.trim().is_empty());
                let reason =
                    reason.with_context(|| format!("`{name}` in `{key}` has no reason"))?;
                Ok((name.clone(), reason.to_owned()))
            };
            entries.map(text).collect()
        };
        let lists = |key: &str| -> Result<BTreeMap<String, BTreeSet<String>>> {
            let entries = table.get(key).and_then(Value::as_table).into_iter().flatten();
            entries.map(|(name, value)| Ok((name.clone(), words(value, name)?))).collect()
        };
        let licences = table.get("licences").context("there is no list `licences`")?;
        Ok(Self {
            licences: words(licences, "licences")?,
            banned: reasons("banned")?,
            compared: lists("compared")?,
            edges: lists("edges")?,
            without: lists("without")?,
            unsafe_files: reasons("unsafe-files")?.into_keys().collect(),
            long_files: reasons("long-files")?.into_keys().collect(),
        })
    }
}

fn words(value: &Value, name: &str) -> Result<BTreeSet<String>> {
    let list = value.as_array().with_context(|| format!("`{name}` is no list"))?;
    let word = |value: &Value| {
        value.as_str().map(str::to_owned).with_context(|| format!("`{name}` is no list of words"))
    };
    list.iter().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_policy_can_be_read() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("policy.toml");
        let policy = Policy::read(&path).unwrap();
        assert!(policy.licences.contains("MIT") && policy.without["xtask"].contains("wasmtime"));
    }

    #[test]
    fn an_exception_needs_a_reason() {
        let parse = |text: &str| Policy::parse(text).map(|_| ()).map_err(|e| e.to_string());
        assert_eq!(parse("licences = [\"MIT\"]\n[unsafe-files]\n\"a.rs\" = \"mapped\"\n"), Ok(()));
        assert!(parse("licences = [\"MIT\"]\n[unsafe-files]\n\"a.rs\" = \"\"\n").is_err());
        assert!(parse("licences = [\"MIT\"]\n[bannned]\n").unwrap_err().contains("bannned"));
        assert!(parse("").is_err());
    }
}
