//! rust-analyzer's own server of proc-macros, with everything there that could be asked: a session, a
//! cell, a macro server. It asks nobody, and says so where an answer is missing.

use std::ffi::OsString;

use anyhow::{Context as _, Result, ensure};
use cell_analyzer_tests::{Analyzer, File, Host as Library, Package};

use super::place::Place;
use crate::project::Host;

const SOURCE: &str = "#[cell::wasm(asks::value(7))]\npub struct A;\n";

#[test]
fn an_editor_asks_no_cell_and_uses_what_is_recorded() -> Result<()> {
    let mut place = Place::new("live-editor", Host::Thin)?;
    place.oracle("word")?;
    place.begin_session()?;
    let library = Library::build()?;
    let home = place.served.project.home.clone().into_os_string();
    let command = OsString::from(env!("CARGO_BIN_EXE_cell-end-to-end"));
    let path = std::env::var_os("PATH").context("a PATH")?;
    let variables = [("CELL_HOME", home), ("CELL_BIN", command), ("PATH", path)];
    let mut analyzer = Analyzer::start(&library.library, &variables)?;
    let package = Package::new(&place.served.project.root, "app-live-editor", "app_live_editor");
    // As it would be for a package that a developer builds.
    let mut variables = package.variables();
    variables.insert("CARGO_PRIMARY_PACKAGE".into(), "1".into());
    let mut expand =
        || -> Result<String> { Ok(File::expand(SOURCE, &mut analyzer, &variables)?.text()) };
    let text = expand()?;
    ensure!(text.contains("CELL0210") && text.contains("rust-analyzer asks no cell"), "{text}");
    ensure!(text.contains("pub struct A"), "the item is gone: {text}");
    ensure!(place.count() == 0 && place.answers()?.is_empty(), "it was asked");
    // A build of the same project asks, and the editor has what was recorded.
    place.served.expect("macro-server", SOURCE)?;
    ensure!(place.count() == 1);
    let text = expand()?;
    ensure!(text.contains("word-7") && !text.contains("compile_error"), "{text}");
    ensure!(place.count() == 0, "it was asked");
    Ok(())
}
