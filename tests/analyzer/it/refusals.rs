//! What the driver says where there is nothing to drive.

use anyhow::Result;
use cell_analyzer_tests::{Analyzer, Kind, Package, Variables};

use crate::world::World;

fn refusal<T>(result: Result<T>) -> String {
    result.err().map(|error| format!("{error:#}")).unwrap_or_default()
}

#[test]
fn a_library_without_macros_is_refused() -> Result<()> {
    let world = World::new()?;
    let text = refusal(Analyzer::start(&world.host.cell, &world.variables()));
    assert!(text.starts_with("the proc-macro server does not load the library: "), "{text}");
    Ok(())
}

#[test]
fn macros_are_known_by_name_and_kind() -> Result<()> {
    let world = World::new()?;
    let mut analyzer = world.analyzer()?;
    let macros = analyzer.macros();
    let count = |kind| macros.values().filter(|found| **found == kind).count();
    // The slots, and what has a name: `wasm`, `wasm_derive` and `__gathered` are attributes.
    assert!(count(Kind::Attribute) >= 64 + 3 && count(Kind::Derive) == 64, "{macros:?}");
    assert!(["cell_remote", "expand", "track"].iter().all(|name| macros.contains_key(*name)));
    let mut ask = |name, kind| refusal(analyzer.expand(name, kind, None, "", &Variables::new()));
    assert_eq!(ask("expand", Kind::Derive), "`expand` is of kind Function, not Derive");
    assert!(ask("expandd", Kind::Function).ends_with("has no macro `expandd`"));
    Ok(())
}

/// Outside any project an attribute says so, and leaves the item alone.
#[test]
fn a_package_without_a_project_has_one_error() -> Result<()> {
    let world = World::new()?;
    let mut analyzer = world.analyzer()?;
    let package = Package::new("/".as_ref(), "nowhere", "nowhere").variables();
    let arguments = Some("ledger::table");
    let made = analyzer.expand("wasm", Kind::Attribute, arguments, "struct S;", &package)?;
    assert!(made.starts_with("struct S ;"), "{made}");
    assert_eq!(made.matches("compile_error").count(), 1, "{made}");
    Ok(())
}
