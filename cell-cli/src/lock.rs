//! From `cell.toml` and what components say of themselves to `cell.lock`, and what changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use macro_bridge::digest::Digest;
use macro_bridge::failure::{Failure, texts};
use macro_bridge::lock::{Live, Lock, LockedCell, LockedComponent, LockedMacro, SLOTS};
use macro_bridge::outside::{self, Grants};
use macro_bridge::request::{CallPermission, MacroKind, wants};
use macro_runtime::MacroInfo;

use crate::manifest::Manifest;

/// What a component is and has.
#[derive(Clone, Debug)]
pub struct Component {
    /// Version of `cell:macros` that it speaks.
    pub api: String,
    /// Its digest.
    pub digest: Digest,
    /// Its macros.
    pub macros: Vec<MacroInfo>,
    /// What it can ask for of the world outside: [`macro_runtime::load::Audit::outside`].
    pub outside: Vec<String>,
}

/// Numbers that macros have by cell, name and kind.
pub type Slots = BTreeMap<(String, String, MacroKind), u16>;

/// What a new lock keeps of the one before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Numbers of macros.
    pub slots: Slots,
    /// What components of proc-macro crates were made of.
    pub krates: BTreeMap<String, String>,
    /// What `Cargo.lock` said of packages.
    pub packages: BTreeSet<String>,
}

/// Reads what a new lock keeps, from each line by itself: see [`slots`].
#[must_use]
pub fn kept(text: &str) -> Kept {
    let mut kept = Kept { slots: slots(text), ..Kept::default() };
    for line in text.lines() {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        if let ["cell", name, "crate", words] = words.as_slice() {
            kept.krates.entry((*name).to_owned()).or_insert_with(|| (*words).to_owned());
        }
        kept.packages.extend(line.strip_prefix("package ").map(str::to_owned));
    }
    kept
}

/// The slots in a lock, read from each line by itself: after a merge the file as a whole may make
/// no sense, and still every macro that has a number shall keep it. Of two macros with one number
/// the first keeps it.
#[must_use]
pub fn slots(text: &str) -> Slots {
    let mut slots = Slots::new();
    let mut taken = BTreeSet::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let ["cell", cell, "macro", name, kind, options @ ..] = words.as_slice() else { continue };
        let Some(kind) = MacroKind::from_word(kind) else { continue };
        let slot = options.iter().find_map(|o| o.strip_prefix("slot=")?.parse::<u16>().ok());
        let Some(slot) = slot.filter(|slot| *slot < SLOTS) else { continue };
        let key = ((*cell).to_owned(), (*name).to_owned(), kind);
        if !slots.contains_key(&key) && taken.insert((kind, slot)) {
            slots.insert(key, slot);
        }
    }
    slots
}

/// Digests of schemas by service, by cell.
pub type Schemas = BTreeMap<String, BTreeMap<String, Digest>>;

