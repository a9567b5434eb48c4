//! What `cache` takes and gives. That the cache works is tested where it is compiled.

use macro_guest_sdk::testing::{Expanded, Harness};
use proc_macro2::TokenStream;
use quote::quote;

use super::cache;

fn expand(arguments: TokenStream, item: TokenStream) -> Expanded {
    let harness = Harness::new().fact("ledger::table", "table", "accounts");
    harness.expand_attribute::<cache>(arguments, item)
}

#[test]
fn the_cache_is_keyed_by_the_primary_key() {
    let item = quote! {
        pub(crate) struct Account<T: Copy> where T: Ord {
            #[primary_key]
            id: T,
            #[Ledger::column("jsonb")]
            extra: T,
        }
    };
    let expanded = expand(quote!(), item);
    assert_eq!(expanded.errors(), ["the column type of this is not known (at `T`)"]);
    let item = quote! {
        pub(crate) struct Account<T: Copy> where T: Ord {
            #[primary_key]
            #[Ledger::column("text")]
            id: T,
        }
    };
    let code = expand(quote!(capacity = 5), item).without_errors().code();
    for part in [
        "pub (crate) struct AccountCache < T : Copy > where T : Ord {",
        "impl < T : Copy > AccountCache < T > where T : Ord , T : :: core :: clone :: Clone + :: core :: cmp :: Ord",
        "const TABLE : & 'static str = \"accounts\"",
        "Self :: with_capacity (5usize)",
        "Clone :: clone (& row . id)",
    ] {
        assert!(code.contains(part), "{part} in {code}");
    }
}

#[test]
fn arguments_are_checked() {
    let item = quote!(
        struct A {
            #[primary_key]
            id: u8,
        }
    );
    let errors = |arguments| expand(arguments, item.clone()).errors();
    assert_eq!(errors(quote!(capacity = 0)), ["a cache of no rows caches nothing (at `0`)"]);
    assert_eq!(errors(quote!(capacity = "1")), ["a number is expected here (at `\"1\"`)"]);
    assert_eq!(errors(quote!(size = 1)), ["unknown argument `size` (at `size`)"]);
}

#[test]
fn where_the_table_failed_nothing_is_said_twice() {
    let expanded = Harness::new().expand_attribute::<cache>(
        quote!(),
        quote!(
            struct A {
                id: u8,
            }
        ),
    );
    assert!(expanded.diagnostics.is_empty() && expanded.code().is_empty());
}
