//! `async-trait` as a component.
#![forbid(unsafe_code)]

use macro_guest_sdk::{Expansion, cell_macro};
use proc_macro2::TokenStream;

#[cell_macro(attribute)]
fn async_trait(arguments: TokenStream, item: TokenStream) -> Expansion {
    let item: TokenStream = public::async_trait(arguments.into(), item.into()).into();
    Expansion::new().replace(item)
}

macro_guest_sdk::component!(async_trait);