/// The lock of a project. `digest` is that of `cell.toml`; `components` and `schemas` have entries for
/// the cells that publish macros and services.
///
/// # Errors
/// `TooManyMacros`.
pub fn make(
    digest: Digest,
    manifest: &Manifest,
    components: &BTreeMap<String, Component>,
    schemas: &Schemas,
    old: &Kept,
) -> Result<Lock, Failure> {
    let mut cells = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for (name, cell) in &manifest.cells {
        let component = components.get(name);
        if component.is_none() && !schemas.contains_key(name) {
            // Only started by us: nothing of it is in a build.
            continue;
        }
        let macros = component.iter().flat_map(|component| &component.macros).map(|info| {
            let key = (name.clone(), info.name.clone(), info.kind);
            let slot = old.slots.get(&key).copied().filter(|_| !cell.sandboxed);
            taken.extend(slot.map(|slot| (info.kind, slot)));
            let needs = info.needs.iter().map(|need| qualify(name, need)).collect();
            let locked = LockedMacro {
                kind: info.kind,
                slot,
                wants: info.context,
                needs,
                helpers: info.helpers.clone(),
                calls: info.calls.clone(),
            };
            (info.name.clone(), locked)
        });
        let locked = LockedCell {
            component: component.map(|component| LockedComponent {
                api: component.api.clone(),
                digest: component.digest,
            }),
            services: schemas.get(name).cloned().unwrap_or_default(),
            macros: macros.collect(),
            grants: cell.grants.calls.clone(),
            limits: cell.limits,
            allowed: cell.allowed,
            live: cell.live,
            krate: old.krates.get(name).filter(|_| cell.sandboxed).cloned(),
            outside: Grants {
                imports: component.map(|it| it.outside.clone()).unwrap_or_default(),
                variables: cell.grants.variables.clone(),
                files: cell.grants.files.clone(),
            },
        };
        cells.insert(name.clone(), locked);
    }
    // Numbers that were given once are given again only when there are no others: a branch that
    // still has the old macro would be merged wrongly.
    let used: BTreeSet<_> = old.slots.iter().map(|((_, _, kind), slot)| (*kind, *slot)).collect();
    // Macros of crates that run sandboxed are called by the crate.
    let is_sandboxed = |name: &String| manifest.cells.get(name).is_some_and(|cell| cell.sandboxed);
    let numbered = cells.iter_mut().filter(|(name, _)| !is_sandboxed(name));
    for locked in numbered.flat_map(|(_, cell)| cell.macros.values_mut()) {
        let kind = locked.kind;
        if locked.slot.is_some() {
            continue;
        }
        let free = |slot: &u16| !taken.contains(&(kind, *slot));
        let fresh = (0..SLOTS).find(|slot| free(slot) && !used.contains(&(kind, *slot)));
        let slot = fresh.or_else(|| (0..SLOTS).find(free));
        if slot.is_none() && kind == MacroKind::Function {
            // Called by its name, it works without, though the compiler's words are not as good.
            continue;
        }
        let slot = slot.ok_or_else(|| {
            let of_kind = |c: &Component| c.macros.iter().filter(|m| m.kind == kind).count();
            let counts: Vec<_> =
                components.iter().map(|(name, c)| (name.as_str(), of_kind(c))).collect();
            texts::project::too_many_macros(kind, &counts)
        })?;
        taken.insert((kind, slot));
        locked.slot = Some(slot);
    }
    let (profile, profiles) = (manifest.profile.clone(), manifest.profiles.clone());
    let any = manifest.cells.values().any(|cell| cell.sandboxed);
    let packages = if any { old.packages.clone() } else { BTreeSet::new() };
    Ok(Lock { manifest: digest, profile, profiles, cells, packages })
}

/// `table` in the cell `ledger` is `ledger::table`.
fn qualify(cell: &str, need: &str) -> String {
    if need.contains("::") { need.to_owned() } else { format!("{cell}::{need}") }
}

/// One thing that a new lock says and the old one did not, or the other way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The status verb.
    pub verb: &'static str,
    /// What it is about.
    pub text: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.text)
    }
}

/// What changed, for people, cell by cell.
#[must_use]
pub fn changes(old: Option<&Lock>, new: &Lock) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut say = |verb, text| changes.push(Change { verb, text });
    let none = BTreeMap::new();
    let before = old.map_or(&none, |lock| &lock.cells);
    if let Some(old) = old.filter(|old| old.profile != new.profile) {
        say("Updating", format!("profile {} -> {}", old.profile, new.profile));
    }
    let none_said = BTreeMap::new();
    let said =
        |lock: Option<&Lock>| lock.map_or_else(|| none_said.clone(), |it| it.profiles.clone());
    let (profiles_before, profiles) = (said(old), said(Some(new)));
    for name in profiles.keys().filter(|name| profiles_before.get(*name) != profiles.get(*name)) {
        say("Updating", format!("profile {name}"));
    }
    for name in profiles_before.keys().filter(|name| !profiles.contains_key(*name)) {
        say("Removing", format!("profile {name}"));
    }
    for name in before.keys().filter(|name| !new.cells.contains_key(*name)) {
        say("Removing", name.clone());
    }
    for (name, cell) in &new.cells {
        match before.get(name) {
            None => {
                let digest = cell.component.as_ref().map(|found| found.digest.short());
                say(
                    "Adding",
                    [name, digest.as_deref().unwrap_or_default()].join(" ").trim_end().into(),
                );
                for service in cell.services.keys() {
                    say("Adding", format!("{name}::{service} (service)"));
                }
                for (found, locked) in &cell.macros {
                    say("Adding", format!("{name}::{found} ({})", locked.kind.word()));
                    wishes(&format!("{name}::{found}"), None, locked, &mut say);
                }
                for grant in &cell.grants {
                    say("Granting", format!("{name}: {}", question(grant)));
                }
                sees(name, &Grants::default(), &cell.outside, &mut say);
            }
            Some(old) => between(name, old, cell, &mut say),
        }
    }
    changes
}

