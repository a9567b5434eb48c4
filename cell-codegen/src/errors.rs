//! Errors are collected: a user sees all that is wrong with an item at once.

use quote::ToTokens;

/// Those that were found.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Adds one about these tokens.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, text: impl std::fmt::Display) {
        self.0.push(syn::Error::new_spanned(tokens, text));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    pub(crate) fn into_vec(self) -> Vec<syn::Error> {
        self.0
    }
}
