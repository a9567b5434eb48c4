//! Where rust-analyzer gives macros other tokens than rustc: known, and seen here should it change.

use anyhow::Result;
use cell_analyzer_tests::File;

use crate::world::World;

const ITEM: &str = "
    #[cell::wasm(ledger::table(name = \"accounts\"))]
    #[cell::wasm_derive(ledger::Model)]
    struct Account {
        #[ledger::primary_key]
        owner: String,
        balance: i64,
    }
";

/// rustc hands a fragment over in a group without delimiters, which is part of the key. When
/// rust-analyzer has expanded a `macro_rules!` it keeps the tree of the result, and no such groups.
/// So of an item with fragments it looks for another record than rustc: an editor says that it is
/// missing, where a build finds it. Here it is the other way round: recorded is what has no group.
#[test]
fn fragments_are_groups_in_rustc_alone() -> Result<()> {
    let world = World::new()?;
    let package = world.sdk()?;
    let made = |fragment: &str| {
        let item = ITEM.replace("i64", "$type");
        format!("macro_rules! account {{ ($type:{fragment}) => {{ {item} }} }} account!(i64);")
    };
    let missing = world.rustc(&made("ty"), &package).map_err(|error| error.to_string());
    assert!(missing.is_err_and(|why| why.contains("CELL0205")));
    let mut analyzer = world.analyzer()?;
    let text = File::expand(ITEM, &mut analyzer, &package.variables())?.text();
    assert!(text.contains("CREATE_TABLE") && !text.contains("compile_error"), "{text}");
    // A single token is no group in rustc, either.
    world.rustc(&made("ident"), &package)?;
    Ok(())
}
