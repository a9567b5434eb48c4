//! Golden cases: files with one use of a macro each, and what shall come out beside them.

mod layout;
mod used;

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;

use super::{Expanded, Harness, Told};
use crate::definition::{Define, Kind, Macro};
use crate::diagnostic::Level;

/// A folder of golden cases, and the macros that they use.
///
/// A case is a file `NAME.rs` with one item, or one call of a function-like macro, as a user writes it,
/// and one of the macros on it; `NAME.expanded.rs` is what shall come out. `cell test-macros` runs the
/// same cases in the component.
///
/// ```no_run
/// # use macro_guest_sdk::{Expansion, cell_macro, proc_macro2::TokenStream};
/// # #[cell_macro(attribute)]
/// # fn table(_arguments: TokenStream, _item: TokenStream) -> Expansion { Expansion::new() }
/// use macro_guest_sdk::testing::Golden;
///
/// // In a `#[test]` of the guest, in `tests/golden.rs`:
/// Golden::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).with::<table>().check();
/// ```
///
/// `CELL_BLESS=1 cargo test`, or `cell test-macros --bless`, takes what comes out for what shall come
/// out. Tokens are compared, and not how they are laid out; comments count if they begin with `//@`: these
/// are what the user is told, plan entries, and files for other tools.
#[derive(Clone, Debug)]
pub struct Golden {
    folder: PathBuf,
    macros: Vec<&'static Macro>,
    harness: Harness,
}

/// Set to anything but `0`: what comes out is what shall come out.
const BLESS: &str = "CELL_BLESS";
/// A file that is told how each case ended; `cell test-macros` reads it.
const RESULTS: &str = "CELL_GOLDEN_RESULTS";
/// How names of expected outputs end.
const EXPECTED: &str = ".expanded.rs";
const HEAD: &str = "// Written by `cell test-macros --bless`. How it is laid out does not count.\n";

impl Golden {
    /// The cases in a folder.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), macros: Vec::new(), harness: Harness::new() }
    }

    /// Adds a macro that cases use.
    #[must_use]
    pub fn with<M: Define>(mut self) -> Self {
        self.macros.push(const { &M::MACRO });
        self
    }

    /// Runs the cases with a host that knows more: answers of cells, say. In the component no question
    /// is answered: cases that ask are run natively only.
    #[must_use]
    pub fn harness(mut self, harness: Harness) -> Self {
        self.harness = harness;
        self
    }

    /// Runs all cases.
    ///
    /// # Panics
    /// If there is none, or if what comes out of one is not what shall come out.
    pub fn check(&self) {
        let cases = cases(&self.folder).unwrap_or_else(|error| {
            panic!("the folder `{}` cannot be read: {error}", self.folder.display())
        });
        assert!(!cases.is_empty(), "there is no case in `{}`", self.folder.display());
        let mut wrong = String::new();
        for path in &cases {
            let outcome = self.case(path);
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            record(&name, if outcome.is_ok() { "ok" } else { "failed" });
            if let Err(why) = outcome {
                let _ = write!(wrong, "\n{}: {why}\n", path.display());
            }
        }
        assert!(
            wrong.is_empty(),
            "{wrong}\nto take it as it is: `cell test-macros --bless`, or `{BLESS}=1 cargo test`"
        );
    }

    fn case(&self, path: &Path) -> Result<(), String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        let tokens: TokenStream = text.parse().map_err(|error| format!("no tokens: {error}"))?;
        let used = used::find(&tokens, &self.macros)?;
        let info = used.info;
        let run = || {
            let expanded = self.harness.expand(info, info.kind, used.arguments, used.item);
            Outcome::new(info, expanded)
        };
        let made = catch_unwind(AssertUnwindSafe(run)).map_err(|_| "the macro panicked")?;
        let expected = path.with_extension("").with_added_extension("expanded.rs");
        if std::env::var_os(BLESS).is_some_and(|value| !value.is_empty() && value != "0") {
            return fs::write(&expected, made.text()).map_err(|error| error.to_string());
        }
        let there = fs::read_to_string(&expected)
            .map_err(|error| format!("`{}`: {error}", expected.display()))?;
        let wanted = Outcome::read(&there)?;
        if wanted.is(&made) {
            return Ok(());
        }
        Err(format!("not what shall come out\n{}", differences(&wanted.text(), &made.text())))
    }
}

