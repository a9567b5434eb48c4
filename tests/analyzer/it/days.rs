//! rust-analyzer lives for days: many expansions, of packages in turn, in one process.

use std::fs;
use std::time::Instant;

use anyhow::Result;
use cell_analyzer_tests::{Analyzer, Kind, Package};

use crate::world::World;

/// The attribute in a slot of the project, on the item of `aliased.rs`.
fn table(analyzer: &mut Analyzer, slot: u16, package: &Package) -> Result<String> {
    let item = "#[derive(Clone, Debug, Ledger::Model)] \
        struct Account { #[Ledger::primary_key] owner: String, balance: i64, }";
    let arguments = Some("name = \"accounts\"");
    let name = format!("__attr_{slot}");
    analyzer.expand(&name, Kind::Attribute, arguments, item, &package.variables())
}

#[test]
fn packages_in_turn_have_their_own_answers() -> Result<()> {
    let world = World::new()?;
    let (sdk, market) = (world.sdk()?, world.market()?);
    let mut analyzer = world.analyzer()?;
    let query = |analyzer: &mut Analyzer, package: &Package| {
        let input = "ledger::query(\"select id from accounts where balance > ?\")";
        analyzer.expand("expand", Kind::Function, None, input, &package.variables())
    };
    // Recorded for the one only, and the other way round.
    let expected = [
        (table(&mut analyzer, 1, &sdk)?, query(&mut analyzer, &sdk)?),
        (table(&mut analyzer, 1, &market)?, query(&mut analyzer, &market)?),
    ];
    let missing = |text: &str| text.contains("CELL0205");
    let found = expected.each_ref().map(|(table, query)| (missing(table), missing(query)));
    assert_eq!(found, [(false, true), (true, false)], "{expected:?}");

    let rounds = if std::env::var_os("SLOW_TESTS").is_some() { 10_000 } else { 250 };
    let mut memory = Vec::new();
    let begin = Instant::now();
    for round in 0..rounds {
        for (package, expected) in [(&sdk, &expected[0]), (&market, &expected[1])] {
            assert_eq!(table(&mut analyzer, 1, package)?, expected.0, "round {round}");
            assert_eq!(query(&mut analyzer, package)?, expected.1, "round {round}");
        }
        if round % (rounds / 5) == 0 {
            memory.push(analyzer.resident_kib()?);
        }
    }
    let expansions = rounds * 4;
    let each = begin.elapsed().as_micros() / expansions;
    memory.push(analyzer.resident_kib()?);
    eprintln!("{expansions} expansions, {each} us each with the protocol; KiB held: {memory:?}");
    // It would be some 10 MiB with 10 kB for each.
    let grown = memory.last().unwrap_or(&0).saturating_sub(memory[1]);
    assert!(grown < 8 << 10, "{grown} KiB more after the first fifth: {memory:?}");
    assert!(analyzer.end()?.status.success());
    Ok(())
}

#[test]
fn a_lock_that_changes_is_read_again() -> Result<()> {
    let world = World::new()?;
    let package = world.sdk()?;
    let path = package.folder.join("cell.lock");
    let lock = fs::read_to_string(&path)?;
    let mut analyzer = world.analyzer()?;
    let fine = table(&mut analyzer, 1, &package)?;
    assert!(fine.contains("CREATE_TABLE"), "{fine}");

    // The macros have changed places.
    let swapped = lock
        .replace("table attribute slot=1", "table attribute slot=2")
        .replace("cache attribute slot=0", "cache attribute slot=1")
        .replace("table attribute slot=2", "table attribute slot=0");
    fs::write(&path, &swapped)?;
    assert_eq!(table(&mut analyzer, 0, &package)?, fine);
    let other = table(&mut analyzer, 1, &package)?;
    assert!(other.contains("compile_error"), "{other}");

    // As half a file, which an editor may see while it is written.
    fs::write(&path, &lock[..lock.len() / 2])?;
    let half = table(&mut analyzer, 1, &package)?;
    assert!(half.contains("compile_error") && half.contains("struct Account"), "{half}");
    fs::remove_file(&path)?;
    let none = table(&mut analyzer, 1, &package)?;
    assert!(none.contains("compile_error") && none.contains("struct Account"), "{none}");

    fs::write(&path, &lock)?;
    assert_eq!(table(&mut analyzer, 1, &package)?, fine);
    assert!(analyzer.end()?.status.success());
    Ok(())
}

#[test]
fn an_expansion_that_appears_is_found() -> Result<()> {
    let world = World::new()?;
    let package = world.sdk()?;
    let folder = package.folder.join(".cell/expansions");
    let aside = package.folder.join("aside");
    let mut analyzer = world.analyzer()?;
    fs::rename(&folder, &aside)?;
    let missing = table(&mut analyzer, 1, &package)?;
    assert!(missing.contains("CELL0205"), "{missing}");
    fs::rename(&aside, &folder)?;
    let found = table(&mut analyzer, 1, &package)?;
    assert!(found.contains("CREATE_TABLE"), "{found}");
    Ok(())
}
