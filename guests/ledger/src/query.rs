//! `Ledger::query!`: a statement that is read while it compiles.

mod statement;

use macro_guest_sdk::{Diagnostic, Result, cell_macro};
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitStr, Token, Visibility};

use statement::{Columns, Statement};

/// Reads a `select` statement and gives a value with its parts: `sql`, `table`, `columns` (empty
/// for `*`) and `parameters`, the columns that its `?` are compared with, in order. The lengths of
/// both lists are part of the type.
///
/// `query!("select ..")` is an expression. `query!(pub ByOwner = "select ..");` is an item: a
/// struct with the same parts as constants.
#[cell_macro(function)]
pub(crate) fn query(input: Query) -> Result<TokenStream> {
    let text = input.text.value();
    let statement = statement::read(&text).map_err(|wrong| {
        let mut error = Diagnostic::error(&input.text, wrong.message);
        if let Some(at) = wrong.at {
            let before = text[..at].chars().count();
            error = error.note(format!("at character {} of the statement", before + 1));
        }
        error.help("`select a, b from table where a = ? order by b desc limit ?`")
    })?;
    Ok(match &input.item {
        Some((vis, name)) => item(vis, name, &text, &statement),
        None => expression(&text, &statement),
    })
}

/// What stands in the parentheses.
pub(crate) struct Query {
    item: Option<(Visibility, Ident)>,
    text: LitStr,
}

impl Parse for Query {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut item = None;
        if !input.peek(LitStr) {
            let head = (input.parse()?, input.parse()?);
            input.parse::<Token![=]>()?;
            item = Some(head);
        }
        let text = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Self { item, text })
    }
}

fn columns<'a>(statement: &'a Statement<'_>) -> &'a [&'a str] {
    match &statement.columns {
        Columns::All => &[],
        Columns::Named(names) => names,
    }
}

fn expression(text: &str, statement: &Statement<'_>) -> TokenStream {
    let (columns, parameters) = (columns(statement), &statement.parameters);
    let (table, width, count) = (statement.table, columns.len(), parameters.len());
    quote_spanned! { Span::mixed_site() =>
        {
            #[allow(dead_code)]
            struct Query<const COLUMNS: usize, const PARAMETERS: usize> {
                sql: &'static str,
                table: &'static str,
                columns: [&'static str; COLUMNS],
                parameters: [&'static str; PARAMETERS],
            }

            Query::<#width, #count> {
                sql: #text,
                table: #table,
                columns: [#(#columns),*],
                parameters: [#(#parameters),*],
            }
        }
    }
}

fn item(vis: &Visibility, name: &Ident, text: &str, statement: &Statement<'_>) -> TokenStream {
    let (columns, parameters) = (columns(statement), &statement.parameters);
    let (table, width, count) = (statement.table, columns.len(), parameters.len());
    let about = format!("`{text}`");
    quote_spanned! { Span::mixed_site() =>
        #[doc = #about]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #vis struct #name;

        #[allow(dead_code)]
        impl #name {
            /// The statement.
            #vis const SQL: &'static str = #text;
            /// The table that it reads.
            #vis const TABLE: &'static str = #table;
            /// The columns of its rows; none for `*`.
            #vis const COLUMNS: [&'static str; #width] = [#(#columns),*];
            /// The columns that its parameters are compared with.
            #vis const PARAMETERS: [&'static str; #count] = [#(#parameters),*];
        }
    }
}

#[cfg(test)]
mod tests;
