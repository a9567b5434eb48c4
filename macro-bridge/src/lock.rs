//! `cell.lock`: what the project's macros are, one fact a line, sorted, so that branches merge and
//! a build without any tool reads it in microseconds.
//!
//! The command line writes it (`Display`), everyone reads it ([`Lock::parse`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::digest::Digest;
use crate::outside::{self, Grants};
use crate::policy;
use crate::request::{Allowed, CallPermission, Limits, MacroKind};
use crate::{sealed, text};

/// First line of the file.
const FORMAT: &str = "cell-lock 1";

/// How many attribute macros, and how many derives, alias modules can name.
pub const SLOTS: u16 = 64;

/// The file as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Digest of the `cell.toml` that it was made from.
    pub manifest: Digest,
    /// The profile where none is chosen.
    pub profile: String,
    /// Profiles that say something of cells: name, cell, and what the cell's macros see.
    pub profiles: BTreeMap<String, BTreeMap<String, String>>,
    /// The cells by name.
    pub cells: BTreeMap<String, LockedCell>,
    /// What `Cargo.lock` said of packages that are replaced by sandboxed ones, a line each. Only
    /// `cell sandbox` reads them.
    pub packages: BTreeSet<String>,
}

/// One cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockedCell {
    /// The component with its macros, if it publishes any.
    pub component: Option<LockedComponent>,
    /// Its services by name, each with the digest of its schema.
    pub services: BTreeMap<String, Digest>,
    /// Its macros by name.
    pub macros: BTreeMap<String, LockedMacro>,
    /// Questions that `cell.toml` grants.
    pub grants: Vec<CallPermission>,
    /// Bounds of one expansion.
    pub limits: Limits,
    /// What its tokens may contain.
    pub allowed: Allowed,
    /// May it be asked while a program compiles?
    pub live: Live,
    /// What it was made of, if it is a proc-macro crate that runs sandboxed: words that only
    /// `cell sandbox` reads.
    pub krate: Option<String>,
    /// What its macros can ask for of the world outside, and what is granted.
    pub outside: Grants,
}

/// May a cell be asked what is not recorded, where a build may ask at all?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    /// Never.
    No,
    /// So many milliseconds one question may take, from connecting to the last byte of its answer.
    Within(u32),
}

impl Default for Live {
    fn default() -> Self {
        Self::Within(2_000)
    }
}

/// The component of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedComponent {
    /// Version of `cell:macros` that it speaks.
    pub api: String,
    /// Its digest.
    pub digest: Digest,
}

/// One macro.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedMacro {
    /// How it is written.
    pub kind: MacroKind,
    /// Its number among the macros of its kind in this lock; never given to another macro as long
    /// as this one exists. A function-like macro may have none: there may be more of them than
    /// numbers.
    pub slot: Option<u16>,
    /// Context that it asks for.
    pub wants: u32,
    /// Macros that it needs, as `cell::name`.
    pub needs: Vec<String>,
    /// Helper attributes.
    pub helpers: Vec<String>,
    /// Questions that it may ask if they are granted.
    pub calls: Vec<CallPermission>,
}

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockError {
    /// Counted from 1; 0 if the file as a whole is at fault.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(self.reason),
            line => write!(f, "line {line}: {}", self.reason),
        }
    }
}

impl std::error::Error for LockError {}

impl Lock {
    /// Reads the file.
    ///
    /// # Errors
    /// The first line that is not as [`Lock`]'s `Display` writes it.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let mut facts = Facts::default();
        let mut lines = text.lines().enumerate();
        let whole = |reason| LockError { line: 0, reason };
        match lines.next() {
            Some((_, FORMAT)) => {}
            Some((_, first)) if first.starts_with("cell-lock ") => {
                return Err(LockError { line: 1, reason: "written by another version of Cell" });
            }
            _ => {
                return Err(LockError { line: 1, reason: "the first line is not `cell-lock 1`" });
            }
        }
        // The beginning of a name or number is one too: `profile de` would be read.
        if !text.ends_with('\n') {
            let reason = "cut off: the last line has no line end";
            return Err(LockError { line: text.lines().count(), reason });
        }
        for (index, line) in lines {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let words: Vec<&str> = line.split(' ').collect();
            facts.read(&words).map_err(|reason| LockError { line: index + 1, reason })?;
        }
        facts.finish().map_err(whole)
    }

    /// What a cell's macros see as the profile, if this one was chosen. `None` if there is none of that
    /// name.
    #[must_use]
    pub fn profile_of<'a>(&'a self, chosen: Option<&'a str>, cell: &str) -> Option<&'a str> {
        let name = chosen.unwrap_or(&self.profile);
        let said = self.profiles.get(name);
        let is_known = said.is_some() || name == self.profile;
        let word = said.and_then(|said| said.get(cell)).map_or(name, String::as_str);
        is_known.then_some(word)
    }

    /// The macro in a slot.
    #[must_use]
    pub fn slot(
        &self,
        kind: MacroKind,
        slot: u16,
    ) -> Option<(&str, &LockedCell, &str, &LockedMacro)> {
        self.cells.iter().find_map(|(name, cell)| {
            let found = cell.macros.iter().find(|(_, m)| m.kind == kind && m.slot == Some(slot))?;
            Some((name.as_str(), cell, found.0.as_str(), found.1))
        })
    }
}

