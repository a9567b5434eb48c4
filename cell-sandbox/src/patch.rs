//! `[patch]` in a workspace's `Cargo.toml`: what brings the crates of ours in.

use anyhow::{Context as _, Result, bail};
use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

/// Where generated crates are, from the folder of the workspace.
pub const FOLDER: &str = ".cell/sandbox";

/// The registry that has a name of its own in `[patch]`.
const DEFAULT: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// One replaced crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Its name.
    pub package: String,
    /// The name of its folder.
    pub key: String,
    /// Where cargo has the original from.
    pub source: String,
}

impl Patch {
    /// The name of the table in `[patch]`.
    fn registry(&self) -> &str {
        index(&self.source).unwrap_or("crates-io")
    }

    fn path(&self) -> String {
        format!("{FOLDER}/{}", self.key)
    }
}

/// The index of the registry that a source names; `None` of the default one.
#[must_use]
pub fn index(source: &str) -> Option<&str> {
    let other = Some(source).filter(|source| *source != DEFAULT)?;
    Some(other.strip_prefix("registry+").unwrap_or(other))
}

/// The manifest with these crates replaced, and nothing else changed.
///
/// # Errors
/// If it is no manifest, or replaces one of them by something else already.
pub fn with(text: &str, patches: &[Patch]) -> Result<String> {
    let mut document: DocumentMut = text.parse().context("`Cargo.toml` cannot be read")?;
    for patch in patches {
        let registries = document.entry("patch").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let registries = registries.as_table_like_mut().context("`patch` is not a table")?;
        let crates = registries.entry(patch.registry()).or_insert(Item::Table(Table::new()));
        let crates = crates.as_table_like_mut().context("`patch` has what is not a table")?;
        if let Some(there) = crates.get(&patch.key) {
            if path_of(there) == Some(&*patch.path()) {
                continue;
            }
            bail!(
                "`Cargo.toml` replaces `{}` already, by something else\n\
                 help: remove it from `[patch]`, or leave this crate as it is",
                patch.package
            );
        }
        let mut entry = InlineTable::new();
        if patch.key != patch.package {
            entry.insert("package", Value::from(&patch.package));
        }
        entry.insert("path", Value::from(patch.path()));
        crates.insert(&patch.key, Item::Value(entry.into()));
    }
    Ok(written(&document, text))
}

/// The manifest without these crates' replacements, and without tables that are empty then.
///
/// # Errors
/// If it is no manifest.
pub fn without(text: &str, keys: &[String]) -> Result<String> {
    let mut document: DocumentMut = text.parse().context("`Cargo.toml` cannot be read")?;
    let Some(registries) = document.get_mut("patch").and_then(Item::as_table_like_mut) else {
        return Ok(text.to_owned());
    };
    let names: Vec<String> = registries.iter().map(|(name, _)| name.to_owned()).collect();
    for name in names {
        let Some(crates) = registries.get_mut(&name).and_then(Item::as_table_like_mut) else {
            continue;
        };
        let mut removed = false;
        for key in keys {
            let ours = crates.get(key).and_then(path_of) == Some(&*format!("{FOLDER}/{key}"));
            removed |= ours && crates.remove(key).is_some();
        }
        if removed && crates.is_empty() {
            registries.remove(&name);
        }
    }
    if registries.is_empty() {
        document.remove("patch");
    }
    Ok(written(&document, text))
}

/// The name of the package of a manifest whose publication would have files of ours in it: of those that lie
/// beside it, cargo leaves out what `exclude` names.
#[must_use]
pub fn packs(text: &str) -> Option<String> {
    let document: DocumentMut = text.parse().unwrap_or_default();
    let package = document.get("package")?.as_table_like()?;
    let stays = package.get("publish").is_some_and(|it| {
        it.as_bool() == Some(false) || it.as_array().is_some_and(toml_edit::Array::is_empty)
    });
    let excluded = package.get("exclude").and_then(Item::as_array).into_iter().flatten();
    let mut excluded = excluded.filter_map(|pattern| pattern.as_str());
    let ours = |pattern: &str| pattern.trim_start_matches('/').starts_with(".cell");
    if stays || package.get("include").is_some() || excluded.any(ours) {
        return None;
    }
    Some(package.get("name")?.as_str()?.to_owned())
}