fn between(
    name: &str,
    old: &LockedCell,
    new: &LockedCell,
    say: &mut impl FnMut(&'static str, String),
) {
    let digest = |cell: &LockedCell| cell.component.as_ref().map(|found| found.digest.short());
    match (digest(old), digest(new)) {
        (Some(old), Some(new)) if old != new => say("Updating", format!("{name} {old} -> {new}")),
        (Some(old), None) => say("Removing", format!("{name} {old}")),
        (None, Some(new)) => say("Adding", format!("{name} {new}")),
        _ => {}
    }
    for service in old.services.keys().filter(|service| !new.services.contains_key(*service)) {
        say("Removing", format!("{name}::{service} (service)"));
    }
    for (service, digest) in &new.services {
        match old.services.get(service) {
            None => say("Adding", format!("{name}::{service} (service)")),
            Some(old) if old != digest => {
                let (old, new) = (old.short(), digest.short());
                say("Updating", format!("{name}::{service} {old} -> {new}"));
            }
            Some(_) => {}
        }
    }
    for (found, locked) in &old.macros {
        if new.macros.get(found).is_none_or(|now| now.kind != locked.kind) {
            say("Removing", format!("{name}::{found} ({})", locked.kind.word()));
        }
    }
    for (found, locked) in &new.macros {
        match old.macros.get(found) {
            Some(old) if old.kind == locked.kind => {
                if old != locked {
                    say("Updating", format!("{name}::{found}"));
                    wishes(&format!("{name}::{found}"), Some(old), locked, say);
                }
            }
            _ => {
                say("Adding", format!("{name}::{found} ({})", locked.kind.word()));
                wishes(&format!("{name}::{found}"), None, locked, say);
            }
        }
    }
    for grant in old.grants.iter().filter(|grant| !new.grants.contains(grant)) {
        say("Revoking", format!("{name}: {}", question(grant)));
    }
    for grant in new.grants.iter().filter(|grant| !old.grants.contains(grant)) {
        say("Granting", format!("{name}: {}", question(grant)));
    }
    sees(name, &old.outside, &new.outside, say);
    if old.allowed != new.allowed {
        let words: Vec<_> = macro_bridge::policy::words(new.allowed).collect();
        let words = if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
        say("Updating", format!("{name}: its tokens may contain {words}"));
    }
    if old.limits != new.limits {
        say("Updating", format!("{name}: limits"));
    }
    if old.live != new.live {
        let live = match new.live {
            Live::No => "is not asked by builds".to_owned(),
            Live::Within(millis) => format!("may be asked by builds, for {millis} ms"),
        };
        say("Updating", format!("{name} {live}"));
    }
}

/// What a component can ask for of the world outside, and is granted.
fn sees(name: &str, old: &Grants, new: &Grants, say: &mut impl FnMut(&'static str, String)) {
    let more = |import: &str| new.imports(import) && !old.imports(import);
    if more(outside::interface::VARIABLES) {
        let given = outside::OF_PACKAGE.join(", ");
        say("Asking", format!("{name} can ask for variables; it is given {given}"));
    }
    if more(outside::interface::FILES) {
        say("Asking", format!("{name} can ask for files"));
    }
    let lists = [("variable", &old.variables, &new.variables), ("file", &old.files, &new.files)];
    for (what, old, new) in lists {
        for gone in old.iter().filter(|one| !new.contains(one)) {
            say("Revoking", format!("{name}: {what} {gone}"));
        }
        for added in new.iter().filter(|one| !old.contains(one)) {
            say("Granting", format!("{name}: {what} {added}"));
        }
    }
}

/// What a macro wants to know, and did not want before.
fn wishes(
    path: &str,
    old: Option<&LockedMacro>,
    new: &LockedMacro,
    say: &mut impl FnMut(&'static str, String),
) {
    let before = old.map(|old| old.calls.as_slice()).unwrap_or_default();
    for call in new.calls.iter().filter(|call| !before.contains(call)) {
        say("Asking", format!("{path} wants to ask {}", question(call)));
    }
    for call in before.iter().filter(|call| !new.calls.contains(call)) {
        say("Asking", format!("{path} asks {} no more", question(call)));
    }
    let more = new.wants & !old.map_or(0, |old| old.wants);
    // The kind of an item and the other macros on it are in front of it anyway.
    if more & wants::PACKAGE != 0 {
        say("Asking", format!("{path} wants to know the package's and the crate's name"));
    }
    if more & wants::PROFILE != 0 {
        say("Asking", format!("{path} wants to know the profile"));
    }
}

/// Questions that macros want to ask and `cell.toml` does not grant: by cell, macro and question.
#[must_use]
pub fn not_granted(lock: &Lock) -> BTreeMap<String, Vec<(String, String)>> {
    let mut all = BTreeMap::new();
    for (name, cell) in &lock.cells {
        let wishes = cell.macros.iter().flat_map(|(found, locked)| {
            let missing = locked.calls.iter().filter(|call| !cell.grants.contains(call));
            missing.map(move |call| (format!("{name}::{found}"), question(call)))
        });
        let wishes: Vec<_> = wishes.collect();
        if !wishes.is_empty() {
            all.insert(name.clone(), wishes);
        }
    }
    all
}

/// The line of `cell.toml` that grants a cell these questions, and all that it is granted already.
#[must_use]
pub fn calls_with<'a>(
    lock: &Lock,
    cell: &str,
    questions: impl IntoIterator<Item = &'a str>,
) -> String {
    let granted = lock.cells.get(cell).into_iter().flat_map(|cell| &cell.grants).map(question);
    let all = granted.chain(questions.into_iter().map(str::to_owned));
    let all: BTreeSet<String> = all.map(|question| format!("{question:?}")).collect();
    format!("calls = [{}]", all.into_iter().collect::<Vec<_>>().join(", "))
}

/// Does a macro, as `cell::name`, say that it asks this question? If not, no grant lets it.
#[must_use]
pub fn declares(lock: &Lock, path: &str, asked: &str) -> bool {
    let found = path
        .split_once("::")
        .and_then(|(cell, name)| lock.cells.get(cell)?.macros.get(name.trim_end_matches('!')));
    found.is_some_and(|found| found.calls.iter().any(|call| question(call) == asked))
}

/// Grants that no macro asks for: they do nothing, and may be a misspelling.
#[must_use]
pub fn not_asked(lock: &Lock) -> Vec<(String, String)> {
    let cells = lock.cells.iter();
    let idle = cells.flat_map(|(name, cell)| {
        let asked = |grant: &&CallPermission| cell.macros.values().any(|m| m.calls.contains(grant));
        cell.grants
            .iter()
            .filter(move |grant| !asked(grant))
            .map(move |g| (name.clone(), question(g)))
    });
    idle.collect()
}

fn question(permission: &CallPermission) -> String {
    format!("{}::{}", permission.cell, permission.function)
}

#[cfg(test)]
mod tests;
