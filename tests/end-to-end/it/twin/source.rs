//! Files of cases, and the crates that are made of them.

use std::fs;
use std::ops::RangeInclusive;

use anyhow::{Context as _, Result};

use crate::project::workspace;

/// What begins a case.
const MARK: &str = "//# ";

/// The cases of one file.
pub(crate) struct Cases {
    text: String,
    pub(crate) titles: Vec<String>,
    /// The line of each title, from 1.
    starts: Vec<usize>,
}

impl Cases {
    /// Those of `tests/twin/cases/<name>.rs`.
    pub(crate) fn read(name: &str) -> Result<Self> {
        let path = workspace().join(format!("tests/twin/cases/{name}.rs"));
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let titled =
            || text.lines().enumerate().filter_map(|(n, line)| Some((n, line.strip_prefix(MARK)?)));
        let titles = titled().map(|(_, title)| title.to_owned()).collect();
        let starts = titled().map(|(number, _)| number + 1).collect();
        Ok(Self { titles, starts, text })
    }

    /// Lines of a case in what [`Cases::crate_root`] makes.
    pub(crate) fn lines(&self, index: usize) -> RangeInclusive<usize> {
        let end = self.starts.get(index + 1).map_or(usize::MAX, |next| next - 1);
        self.starts[index] + 1..=end.saturating_add(1)
    }

    /// A crate's root: `head` in one line, and each case in a module whose lines and columns are
    /// those of the file, one line further down.
    pub(crate) fn crate_root(&self, head: &str) -> String {
        let mut out = format!("{head}\n");
        let mut number = 0;
        for line in self.text.lines() {
            if line.starts_with(MARK) {
                let end = if number == 0 { "" } else { "} " };
                out.push_str(&format!(
                    "{end}pub mod case_{number} {{ #[allow(unused_imports)] use crate::Twin;\n"
                ));
                number += 1;
            } else {
                out.push_str(&format!("{line}\n"));
            }
        }
        out + "}\n"
    }

    /// The same as a program that says what `run` of each case does.
    pub(crate) fn program(&self, head: &str) -> String {
        let mut out = self.crate_root(head);
        out.push_str("fn main() {\n");
        for (number, title) in self.titles.iter().enumerate() {
            out.push_str(&format!("    println!(\"{title}: {{}}\", case_{number}::run());\n"));
        }
        out + "}\n"
    }
}
