//! `name = value` arguments.

use macro_guest_sdk::{Diagnostic, Error, Result};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, MetaNameValue, Token};

/// The arguments of an attribute, in the order in which they are written.
pub(crate) struct Arguments(Punctuated<MetaNameValue, Token![,]>);

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Punctuated::parse_terminated(input).map(Self)
    }
}

impl Arguments {
    /// Gives each argument to `take`, which answers whether it knows the name.
    ///
    /// All that is wrong is said at once.
    pub(crate) fn read(
        self,
        known: &str,
        mut take: impl FnMut(&Ident, Expr) -> Option<Result<()>>,
    ) -> Error {
        let mut errors = Error::none();
        let mut seen: Vec<Ident> = Vec::new();
        for argument in self.0 {
            let Some(name) = argument.path.get_ident() else {
                errors.combine(unknown(&argument.path, known));
                continue;
            };
            if seen.contains(name) {
                errors.combine(Error::new(name, format!("`{name}` is given twice")));
                continue;
            }
            seen.push(name.clone());
            match take(name, argument.value) {
                Some(Ok(())) => {}
                Some(Err(error)) => errors.combine(error),
                None => errors.combine(unknown(name, known)),
            }
        }
        errors
    }
}

fn unknown(name: &impl ToTokens, known: &str) -> Diagnostic {
    let text = name.to_token_stream().to_string().replace(' ', "");
    Diagnostic::error(name, format!("unknown argument `{text}`"))
        .help(format!("there is only `{known}`"))
}

/// The value of an argument as a `T`.
pub(crate) fn value<T: Parse>(value: Expr, expected: &str) -> Result<T> {
    let tokens: TokenStream = value.to_token_stream();
    syn::parse2(tokens).map_err(|_| Error::new(&value, format!("{expected} is expected here")))
}
