//! `macro-guest-sdk/src/bindings.rs` is what `wit/macros.wit` generates.

use std::path::Path;

use wit_bindgen_core::{Files, WorldGenerator, wit_parser::Resolve};

const HEAD: &str = "\
//! Generated from `wit/macros.wit`; do not edit. To make it again:
//! `CELL_BLESS=1 cargo test -p bindings-gen`
#![allow(clippy::all, clippy::undocumented_unsafe_blocks, missing_docs, unreachable_pub)]
#![allow(unused_qualifications, unsafe_op_in_unsafe_fn, reason = \"generated\")]

";

fn generate(wit: &Path) -> String {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit).expect("the contract is valid WIT");
    let world = resolve.select_world(&[package], Some("macros")).expect("the world `macros`");
    let options = wit_bindgen_rust::Opts {
        format: true,
        generate_all: true,
        pub_export_macro: true,
        export_macro_name: Some("export".into()),
        default_bindings_module: Some("macro_guest_sdk::bindings".into()),
        runtime_path: Some("::macro_guest_sdk::support::wit".into()),
        additional_derive_attributes: Vec::new(),
        ..wit_bindgen_rust::Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files).expect("bindings");
    let (_, source) = files.iter().next().expect("one file");
    let source = std::str::from_utf8(source).expect("text");
    format!("{HEAD}{source}")
}

#[test]
fn bindings_are_those_of_the_contract() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let expected = generate(&package.join("../../wit/macros.wit"));
    let path = package.join("../src/bindings.rs");
    if std::env::var_os("CELL_BLESS").is_some() {
        std::fs::write(&path, &expected).expect("src/bindings.rs can be written");
    }
    let found = std::fs::read_to_string(&path).expect("src/bindings.rs can be read");
    assert!(
        found == expected,
        "macro-guest-sdk/src/bindings.rs differs from what wit/macros.wit generates\n\
         help: run `CELL_BLESS=1 cargo test -p bindings-gen`",
    );
}
