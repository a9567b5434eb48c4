//! What rustc says of one crate.

use std::ops::RangeInclusive;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::run::Ended;
use crate::twin::source::Cases;

/// The messages of a crate, in the order of their coming.
pub(crate) struct Said {
    messages: Vec<Message>,
}

/// One message with all that stands under it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    /// First line of the primary span.
    line: usize,
    /// Without what only the name of the crate makes different.
    text: String,
}

impl Said {
    /// The messages about the package.
    pub(crate) fn read(ended: &Ended, package: &str) -> Result<Self> {
        for word in ["internal compiler error", "panicked at", "signal: "] {
            ensure!(!ended.stderr.contains(word), "rustc did not end well: {}", ended.stderr);
        }
        let krate = package.replace('-', "_");
        let mut messages = Vec::new();
        for line in ended.stdout.lines() {
            let value: Value = serde_json::from_str(line).context("cargo prints JSON")?;
            if value["reason"] == "compiler-message" && crate_of(&value) == krate {
                messages.extend(message(&value["message"]));
            }
        }
        // A path begins with the folder of the package.
        for one in &mut messages {
            one.text = one.text.replace(&krate, "the_crate");
            for who in ["native", "cell"] {
                let (first, source) = package.split_once(&format!("-{who}-")).unwrap_or_default();
                if !first.is_empty() {
                    one.text = one.text.replace(&format!("{who}-{source}/src"), "src");
                }
            }
        }
        Ok(Self { messages })
    }

    /// All texts.
    pub(crate) fn all(&self) -> Vec<&str> {
        self.messages.iter().map(|one| one.text.as_str()).collect()
    }

    /// Those in some lines, in an order of their own: macros on one item have that of their names.
    pub(crate) fn within(&self, lines: &RangeInclusive<usize>) -> Vec<Message> {
        let mut found: Vec<_> =
            self.messages.iter().filter(|one| lines.contains(&one.line)).cloned().collect();
        found.sort_by(|a, b| (a.line, &a.text).cmp(&(b.line, &b.text)));
        found
    }

    /// Those in no case.
    pub(crate) fn outside(&self, cases: &Cases) -> Vec<Message> {
        let all: Vec<_> = (0..cases.titles.len()).map(|index| cases.lines(index)).collect();
        let inside = |one: &&Message| all.iter().any(|lines| lines.contains(&one.line));
        self.messages.iter().filter(|one| !inside(one)).cloned().collect()
    }
}

/// Programs are named as their package, libraries as their crate.
fn crate_of(message: &Value) -> String {
    message["target"]["name"].as_str().unwrap_or_default().replace('-', "_")
}

/// `None` for the sentences that count errors and warnings.
fn message(message: &Value) -> Option<Message> {
    let spans = message["spans"].as_array()?;
    let primary = spans.iter().find(|span| span["is_primary"] == true)?;
    let line = primary["line_start"].as_u64()? as usize;
    let mut text = format!("{}\n", message["rendered"].as_str()?);
    say(message, 0, &mut text);
    Some(Message { line, text })
}

/// Level, message, code, and all places with their labels and suggested texts.
fn say(message: &Value, depth: usize, text: &mut String) {
    let code = message["code"]["code"].as_str().unwrap_or_default();
    text.push_str(&format!("{:depth$}{} {code} {}\n", "", message["level"], message["message"]));
    for span in message["spans"].as_array().into_iter().flatten() {
        text.push_str(&format!(
            "{:depth$}  {}:{}-{}:{} {} {} {}\n",
            "",
            span["line_start"],
            span["column_start"],
            span["line_end"],
            span["column_end"],
            span["is_primary"],
            span["label"],
            span["suggested_replacement"],
        ));
    }
    for child in message["children"].as_array().into_iter().flatten() {
        say(child, depth + 2, text);
    }
}

/// Both, one after the other.
pub(crate) fn difference(native: &[Message], ours: &[Message]) -> String {
    let all = |messages: &[Message]| {
        messages.iter().map(|one| one.text.clone()).collect::<Vec<_>>().join("\n")
    };
    format!("--- native\n{}\n--- cell\n{}", all(native), all(ours))
}