/// The document, with the line ends that it had.
fn written(document: &DocumentMut, before: &str) -> String {
    let text = document.to_string();
    if before.contains("\r\n") { text.replace('\n', "\r\n") } else { text }
}

/// The keys of the crates that a manifest replaces by ours.
#[must_use]
pub fn keys(text: &str) -> Vec<String> {
    let document: DocumentMut = text.parse().unwrap_or_default();
    let registries = document.get("patch").and_then(Item::as_table_like);
    let crates = registries.into_iter().flat_map(|table| table.iter());
    let entries =
        crates.filter_map(|(_, item)| item.as_table_like()).flat_map(|table| table.iter());
    let ours = entries.filter(|(key, item)| path_of(item) == Some(&*format!("{FOLDER}/{key}")));
    ours.map(|(key, _)| key.to_owned()).collect()
}

fn path_of(item: &Item) -> Option<&str> {
    item.as_table_like()?.get("path")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(key: &str, package: &str) -> Patch {
        Patch { package: package.to_owned(), key: key.to_owned(), source: DEFAULT.to_owned() }
    }

    const TEXTS: [&str; 6] = [
        "[package]\nname = \"a\"\n\n[dependencies]\nserde = \"1\" # yes\n",
        "[package]\nname = \"a\"\n",
        "[workspace]\nmembers = [\"a\"]\n\n\n# The end, without a line end.",
        "[patch.crates-io]\n# ours\nfoo = { path = \"foo\" }\n\n[dependencies]\n",
        "[patch.\"https://example.org/index\"]\nfoo = { path = \"foo\" }\n",
        "[workspace]\r\nmembers = []\r\n",
    ];

    #[test]
    fn what_was_added_can_be_removed_and_every_byte_is_as_before() {
        for text in TEXTS {
            let patches = [patch("serde_derive", "serde_derive"), patch("b-1_0_0", "b")];
            let made = with(text, &patches).unwrap();
            assert!(
                made.contains("serde_derive = { path = \".cell/sandbox/serde_derive\" }"),
                "{made}"
            );
            assert!(
                made.contains("b-1_0_0 = { package = \"b\", path = \".cell/sandbox/b-1_0_0\" }"),
                "{made}"
            );
            let mut keys = keys(&made);
            keys.sort();
            assert_eq!(keys, ["b-1_0_0", "serde_derive"]);
            assert_eq!(with(&made, &patches).unwrap(), made, "twice is once");
            assert_eq!(without(&made, &keys).unwrap(), text);
        }
    }

    #[test]
    fn who_would_publish_files_of_ours_is_told() {
        let packs = |lines: &str| packs(&format!("[package]\nname = \"a\"\n{lines}\n"));
        assert_eq!(packs("").as_deref(), Some("a"));
        assert_eq!(packs("publish = [\"x\"]\nexclude = [\"/target\"]").as_deref(), Some("a"));
        for lines in [
            "publish = false",
            "publish = []",
            "include = [\"src\"]",
            "exclude = [\"/.cell\"]",
            "exclude = [\"x\", \".cell/*\"]",
        ] {
            assert_eq!(packs(lines), None, "{lines}");
        }
        assert_eq!(super::packs("[workspace]\n"), None);
    }

    #[test]
    fn what_somebody_else_replaced_stays() {
        let text = "[patch.crates-io]\nb = { path = \"mine\" }\n";
        assert!(with(text, &[patch("b", "b")]).is_err());
        assert_eq!(without(text, &["b".to_owned()]).unwrap(), text);
    }

    #[test]
    fn other_registries_have_tables_of_their_own() {
        let source = "registry+https://example.org/index".to_owned();
        let made = with("", &[Patch { source, ..patch("b", "b") }]).unwrap();
        assert!(made.contains("[patch.\"https://example.org/index\"]"), "{made}");
    }
}
