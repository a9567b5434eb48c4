//! Macros that a running cell brings: taken by digest, and shown before they are used.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use cell::Builder;
use cell_services::{Ledger, Oracle};
use macro_bridge::digest::Digest;

use super::peers::{Passing, Peer};
use super::place::Place;
use crate::guests::{build, ledger};
use crate::project::Host;
use crate::report::expect_none;

const SOURCE: &str = "#[cell::wasm(books::table(name = \"accounts\"))]\n\
                      pub struct Account { #[books::primary_key] pub id: u64 }\n\
                      pub const NAME: &str = Account::TABLE;\n";

/// The cell `books`, which publishes these macros.
fn books(component: Vec<u8>) -> Result<Builder> {
    Ok(Builder::new("books").with(Ledger::default()).macros(component)?)
}

/// Runs `cell`, which must end so, and returns what it says.
fn says(place: &Place, code: i32, words: &[&str]) -> Result<String> {
    let ended = place.served.project.cell(words)?;
    ensure!(ended.code == Some(code), "{words:?}: {:?} {}", ended.code, ended.stderr);
    Ok(ended.stderr)
}

const ADD: &[&str] = &["add", "books", "--from", "running"];

#[test]
fn a_running_cell_brings_its_macros_and_is_needed_no_more() -> Result<()> {
    let mut place = Place::new("live-published", Host::Thin)?;
    let component = fs::read(ledger())?;
    let digest = Digest::of(&component);
    place.start(books(component.clone())?)?;
    let before = place.served.project.read("cell.lock")?;
    let said = says(&place, 1, &[&["--locked"], ADD].concat())?;
    ensure!(said.contains("Adding books::table") && said.contains("would change"), "{said}");
    ensure!(place.served.project.read("cell.lock")? == before, "`--locked` wrote");
    let said = says(&place, 0, ADD)?;
    ensure!(said.contains("Adding books::table"), "{said}");
    ensure!(said.contains(&format!("its component is sha256 {digest}: nobody vouches")), "{said}");
    let lock = String::from_utf8(place.served.project.read("cell.lock")?)?;
    ensure!(lock.contains(&format!("\ncell books component {digest}\n")), "{lock}");
    let kept = format!(".cell/components/{digest}.wasm");
    ensure!(place.served.project.read(&kept)? == component);
    ensure!(says(&place, 0, ADD)?.contains("Fresh `books`"));
    ensure!(place.served.project.read("cell.lock")? == lock.as_bytes());

    place.stop_oracle();
    expect_none(&place.served.project, SOURCE)?;
    says(&place, 0, &["lock", "--check"])?;
    place.served.project.write(&kept, "x")?;
    let said = says(&place, 1, &["lock", "--check"])?;
    ensure!(said.contains("not that of its name") && said.contains("`cell add books`"), "{said}");
    Ok(())
}

/// What comes is another thing than what was promised: a byte is changed on its way.
#[test]
fn other_bytes_than_those_of_the_digest_are_refused() -> Result<()> {
    let mut place = Place::new("live-other-bytes", Host::Thin)?;
    let hidden = tempfile::Builder::new().prefix("cell-").tempdir()?;
    let real = hidden.path().join("run");
    place.start_in(books(fs::read(ledger())?)?.in_folder(&real).without_signals())?;
    let socket = place.prepared_sockets()?.join("books.sock");
    let (manifest, lock) =
        (place.served.project.read("cell.toml")?, place.served.project.read("cell.lock")?);
    let changed = Peer::between(&socket, &real.join("books.sock"), |passed, bytes| {
        // Far behind what describes the cell, in the middle of the component.
        if (100_000..104_096).contains(&passed) {
            bytes[0] ^= 1;
        }
        Passing::On
    })?;
    let said = says(&place, 1, ADD)?;
    ensure!(said.contains("cannot take the component of `books`"), "{said}");
    let promised = Digest::of(&fs::read(ledger())?);
    ensure!(said.contains(&format!(", not {promised}")), "{said}");
    ensure!(place.served.project.read("cell.toml")? == manifest, "cell.toml was written");
    ensure!(place.served.project.read("cell.lock")? == lock, "cell.lock was written");
    drop(changed);
    // The same way with nothing changed on it.
    let _honest = Peer::between(&socket, &real.join("books.sock"), |_, _| Passing::On)?;
    says(&place, 0, ADD).map(drop)
}

#[test]
fn update_shows_what_new_macros_want_to_ask_and_what_becomes_something_else() -> Result<()> {
    let mut place = Place::new("live-update", Host::Thin)?;
    let asks = fs::read(build("asks")?)?;
    place.start(books(fs::read(ledger())?)?)?;
    says(&place, 0, ADD)?;
    expect_none(&place.served.project, SOURCE)?;
    ensure!(says(&place, 0, &["update", "books"])?.contains("Fresh"));
    place.stop_oracle();

    // Another release: other macros under the name, which ask.
    let oracle = Oracle::new("word", place.asked);
    place.start(Builder::new("books").with(Ledger::default()).with(oracle).macros(asks)?)?;
    let lock = place.served.project.read("cell.lock")?;
    let said = says(&place, 1, &["update", "books", "--check"])?;
    ensure!(said.contains("`books::value` wants to ask `oracle::value`"), "{said}");
    // All in one line, so that pasting it revokes nothing.
    let line = said.lines().find(|line| line.starts_with("help: if it shall, write `calls = ["));
    let line = line.with_context(|| format!("no line to paste: {said}"))?;
    for question in ["\"oracle::large\"", "\"oracle::value\"", "`[cells.books.grants]`"] {
        ensure!(line.contains(question), "{line}");
    }
    ensure!(said.contains("Asking books::value wants to ask oracle::value"), "{said}");
    ensure!(said.contains("Removing books::cache (attribute)"), "{said}");
    ensure!(said.contains("`books::table` asked `oracle::table`"), "{said}");
    ensure!(said.contains("--> src/lib.rs:2:"), "{said}");
    ensure!(said.contains("Compared 0 expansions as before, 1 not"), "{said}");
    ensure!(place.served.project.read("cell.lock")? == lock, "`--check` wrote");
    ensure!(place.count() == 0, "a question was asked");
    says(&place, 0, &["update", "books"])?;
    let lock = String::from_utf8(place.served.project.read("cell.lock")?)?;
    let value = lock.lines().find(|line| line.contains("books") && line.contains("value"));
    value.context("a macro")?;
    Ok(())
}
