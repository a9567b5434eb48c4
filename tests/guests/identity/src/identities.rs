//! The input as the output.

use macro_guest_sdk::{Expansion, NoArguments, cell_macro};
use proc_macro2::{Group, TokenStream, TokenTree};

/// Replaces the item by itself, by reference.
#[cell_macro(attribute)]
pub(crate) fn identity(_arguments: TokenStream, item: TokenStream) -> Expansion {
    Expansion::new().replace(item)
}

/// Replaces the item by itself, token by token.
#[cell_macro(attribute)]
pub(crate) fn identity_rebuilt(_arguments: TokenStream, item: TokenStream) -> Expansion {
    Expansion::new().replace(item).without_references()
}

/// Adds its arguments as items.
#[cell_macro(attribute)]
pub(crate) fn identity_items(arguments: TokenStream, _item: TokenStream) -> TokenStream {
    arguments
}

/// Adds what `#[derive_items(..)]` attributes in the item hold, by reference.
#[cell_macro(derive, name = "Identity", helpers(derive_items))]
pub(crate) fn identity_derive(item: TokenStream) -> TokenStream {
    held(item)
}

/// Adds what `#[derive_items(..)]` attributes in the item hold, token by token.
#[cell_macro(derive, name = "IdentityRebuilt", helpers(derive_items))]
pub(crate) fn identity_derive_rebuilt(item: TokenStream) -> Expansion {
    Expansion::new().items(held(item)).without_references()
}

/// Gives its input, by reference.
#[cell_macro(function)]
pub(crate) fn identity_function(input: TokenStream) -> TokenStream {
    input
}

/// Gives its input, token by token.
#[cell_macro(function)]
pub(crate) fn identity_function_rebuilt(input: TokenStream) -> Expansion {
    Expansion::new().items(input).without_references()
}

/// Replaces the item by itself after taking every group apart, as a parser does.
#[cell_macro(attribute)]
pub(crate) fn regrouped(_nothing: NoArguments, item: TokenStream) -> Expansion {
    Expansion::new().replace(regroup(item))
}

fn regroup(tokens: TokenStream) -> TokenStream {
    let tree = |tree| match tree {
        TokenTree::Group(old) => {
            let mut group = Group::new(old.delimiter(), regroup(old.stream()));
            group.set_span(old.span());
            group.into()
        }
        other => other,
    };
    tokens.into_iter().map(tree).collect()
}

/// The tokens in `derive_items(..)`, or in `cell(derive_items(..))`, wherever they stand.
fn held(tokens: TokenStream) -> TokenStream {
    let mut found = TokenStream::new();
    let mut named = false;
    for tree in tokens {
        match tree {
            TokenTree::Ident(ident) => named = ident == "derive_items",
            TokenTree::Group(group) if named => {
                found.extend(group.stream());
                named = false;
            }
            TokenTree::Group(group) => found.extend(held(group.stream())),
            _ => named = false,
        }
    }
    found
}
