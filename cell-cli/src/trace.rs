//! What rustc leaves of macros (`CELL_TRACE`), as data. Where it is kept is in [`folder`].

pub(crate) mod folder;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use macro_bridge::digest::Digest;
use macro_bridge::expansion::AnswerUsed;
use macro_bridge::sealed::unescape;

/// First line of the file of a unit.
pub(crate) const FORMAT: &str = "cell-trace 1";

/// Where a call stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// As rustc was given it: from the folder of the workspace, or absolute.
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    /// `src/main.rs:12:3`
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(3, ':');
        let column = parts.next()?.parse().ok()?;
        let line = parts.next()?.parse().ok()?;
        Some(Self { file: parts.next()?.to_owned(), line, column })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One call of a macro, or of a stack of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site {
    pub(crate) place: Place,
    /// `ledger::cache + ledger::table`
    pub(crate) title: String,
    /// The expansion.
    pub(crate) key: Digest,
}

/// What is compiled: `app (crate app_server)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Crate {
    pub(crate) package: String,
    pub(crate) name: String,
}

/// What an expansion stood on and wanted when rustc was given it. What it stands on now, its record
/// says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) answers: Vec<AnswerUsed>,
    /// Cell, kind and name of plan entries.
    pub(crate) plan: Vec<[String; 3]>,
    /// Cell and name of artifacts.
    pub(crate) artifacts: Vec<[String; 2]>,
    /// Cell, sort and detail of what was tried and refused.
    pub(crate) attempts: Vec<[String; 3]>,
}

/// A call that could not be expanded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Failed {
    pub(crate) site: Site,
    /// `CELL0309`
    pub(crate) code: String,
    /// `search::schema`, if a question was denied or not answered.
    pub(crate) question: Option<String>,
    /// The macro at fault, of those that stand there: `ledger::table`.
    pub(crate) call: Option<String>,
}

/// All that was traced.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// Calls, each once, with the crates they are in: a library is compiled as library and as test.
    pub(crate) sites: BTreeMap<Site, BTreeSet<Crate>>,
    /// By expansion.
    pub(crate) made: BTreeMap<Digest, Made>,
    /// Calls of macros that ended with an error.
    pub(crate) failed: BTreeSet<Failed>,
    /// How long each expansion took, as often as it was asked for.
    pub(crate) took: Vec<Took>,
}

/// The times of one expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Took {
    pub(crate) key: Digest,
    /// Where it came from when rustc ran: `recorded`, or an engine.
    pub(crate) how: String,
    /// Microseconds from rustc's tokens to the key, until it was found, and until it was rustc's
    /// tokens again.
    pub(crate) micros: [u64; 3],
}

/// The file of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// The run of the command that it was written in.
    pub(crate) run: String,
    pub(crate) krate: Crate,
    /// The folder of the package.
    pub(crate) folder: String,
    /// All further lines.
    lines: String,
}

impl Unit {
    /// A unit that uses no macro.
    pub(crate) fn without_macros(run: &str, krate: Crate, folder: &str) -> Self {
        let (run, folder, lines) = (run.to_owned(), folder.to_owned(), String::new());
        Self { run, krate, folder, lines }
    }

    /// Reads a file; `None` if it is of another format. An unfinished last line is left out.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let whole = &text[..text.rfind('\n')? + 1];
        let rest = whole.strip_prefix(FORMAT)?.strip_prefix("\nrun ")?;
        let (run, rest) = rest.split_once('\n')?;
        let (run, _process) = run.rsplit_once(' ')?;
        let (unit, lines) = rest.strip_prefix("unit ")?.split_once('\n')?;
        let [name, package, folder] = fields(unit)?;
        let krate = Crate { package, name };
        Some(Self { run: run.to_owned(), krate, folder, lines: lines.to_owned() })
    }

    /// Does it use no macro?
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use macro_bridge::sealed::escape;
        let Self { run, krate: Crate { package, name }, folder, lines } = self;
        let [name, package, folder] = [name, package, folder].map(|part| escape(part));
        writeln!(
            f,
            "{FORMAT}\nrun {run} {}\nunit {name}\t{package}\t{folder}",
            std::process::id()
        )?;
        f.write_str(lines)
    }
}

