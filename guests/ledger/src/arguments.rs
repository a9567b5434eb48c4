//! `name = value` arguments.

use macro_guest_sdk::{Diagnostic, Error, Result};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, Path, Token};

/// The arguments of an attribute, in the order in which they are written.
pub(crate) struct Arguments(Punctuated<Argument, Token![,]>);

struct Argument {
    name: Path,
    /// All up to the next comma: only who knows the name knows what has to be there.
    value: TokenStream,
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = Path::parse_mod_style(input)?;
        let equals: Token![=] = input.parse()?;
        let mut value = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            value.extend([input.parse::<TokenTree>()?]);
        }
        if value.is_empty() {
            return Err(syn::Error::new_spanned(equals, "a value is expected after this"));
        }
        Ok(Self { name, value })
    }
}

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
        mut take: impl FnMut(&Ident, TokenStream) -> Option<Result<()>>,
    ) -> Error {
        let mut errors = Error::none();
        let mut seen: Vec<Ident> = Vec::new();
        for argument in self.0 {
            let Some(name) = argument.name.get_ident() else {
                errors.combine(unknown(&argument.name, known));
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
pub(crate) fn value<T: Parse>(value: TokenStream, expected: &str) -> Result<T> {
    syn::parse2(value.clone())
        .map_err(|_| Error::new(&value, format!("{expected} is expected here")))
}
