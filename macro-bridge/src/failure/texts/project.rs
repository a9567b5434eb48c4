//! Texts about the code that uses a macro, the project's files, and what a macro returned.

use std::path::Path;

use crate::digest::Digest;
use crate::failure::{Failure, Kind};
use crate::item::Item;
use crate::lock::{Lock, LockError, SLOTS};
use crate::request::{Call, MacroKind, Request};
use crate::sealed::Damage;

/// "while expanding `struct Account`".
#[must_use]
pub fn item_note(request: &Request) -> String {
    let item = Item::parse(&request.table, request.item());
    match (request.form, item) {
        (MacroKind::Function, _) | (_, None) => {
            let tokens = request.item().len();
            format!("while expanding a call with {tokens} tokens")
        }
        (_, Some(item)) => format!("while expanding `{}`", item.title(&request.table)),
    }
}

/// "component ledger, sha256 9f2c41d0".
#[must_use]
pub fn component_note(call: &Call) -> String {
    format!("component `{}`, sha256 {}", call.cell, call.component.short())
}

/// The closest of `known` to `name`, if it is close.
#[must_use]
pub fn near<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|other| (distance(name, other), other))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, other)| other)
}

/// Edit distance with swaps of neighbours (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            if i == 0 || j == 0 {
                rows[i][j] = i + j;
                continue;
            }
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut best =
                (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// `CELL_PROFILE` is nothing that the lock knows.
#[must_use]
pub fn unknown_profile(chosen: &str, lock: &Lock) -> Failure {
    let known = || lock.profiles.keys().map(String::as_str).chain([lock.profile.as_str()]);
    let failure = Failure::new(
        Kind::UnknownProfile,
        format!("`CELL_PROFILE` is `{chosen}`, and cell.toml has no such profile"),
    );
    let failure = match near(chosen, known()) {
        Some(other) => failure.note(format!("there is `{other}`")),
        None => failure.note(format!("there are {}", list(known()))),
    };
    failure.help(format!("write a table `[profiles.{chosen}]`, then run `cell lock`"))
}

/// There is nothing that could stand for it.
#[must_use]
pub fn function_is_off(call: &Call) -> Failure {
    let path = call.path();
    Failure::new(Kind::FunctionOff, format!("`{path}` is switched off, and this is its value"))
        .note(format!("the profile that was chosen says `{} = \"off\"`", call.cell))
        .help("put the call behind a feature that is off with this profile, or choose another one")
}

/// 01xx: the call is not written as it should be. `form` is how it should.
#[must_use]
pub fn spelling(found: &str, form: &str) -> Failure {
    Failure::new(Kind::Spelling, format!("expected {form}, found {found}"))
        .help("write the cell, `::` and the macro: `#[cell::wasm(ledger::table)]`")
}

/// `cell_remote!` is not written as it should be.
#[must_use]
pub fn remote_spelling(form: &str) -> Failure {
    Failure::new(Kind::Spelling, format!("expected {form}"))
        .help("write `cell::cell_remote!(Ledger = \"ledger\");`")
}

/// Somebody wrote `#[cell::__gathered]`.
#[must_use]
pub fn gathered_by_hand() -> Failure {
    Failure::new(Kind::Spelling, "`__gathered` is written by Cell itself")
        .help("write the macro: `#[cell::wasm(ledger::table)]`")
}

/// An alias module was made from another lock.
#[must_use]
pub fn empty_slot(kind: MacroKind, slot: u16) -> Failure {
    let message = format!("`cell.lock` has no {} with the number {slot}", kind.word());
    Failure::new(Kind::UnknownMacro, message)
        .note("an alias module works only in the project whose `cell.lock` it was made from")
        .help("write `cell::cell_remote!` in this crate, or run `cell lock` if the macro is gone")
}

/// A recorded expansion does not fit the item.
#[must_use]
pub fn unusable_expansion(request: &Request, reason: &str) -> Failure {
    Failure::new(
        Kind::BadExpansion,
        format!("the recorded expansion of `{}` cannot be used: {reason}", request.title()),
    )
    .note(item_note(request))
    .help("delete it from `.cell/expansions` and run `cell vendor`")
}

/// No such cell.
#[must_use]
pub fn unknown_cell<'a>(
    cell: &str,
    known: impl IntoIterator<Item = &'a str>,
    manifest: &Path,
) -> Failure {
    let known: Vec<&str> = known.into_iter().collect();
    let failure =
        Failure::new(Kind::UnknownCell, format!("there is no cell `{cell}` in this project"));
    let failure = if known.is_empty() {
        failure.note(format!("{} names no cells", manifest.display()))
    } else {
        failure.note(format!("{} names {}", manifest.display(), list(known.iter().copied())))
    };
    match near(cell, known) {
        Some(other) => failure.help(format!("did you mean `{other}`?")),
        None => failure.help(format!(
            "add `[cells.{cell}]` with its `path` to `cell.toml`, then run `cell lock`"
        )),
    }
}

