//! `questions!`: a module for each cell, made of the schemas that it publishes.

mod generate;
mod schema;

use std::path::PathBuf;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{LitStr, Token, bracketed, token};

use crate::arguments::plain;

/// `ledger = "ledger.schema"`, or a list of files.
struct Cell {
    name: Ident,
    files: Vec<LitStr>,
}

impl Parse for Cell {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        if !input.peek(token::Bracket) {
            return Ok(Self { name, files: vec![input.parse()?] });
        }
        let inside;
        bracketed!(inside in input);
        let files: Punctuated<LitStr, Token![,]> = Punctuated::parse_terminated(&inside)?;
        Ok(Self { name, files: files.into_iter().collect() })
    }
}

/// The modules. `read` gives the path and the text of a file that the guest's author named.
pub(crate) fn expand(
    input: TokenStream,
    read: impl Fn(&str) -> Result<(PathBuf, String), String>,
) -> TokenStream {
    let cells = match Punctuated::<Cell, Token![,]>::parse_terminated.parse2(input) {
        Ok(cells) => cells,
        Err(error) => return error.to_compile_error(),
    };
    let modules = cells.iter().map(|cell| match module(cell, &read) {
        Ok(module) => module,
        Err(error) => error.to_compile_error(),
    });
    quote!(#(#modules)*)
}

fn module(
    cell: &Cell,
    read: &impl Fn(&str) -> Result<(PathBuf, String), String>,
) -> syn::Result<TokenStream> {
    let Cell { name, files } = cell;
    if files.is_empty() {
        return Err(syn::Error::new_spanned(name, "a cell has a schema at least"));
    }
    let mut known = schema::Asked::default();
    let mut paths = Vec::new();
    for file in files {
        let wrong = |text: String| syn::Error::new_spanned(file, text);
        let (path, text) = read(&file.value()).map_err(wrong)?;
        schema::read(&text, &mut known).map_err(|why| {
            wrong(format!("`{}` is no schema that can be used: {why}", file.value()))
        })?;
        let path = path.to_str().map(str::to_owned);
        paths.extend(path);
    }
    if known.methods.is_empty() {
        let cell = plain(name);
        let text = format!(
            "cell `{cell}` answers no question: none of its methods is marked `at compile time`\n\
             help: mark one with `#[compile_time]` and write its schema anew: `cell schema {cell}`"
        );
        return Err(syn::Error::new_spanned(&files[0], text));
    }
    Ok(generate::module(name, &known, &paths))
}

#[cfg(test)]
mod tests;
