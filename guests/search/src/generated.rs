//! What the macro generates, as files that `tests/generated.rs` compiles and uses.
//!
//! The files in `tests/generated/` are made from the structs below. Where they differ from what the
//! macro makes now, a test fails; `CELL_BLESS=1 cargo test -p search --lib` writes them again.

use proc_macro2::TokenStream;
use quote::quote;
use syn::File;

use crate::index::{index, tests::harness};

fn check(name: &str, arguments: TokenStream, item: TokenStream) {
    let path = format!("{}/tests/generated/{name}.rs", env!("CARGO_MANIFEST_DIR"));
    let items = harness().expand_attribute::<index>(arguments, item.clone());
    let items = items.without_errors().items;
    let file: File = syn::parse2(quote! { #item #items }).expect("items");
    let head = "//! Made by the test in `src/generated.rs`; do not edit.\n\n";
    let expected = format!("{head}{}", prettyplease::unparse(&file));
    if std::env::var_os("CELL_BLESS").is_some() {
        std::fs::write(&path, &expected).expect(&path);
    }
    let found = std::fs::read_to_string(&path).expect(&path);
    assert!(found == expected, "{path} differs: run `CELL_BLESS=1 cargo test -p search --lib`");
}

#[test]
fn generated_files_are_what_the_macro_makes() {
    let account = quote! {
        /// A row of the table `accounts`.
        #[derive(Clone, Debug)]
        pub(crate) struct Account {
            pub(crate) id: u64,
            pub(crate) owner: String,
            pub(crate) asset: u32,
        }
    };
    check("account", quote!(table = "accounts", fields(owner, asset)), account);
    // Generics, a bound, a raw identifier, names that the generated code uses itself, and a field
    // that may be empty and is wider than its column.
    let row = quote! {
        pub(super) struct Row<'a, K: Copy = u8>
        where
            K: Ord,
        {
            pub(super) terms: K,
            pub(super) r#type: Option<&'a str>,
            pub(super) id: Option<u128>,
        }
    };
    check("row", quote!(fields(r#type, id), table = "accounts",), row);
}
