//! `table = "accounts", fields(owner, asset)`.

use macro_guest_sdk::{Diagnostic, Error, Result};
use proc_macro2::{Ident, Span, TokenStream};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Lit, LitStr, Meta, Token};

/// What stands in the parentheses of `#[Search::index(..)]`.
pub(crate) struct Arguments(Punctuated<Meta, Token![,]>);

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Punctuated::parse_terminated(input).map(Self)
    }
}

/// What was said, each at most once.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) table: Option<LitStr>,
    pub(crate) fields: Vec<Ident>,
}

const KNOWN: &str = "there are `table = \"..\"` and `fields(..)`";

impl Arguments {
    /// All of it; what is wrong goes into `errors` and is left out.
    pub(crate) fn read(self, errors: &mut Error) -> Said {
        let mut said = Said::default();
        let (mut table, mut fields) = (false, false);
        for argument in &self.0 {
            let path = argument.path();
            let seen = if path.is_ident("table") {
                &mut table
            } else if path.is_ident("fields") {
                &mut fields
            } else {
                let error = Diagnostic::error(path, "unknown argument").help(KNOWN);
                errors.combine(error);
                continue;
            };
            if std::mem::replace(seen, true) {
                errors.combine(Error::new(path, "it is given twice"));
                continue;
            }
            if let Err(error) = said.take(argument) {
                errors.combine(error);
            }
        }
        for (given, text) in [(table, "no table is given"), (fields, "no field is given")] {
            if !given {
                errors.combine(Diagnostic::error(Span::call_site(), text).help(KNOWN));
            }
        }
        said
    }
}

impl Said {
    fn take(&mut self, argument: &Meta) -> Result<()> {
        match argument {
            Meta::NameValue(pair) if pair.path.is_ident("table") => {
                let Expr::Lit(literal) = &pair.value else {
                    return Err(Error::new(&pair.value, "a string is expected here"));
                };
                let Lit::Str(name) = &literal.lit else {
                    return Err(Error::new(&pair.value, "a string is expected here"));
                };
                self.table = Some(name.clone());
            }
            Meta::List(list) if list.path.is_ident("fields") => {
                self.fields = idents(list.tokens.clone())?;
                if self.fields.is_empty() {
                    return Err(Error::new(&list.path, "an index of nothing finds nothing"));
                }
            }
            other => {
                let error = Diagnostic::error(other, "this is not how it is written").help(KNOWN);
                return Err(error.into());
            }
        }
        Ok(())
    }
}

fn idents(list: TokenStream) -> Result<Vec<Ident>> {
    let idents = Punctuated::<Ident, Token![,]>::parse_terminated.parse2(list)?;
    let mut errors = Error::none();
    let mut once: Vec<Ident> = Vec::new();
    for ident in idents {
        if once.contains(&ident) {
            errors.combine(Error::new(&ident, format!("`{ident}` is given twice")));
        } else {
            once.push(ident);
        }
    }
    errors.finish(once)
}
