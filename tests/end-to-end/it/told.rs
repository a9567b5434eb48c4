//! What macros say, at all places, on stable and on nightly. That it is the same from every cache is
//! what `same` and `same_in_rustc` show.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::guests::build;
use crate::project::{Host, Project};
use crate::run::Ended;

fn project(name: &str, host: Host) -> Result<Project> {
    let project = Project::new(name, host)?;
    let cells = format!(
        "[cells.identity]\npath = {:?}\noutput.allow = [\"unsafe\", \"extern\"]\n",
        build("identity")?
    );
    project.lock_only(&cells, |_| true)?;
    Ok(project)
}

/// Everything that rustc says, but for the sentences that count.
fn messages(ended: &Ended) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    for line in ended.stdout.lines() {
        let mut value: Value = serde_json::from_str(line).context("cargo prints JSON")?;
        if value["reason"] == "compiler-message" && value["message"]["spans"][0].is_object() {
            found.push(value["message"].take());
        }
    }
    Ok(found)
}

/// Level and text of a message, or of a line below it, and where it stands.
fn said(value: &Value) -> String {
    let mut text = format!(
        "{} {}",
        value["level"].as_str().unwrap_or_default(),
        value["message"].as_str().unwrap_or_default()
    );
    for span in value["spans"].as_array().into_iter().flatten() {
        text.push_str(&format!(
            " @{}:{}-{}:{}",
            span["line_start"], span["column_start"], span["line_end"], span["column_end"]
        ));
    }
    text
}

const WRONG: &str = "#[cell::wasm(identity::told_at(2, 3 2))]
pub struct Item { id: u64,
    other: u8 }
#[cell::wasm(identity::told_at(2))]
pub struct Äpfel { pub id: u64 }
";

#[test]
fn stable_shows_all_in_one_text() -> Result<()> {
    let project = project("told", Host::Embedded)?;
    let found = messages(&project.check(WRONG)?)?;
    let found: Vec<_> = found.iter().map(said).collect();
    let first = "error an error was asked for here\nnote: a fact\nhelp: a thing to do\n\
        note: a fact there\n  --> src/lib.rs:3:23\n\
        help: a thing to do from here to there\n  --> src/lib.rs:3:12\n\
        help: write something else: `something_else`\n  --> src/lib.rs:3:23 @3:12-3:16";
    let second = "error an error was asked for here\nnote: a fact\nhelp: a thing to do\n\
        note: a fact there\n  --> src/lib.rs:6:12\n\
        help: a thing to do from here to there\n  --> src/lib.rs:6:12\n\
        help: write something else: `something_else` @6:12-6:17";
    ensure!(found == [first, second], "{found:#?}");
    Ok(())
}

/// Where a warning is shown; `false` where stable has no way to.
const PLACES: &[(bool, &str)] = &[
    (true, "#W pub struct A;"),
    (true, "#W pub enum B { X }"),
    (true, "#W pub union C { a: u8 }"),
    (true, "#W pub trait D {}"),
    (true, "#W impl A {}"),
    (true, "#W impl D for A {}"),
    (true, "#W pub mod e { }"),
    (true, "#W pub fn f() {}"),
    (true, "#W pub const unsafe extern \"C\" fn g() {}"),
    (true, "#W pub async fn h() {}"),
    (true, "#W pub static I: u8 = 1;"),
    (true, "#W pub const J: u8 = 1;"),
    (true, "#W pub type K = u8;"),
    (true, "#W pub use std::fmt;"),
    (true, "#W pub extern crate core as kernel;"),
    (true, "#W unsafe extern \"C\" {}"),
    (false, "#W macro_rules! made { ($($x:tt)*) => {} }"),
    (false, "#W made! {}"),
    (true, "impl A { #W pub fn l(&self) {} }"),
    (true, "impl A { #W pub const M: u8 = 1; }"),
    (true, "pub trait N { #W fn n(&self); }"),
    (true, "pub trait O { #W fn o(&self) {} }"),
    (true, "pub trait P { #W const P: u8; }"),
    (true, "pub trait Q { #W type Q; }"),
    (true, "impl N for A { #W fn n(&self) {} }"),
    (true, "impl P for A { #W const P: u8 = 1; }"),
    (true, "impl Q for A { #W type Q = u8; }"),
    (true, "unsafe extern \"C\" { #W pub fn abs(x: i32) -> i32; }"),
    (true, "unsafe extern \"C\" { #W pub static environ: u8; }"),
    (true, "pub fn r() { #W fn s() {} s(); }"),
    (true, "cell::expand! { identity::warned { pub fn t() {} pub fn u() {} } }"),
    (true, "impl A { cell::expand! { identity::warned { pub fn v() {} } } }"),
    (true, "pub fn w() { cell::expand! { identity::warned { let _x = 1; } } }"),
    (true, "cell::expand! { identity::warned { pub(crate) const X: u8 = 1; } }"),
    (false, "pub fn y() -> u8 { cell::expand! { identity::warned { 1 + 1 } } }"),
    (false, "pub fn z() -> u8 { cell::expand! { identity::warned { const { 1 } } } }"),
    (false, "pub fn aa() -> cell::expand! { identity::warned { u8 } } { 1 }"),
    (false, "pub fn ab(x: u8) { let cell::expand! { identity::warned { _y } } = x; }"),
    (false, "cell::expand! { identity::warned {} }"),
];