impl Trace {
    /// Adds what a unit's file says. Lines of no known kind are of a later release.
    pub(crate) fn add(&mut self, unit: &Unit) {
        // What answers, plan entries and artifacts belong to: the expansion before them.
        let mut last = None;
        for line in unit.lines.lines() {
            let Some((kind, rest)) = line.split_once(' ') else { continue };
            match kind {
                "expansion" => {
                    last = site(rest);
                    if let Some(site) = last.clone() {
                        self.made.insert(site.key, Made::default());
                        self.sites.entry(site).or_default().insert(unit.krate.clone());
                    }
                }
                "took" => self.took.extend(took(rest)),
                "failed" => self.failed.extend(failed(rest)),
                _ => {
                    let made = last.as_ref().and_then(|site| self.made.get_mut(&site.key));
                    if let Some(made) = made {
                        made.add(kind, rest);
                    }
                }
            }
        }
    }

    /// Every expansion that was asked for, also where there is none.
    pub(crate) fn keys(&self) -> BTreeSet<Digest> {
        self.all_sites().map(|site| site.key).collect()
    }

    /// Every call, also those that ended with an error.
    pub(crate) fn all_sites(&self) -> impl Iterator<Item = &Site> {
        self.sites.keys().chain(self.failed.iter().map(|failed| &failed.site))
    }

    /// Where an expansion was first asked for.
    pub(crate) fn place(&self, key: &Digest) -> String {
        let first = self.all_sites().find(|site| site.key == *key);
        first.map(|site| site.place.to_string()).unwrap_or_default()
    }
}

impl Made {
    fn add(&mut self, kind: &str, rest: &str) {
        match kind {
            "answer" => self.answers.extend(answer(rest)),
            "plan" => self.plan.extend(fields(rest)),
            "artifact" => self.artifacts.extend(fields(rest)),
            "attempt" => self.attempts.extend(fields(rest)),
            _ => {}
        }
    }
}

/// `KEY HOW FILE:LINE:COLUMN<tab>MACROS`
fn site(text: &str) -> Option<Site> {
    let mut words = text.splitn(3, ' ');
    let (key, _how) = (Digest::parse(words.next()?)?, words.next()?);
    let [place, title] = fields(words.next()?)?;
    Some(Site { place: Place::parse(&place)?, title, key })
}

/// `KEY CODE FILE:LINE:COLUMN<tab>MACROS<tab>QUESTION<tab>MACRO`
fn failed(text: &str) -> Option<Failed> {
    let mut words = text.splitn(3, ' ');
    let (key, code) = (Digest::parse(words.next()?)?, words.next()?.to_owned());
    let [place, title, question, call] = fields(words.next()?)?;
    let said = |text: String| Some(text).filter(|text| !text.is_empty());
    let (question, call) = (said(question), said(call));
    Some(Failed { site: Site { place: Place::parse(&place)?, title, key }, code, question, call })
}

/// `CELL KEY DIGEST`
fn answer(text: &str) -> Option<AnswerUsed> {
    let mut words = text.rsplitn(3, ' ');
    let (digest, key) = (Digest::parse(words.next()?)?, Digest::parse(words.next()?)?);
    Some(AnswerUsed { cell: unescape(words.next()?)?, key, digest })
}

/// `KEY HOW 1 2 3`
fn took(text: &str) -> Option<Took> {
    let mut words = text.split(' ');
    let (key, how) = (Digest::parse(words.next()?)?, words.next()?.to_owned());
    let mut micros = [0; 3];
    for place in &mut micros {
        *place = words.next()?.parse().ok()?;
    }
    words.next().is_none().then_some(Took { key, how, micros })
}

/// So many texts between tabs.
fn fields<const COUNT: usize>(text: &str) -> Option<[String; COUNT]> {
    let fields: Option<Vec<String>> = text.split('\t').map(unescape).collect();
    fields?.try_into().ok()
}

#[cfg(test)]
mod tests;
