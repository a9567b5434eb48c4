//! What the macros for services generate: functions from tokens to tokens, and errors with the
//! tokens that they are about. Nothing here reads a file or the environment.
//!
//! Names of what is generated are predictable: a service `Ledger` has a client `LedgerClient`. The
//! rest stands in a block of its own, where no name of the user's is hidden or taken.
#![forbid(unsafe_code)]

mod client;
mod errors;
mod handler;
mod method;
mod protein;
mod remote;
mod service;
mod traits;

pub use handler::handler;
pub use protein::protein;
pub use remote::{ClientsError, clients};
pub use service::service;

use proc_macro2::TokenStream;
use quote::quote;

/// What a macro yields: the item, as far as it can be used, and what is wrong with it.
pub struct Expanded {
    /// The user's item and what belongs to it.
    pub tokens: TokenStream,
    /// All that is wrong, each on its token.
    pub errors: Vec<syn::Error>,
}

impl Expanded {
    /// Both, as rustc takes them.
    #[must_use]
    pub fn into_tokens(self) -> TokenStream {
        let errors = self.errors.iter().map(syn::Error::to_compile_error);
        let tokens = self.tokens;
        quote!(#tokens #(#errors)*)
    }
}

/// The path of `cell-sdk` in generated code: `crate = path` in the macro's arguments, or `::cell`.
fn krate(arguments: TokenStream, errors: &mut errors::Errors) -> TokenStream {
    marked(arguments, None, errors).0
}

/// As [`krate`], and whether this word is among the arguments.
fn marked(
    arguments: TokenStream,
    word: Option<&str>,
    errors: &mut errors::Errors,
) -> (TokenStream, bool) {
    let (mut path, mut found) = (None, false);
    let parser = syn::meta::parser(|meta| {
        if meta.path.is_ident("crate") {
            path = Some(meta.value()?.parse::<syn::Path>()?);
            return Ok(());
        }
        if word.is_some_and(|word| meta.path.is_ident(word)) {
            found = true;
            return Ok(());
        }
        let there = word.map_or_else(String::new, |word| format!("`{word}` is one, and "));
        Err(meta.error(format!(
            "there is no such argument; {there}`crate = path` names `cell-sdk` where it was renamed",
        )))
    });
    if let Err(error) = syn::parse::Parser::parse2(parser, arguments) {
        errors.push(error);
    }
    (path.map_or_else(|| quote!(::cell), |path| quote!(#path)), found)
}