#[test]
fn warnings_break_nothing_and_are_shown_where_there_is_a_way() -> Result<()> {
    let project = project("told-warnings", Host::Embedded)?;
    let line = |text: &str| text.replace("#W", "#[cell::wasm(identity::warning_at(0))]") + "\n";
    let source: String = PLACES.iter().map(|(_, text)| line(text)).collect();
    let ended = project.check_below("#![allow(dead_code)]", &source, |command| command)?;
    let found = messages(&ended)?;
    let said: Vec<_> = found.iter().map(said).collect();
    ensure!(ended.code == Some(0), "{said:#?}");
    let mut problems = Vec::new();
    for (number, (shown, text)) in PLACES.iter().enumerate() {
        let here: Vec<_> = found
            .iter()
            .filter(|one| one["spans"][0]["line_start"] == number as u64 + 2)
            .filter(|one| one.to_string().contains("a warning was asked for here"))
            .collect();
        if here.len() != usize::from(*shown) {
            problems.push(format!("{text}: {} warnings", here.len()));
        }
    }
    ensure!(found.len() == PLACES.iter().filter(|(shown, _)| *shown).count(), "{said:#?}");
    ensure!(problems.is_empty(), "{problems:#?}");
    Ok(())
}

/// On a toolchain that says it is nightly, by the feature of `cell-sdk`.
#[test]
fn nightly_shows_each_thing_at_its_tokens() -> Result<()> {
    // What the engine made is in the expansion cache, where the thin host finds it.
    let stable = project("told-before-nightly", Host::Embedded)?;
    let said_on_stable = messages(&stable.check(WRONG)?)?;
    let mut project = project("told-nightly", Host::Thin)?;
    project.environment.push(("RUSTC_BOOTSTRAP", "1".to_owned()));
    let manifest = String::from_utf8(project.read("Cargo.toml")?)?;
    let (before, _) = manifest.split_once("[build-dependencies]").context("a manifest")?;
    // Without the rest of the workspace, of which build scripts ask for the toolchain.
    project.write("Cargo.toml", before.replace("[\"macros\"]", "[\"macros\", \"nightly\"]"))?;
    let found = messages(&project.check_below("", WRONG, |command| command)?)?;
    let mut said_here = Vec::new();
    for one in &found {
        said_here.push(said(one));
        said_here.extend(one["children"].as_array().into_iter().flatten().map(said));
    }
    ensure!(said_on_stable.len() == 2, "{said_on_stable:#?}");
    let expected = [
        "error an error was asked for here @3:12-3:16",
        "note a fact",
        "help a thing to do",
        "note a fact there @3:23-3:26",
        "help a thing to do from here to there @3:12-3:26",
        "help write something else: `something_else` @3:23-3:26",
        "warning a warning was asked for here @3:12-3:26",
        "note the first is here @3:12-3:16",
        "error an error was asked for here @6:12-6:17",
        "note a fact",
        "help a thing to do",
        "note a fact there @6:12-6:17",
        "help a thing to do from here to there @6:12-6:17",
        "help write something else: `something_else` @6:12-6:17",
        "warning a warning was asked for here @6:12-6:17",
        "note the first is here @6:12-6:17",
    ];
    ensure!(said_here == expected, "{said_here:#?}");
    Ok(())
}
