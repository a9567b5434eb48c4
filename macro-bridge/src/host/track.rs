//! Telling cargo which files a crate depends on.
//!
//! Where items may stand, an expansion tracks the answers that it used. Elsewhere nothing can be said:
//! so a crate's `cell_remote!` and `cell::track!` track all answers that expansions without such a place
//! may have used, and a build that records one more makes `cell.lock` newer, which they track as well.
//!
//! The unit form on purpose: `const _: &[u8] = include_bytes!(..)` puts the file into the crate,
//! which for a thousand uses of a 400 kB file cost 20 s and a 1.2 GB rlib (measured).

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use proc_macro::{Span, TokenStream};

use crate::digest::Digest;
use crate::expansion::Expansion;
use crate::outside::interface;
use crate::project::Project;
use crate::request::{MacroKind, Request};

/// The variable that chooses one of the lock's profiles.
pub(super) const PROFILE: &str = "CELL_PROFILE";

/// `cell::track!()`: for crates whose macros stand where no item may, in `impl` blocks or in
/// expressions.
#[must_use]
pub fn track() -> TokenStream {
    match super::project() {
        Ok(project) => of_crate(&project, None),
        Err(failure) => super::fail(&failure, Span::call_site(), TokenStream::new()),
    }
}

/// What stands behind the item of an expansion: the lock, and the answers that it used.
pub(super) fn of_expansion(
    project: &Project,
    request: &Request,
    expansion: &Expansion,
) -> TokenStream {
    let answers = expansion.answers.iter().map(|used| project.answer_path(&used.cell, &used.key));
    let seen = || request.calls.iter().map(|call| &call.outside);
    let files = seen().flat_map(|seen| &seen.files).map(|(path, _)| path.as_str());
    let variables = seen().flat_map(|seen| &seen.variables).map(|(name, _)| name.as_str());
    tokens(project, answers.chain(looked_at(files)), variables)
}

/// What stands once in a crate: the lock, and all answers to those macros of `cell`, or of all cells,
/// that may stand where their own answers cannot be tracked.
pub(super) fn of_crate(project: &Project, cell: Option<&str>) -> TokenStream {
    let cells = project.lock.cells.iter();
    let cells = cells.filter(|(name, _)| cell.is_none_or(|cell| cell == name.as_str()));
    let macros = cells.flat_map(|(_, locked)| locked.macros.values());
    let asking = macros.filter(|found| found.kind != MacroKind::Derive);
    let asked: BTreeSet<&str> =
        asking.flat_map(|found| &found.calls).map(|call| call.cell.as_str()).collect();
    let answers = asked.into_iter().flat_map(|cell| answers(project, cell));
    let cells = project.lock.cells.iter();
    let cells = cells.filter(|(name, _)| cell.is_none_or(|cell| cell == name.as_str()));
    // What a component cannot ask for it does not depend on.
    let granted: Vec<_> = cells.map(|(_, locked)| &locked.outside).collect();
    let of = |interface| granted.iter().filter(move |grants| grants.imports(interface));
    let files = of(interface::FILES).flat_map(|grants| &grants.files).map(String::as_str);
    let variables = of(interface::VARIABLES).flat_map(|grants| &grants.variables);
    tokens(project, answers.chain(looked_at(files)), variables.map(String::as_str))
}

/// Those files of the package that there are: rustc reads what it is told to track.
fn looked_at<'a>(files: impl Iterator<Item = &'a str>) -> impl Iterator<Item = PathBuf> {
    files.map(|path| super::package().join(path)).filter(|path| path.is_file())
}

/// The records of a cell's answers, in order.
fn answers(project: &Project, cell: &str) -> Vec<PathBuf> {
    let folder = project.root.join(".cell/answers").join(cell);
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let keys = entries.filter_map(|entry| Digest::parse(entry.file_name().to_str()?));
    let keys: BTreeSet<Digest> = keys.collect();
    keys.iter().map(|key| project.answer_path(cell, key)).collect()
}

/// `const _: () = { let _ = include_bytes!(".."); };` of the lock and these files, these variables
/// but for cargo's own, whose changes it knows, and the variable that chooses a profile, if there are
/// several.
fn tokens<'a>(
    project: &Project,
    files: impl Iterator<Item = PathBuf>,
    variables: impl Iterator<Item = &'a str>,
) -> TokenStream {
    let mut source = String::from("const _: () = {");
    for path in std::iter::once(project.lock_path()).chain(files) {
        // A path that is not text cannot be written in Rust source.
        if let Some(path) = path.to_str() {
            source.push_str(&format!(" let _ = ::core::include_bytes!({path:?});"));
        }
    }
    for name in variables {
        if !name.starts_with("CARGO_") && !name.ends_with('*') {
            source.push_str(&format!(" let _ = ::core::option_env!({name:?});"));
        }
    }
    if !project.lock.profiles.is_empty() {
        source.push_str(&format!(" let _ = ::core::option_env!({PROFILE:?});"));
    }
    source.push_str(" };");
    source.parse().unwrap_or_default()
}
