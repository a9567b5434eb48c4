//! What came out, for people.

use std::fmt;

use anyhow::Result;

use crate::crates::{Crate, Set};
use crate::inputs::kinds;
use crate::scratch;
use crate::workspace::Made;

/// What came out for a crate.
pub(crate) struct Row {
    pub(crate) krate: Crate,
    pub(crate) version: String,
    pub(crate) made: Made,
    /// Source files, expansions of the crate's macros in them, and words of what rustc made of them.
    pub(crate) files: usize,
    pub(crate) calls: usize,
    pub(crate) tokens: usize,
    /// Inputs left out, since the crate itself panics on them.
    pub(crate) panics: usize,
    pub(crate) differences: Vec<String>,
    /// Why there is no component.
    pub(crate) failed: Option<String>,
}

/// So many inputs each crate has at least.
const LEAST: usize = 20;

impl Row {
    pub(crate) fn new(krate: Crate, version: String) -> Self {
        Self {
            krate,
            version,
            made: Made::default(),
            files: 0,
            calls: 0,
            tokens: 0,
            panics: 0,
            differences: Vec::new(),
            failed: None,
        }
    }

    /// What is not as the list says.
    pub(crate) fn problem(&self) -> Option<String> {
        let Self { krate, differences, failed, calls, .. } = self;
        let equal = differences.is_empty() && failed.is_none();
        match (equal, krate.differs) {
            (true, "") if *calls < LEAST => Some(format!("{}: only {calls} inputs", krate.name)),
            (true, "") => None,
            (true, reason) if reason.starts_with("sometimes") => None,
            (true, reason) => Some(format!("{}: differs no more: {reason}", krate.name)),
            (false, "") => {
                let first: Vec<&str> = differences.iter().take(3).map(String::as_str).collect();
                let failed = failed.as_deref().unwrap_or_default();
                let count = differences.len();
                Some(format!("{}: {count} files differ{failed}\n{}", krate.name, first.join("\n")))
            }
            (false, _) => None,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { krate, version, made, files, calls, tokens, differences, failed, .. } = self;
        let outcome = match (differences.len(), failed) {
            (_, Some(_)) => "no component",
            (0, None) => "equal",
            (_, None) => "differs",
        };
        let outcome = match krate.differs {
            "" => outcome.to_owned(),
            reason if reason.starts_with("sometimes") => format!("differs {reason}"),
            reason => format!("{outcome}: {reason}"),
        };
        let (kinds, size) = (kinds(made), made.size.div_ceil(1024));
        let name = krate.name;
        write!(
            f,
            "| `{name}` | {version} | {kinds} | {files} | {calls} | {tokens} | {outcome} | {size} |"
        )
    }
}

/// Leaves the report in the target folder.
pub(crate) fn write(set: Set, rows: &[Row]) -> Result<()> {
    let mut text = String::from(
        "| crate | version | macros | files | inputs | tokens | outcome | KiB |\n|---|---|---|---:|---:|---:|---|---:|\n",
    );
    rows.iter().for_each(|row| text.push_str(&format!("{row}\n")));
    for row in rows {
        let name = row.krate.name;
        text.push_str(&format!(
            "\n{name}: added in {} s, {} panics left out\n",
            row.made.seconds, row.panics
        ));
        row.differences.iter().chain(&row.failed).for_each(|it| text.push_str(&format!("{it}\n")));
    }
    scratch::write(&scratch::folder()?.join(format!("{}.txt", set.name)), text)
}
