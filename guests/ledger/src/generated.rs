//! What the macros generate, as files that `tests/generated.rs` compiles and uses.
//!
//! The files in `tests/generated/` are made from the structs below. Where they differ from what the
//! macros make now, a test fails; `CELL_BLESS=1 cargo test -p ledger --lib` writes them again.

use macro_guest_sdk::testing::Harness;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{File, ItemStruct};

use crate::cache::cache;
use crate::model::model;
use crate::query::query;
use crate::table::table;

/// The item as rustc gets it, and everything that the three macros add.
fn stacked(name: TokenStream, capacity: TokenStream, item: TokenStream) -> String {
    let harness = Harness::new();
    let table_name = harness.plan::<table>(name.clone(), item.clone()).facts[0].value.clone();
    let harness = harness.fact("ledger::table", "table", &table_name);
    let tables = harness.expand_attribute::<table>(name, item.clone()).without_errors().items;
    let caches = harness.expand_attribute::<cache>(capacity, item.clone()).without_errors().items;
    let models = harness.expand_derive::<model>(item.clone()).without_errors().items;
    let item = without_helpers(item);
    printed(quote! { #item #tables #caches #models })
}

/// What the host does to the user's item.
fn without_helpers(item: TokenStream) -> TokenStream {
    let mut item: ItemStruct = syn::parse2(item).expect("a struct");
    for field in &mut item.fields {
        let helper = ["primary_key", "column", "cell"];
        field.attrs.retain(|attribute| {
            let last = &attribute.path().segments.last().expect("a path").ident;
            !helper.iter().any(|name| last == name)
        });
    }
    item.into_token_stream()
}

fn printed(tokens: TokenStream) -> String {
    let file: File = syn::parse2(tokens).expect("items");
    prettyplease::unparse(&file)
}

fn check(name: &str, expected: &str) {
    let path = format!("{}/tests/generated/{name}.rs", env!("CARGO_MANIFEST_DIR"));
    let head = "//! Made by the test in `src/generated.rs`; do not edit.\n\n";
    let expected = format!("{head}{expected}");
    if std::env::var_os("CELL_BLESS").is_some() {
        std::fs::write(&path, &expected).expect(&path);
    }
    let found = std::fs::read_to_string(&path).expect(&path);
    assert!(found == expected, "{path} differs: run `CELL_BLESS=1 cargo test -p ledger --lib`");
}

#[test]
fn generated_files_are_what_the_macros_make() {
    let account = quote! {
        /// A row of the table `accounts`.
        #[derive(Clone, Debug, PartialEq)]
        pub(crate) struct Account {
            #[Ledger::primary_key]
            pub(crate) id: u64,
            pub(crate) owner: String,
            pub(crate) balance: i64,
            #[cell(skip)]
            pub(crate) note: Option<String>,
        }
    };
    check("account", &stacked(quote!(name = "accounts"), quote!(capacity = 2), account));
    // Generics, a lifetime, a bound, a raw identifier, names that the generated code uses itself,
    // and a field that is not in this build.
    let entry = quote! {
        #[derive(Debug)]
        pub(super) struct Entry<'a, T: Copy = u8>
        where
            T: Ord,
        {
            #[Ledger::column("text")]
            #[Ledger::primary_key]
            pub(super) key: T,
            pub(super) r#type: &'a str,
            pub(super) row: bool,
            #[cfg(not(test))]
            #[cell(skip)]
            pub(super) absent: u8,
        }
    };
    check("entry", &stacked(quote!(), quote!(), entry));
    let queries = [
        quote!(pub(super) ByOwner = "select owner, balance from accounts where owner = ?"),
        quote!(pub(super) All = "select * from accounts"),
    ];
    let expand = |input| Harness::new().expand_function::<query>(input).without_errors().items;
    let items = queries.map(expand);
    let value = expand(quote!("select id from accounts where balance > ? limit ?"));
    let value = quote! {
        pub(super) fn parts() -> (&'static str, usize, [&'static str; 2]) {
            let rich = #value;
            (rich.sql, rich.columns.len(), rich.parameters)
        }
    };
    check("queries", &printed(quote! { #(#items)* #value }));
}

#[test]
fn visibilities_follow_the_item() {
    let item = quote!(
        struct Private {
            #[primary_key]
            id: u8,
        }
    );
    let text = stacked(quote!(), quote!(), item);
    assert!(!text.contains("pub "), "{text}");
}
