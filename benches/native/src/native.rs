//! The macro between rustc's tokens and rustc's tokens.

use proc_macro::TokenStream;

use crate::model;

/// `Model` as its author would write it without Cell.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let made = syn::parse(item)
        .map_err(macro_guest_sdk::Error::from)
        .and_then(model::model)
        .map(TokenStream::from);
    match made {
        Ok(tokens) => tokens,
        Err(_) => {
            "::core::compile_error! { \"`Model` does not take this\" }".parse().unwrap_or_default()
        }
    }
}