/// A fact about one cell, or `None` while it has not been read.
#[derive(Default)]
struct Partial {
    api: Option<String>,
    component: Option<Digest>,
    services: BTreeMap<String, Digest>,
    macros: BTreeMap<String, LockedMacro>,
    grants: Vec<CallPermission>,
    limits: BTreeMap<String, u64>,
    allowed: Allowed,
    live: Option<Live>,
    krate: Option<String>,
    outside: Grants,
}

#[derive(Default)]
struct Facts {
    manifest: Option<Digest>,
    profile: Option<String>,
    profiles: BTreeMap<String, BTreeMap<String, String>>,
    cells: BTreeMap<String, Partial>,
    packages: BTreeSet<String>,
}

impl Facts {
    fn read(&mut self, words: &[&str]) -> Result<(), &'static str> {
        const MERGED: &str = "said twice: two branches were merged; run `cell lock`";
        const NO_NAME: &str = "no name of a cell or macro";
        const MARKS: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];
        match words {
            ["manifest", digest] => {
                let digest = Digest::parse(digest).ok_or("no digest")?;
                set(&mut self.manifest, digest).ok_or(MERGED)
            }
            ["profile", name] => set(&mut self.profile, (*name).to_owned()).ok_or(MERGED),
            ["choice", name, cell, word] => {
                text::is_name(cell).then_some(()).ok_or(NO_NAME)?;
                let said = self.profiles.entry((*name).to_owned()).or_default();
                match said.insert((*cell).to_owned(), (*word).to_owned()) {
                    None => Ok(()),
                    Some(_) => Err(MERGED),
                }
            }
            ["cell", cell, rest @ ..] => {
                text::is_name(cell).then_some(()).ok_or(NO_NAME)?;
                let cell = self.cells.entry((*cell).to_owned()).or_default();
                match rest {
                    ["api", version] => set(&mut cell.api, (*version).to_owned()).ok_or(MERGED),
                    ["component", digest] => {
                        let digest = Digest::parse(digest).ok_or("no digest")?;
                        set(&mut cell.component, digest).ok_or(MERGED)
                    }
                    ["service", name, digest] => {
                        text::is_name(name).then_some(()).ok_or(NO_NAME)?;
                        let digest = Digest::parse(digest).ok_or("no digest")?;
                        match cell.services.insert((*name).to_owned(), digest) {
                            None => Ok(()),
                            Some(_) => Err(MERGED),
                        }
                    }
                    ["grant", "call", question] => {
                        let question = permission(question).ok_or("no `cell::function`")?;
                        if !cell.grants.contains(&question) {
                            cell.grants.push(question);
                        }
                        Ok(())
                    }
                    ["grant", "env", name] => {
                        outside::is_variable(name).then_some(()).ok_or("no name of a variable")?;
                        add(&mut cell.outside.variables, name);
                        Ok(())
                    }
                    ["grant", "file", path] => {
                        outside::is_file(path).then_some(()).ok_or("no path below a package")?;
                        add(&mut cell.outside.files, path);
                        Ok(())
                    }
                    ["import", name] => {
                        let known = outside::interface::ALL.contains(name);
                        known.then_some(()).ok_or("no interface that is known")?;
                        add(&mut cell.outside.imports, name);
                        Ok(())
                    }
                    ["allow", word] => {
                        let bit = policy::bit(word).ok_or("no word of the output policy")?;
                        cell.allowed.0 |= bit;
                        Ok(())
                    }
                    ["crate", words @ ..] if !words.is_empty() => {
                        set(&mut cell.krate, words.join(" ")).ok_or(MERGED)
                    }
                    ["live", "off"] => set(&mut cell.live, Live::No).ok_or(MERGED),
                    ["live", "within", millis] => {
                        let millis = millis.parse().map_err(|_| "no number")?;
                        set(&mut cell.live, Live::Within(millis)).ok_or(MERGED)
                    }
                    ["limit", name, value] => {
                        let value = value.parse().map_err(|_| "no number")?;
                        limit(&mut Limits::default(), name).ok_or("no limit of this name")?;
                        match cell.limits.insert((*name).to_owned(), value) {
                            None => Ok(()),
                            Some(_) => Err(MERGED),
                        }
                    }
                    ["macro", name, kind, options @ ..] => {
                        text::is_name(name).then_some(()).ok_or(NO_NAME)?;
                        let kind = MacroKind::from_word(kind).ok_or("no kind of macro")?;
                        let read = macro_options(kind, options)?;
                        match cell.macros.insert((*name).to_owned(), read) {
                            None => Ok(()),
                            Some(_) => Err(MERGED),
                        }
                    }
                    _ => Err("no fact about a cell that is known"),
                }
            }
            ["package", words @ ..] if !words.is_empty() => {
                self.packages.insert(words.join(" "));
                Ok(())
            }
            [first, ..] if MARKS.iter().any(|mark| first.starts_with(mark)) => {
                Err("a merge conflict: keep both sides' lines, then run `cell lock`")
            }
            _ => Err("no fact that is known"),
        }
    }

    fn finish(self) -> Result<Lock, &'static str> {
        let cells = self
            .cells
            .into_iter()
            .map(|(name, cell)| {
                let Partial {
                    api,
                    component,
                    services,
                    macros,
                    grants,
                    limits: said,
                    allowed,
                    live,
                    krate,
                    outside,
                } = cell;
                let live = live.unwrap_or_default();
                let mut limits = Limits::default();
                for (name, value) in said {
                    *limit(&mut limits, &name).ok_or("no limit of this name")? = value;
                }
                let component = match (api, component) {
                    (Some(api), Some(digest)) => Some(LockedComponent { api, digest }),
                    (None, Some(_)) => return Err("a cell has no `api` line"),
                    (Some(_), None) => return Err("a cell has no `component` line"),
                    (None, None) if !macros.is_empty() => {
                        return Err("a cell has macros and no `component` line");
                    }
                    (None, None) => None,
                };
                let cell = LockedCell {
                    component,
                    services,
                    macros,
                    grants,
                    limits,
                    allowed,
                    live,
                    krate,
                    outside,
                };
                Ok((name, cell))
            })
            .collect::<Result<BTreeMap<_, _>, &'static str>>()?;
        let mut slots: Vec<_> = cells
            .values()
            .flat_map(|cell| cell.macros.values())
            .filter_map(|m| Some((m.kind, m.slot?)))
            .collect();
        slots.sort_unstable();
        if slots.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("two macros have one slot: two branches were merged; run `cell lock`");
        }
        Ok(Lock {
            manifest: self.manifest.ok_or("there is no `manifest` line")?,
            profile: self.profile.ok_or("there is no `profile` line")?,
            profiles: self.profiles,
            cells,
            packages: self.packages,
        })
    }
}

