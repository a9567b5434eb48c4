//! Exact tokens: what comes back from a component equals what went in, token by token, in a live
//! rustc, spans included.

mod items;

use anyhow::{Result, ensure};
use cell_tests::engine::Engine;
use cell_tests::{Fixture, components, stderr};

const MANIFEST: &str = "[cells.identity]\npath = \"identity.wasm\"\n";

fn fixture() -> Result<Fixture> {
    let component = components::test_guest("identity")?;
    let fixture = Fixture::new(&MANIFEST.replace("identity.wasm", &component.to_string_lossy()))?;
    Ok(fixture.library("compare", compare_macros::library_path!("libcompare_macros")))
}

/// Runs rustc on `compare!` of each input: once to collect what is missing, once to compare.
fn compare(fixture: &Fixture, engine: &Engine, inputs: &[String]) -> Result<String> {
    let mut source = String::from("#![allow(warnings)]\n");
    for input in inputs {
        source.push_str("compare::compare! {\n");
        source.push_str(input);
        source.push_str("\n}\n");
    }
    let trace = fixture.root().join("trace");
    let trace = trace.to_string_lossy();
    let arguments = ["--crate-type", "lib", "--emit", "metadata"];
    fixture.rustc(&source, &arguments, &[("CELL_TRACE", &trace), ("COMPARE", "collect")])?;
    let project = macro_runtime::bridge::project::Project::load(fixture.root())?;
    let missing = fixture.root().join("trace/miss");
    let (_, failures) = engine.expand_missing(&project, &missing)?;
    ensure!(failures.is_empty(), "{} expansions failed, first {:?}", failures.len(), failures[0]);
    std::fs::remove_dir_all(&missing)?;
    let output = fixture.rustc(&source, &arguments, &[])?;
    let text = stderr(&output);
    ensure!(output.status.success() || !text.is_empty(), "rustc failed without a word");
    Ok(text)
}

#[test]
fn real_items_come_back_exactly() -> Result<()> {
    let engine = Engine::new()?;
    let items = items::collect(&components::workspace(), 20_000)?;
    ensure!(items.len() == 20_000, "only {} items: are the dependencies fetched?", items.len());
    for chunk in items.chunks(2_000) {
        let fixture = fixture()?;
        let text = compare(&fixture, &engine, chunk)?;
        ensure!(text.is_empty(), "{text}");
    }
    Ok(())
}
