//! What an expansion leaves for the command line, if `CELL_TRACE` names a folder: one file for each
//! unit that cargo compiles, and with `CELL_TRACE_REQUESTS` what was expanded, by key.
//!
//! A trace is a help, never a part of the build: what cannot be written is left out.

mod unit;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proc_macro::Span;

use crate::digest::Digest;
use crate::expansion::{self, Attempt, Expansion};
use crate::failure::{Failure, Kind};
use crate::request::{Call, Request, file};
use crate::sealed::escape;

pub(super) struct Trace {
    folder: Option<PathBuf>,
    requests: bool,
}

impl Trace {
    pub(super) fn from_environment() -> Self {
        Self {
            folder: std::env::var_os("CELL_TRACE").map(PathBuf::from),
            requests: std::env::var_os("CELL_TRACE_REQUESTS").is_some(),
        }
    }

    /// An expansion was found or made by `how`. `times`: from rustc's tokens to the key, until it
    /// was found, until it was rustc's tokens again.
    pub(super) fn expansion(
        &self,
        request: &Request,
        key: &Digest,
        place: Span,
        how: &str,
        expansion: &Expansion,
        times: [Duration; 3],
    ) {
        let Some(folder) = &self.folder else { return };
        let mut lines = call_line(request, key, place, how);
        // What two builds that must give the same tokens are compared by.
        let output = Digest::of(expansion::file::encode(key, "", expansion).as_bytes());
        lines.push_str(&format!("output {key} {output}\n"));
        let [walk, find, emit] = times.map(|time| time.as_micros());
        lines.push_str(&format!("took {key} {} {walk} {find} {emit}\n", word(how)));
        lines.push_str(&stands_on(expansion));
        unit::append(folder, &lines);
        if self.requests {
            let _ = write_request(folder, request, key);
        }
    }

    /// There is no expansion.
    pub(super) fn failed(&self, request: &Request, key: &Digest, place: Span, failure: &Failure) {
        let Some(folder) = &self.folder else { return };
        if failure.kind == Kind::NoEngine {
            unit::append(folder, &call_line(request, key, place, "missing"));
            let _ = write_request(folder, request, key);
            return;
        }
        let question = failure.question.as_ref().map(|it| format!("{}::{}", it.cell, it.function));
        let call = failure.call.and_then(|call| request.calls.get(call)).map(Call::path);
        if self.requests {
            let _ = write_request(folder, request, key);
        }
        unit::append(
            folder,
            &format!(
                "failed {key} {} {}\t{}\t{}\t{}\n",
                failure.kind.code(),
                escape(&written(place)),
                escape(&request.title()),
                escape(&question.unwrap_or_default()),
                escape(&call.unwrap_or_default())
            ),
        );
    }
}

/// Names of engines are for people.
fn word(how: &str) -> String {
    how.replace(' ', "-")
}

/// `FILE:LINE:COLUMN`
fn written(place: Span) -> String {
    format!("{}:{}:{}", place.file(), place.line(), place.column())
}

/// `expansion KEY HOW FILE:LINE:COLUMN<tab>MACROS`
fn call_line(request: &Request, key: &Digest, place: Span, how: &str) -> String {
    let (how, place, title) = (word(how), escape(&written(place)), escape(&request.title()));
    format!("expansion {key} {how} {place}\t{title}\n")
}

/// What the expansion of the line above uses and wants: answers, plan entries, artifacts.
fn stands_on(expansion: &Expansion) -> String {
    let mut lines = String::new();
    for used in &expansion.answers {
        lines.push_str(&format!("answer {} {} {}\n", escape(&used.cell), used.key, used.digest));
    }
    for Attempt { cell, what, detail } in &expansion.attempts {
        let [cell, what, detail] = [cell, what, detail].map(|part| escape(part));
        lines.push_str(&format!("attempt {cell}\t{what}\t{detail}\n"));
    }
    for entry in &expansion.plan {
        let [cell, kind, name] = [&entry.cell, &entry.kind, &entry.name].map(|part| escape(part));
        lines.push_str(&format!("plan {cell}\t{kind}\t{name}\n"));
    }
    for artifact in &expansion.artifacts {
        let (cell, name) = (escape(&artifact.cell), escape(&artifact.name));
        lines.push_str(&format!("artifact {cell}\t{name}\n"));
    }
    lines
}

fn write_request(folder: &Path, request: &Request, key: &Digest) -> std::io::Result<()> {
    let folder = folder.join("request");
    let path = folder.join(key.to_string());
    if path.exists() {
        return Ok(());
    }
    fs::create_dir_all(&folder)?;
    // Another rustc may write the same request: same bytes, one rename wins.
    let temporary = folder.join(format!("{key}.{}.tmp", std::process::id()));
    fs::write(&temporary, file::encode(request))?;
    fs::rename(&temporary, &path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expansion::{AnswerUsed, Artifact, PlanEntry};

    #[test]
    fn names_of_others_stay_on_their_line() {
        let [a, b] = [b"a", b"b"].map(|text| Digest::of(text));
        let evil = || "x\ty\nanswer".to_owned();
        let expansion = Expansion {
            answers: vec![AnswerUsed { cell: "search".into(), key: a, digest: b }],
            plan: vec![PlanEntry {
                cell: "ledger".into(),
                kind: "table".into(),
                name: evil(),
                body: evil(),
            }],
            artifacts: vec![Artifact { cell: "ledger".into(), name: evil(), body: Vec::new() }],
            ..Expansion::default()
        };
        assert_eq!(
            stands_on(&expansion),
            format!(
                "answer search {a} {b}\nplan ledger\ttable\tx\\ty\\nanswer\n\
                 artifact ledger\tx\\ty\\nanswer\n"
            )
        );
    }
}
