//! The macros themselves, as functions on `proc-macro2` and `syn` that know nothing of Cell.

pub(crate) mod calls;
pub(crate) mod fields;
pub(crate) mod handlers;
pub(crate) mod plants;
pub(crate) mod tables;

use proc_macro2::TokenStream;

/// What an attribute made.
pub(crate) enum Made {
    /// Items to stand behind the user's.
    Added(TokenStream),
    /// What stands in its place.
    Instead(TokenStream),
}

/// What is wrong so far: a macro says everything at once.
#[derive(Default)]
pub(crate) struct Wrong(Option<syn::Error>);

impl Wrong {
    /// Notes it.
    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            none => *none = Some(error),
        }
    }

    /// `value` if nothing was wrong.
    pub(crate) fn finish<T>(self, value: T) -> syn::Result<T> {
        self.0.map_or(Ok(value), Err)
    }
}