/// The cell has no such macro.
#[must_use]
pub fn unknown_macro<'a>(
    cell: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Failure {
    let known: Vec<&str> = known.into_iter().collect();
    let failure =
        Failure::new(Kind::UnknownMacro, format!("cell `{cell}` publishes no macro `{name}`"))
            .note(format!("it publishes {}", list(known.iter().copied())));
    match near(name, known) {
        Some(other) => failure.help(format!("did you mean `{other}`?")),
        None => failure.help(format!("if `{name}` is new in `{cell}`, run `cell lock`")),
    }
}

/// The macro is of another kind.
#[must_use]
pub fn wrong_kind(cell: &str, name: &str, kind: MacroKind) -> Failure {
    let (what, how) = match kind {
        MacroKind::Attribute => ("an attribute", format!("`#[cell::wasm({cell}::{name})]`")),
        MacroKind::Derive => ("a derive", format!("`#[cell::wasm_derive({cell}::{name})]`")),
        MacroKind::Function => {
            ("a function-like macro", format!("`cell::expand!({cell}::{name}(..))`"))
        }
    };
    Failure::new(Kind::WrongKind, format!("`{cell}::{name}` is {what}"))
        .help(format!("write {how}"))
}

/// A macro that this one needs is not on the item.
#[must_use]
pub fn missing_need(path: &str, need: &str) -> Failure {
    Failure::new(Kind::MissingNeed, format!("`{path}` needs `{need}` on the same item"))
        .help(format!("add `#[cell::wasm({need})]` to the item, in any order"))
}

/// Macros that need each other.
#[must_use]
pub fn need_cycle(paths: &[&str]) -> Failure {
    let message = match paths {
        [path] => format!("`{path}` needs itself"),
        _ => format!("{} need each other", list(paths.iter().copied())),
    };
    Failure::new(Kind::NeedCycle, message)
        .note("each declares that it runs behind another of them")
        .help("this is a mistake in the macros: report it to their authors, and use one of them")
}

/// The macro stands twice.
#[must_use]
pub fn repeated(path: &str) -> Failure {
    Failure::new(Kind::Repeated, format!("`{path}` stands twice on this item"))
        .help("remove one of the two")
}

/// 02xx: no `cell.toml`.
#[must_use]
pub fn no_project(package: &Path) -> Failure {
    Failure::new(Kind::NoProject, "this package has no `cell.toml`")
        .note(format!("looked in {} and every folder above it", package.display()))
        .help("run `cell init`")
}

/// No `cell.lock`.
#[must_use]
pub fn no_lock(root: &Path) -> Failure {
    Failure::new(Kind::NoLock, "there is no `cell.lock` beside `cell.toml`")
        .note(format!("looked in {}", root.display()))
        .help("run `cell lock` and commit `cell.lock` and `.cell/`")
}

/// `cell.toml` is newer.
#[must_use]
pub fn stale_lock(root: &Path) -> Failure {
    Failure::new(Kind::StaleLock, "`cell.lock` was not written for this `cell.toml`")
        .note(format!("in {}", root.display()))
        .help("run `cell lock`, look at what changed, and commit it")
}

/// `cell.lock` cannot be read.
#[must_use]
pub fn bad_lock(root: &Path, error: &LockError) -> Failure {
    Failure::new(Kind::BadLock, "`cell.lock` cannot be read")
        .note(format!("{}: {error}", root.join("cell.lock").display()))
        .help("run `cell lock`; if the file is of a newer Cell, update `cell-sdk` and the `cell` command")
}