fn set<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

/// Grants are a set: two branches may have written the same.
fn add(list: &mut Vec<String>, word: &str) {
    if let Err(place) = list.binary_search_by(|one| one.as_str().cmp(word)) {
        list.insert(place, word.to_owned());
    }
}

fn permission(question: &str) -> Option<CallPermission> {
    let (cell, function) = question.split_once("::")?;
    (text::is_name(cell) && text::is_word(function)).then_some(())?;
    Some(CallPermission { cell: cell.to_owned(), function: function.to_owned() })
}

fn limit<'a>(limits: &'a mut Limits, name: &str) -> Option<&'a mut u64> {
    Some(match name {
        "fuel" => &mut limits.fuel,
        "memory" => &mut limits.memory,
        "rows" => &mut limits.rows,
        "bytes" => &mut limits.bytes,
        _ => return None,
    })
}

fn macro_options(kind: MacroKind, options: &[&str]) -> Result<LockedMacro, &'static str> {
    let word = |value: &str| match text::is_word(value) {
        true => Ok(value.to_owned()),
        false => Err("no word"),
    };
    let mut read = LockedMacro {
        kind,
        slot: None,
        wants: 0,
        needs: Vec::new(),
        helpers: Vec::new(),
        calls: Vec::new(),
    };
    for option in options {
        let (name, value) = option.split_once('=').ok_or("no `name=value`")?;
        match name {
            "slot" => read.slot = Some(value.parse().map_err(|_| "no slot number")?),
            "wants" => read.wants = value.parse().map_err(|_| "no number")?,
            "needs" => read.needs.push(word(value)?),
            "helper" => read.helpers.push(word(value)?),
            "call" => read.calls.push(permission(value).ok_or("no `cell::function`")?),
            _ => return Err("no fact about a macro that is known"),
        }
    }
    match read.slot {
        Some(SLOTS..) => Err("a slot above 63"),
        _ => Ok(read),
    }
}

