//! What the macros wrote down.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Context as _, Result, bail, ensure};

use crate::source::Source;

/// How the ordinary proc-macro ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Tokens,
    /// Tokens with a `compile_error!`.
    Error,
    Panic,
}

/// One input.
pub(crate) struct Line {
    at: usize,
    pub(crate) name: String,
    ended: Ended,
    tokens: usize,
    restored: usize,
    /// Why it is not quite the same, if that is known; see `native/src/outcome.rs`.
    pub(crate) why: String,
    difference: Option<String>,
    item: String,
}

/// All inputs.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) lines: Vec<Line>,
}

impl Report {
    /// Reads a report on `source`. Every macro in it must have written a line.
    pub(crate) fn parse(text: &str, source: &Source) -> Result<Self> {
        let lines = text.lines().map(|line| Line::parse(line).context(line.to_owned()));
        let mut lines = lines.collect::<Result<Vec<_>>>()?;
        let found: BTreeSet<_> = lines.iter().map(|line| (line.at, line.name.clone())).collect();
        let missing: Vec<_> = source.expected.difference(&found).take(5).collect();
        ensure!(found == source.expected && found.len() == lines.len(), "not run: {missing:?}");
        for line in lines.iter_mut().filter(|line| line.difference.is_some()) {
            line.item =
                source.text.lines().skip(line.at - 1).take(12).collect::<Vec<_>>().join("\n");
        }
        Ok(Self { lines })
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.lines.extend(other.lines);
    }

    pub(crate) fn count(&self, ended: Ended) -> usize {
        self.lines.iter().filter(|line| line.ended == ended).count()
    }

    pub(crate) fn differences(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.difference.is_some())
    }
}

impl Line {
    fn parse(line: &str) -> Result<Self> {
        let mut fields = line.splitn(7, '\t');
        let mut next = || fields.next().context("a field is missing");
        Ok(Self {
            at: next()?.parse()?,
            name: next()?.to_owned(),
            ended: match next()? {
                "tokens" => Ended::Tokens,
                "error" => Ended::Error,
                "panic" => Ended::Panic,
                other => bail!("`{other}` is no end"),
            },
            tokens: next()?.parse()?,
            restored: next()?.parse()?,
            why: next()?.to_owned(),
            difference: Some(next()?.replace("\\n", "\n")).filter(|text| !text.is_empty()),
            item: String::new(),
        })
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, name, difference, item, .. } = self;
        let difference = difference.as_deref().unwrap_or("the same");
        write!(f, "{name} at line {at}: {difference}\n{item}")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens: usize = self.lines.iter().map(|line| line.tokens).sum();
        let restored: usize = self.lines.iter().map(|line| line.restored).sum();
        let [good, errors, panics] =
            [Ended::Tokens, Ended::Error, Ended::Panic].map(|ended| self.count(ended));
        let inputs = self.lines.len();
        let explained = self.lines.iter().filter(|line| !line.why.is_empty()).count();
        let different = self.differences().count();
        write!(
            f,
            "{inputs} inputs ({good} with tokens, {errors} with errors, {panics} with panics), \
             {tokens} tokens compared, {restored} groups restored, {explained} explained, {different} differ"
        )
    }
}
