//! Local variables, and who sees them.

use macro_guest_sdk::{Expansion, cell_macro};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;

fn block(local: Ident, input: &TokenStream) -> TokenStream {
    quote! { { #[allow(unused_variables)] let #local = "macro"; #input } }
}

/// `{ let x = "macro"; <input> }`, where `x` is the macro's own: the input does not see it.
#[cell_macro(function)]
pub(crate) fn local_mixed(input: TokenStream) -> TokenStream {
    block(Ident::new("x", Span::mixed_site()), &input)
}

/// `{ let x = "macro"; <input> }`, where `x` is the caller's: the input sees it.
#[cell_macro(function)]
pub(crate) fn local_call(input: TokenStream) -> TokenStream {
    block(Ident::new("x", Span::call_site()), &input)
}

/// As `local_mixed`, by way of a recorded operation: the place of the first token of the input,
/// resolved at the mixed site.
#[cell_macro(function)]
pub(crate) fn local_resolved(input: TokenStream) -> TokenStream {
    let first = input.clone().into_iter().next().map_or_else(Span::call_site, |tree| tree.span());
    block(Ident::new("x", first.resolved_at(Span::mixed_site())), &input)
}

/// As `local_call`, by way of two operations: the mixed site, located at the first token and
/// resolved at the call site.
#[cell_macro(function)]
pub(crate) fn located(input: TokenStream) -> TokenStream {
    let first = input.clone().into_iter().next().map_or_else(Span::call_site, |tree| tree.span());
    let span = Span::mixed_site().located_at(first).resolved_at(Span::call_site());
    block(Ident::new("x", span), &input)
}

/// Gives every `$crate` of the input another span, and all other tokens by reference.
#[cell_macro(function)]
pub(crate) fn moved_crate(input: TokenStream) -> Expansion {
    let tree = |mut tree: TokenTree| {
        if matches!(&tree, TokenTree::Ident(ident) if ident == "$crate") {
            tree.set_span(tree.span().located_at(Span::call_site()));
        }
        tree
    };
    Expansion::new().items(input.into_iter().map(tree).collect::<TokenStream>())
}