/// Names come from components, so each is escaped: one that is no word makes a line that
/// [`Lock::parse`] refuses, never another fact.
impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let profile = word(&self.profile);
        let mut lines = vec![format!("manifest {}", self.manifest), format!("profile {profile}")];
        // `profile` comes last, which is never missing: so a file that was cut off is found.
        for (profile, said) in &self.profiles {
            for (cell, seen) in said {
                lines.push(format!("choice {} {} {}", word(profile), word(cell), word(seen)));
            }
        }
        for (name, cell) in &self.cells {
            let name = word(name);
            let mut fact = |text: String| lines.push(format!("cell {name} {text}"));
            if let Some(LockedComponent { api, digest }) = &cell.component {
                fact(format!("api {}", word(api)));
                fact(format!("component {digest}"));
            }
            for (service, digest) in &cell.services {
                fact(format!("service {} {digest}", word(service)));
            }
            for question in &cell.grants {
                fact(format!("grant call {}", question_word(question)));
            }
            let Grants { imports, variables, files } = &cell.outside;
            imports.iter().for_each(|import| fact(format!("import {}", word(import))));
            variables.iter().for_each(|name| fact(format!("grant env {}", word(name))));
            files.iter().for_each(|path| fact(format!("grant file {}", word(path))));
            for word in policy::words(cell.allowed) {
                fact(format!("allow {word}"));
            }
            match cell.live {
                Live::No => fact("live off".to_owned()),
                Live::Within(millis) if cell.live != Live::default() => {
                    fact(format!("live within {millis}"));
                }
                Live::Within(_) => {}
            }
            let Limits { fuel, memory, rows, bytes } = cell.limits;
            let limits = [("fuel", fuel), ("memory", memory), ("rows", rows), ("bytes", bytes)];
            // Nothing expands without a component.
            let idle = cell.component.is_none() && cell.limits == Limits::default();
            for (limit, value) in limits.into_iter().filter(|_| !idle) {
                fact(format!("limit {limit} {value}"));
            }
            for (name, found) in &cell.macros {
                fact(macro_line(name, found));
            }
            if let Some(words) = &cell.krate {
                fact(format!("crate {}", line(words)));
            }
        }
        lines.extend(self.packages.iter().map(|words| format!("package {}", line(words))));
        lines.sort_unstable();
        lines.dedup();
        writeln!(f, "{FORMAT}\n# written by `cell lock`; commit it, do not edit it")?;
        lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

fn macro_line(name: &str, found: &LockedMacro) -> String {
    let LockedMacro { kind, slot, wants, needs, helpers, calls } = found;
    let mut line = format!("macro {} {}", word(name), kind.word());
    if let Some(slot) = slot {
        line.push_str(&format!(" slot={slot}"));
    }
    if *wants != 0 {
        line.push_str(&format!(" wants={wants}"));
    }
    needs.iter().for_each(|need| line.push_str(&format!(" needs={}", word(need))));
    helpers.iter().for_each(|helper| line.push_str(&format!(" helper={}", word(helper))));
    calls.iter().for_each(|call| line.push_str(&format!(" call={}", question_word(call))));
    line
}

fn question_word(question: &CallPermission) -> String {
    format!("{}::{}", word(&question.cell), word(&question.function))
}

/// Words with one blank between them.
fn line(words: &str) -> String {
    words.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// The text itself if it is a word, else something that [`text::is_word`] refuses.
fn word(text: &str) -> String {
    if text::is_word(text) {
        text.to_owned()
    } else {
        sealed::escape(&format!("\\{text}")).replace(' ', "\\_")
    }
}

#[cfg(test)]
mod tests;