/// Nothing here can run the macro. `places` says what was tried. Is it one of a crate that runs
/// `sandboxed`?
#[must_use]
pub fn no_engine(request: &Request, places: &[String], sandboxed: bool) -> Failure {
    let failure = Failure::new(
        Kind::NoEngine,
        format!(
            "the expansion of `{}` is not recorded and nothing here can run it",
            request.title()
        ),
    );
    let failure = places.iter().fold(failure.note(item_note(request)), |f, place| f.note(place));
    let failure =
        failure.help("run `cell vendor`: it expands what is missing and records it in `.cell/`");
    failure.help(if sandboxed {
        "or have the command `cell` in `PATH`: compilers start its macro server; `CELL_LOG=1` says \
         why it was not used"
    } else {
        "or build with the feature `embedded` of `cell-sdk`, which runs macros inside rustc"
    })
}

/// A damaged record.
#[must_use]
pub fn bad_expansion(path: &Path, damage: &Damage) -> Failure {
    Failure::new(Kind::BadExpansion, "a recorded expansion is damaged")
        .note(format!("{}: {damage}", path.display()))
        .help("delete the file and run `cell vendor`, or restore it from version control")
}

/// A damaged answer.
#[must_use]
pub fn bad_answer(path: &Path, cell: &str, damage: &Damage) -> Failure {
    Failure::new(Kind::BadAnswer, format!("a recorded answer of the cell `{cell}` is damaged"))
        .note(format!("{}: {damage}", path.display()))
        .help(format!(
            "restore the file from version control, or ask the cell again: `cell sync {cell}`"
        ))
}

/// No file of a schema.
#[must_use]
pub fn no_schema(path: &Path, cell: &str, service: &str) -> Failure {
    Failure::new(
        Kind::NoSchema,
        format!("the recorded schema of `{service}` in cell `{cell}` is not here"),
    )
    .note(format!("`cell.lock` names it; looked for {}", path.display()))
    .help(schema_again(cell))
}

/// A file in a schema's place that is another one, or none that can be read.
#[must_use]
pub fn bad_schema(path: &Path, cell: &str, service: &str, reason: &str) -> Failure {
    let message = format!("the recorded schema of `{service}` in cell `{cell}` cannot be used");
    Failure::new(Kind::BadSchema, message)
        .note(format!("{}: {reason}", path.display()))
        .help(schema_again(cell))
}

/// `cell lock` alone does not know where the schema of a cell is that was taken while it ran.
fn schema_again(cell: &str) -> String {
    format!(
        "restore `.cell/schemas` from version control, or take it again: \
         `cell add {cell} --from running`, or from its file instead of `running`"
    )
}

/// A cell that only has services, without what makes their clients.
#[must_use]
pub fn services_off(cell: &str) -> Failure {
    let message = format!("the cell `{cell}` publishes services, and no macros");
    Failure::new(Kind::ServicesOff, message)
        .help("turn on what makes their clients: `cargo add cell-sdk --features services`")
}

/// No component file.
#[must_use]
pub fn no_component(path: &Path, digest: &Digest) -> Failure {
    Failure::new(Kind::NoComponent, format!("component {} is not here", digest.short()))
        .note(format!("`cell.lock` names it; looked for {}", path.display()))
        .help("run `cell lock`, or restore `.cell/components` from version control")
}

/// Something in the component's place that cannot be read.
#[must_use]
pub fn unreadable_component(path: &Path, digest: &Digest, reason: &str) -> Failure {
    Failure::new(Kind::NoComponent, format!("component {} cannot be read", digest.short()))
        .note(format!("{}: {reason}", path.display()))
        .help("delete it and run `cell lock`, or restore `.cell/components` from version control")
}

/// Other bytes than the lock names.
#[must_use]
pub fn wrong_digest(cell: &str, expected: &Digest, found: &Digest) -> Failure {
    Failure::new(
        Kind::WrongDigest,
        format!("the component of cell `{cell}` is not the one in `cell.lock`"),
    )
    .note(format!("expected sha256 {expected}"))
    .note(format!("found sha256 {found}"))
    .help("if you replaced it on purpose run `cell lock`; if not, find out who changed it")
}

