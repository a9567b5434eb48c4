//! The public crates as ordinary proc-macros. Each macro runs twice on what rustc gives it, here
//! and as a component, and writes down how the results compare. It yields nothing, unless it is told
//! which of the two to yield.
#![forbid(unsafe_code)]

mod component;
mod outcome;

use compare_tokens::ends;
use macro_bridge::request::MacroKind;
use proc_macro::TokenStream;

include!("../../macros.rs");

macro_rules! thiserror_derives {
    ($($function:ident $name:ident $guest:literal [$($helper:ident)*];)*) => {$(
        #[doc = $guest]
        #[proc_macro_derive($name, attributes($($helper),*))]
        pub fn $function(item: TokenStream) -> TokenStream {
            derive("thiserror", $guest, item, thiserror_impl::$function, None)
        }
    )*};
}

macro_rules! derive_more_derives {
    ($($function:ident $name:ident $guest:literal [$($helper:ident)*];)*) => {$(
        #[doc = $guest]
        #[proc_macro_derive($name, attributes($($helper),*))]
        pub fn $function(item: TokenStream) -> TokenStream {
            let narrow = Some(derive_more_narrow::$function as Derive);
            derive("derive_more", $guest, item, derive_more_impl::$function, narrow)
        }
    )*};
}

thiserror_macros!(thiserror_derives);
derive_more_macros!(derive_more_derives);

/// `async_trait`
#[proc_macro_attribute]
pub fn async_trait(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let path = ("async_trait", "async_trait");
    match outcome::wanted() {
        Some(outcome::NATIVE) => return async_trait::async_trait(arguments, item),
        Some(_) => return component::expand(MacroKind::Attribute, path, arguments, item).tokens(),
        None => {}
    }
    let users = [arguments.clone(), item.clone()].into_iter().flat_map(ends).collect();
    let ours = component::expand(MacroKind::Attribute, path, arguments.clone(), item.clone());
    let native = outcome::of_native(move || async_trait::async_trait(arguments, item));
    outcome::record("async_trait::async_trait", native, ours, &users, None);
    TokenStream::new()
}

/// Takes an item out of the program after its derives have seen it: what it says of types that are
/// not there would cost rustc minutes.
#[proc_macro_attribute]
pub fn gone(_arguments: TokenStream, _item: TokenStream) -> TokenStream {
    TokenStream::new()
}

type Derive = fn(TokenStream) -> TokenStream;

fn derive(
    cell: &str,
    name: &str,
    item: TokenStream,
    native: Derive,
    narrow: Option<Derive>,
) -> TokenStream {
    if let Some(outcome::NATIVE) = outcome::wanted() {
        return native(item);
    }
    let ours = component::expand(MacroKind::Derive, (cell, name), TokenStream::new(), item.clone());
    if outcome::wanted().is_some() {
        return ours.tokens();
    }
    let run = |native: Derive| {
        let item = item.clone();
        outcome::of_native(move || native(item))
    };
    let users = ends(item.clone());
    let narrow = narrow.map(|narrow| move || run(narrow));
    let narrow = narrow.as_ref().map(|narrow| narrow as &dyn Fn() -> outcome::Outcome);
    outcome::record(&format!("{cell}::{name}"), run(native), ours, &users, narrow);
    TokenStream::new()
}
