//! What an expansion leaves for the command line, if `CELL_TRACE` names a folder: one file a rustc
//! run, and the requests that could not be answered.
//!
//! A trace is a help, never a part of the build: what cannot be written is left out.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use proc_macro::Span;

use crate::digest::Digest;
use crate::expansion::{self, Expansion};
use crate::request::{Request, file};
use crate::sealed;

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

    /// An expansion was found or made by `how`.
    pub(super) fn expansion(
        &self,
        request: &Request,
        key: &Digest,
        place: Span,
        how: &str,
        expansion: &Expansion,
    ) {
        let Some(folder) = &self.folder else { return };
        let mut lines = call_line(request, key, place, how);
        // What two builds that must give the same tokens are compared by.
        let output = Digest::of(expansion::file::encode(key, "", expansion).as_bytes());
        lines.push_str(&format!("output {key} {output}\n"));
        for used in &expansion.answers {
            lines.push_str(&format!("answer {} {}\n", used.cell, used.key));
        }
        self.append(lines);
        if self.requests {
            let _ = write_request(&folder.join("request"), request, key);
        }
    }

    /// Nothing could answer.
    pub(super) fn missing(&self, request: &Request, key: &Digest, place: Span) {
        let Some(folder) = &self.folder else { return };
        self.append(call_line(request, key, place, "missing"));
        let _ = write_request(&folder.join("miss"), request, key);
    }

    /// One `write` in append mode, so lines of threads do not mix.
    fn append(&self, lines: String) {
        let Some(folder) = &self.folder else { return };
        let krate = std::env::var("CARGO_CRATE_NAME").unwrap_or_else(|_| "crate".to_owned());
        let path = folder.join(format!("{krate}-{}.trace", std::process::id()));
        let _ = fs::create_dir_all(folder);
        if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(path) {
            let _ = file.write_all(lines.as_bytes());
        }
    }
}

/// `expansion KEY HOW FILE:LINE:COLUMN<tab>MACROS`
fn call_line(request: &Request, key: &Digest, place: Span, how: &str) -> String {
    let how = how.replace(' ', "-");
    let (file, line, column) = (place.file(), place.line(), place.column());
    let place = sealed::escape(&format!("{file}:{line}:{column}"));
    format!("expansion {key} {how} {}\t{}\n", place, sealed::escape(&request.title()))
}

fn write_request(folder: &std::path::Path, request: &Request, key: &Digest) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let path = folder.join(key.to_string());
    if path.exists() {
        return Ok(());
    }
    // Another rustc may write the same request: same bytes, one rename wins.
    let temporary = folder.join(format!("{key}.{}.tmp", std::process::id()));
    fs::write(&temporary, file::encode(request))?;
    fs::rename(&temporary, &path)
}