/// Inputs in a folder, by name.
fn cases(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if name.ends_with(".rs") && !name.ends_with(EXPECTED) && path.is_file() {
            cases.push(path);
        }
    }
    cases.sort();
    Ok(cases)
}

/// Tells whoever started the test.
fn record(name: &str, how: &str) {
    let Some(path) = std::env::var_os(RESULTS) else { return };
    let file = fs::File::options().create(true).append(true).open(path);
    // Who asked for it sees that there is no line.
    let _ = file.and_then(|mut file| writeln!(file, "{name}\t{how}"));
}

/// What came out of a case, or what shall.
struct Outcome {
    /// Lines after `//@ `.
    notes: Vec<String>,
    tokens: TokenStream,
}

impl Outcome {
    fn new(info: &Macro, expanded: Expanded) -> Self {
        let mut notes = Vec::new();
        expanded.diagnostics.iter().for_each(|told| tell(&mut notes, told));
        for entry in &expanded.plan {
            note(&mut notes, &format!("plan {} {}: ", entry.kind, entry.name), &entry.body);
        }
        for artifact in &expanded.artifacts {
            note(&mut notes, &format!("artifact {}", artifact.name), "");
            let body = String::from_utf8_lossy(&artifact.body);
            body.lines().for_each(|line| notes.push(format!("| {line}").trim_end().to_owned()));
        }
        let mut tokens = match info.kind {
            Kind::Attribute => used::composed(info, &expanded),
            Kind::Derive | Kind::Function => TokenStream::new(),
        };
        tokens.extend(expanded.items);
        Self { notes, tokens }
    }

    /// Reads [`Outcome::text`]'s text.
    fn read(text: &str) -> Result<Self, String> {
        let notes = text.lines().filter_map(|line| line.strip_prefix("//@ "));
        let notes = notes.map(|note| note.trim_end().to_owned()).collect();
        let tokens = text.parse().map_err(|error| format!("expected no tokens: {error}"))?;
        Ok(Self { notes, tokens })
    }

    fn text(&self) -> String {
        let notes: String = self.notes.iter().map(|note| format!("//@ {note}\n")).collect();
        format!("{HEAD}{notes}\n{}", layout::pretty(&self.tokens))
    }

    fn is(&self, other: &Self) -> bool {
        let tokens = [self, other].map(|outcome| layout::plain(&outcome.tokens));
        self.notes == other.notes && tokens[0] == tokens[1]
    }
}

fn tell(notes: &mut Vec<String>, told: &Told) {
    let level = match told.level {
        Level::Error => "error: ",
        Level::Warning => "warning: ",
        Level::Note => "note: ",
        Level::Help => "help: ",
    };
    note(notes, level, &told.message);
    let at = |text: &str| match text.parse() {
        Ok(tokens) => layout::plain(&tokens),
        Err(_) => text.to_owned(),
    };
    if !told.at.is_empty() {
        note(notes, "  at: ", &at(&told.at));
    }
    told.lines.iter().for_each(|line| note(notes, "  ", line));
    for (place, message, replacement) in &told.suggestions {
        note(notes, "  suggests: ", &format!("{message}: `{replacement}` for `{}`", at(place)));
    }
}

/// Adds a line; further lines stand behind a bar.
fn note(notes: &mut Vec<String>, head: &str, text: &str) {
    let mut lines = text.lines();
    let first = format!("{head}{}", lines.next().unwrap_or_default());
    notes.push(first.trim_end().to_owned());
    notes.extend(lines.map(|line| format!("| {line}").trim_end().to_owned()));
}

/// Both texts from the first line that differs on, as far as somebody reads.
fn differences(wanted: &str, made: &str) -> String {
    const MOST: usize = 40;
    let same = wanted.lines().zip(made.lines()).take_while(|(a, b)| a == b).count();
    let mut out = format!("from line {} on:\n", same + 1);
    for (mark, text) in [('-', wanted), ('+', made)] {
        for line in text.lines().skip(same).take(MOST) {
            let _ = writeln!(out, "{mark} {line}");
        }
    }
    out
}

#[cfg(all(test, feature = "syn"))]
mod tests;
