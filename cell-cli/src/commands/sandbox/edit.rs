//! `[sandbox.<crate>]` in `cell.toml`: what the macros of a crate may emit and see.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value, value};

/// The file, where there is none before the first crate is sandboxed.
pub(super) const HEAD: &str = "\
# What the macros of sandboxed crates may emit and see. `cell sandbox --help` says more.
# After a change: `cell lock`, commit.
";

/// What one crate may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rights {
    /// Words of the output policy.
    pub(super) allow: BTreeSet<String>,
    /// Variables of the environment.
    pub(super) variables: BTreeSet<String>,
}

/// The manifest with a table for the crate; one that is there stays as people wrote it.
pub(super) fn with(text: &str, key: &str, rights: &Rights) -> Result<String> {
    let mut document: DocumentMut = text.parse().context("`cell.toml` cannot be read")?;
    // What stands before the first table would be written behind it.
    let only_head = document.is_empty();
    if only_head {
        document = DocumentMut::new();
    }
    let crates = document.entry("sandbox").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let crates = crates.as_table_like_mut().context("`sandbox` is not a table")?;
    if crates.contains_key(key) {
        return Ok(text.to_owned());
    }
    let mut table = Table::new();
    let mut part = |name: &str, key: &str, list: &BTreeSet<String>| {
        if !list.is_empty() {
            let words: Array = list.iter().map(String::as_str).collect();
            let part: InlineTable = [(key, Value::Array(words))].into_iter().collect();
            table.insert(name, value(part));
        }
    };
    part("output", "allow", &rights.allow);
    part("grants", "env", &rights.variables);
    crates.insert(key, Item::Table(table));
    Ok(if only_head { format!("{text}\n{document}") } else { document.to_string() })
}

/// The manifest without these crates' tables. `None` if nothing but [`HEAD`] is left.
pub(super) fn without(text: &str, keys: &[String]) -> Result<Option<String>> {
    let mut document: DocumentMut = text.parse().context("`cell.toml` cannot be read")?;
    let mut comment = String::new();
    if let Some(crates) = document.get_mut("sandbox").and_then(Item::as_table_like_mut) {
        for key in keys {
            let removed = crates.remove(key);
            let removed = removed.as_ref().and_then(Item::as_table);
            let prefix = removed.and_then(|table| table.decor().prefix()?.as_str());
            // What stands before the first table is about the file.
            comment.push_str(prefix.filter(|prefix| prefix.contains('#')).unwrap_or_default());
        }
        let first = crates.iter_mut().find_map(|(_, item)| item.as_table_mut());
        match first {
            Some(table) if !comment.is_empty() => {
                table.decor_mut().set_prefix(std::mem::take(&mut comment));
            }
            Some(_) => {}
            None => drop(document.remove("sandbox")),
        }
    }
    let comment = comment.strip_suffix('\n').unwrap_or(&comment);
    let text = format!("{comment}{document}");
    Ok(Some(text).filter(|text| text != HEAD))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    fn rights() -> Rights {
        Rights { allow: ["extern".to_owned()].into(), variables: BTreeSet::new() }
    }

    #[test]
    fn what_is_written_can_be_read_and_removed() {
        for before in [HEAD, "# mine\n[cells.a]\npath = \"a.wasm\" # here\n"] {
            let one = with(before, "serde_derive", &rights()).unwrap();
            let two = with(&one, "thiserror-impl", &Rights::default()).unwrap();
            let manifest = Manifest::parse(&two).unwrap();
            assert!(manifest.cells["serde_derive"].sandboxed);
            assert_eq!(
                macro_bridge::policy::words(manifest.cells["serde_derive"].allowed).count(),
                1
            );
            assert!(two.starts_with(before), "{two}");
            assert_eq!(with(&two, "serde_derive", &Rights::default()).unwrap(), two);
            let rest = without(&two, &["serde_derive".to_owned()]).unwrap().unwrap();
            assert!(rest.starts_with(before) && !rest.contains("serde_derive"), "{rest}");
            let keys = ["serde_derive".to_owned(), "thiserror-impl".to_owned()];
            let after = without(&two, &keys).unwrap();
            assert_eq!(after.as_deref(), Some(before).filter(|text| *text != HEAD));
        }
    }
}
