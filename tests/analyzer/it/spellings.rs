//! Every way to write a macro of a cell gives what rustc makes of it.

use std::fs;

use anyhow::Result;
use cell_analyzer_tests::{File, Package, workspace};
use syn::Item;

use crate::world::World;

/// The file in rust-analyzer and in rustc; the macros that rust-analyzer expanded.
fn compare(world: &World, source: &str, package: &Package) -> Result<Vec<String>> {
    compare_two(world, source, source, package)
}

/// The same, where rust-analyzer has done something to a file before it expands macros.
fn compare_two(
    world: &World,
    source: &str,
    rustc_source: &str,
    package: &Package,
) -> Result<Vec<String>> {
    let mut analyzer = world.analyzer()?;
    let file = File::expand(source, &mut analyzer, &package.variables())?;
    let text = file.text();
    assert!(!text.contains("compile_error"), "{text}");
    let ended = analyzer.end()?;
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(ended.complaints, "");
    let rustc = world.rustc(rustc_source, package)?;
    assert_eq!(ours(&text)?, ours(&rustc)?);
    // In rust-analyzer it is still a call: of the file by which cargo knows when to build again.
    let lock = package.folder.ancestors().find(|folder| folder.join("cell.lock").exists());
    let lock = lock.map(|folder| folder.join("cell.lock").display().to_string());
    assert!(
        lock.is_some_and(|lock| text.contains(&format!("include_bytes !({lock:?})"))),
        "{text}"
    );
    Ok(file.steps.into_iter().map(|step| step.name).collect())
}

/// What macros of cells have to do with, in one layout. rustc also expands derives of the standard
/// library, adds its prelude, and reads the files that are tracked.
fn ours(text: &str) -> Result<String> {
    let mut file = syn::parse_file(text)?;
    file.attrs.clear();
    file.items.retain_mut(|item| match item {
        Item::Struct(item) => {
            item.attrs.retain(|attribute| !attribute.path().is_ident("derive"));
            true
        }
        Item::Impl(item) => {
            !item.attrs.iter().any(|attribute| attribute.path().is_ident("automatically_derived"))
        }
        Item::Const(item) => item.ident != "_",
        Item::ExternCrate(_) => false,
        Item::Use(item) => item.attrs.is_empty(),
        _ => true,
    });
    Ok(prettyplease::unparse(&file))
}

/// An example without what its `main` and test do, which rustc's own macros are in.
fn without_main(path: &str) -> Result<String> {
    let text = fs::read_to_string(workspace().join(path))?;
    let end = text.find("fn main()").unwrap_or(text.len());
    Ok(text[..end].to_owned())
}

#[test]
fn spelled_out() -> Result<()> {
    let world = World::new()?;
    let mut source = without_main("cell-sdk/examples/spelled_out.rs")?;
    source.push_str(
        "cell::track!();\n\
         pub fn table() -> &'static str { cell::expand!(ledger::query(\"select * from accounts\")).table }",
    );
    let steps = compare(&world, &source, &world.sdk()?)?;
    assert_eq!(steps, ["wasm", "wasm_derive", "__gathered", "track", "expand"]);
    Ok(())
}

#[test]
fn behind_an_alias() -> Result<()> {
    let world = World::new()?;
    let mut source = without_main("cell-sdk/examples/aliased.rs")?;
    source.push_str(
        "pub fn table() -> &'static str {\n\
         Ledger::query!(\"select balance from accounts where owner = ?\").table }",
    );
    let steps = compare(&world, &source, &world.sdk()?)?;
    assert_eq!(steps, ["cell_remote", "__attr_1", "__derive_0", "__fn_0"]);
    Ok(())
}

/// The module of the market's account, as part of a file.
fn account() -> Result<String> {
    let account = fs::read_to_string(workspace().join("examples/cell-market/app/src/account.rs"))?;
    let account =
        account.replace("//! What", "// What").replace("use crate::{Ledger, Search};", "");
    let aliases =
        "cell::cell_remote!(Ledger = \"ledger\");\ncell::cell_remote!(Search = \"search\");";
    Ok(format!("{aliases}\n{account}"))
}

#[test]
fn a_stack_with_a_derive() -> Result<()> {
    let world = World::new()?;
    let source = account()?
        + "pub fn count() -> &'static str {\n\
            Ledger::query!(\"select id from accounts where balance > ?\").table }";
    let steps = compare(&world, &source, &world.market()?)?;
    let expected = [
        "cell_remote",
        "cell_remote",
        "__attr_1",
        "__attr_0",
        "__attr_2",
        "__gathered",
        "__derive_0",
        "__fn_0",
        "__fn_0",
    ];
    assert_eq!(steps, expected);
    Ok(())
}

/// The same stack in other spellings has the same recorded expansion.
#[test]
fn a_stack_spelled_out_in_another_order() -> Result<()> {
    let world = World::new()?;
    let market = world.market()?;
    let source = account()?.replace("#[Ledger::cache(capacity = 2)]\n", "").replace(
        "#[Ledger::table(",
        "#[cell::wasm(ledger::cache(capacity = 2))]\n#[Ledger::table(",
    );
    let steps = compare(&world, &source, &market)?;
    assert_eq!(
        steps,
        [
            "cell_remote",
            "cell_remote",
            "wasm",
            "__attr_1",
            "__attr_2",
            "__gathered",
            "__derive_0",
            "__fn_0"
        ]
    );
    // Where the crate has another name.
    let named = "cell::wasm(ledger::table(name = \"accounts\"), crate = ::cell)";
    let source = account()?.replace("Ledger::table(name = \"accounts\")", named);
    let steps = compare(&world, &source, &market)?;
    assert_eq!(
        steps,
        [
            "cell_remote",
            "cell_remote",
            "wasm",
            "__attr_0",
            "__attr_2",
            "__gathered",
            "__derive_0",
            "__fn_0"
        ]
    );
    Ok(())
}

/// rustc leaves `cfg_attr` to whom comes after; rust-analyzer decides all of an item first.
#[test]
fn a_stack_under_a_condition() -> Result<()> {
    let world = World::new()?;
    let source = account()?;
    let condition = "cfg_attr(not(any()), Ledger::cache(capacity = 2))";
    let conditional = source.replace("Ledger::cache(capacity = 2)", condition);
    assert_ne!(source, conditional);
    compare_two(&world, &source, &conditional, &world.market()?)?;
    Ok(())
}
