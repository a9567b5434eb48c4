//! Reading what rustc left in a trace folder (`CELL_TRACE`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use macro_bridge::digest::Digest;
use macro_bridge::request::{self, Request};

/// One call of a macro, or of a stack of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site {
    /// `src/main.rs:12:3`
    pub(crate) place: String,
    /// `ledger::cache + ledger::table`
    pub(crate) title: String,
    /// The expansion.
    pub(crate) key: Digest,
}

/// All that was traced.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// Calls, each once: a crate is compiled as library and as test.
    pub(crate) sites: BTreeSet<Site>,
    /// Expansions that are not recorded: nothing could answer, or an engine inside rustc did.
    pub(crate) missing: BTreeSet<Digest>,
    /// Recorded answers that were used: cell and key.
    pub(crate) answers: BTreeSet<(String, Digest)>,
    /// How long each expansion took, as often as it was asked for.
    pub(crate) took: Vec<Took>,
}

/// The times of one expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Took {
    pub(crate) key: Digest,
    /// Where it came from: `recorded`, or an engine.
    pub(crate) how: String,
    /// Microseconds from rustc's tokens to the key, until it was found, and until it was rustc's
    /// tokens again.
    pub(crate) micros: [u64; 3],
}

impl Trace {
    /// Reads all trace files of a folder. An unfinished last line is left out: its rustc was
    /// killed, and cargo will run it again.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let mut trace = Self::default();
        for path in files(folder, "trace")? {
            let text = fs::read(&path)?;
            trace.add(&String::from_utf8_lossy(&text));
        }
        Ok(trace)
    }

    fn add(&mut self, text: &str) {
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            if let Some(rest) = line.strip_prefix("expansion ") {
                let mut words = rest.splitn(3, ' ');
                let key = words.next().and_then(Digest::parse);
                let (Some(key), Some(how), Some(rest)) = (key, words.next(), words.next()) else {
                    continue;
                };
                let (place, title) = rest.split_once('\t').unwrap_or((rest, ""));
                self.sites.insert(Site { place: unescape(place), title: unescape(title), key });
                if how != "recorded" {
                    self.missing.insert(key);
                }
            } else if let Some(rest) = line.strip_prefix("took ") {
                self.took.extend(took(rest));
            } else if let Some((cell, key)) =
                line.strip_prefix("answer ").and_then(|rest| rest.rsplit_once(' '))
            {
                self.answers.extend(Digest::parse(key).map(|key| (cell.to_owned(), key)));
            }
        }
    }

    /// Every expansion that was asked for.
    pub(crate) fn keys(&self) -> BTreeSet<Digest> {
        self.sites.iter().map(|site| site.key).collect()
    }

    /// Where an expansion was first asked for.
    pub(crate) fn place(&self, key: &Digest) -> &str {
        self.sites.iter().find(|site| site.key == *key).map_or("", |site| &site.place)
    }
}

/// `KEY HOW 1 2 3`
fn took(text: &str) -> Option<Took> {
    let mut words = text.split(' ');
    let (key, how) = (Digest::parse(words.next()?)?, words.next()?.to_owned());
    let mut micros = [0; 3];
    for place in &mut micros {
        *place = words.next()?.parse().ok()?;
    }
    words.next().is_none().then_some(Took { key, how, micros })
}

/// The inputs of expansions that rustc wrote: those that were missing, and the others if it was
/// told to.
pub(crate) fn requests(folder: &Path) -> Result<BTreeMap<Digest, Request>> {
    let mut requests = BTreeMap::new();
    for kind in ["miss", "request"] {
        let folder = folder.join(kind);
        if !folder.is_dir() {
            continue;
        }
        for path in files(&folder, "")? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let Some(key) = Digest::parse(&name) else { continue };
            let request = request::file::decode(&fs::read(&path)?)
                .map_err(|damage| anyhow::anyhow!("cannot read `{}`: {damage}", path.display()))?;
            requests.insert(key, request);
        }
    }
    Ok(requests)
}

fn files(folder: &Path, extension: &str) -> Result<Vec<std::path::PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
    let mut files: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && path.extension().unwrap_or_default() == extension)
        .collect();
    files.sort();
    Ok(files)
}

/// Undoes what keeps a text on its line.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(ch) = chars.next() {
        match ch {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some(other) => out.push(other),
                None => {}
            },
            _ => out.push(ch),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_whole_lines_only() {
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        let mut trace = Trace::default();
        trace.add(&format!(
            "expansion {a} recorded src/a b.rs:1:2\tledger::table\nanswer search {b}\n\
             expansion {b} missing src\\\\c.rs:3:4\tx::y + x::z\nanswer search {a}"
        ));
        let site =
            |place: &str, title: &str, key| Site { place: place.into(), title: title.into(), key };
        let sites =
            [site("src/a b.rs:1:2", "ledger::table", a), site("src\\c.rs:3:4", "x::y + x::z", b)];
        assert_eq!(trace.sites, sites.into());
        assert_eq!(trace.missing, [b].into());
        assert_eq!(trace.answers, [("search".to_owned(), b)].into());
        assert_eq!((trace.place(&a), trace.keys().len()), ("src/a b.rs:1:2", 2));
    }

    #[test]
    fn noise_is_left_out() {
        let mut trace = Trace::default();
        trace.add("expansion x recorded y\nexpansion\nanswer\nhello\n\n");
        assert!(trace.sites.is_empty() && trace.answers.is_empty());
    }
}
