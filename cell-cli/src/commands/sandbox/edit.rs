//! `[sandbox.<crate>]` in `cell.toml`: what the macros of a crate may emit and see.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value, value};

/// The file, where there is none before the first crate is sandboxed.
pub(super) const HEAD: &str = "\
# What the macros of sandboxed crates may emit and see. `cell sandbox --help` says more.
# After a change: `cell lock`, commit.
";

/// How many components there are of a crate, if there are several.
const SETS: &str = "feature-sets";

/// What one crate may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rights {
    /// Words of the output policy.
    pub(super) allow: BTreeSet<String>,
    /// Variables of the environment.
    pub(super) variables: BTreeSet<String>,
    /// Sets of features beside that of all together: each has a component with these rights.
    pub(super) more_sets: usize,
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
    if let Some(there) = crates.get_mut(key).and_then(Item::as_table_like_mut) {
        let said = there.get(SETS).and_then(Item::as_integer).unwrap_or(1);
        if said == sets(rights) {
            return Ok(text.to_owned());
        }
        match rights.more_sets {
            0 => drop(there.remove(SETS)),
            _ => drop(there.insert(SETS, value(sets(rights)))),
        }
        return Ok(document.to_string());
    }
    let mut table = Table::new();
    if rights.more_sets > 0 {
        table.insert(SETS, value(sets(rights)));
    }
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

fn sets(rights: &Rights) -> i64 {
    i64::try_from(rights.more_sets).unwrap_or(i64::MAX).saturating_add(1)
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

/// The manifest with a crate's table under another name, as people wrote it.
pub(super) fn renamed(text: &str, old: &str, new: &str) -> Result<String> {
    let mut document: DocumentMut = text.parse().context("`cell.toml` cannot be read")?;
    let crates = document.get_mut("sandbox").and_then(Item::as_table_like_mut);
    if let Some(crates) = crates.filter(|crates| !crates.contains_key(new))
        && let Some(table) = crates.remove(old)
    {
        crates.insert(new, table);
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    fn rights() -> Rights {
        Rights { allow: ["extern".to_owned()].into(), ..Rights::default() }
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
            // Of which features there are components is not what people write.
            let more = Rights { more_sets: 2, ..Rights::default() };
            let three = with(&two, "serde_derive", &more).unwrap();
            let cells = Manifest::parse(&three).unwrap().cells;
            let path = |key: &str| cells[key].path.clone().unwrap_or_default();
            assert_eq!(path("serde_derive-set2"), ".cell/sandbox/serde_derive/component-2.wasm");
            assert_eq!(cells["serde_derive-set1"].allowed, cells["serde_derive"].allowed);
            assert!(!cells.contains_key("serde_derive-set3"));
            assert_eq!(with(&three, "serde_derive", &more).unwrap(), three);
            assert_eq!(with(&three, "serde_derive", &rights()).unwrap(), two);
            let fresh = Manifest::parse(&with(before, "serde_derive", &more).unwrap()).unwrap();
            assert!(fresh.cells.contains_key("serde_derive-set2"));
            let after = without(&two, &keys).unwrap();
            assert_eq!(after.as_deref(), Some(before).filter(|text| *text != HEAD));
        }
    }

    #[test]
    fn another_name_is_all_that_changes() {
        let before = "# mine\n[sandbox.a]\n\n# why\n[sandbox.b-1_0_0]\ngrants = { env = [\"X\"] } # here\n\n\
                      [sandbox.c]\n";
        let after = renamed(before, "b-1_0_0", "b-1_1_0").unwrap();
        assert_eq!(after, before.replace("b-1_0_0", "b-1_1_0"));
        assert_eq!(renamed(before, "b-1_0_0", "c").unwrap(), before);
        assert_eq!(renamed(before, "d", "e").unwrap(), before);
    }
}
