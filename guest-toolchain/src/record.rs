//! `sources.lock`: what each committed component was built from, one fact a line, sorted.

use std::collections::BTreeMap;
use std::fmt;

use macro_bridge::digest::Digest;

use crate::error::{Error, Kind, Result};

const FORMAT: &str = "cell-sources 1";

/// What is known of one component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Digest of the component's file.
    pub component: Digest,
    /// Digest of what it was built from.
    pub sources: Digest,
    /// What built it.
    pub compiler: String,
}

/// The file: components by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The entries.
    pub entries: BTreeMap<String, Entry>,
}

impl Record {
    /// Reads the file.
    ///
    /// # Errors
    /// The first line that is not as `Display` writes it.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |line: usize, reason: &str| {
            Error::new(Kind::Malformed, format!("`sources.lock`, line {line}: {reason}"))
                .help("run `cell build-macros`, it writes the file anew")
        };
        let mut lines = text.lines();
        if lines.next() != Some(FORMAT) {
            return Err(wrong(1, &format!("is not `{FORMAT}`")));
        }
        let mut facts: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        for (index, line) in lines.enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut words = line.splitn(3, ' ');
            let (Some(name), Some(fact), Some(value)) = (words.next(), words.next(), words.next())
            else {
                return Err(wrong(index + 2, "is not `<name> <fact> <value>`"));
            };
            if facts.entry(name).or_default().insert(fact, value).is_some() {
                return Err(wrong(index + 2, "says something twice: two branches were merged"));
            }
        }
        let entry = |name: &str, mut facts: BTreeMap<&str, &str>| {
            let mut digest = |fact| facts.remove(fact).and_then(Digest::parse);
            let (component, sources) = (digest("component")?, digest("sources")?);
            let compiler = facts.remove("compiler")?.to_owned();
            facts.is_empty().then(|| (name.to_owned(), Entry { component, sources, compiler }))
        };
        let entries = facts.into_iter().map(|(name, facts)| {
            entry(name, facts)
                .ok_or_else(|| wrong(0, &format!("the facts of `{name}` are not complete")))
        });
        Ok(Self { entries: entries.collect::<Result<_>>()? })
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FORMAT}\n# written by `cell build-macros`; commit it, do not edit it")?;
        for (name, entry) in &self.entries {
            writeln!(f, "{name} compiler {}", entry.compiler)?;
            writeln!(f, "{name} component {}", entry.component)?;
            writeln!(f, "{name} sources {}", entry.sources)?;
        }
        Ok(())
    }
}

/// Why a committed component is not the one of the sources beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stale {
    /// There is no entry for it.
    Unrecorded,
    /// The sources were changed after it was built.
    Sources,
    /// Its file is missing.
    Missing,
    /// Its file is not the one that was built.
    Component,
    /// There is an entry, but no guest of this name.
    NoGuest,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unrecorded => "has never been built",
            Self::Sources => "was built from other sources",
            Self::Missing => "has no component",
            Self::Component => "has a component that was not built by `cell build-macros`",
            Self::NoGuest => "is recorded but is no guest",
        })
    }
}

/// Compares one guest with its entry. `component` is the digest of the file, if there is one.
#[must_use]
pub fn compare(entry: Option<&Entry>, sources: Digest, component: Option<Digest>) -> Option<Stale> {
    match (entry, component) {
        (None, _) => Some(Stale::Unrecorded),
        (Some(entry), _) if entry.sources != sources => Some(Stale::Sources),
        (Some(_), None) => Some(Stale::Missing),
        (Some(entry), Some(component)) if entry.component != component => Some(Stale::Component),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let entry = |text: &str| Entry {
            component: Digest::of(text.as_bytes()),
            sources: Digest::of(b"sources"),
            compiler: "rustc 1.96.0 (ac68faa20 2026-05-25)".to_owned(),
        };
        Record { entries: [("b".to_owned(), entry("b")), ("a".to_owned(), entry("a"))].into() }
    }

    #[test]
    fn reads_what_it_writes() {
        let record = record();
        assert_eq!(Record::parse(&record.to_string()).unwrap(), record);
        assert!(record.to_string().lines().skip(2).is_sorted());
    }

    #[test]
    fn says_what_is_wrong_with_a_line() {
        let good = record().to_string();
        let check = |bad: String, expected: &str| {
            let error = Record::parse(&bad).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("cell build-macros"), "{error}");
        };
        check(good.replace("cell-sources 1", "cell-sources 2"), "line 1");
        check(format!("{good}a sources 11\n"), "twice");
        check(good.replacen("a sources ", "a source ", 1), "not complete");
        check(format!("{good}<<<<<<< ours\n"), "line 9");
    }

    #[test]
    fn tells_the_ways_of_being_stale_apart() {
        let record = record();
        let entry = &record.entries["a"];
        let other = Digest::of(b"other");
        let check = |entry, sources, component, expected| {
            assert_eq!(compare(entry, sources, component), expected);
        };
        check(Some(entry), entry.sources, Some(entry.component), None);
        check(None, entry.sources, Some(entry.component), Some(Stale::Unrecorded));
        check(Some(entry), other, Some(entry.component), Some(Stale::Sources));
        check(Some(entry), entry.sources, None, Some(Stale::Missing));
        check(Some(entry), entry.sources, Some(other), Some(Stale::Component));
    }
}
