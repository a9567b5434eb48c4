//! What was measured, in files: a part can be measured again, and the report is made of all.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{folder, machine, statistics};

/// Samples by name, in the order in which they were taken. They are in seconds unless the name says
/// something else.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Samples {
    /// Parts that were measured with few rounds.
    pub(super) quick: Vec<String>,
    /// Parts that were measured, with what of Cell that was.
    pub(super) measured: BTreeMap<String, String>,
    list: BTreeMap<String, Vec<f64>>,
}

impl Samples {
    pub(super) fn push(&mut self, name: impl Into<String>, value: f64) {
        self.list.entry(name.into()).or_default().push(value);
    }

    /// All samples of a name; none if it was not measured.
    pub(super) fn get(&self, name: &str) -> &[f64] {
        self.list.get(name).map_or(&[], Vec::as_slice)
    }

    /// All whose name begins so, by the rest of it.
    pub(super) fn below<'a>(
        &'a self,
        begin: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a [f64])> {
        let all = self.list.iter();
        all.filter_map(move |(name, values)| Some((name.strip_prefix(begin)?, values.as_slice())))
    }

    /// Forgets all whose name begins so.
    pub(super) fn forget(&mut self, begin: &str) {
        self.list.retain(|name, _| !name.starts_with(begin));
    }

    /// Not a number if it was not measured.
    pub(super) fn median(&self, name: &str) -> f64 {
        statistics::median(self.get(name))
    }

    pub(super) fn quantile(&self, name: &str, part: f64) -> f64 {
        statistics::quantile(self.get(name), part)
    }

    /// Keeps them as those of a part; what it had before is gone.
    pub(super) fn write(&self, part: &str, quick: bool) -> Result<()> {
        let file = file(part)?;
        fs::create_dir_all(file.parent().context("a file in a folder")?)?;
        let (commit, day, changed) = machine::commit().unwrap_or_default();
        let changed = if changed { ", with changes" } else { "" };
        let what = format!("commit {commit} of {day}{changed}");
        Ok(fs::write(file, self.to_text(&what, quick))?)
    }

    /// What is known of all parts.
    pub(super) fn read(parts: &[&str]) -> Result<Self> {
        let mut all = Self::default();
        for part in parts {
            if let Ok(text) = fs::read_to_string(file(part)?) {
                all.add(part, &text);
            }
        }
        Ok(all)
    }

    fn to_text(&self, what: &str, quick: bool) -> String {
        let mut text = format!("measured\t{what}\n");
        text.push_str(if quick { "quick\n" } else { "" });
        for (name, values) in &self.list {
            text.push_str(name);
            values.iter().for_each(|value| {
                let _ = write!(text, "\t{value}");
            });
            text.push('\n');
        }
        text
    }

    fn add(&mut self, part: &str, text: &str) {
        for line in text.lines() {
            let mut words = line.split('\t');
            let name = words.next().unwrap_or_default();
            if line == "quick" {
                self.quick.push(part.to_owned());
            } else if name == "measured" {
                let what = words.next().unwrap_or_default();
                self.measured.insert(part.to_owned(), what.to_owned());
            } else {
                let values = words.filter_map(|word| word.parse().ok()).collect();
                self.list.insert(name.to_owned(), values);
            }
        }
    }
}

fn file(part: &str) -> Result<PathBuf> {
    Ok(folder()?.join("figures").join(Path::new(part).with_extension("tsv")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_as_they_were_written() {
        let mut samples = Samples::default();
        samples.push("check/clean", 1.5);
        samples.push("check/clean", 0.1 + 0.2);
        samples.push("hits", 1.0);
        let mut read = Samples::default();
        read.add("workspace", &samples.to_text("commit a of b", true));
        assert_eq!(read.quick, ["workspace"]);
        assert_eq!(read.measured["workspace"], "commit a of b");
        assert_eq!(read.list, samples.list);
        assert!(read.median("nothing").is_nan() && read.get("nothing").is_empty());
    }
}