/// More macros than slots. `cells` are names with how many macros of this kind each has.
#[must_use]
pub fn too_many_macros(kind: MacroKind, cells: &[(&str, usize)]) -> Failure {
    let (what, all) = (kind.word(), cells.iter().map(|(_, count)| count).sum::<usize>());
    let most = usize::from(SLOTS);
    let mut counts: Vec<_> = cells.iter().filter(|(_, count)| *count > 0).collect();
    counts.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let counted: Vec<_> =
        counts.iter().map(|(name, count)| format!("`{name}` has {count}")).collect();
    let failure = Failure::new(
        Kind::TooManyMacros,
        format!("{all} macros of kind {what} in one project, and there are numbers for {most}"),
    )
    .note(counted.join(", "))
    .note(
        "`cell_remote!` reaches attributes and derives by number; function-like macros need none",
    );
    match counts.first() {
        // Nothing in the project can help.
        Some((name, count)) if *count > most => failure.help(format!(
            "`{name}` alone has too many: its author has to publish them as two cells, or make one macro of several with an argument"
        )),
        _ => failure.help(
            "remove cells that this project does not use from `cell.toml`, then run `cell lock`",
        ),
    }
}

/// `cell.toml` cannot be read.
#[must_use]
pub fn bad_manifest(path: &Path, reason: &str) -> Failure {
    Failure::new(Kind::BadManifest, "`cell.toml` cannot be read")
        .note(format!("{}: {reason}", path.display()))
        .help("correct it; `cell lock --help` shows the keys")
}

/// An engine or a cache has an expansion that rustc's constructors refuse.
#[must_use]
pub fn no_token_stream(place: &str) -> Failure {
    internal(&format!("the expansion from the {place} is no token stream"))
        .help("run `cell cache gc --keep 0`, which empties the expansion cache")
}

/// A granted file is too large, is no file, or lies elsewhere. `files` are all that are granted.
#[must_use]
pub fn unusable_file(cell: &str, files: &[String], path: &str, reason: &str) -> Failure {
    let message = format!(
        "`cell.toml` lets the macros of cell `{cell}` read `{path}`, which they cannot be given"
    );
    let others: Vec<_> = files.iter().filter(|file| *file != path).collect();
    Failure::new(Kind::UnusableFile, message).note(reason).help(format!(
        "put a file there, or write `files = {others:?}` under {}, then run `cell lock`",
        grants_of(cell)
    ))
}

/// Where grants stand. A build does not know whether it is about a crate that `cell sandbox` added.
pub(super) fn grants_of(cell: &str) -> String {
    format!("`[sandbox.{cell}.grants]` in cell.toml (`[cells.{cell}.grants]` if it is a cell)")
}

/// Where bounds and what may be emitted stand; likewise.
#[cfg(feature = "engine")]
pub(super) fn table_of(cell: &str, table: &str) -> String {
    let cell = if cell.is_empty() { "<cell>" } else { cell };
    format!(
        "`[cells.{cell}.{table}]` in cell.toml (`[sandbox.{cell}.{table}]` if it is a sandboxed crate)"
    )
}

/// Something that should not have happened.
#[must_use]
pub fn internal(what: &str) -> Failure {
    Failure::new(Kind::Internal, format!("a mistake in Cell: {what}"))
        .help("report it with the item that you expanded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_macros_names_the_cell_that_has_them() {
        let check = |cells: &[(&str, usize)], note: &str, help: &str| {
            let failure = too_many_macros(MacroKind::Attribute, cells);
            assert!(failure.notes[0].contains(note), "{failure}");
            assert!(failure.help[0].contains(help), "{failure}");
        };
        check(&[("a", 2), ("b", 65), ("c", 0)], "`b` has 65, `a` has 2", "`b` alone");
        check(&[("a", 64), ("b", 1)], "`a` has 64, `b` has 1", "remove cells");
    }

    #[test]
    fn near_names() {
        assert_eq!(near("tabel", ["cache", "table"]), Some("table"));
        assert_eq!(near("tabl", ["cache", "table"]), Some("table"));
        assert_eq!(near("query", ["cache", "table"]), None);
        assert_eq!(near("", ["cache"]), None);
    }
}
