//! What rustc reports, and what it should.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use macro_bridge::failure::Kind;
use serde_json::Value;

use crate::help;
use crate::project::Project;
use crate::run::Ended;

/// First and last line and column of some tokens, from 1, the end behind them, as rustc counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    line: u64,
    column: u64,
    end_line: u64,
    end_column: u64,
}

impl Place {
    pub(crate) fn line(self) -> u64 {
        self.line
    }
}

/// An error of rustc's.
#[derive(Clone, Debug)]
pub(crate) struct Reported {
    pub(crate) place: Option<Place>,
    /// Message, notes and help, as Cell wrote them.
    pub(crate) text: String,
}

impl Reported {
    pub(crate) fn kind(&self) -> Option<Kind> {
        let found = Kind::ALL.iter().find(|kind| self.text.contains(&format!("[{}]", kind.code())));
        found.copied()
    }
}

/// What should be reported at one place.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    /// `None`: an error that a macro returns on purpose, which has no code.
    kind: Option<Kind>,
    words: Vec<String>,
}

/// An error of ours, with these words somewhere in its text.
pub(crate) fn fails(kind: Kind, words: &[&str]) -> Expected {
    Expected { kind: Some(kind), words: words.iter().map(ToString::to_string).collect() }
}

/// An error of the macro's own.
pub(crate) fn says(words: &[&str]) -> Expected {
    Expected { kind: None, words: words.iter().map(ToString::to_string).collect() }
}

/// Checks a source in which the tokens at fault stand in `«»`: at each exactly one error, the one
/// expected, and none elsewhere.
pub(crate) fn expect(project: &Project, source: &str, expected: &[Expected]) -> Result<()> {
    expect_in(project, source, expected).map(drop)
}

/// The same, and how long the build took.
pub(crate) fn expect_in(
    project: &Project,
    source: &str,
    expected: &[Expected],
) -> Result<Duration> {
    let (source, places) = marked(source);
    ensure!(places.len() == expected.len(), "{} places, {} errors", places.len(), expected.len());
    let ended = project.check(&source)?;
    let found = errors(&ended)?;
    let problems = compare(&places, expected, &found);
    ensure!(problems.is_empty(), "{}", problems.join("\n\n"));
    Ok(ended.took)
}

/// Checks a source that is right.
pub(crate) fn expect_none(project: &Project, source: &str) -> Result<()> {
    let found = errors(&project.check(source)?)?;
    ensure!(found.is_empty(), "{found:#?}");
    Ok(())
}

fn compare(places: &[Place], expected: &[Expected], found: &[Reported]) -> Vec<String> {
    let mut problems = Vec::new();
    for (place, expected) in places.iter().zip(expected) {
        let here: Vec<_> = found.iter().filter(|one| one.place == Some(*place)).collect();
        match here.as_slice() {
            [one] => problems.extend(check(one, expected).err().map(|e| {
                format!(
                    "{e:#}\nexpected {:?} {:?}, found at {place:?}:\n{}",
                    expected.kind, expected.words, one.text
                )
            })),
            [] => problems.push(format!("no error at {place:?}: {expected:?}")),
            some => problems.push(format!("{} errors at {place:?}: {some:#?}", some.len())),
        }
    }
    for one in found {
        if !one.place.is_some_and(|place| places.contains(&place)) {
            problems.push(format!("an error elsewhere: {one:#?}"));
        }
    }
    problems
}

fn check(one: &Reported, expected: &Expected) -> Result<()> {
    ensure!(one.kind() == expected.kind, "another kind: {:?}", one.kind());
    for word in &expected.words {
        ensure!(one.text.contains(word), "`{word}` is not in the text");
    }
    let Some(kind) = expected.kind else { return Ok(()) };
    help::names_the_fault(kind, &one.text)?;
    help::can_be_followed(&one.text)
}

/// The errors of a run of cargo, which must have ended as an error ends it.
pub(crate) fn errors(ended: &Ended) -> Result<Vec<Reported>> {
    let mut found = Vec::new();
    for line in ended.stdout.lines() {
        let value: Value = serde_json::from_str(line).context("cargo prints JSON")?;
        if value["reason"] == "compiler-message" {
            found.extend(reported(&value["message"])?);
        }
    }
    for word in ["internal compiler error", "panicked at", "signal: ", "SIG"] {
        ensure!(!ended.stderr.contains(word), "rustc did not end well: {}", ended.stderr);
    }
    match (ended.code, found.is_empty()) {
        (Some(0), true) | (Some(101), false) => Ok(found),
        (code, _) => bail!("cargo ended with {code:?}: {}\n{found:#?}", ended.stderr),
    }
}

/// `None` for warnings, and for the sentence that counts the errors.
fn reported(message: &Value) -> Result<Option<Reported>> {
    let text = message["message"].as_str().context("a message")?.to_owned();
    let counts = text.starts_with("aborting due to");
    match message["level"].as_str() {
        Some("error") if !counts => {}
        Some("error" | "warning" | "failure-note" | "note") => return Ok(None),
        other => bail!("a message of level {other:?}: {text}"),
    }
    let spans = message["spans"].as_array().context("spans")?;
    let primary = spans.iter().find(|span| span["is_primary"] == true);
    let number = |span: &Value, name: &str| span[name].as_u64().unwrap_or(0);
    let place = primary.map(|span| Place {
        line: number(span, "line_start"),
        column: number(span, "column_start"),
        end_line: number(span, "line_end"),
        end_column: number(span, "column_end"),
    });
    Ok(Some(Reported { place, text }))
}

/// The source without its marks, and the places of what stood between them. The project writes one
/// line above it.
fn marked(source: &str) -> (String, Vec<Place>) {
    let (mut plain, mut places) = (String::new(), Vec::new());
    let (mut line, mut column) = (2, 1);
    for ch in source.chars() {
        match ch {
            '«' => places.push(Place { line, column, end_line: 0, end_column: 0 }),
            '»' => {
                if let Some(place) = places.iter_mut().rev().find(|place| place.end_line == 0) {
                    (place.end_line, place.end_column) = (line, column);
                }
            }
            _ => {
                plain.push(ch);
                (line, column) = if ch == '\n' { (line + 1, 1) } else { (line, column + 1) };
            }
        }
    }
    (plain, places)
}

#[test]
fn places_are_counted_as_rustc_does() {
    let (plain, places) = marked("a «bc»\n«d\n e»");
    assert_eq!(plain, "a bc\nd\n e");
    let place = |line, column, end_line, end_column| Place { line, column, end_line, end_column };
    assert_eq!(places, [place(2, 3, 2, 5), place(3, 1, 4, 3)]);
}
