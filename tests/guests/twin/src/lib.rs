//! Macros that are compiled twice: here into a component, and by `tests/twin/native` into an
//! ordinary proc-macro crate. What rustc says of their uses must be the same.
#![forbid(unsafe_code)]

mod logic;

use macro_guest_sdk::{Expansion, Result, cell_macro};
use proc_macro2::TokenStream;

use crate::logic::{Made, calls, fields, handlers, plants, tables};

/// What was made, as an attribute returns it.
fn expansion(made: Made) -> Expansion {
    match made {
        Made::Added(items) => Expansion::new().items(items),
        Made::Instead(item) => Expansion::new().replace(item),
    }
}

/// See `logic::tables`.
#[cell_macro(attribute, helpers(key))]
fn table(arguments: TokenStream, item: TokenStream) -> Result<Expansion> {
    Ok(expansion(tables::table(arguments, item)?))
}

/// See `logic::handlers`.
#[cell_macro(attribute)]
fn handler(arguments: TokenStream, item: TokenStream) -> Result<Expansion> {
    Ok(expansion(handlers::handler(arguments, item)?))
}

/// See `logic::handlers`.
#[cell_macro(attribute)]
fn service(arguments: TokenStream, item: TokenStream) -> Result<Expansion> {
    Ok(expansion(handlers::service(arguments, item)?))
}

/// See `logic::handlers`.
#[cell_macro(attribute)]
fn traced(arguments: TokenStream, item: TokenStream) -> Result<Expansion> {
    Ok(expansion(handlers::traced(arguments, item)?))
}

/// See `logic::handlers`.
#[cell_macro(attribute)]
fn same(arguments: TokenStream, item: TokenStream) -> Result<Expansion> {
    Ok(expansion(handlers::same(arguments, item)?))
}

/// See `logic::plants`.
#[cell_macro(attribute)]
fn plant(arguments: TokenStream, item: TokenStream) -> Result<Expansion> {
    Ok(expansion(plants::plant(arguments, item)?))
}

/// See `logic::fields`.
#[cell_macro(derive, helpers(cell))]
#[expect(non_snake_case, reason = "the name of a derive")]
fn Model(item: TokenStream) -> Result<TokenStream> {
    Ok(fields::model(item)?)
}

/// See `logic::calls`.
#[cell_macro(function)]
fn pairs(input: TokenStream) -> Result<TokenStream> {
    Ok(calls::pairs(input)?)
}

/// See `logic::calls`.
#[cell_macro(function)]
fn choice(input: TokenStream) -> Result<TokenStream> {
    Ok(calls::choice(input)?)
}

/// See `logic::calls`.
#[cell_macro(function)]
fn uint(input: TokenStream) -> Result<TokenStream> {
    Ok(calls::uint(input)?)
}

/// See `logic::calls`.
#[cell_macro(function)]
fn functions(input: TokenStream) -> Result<TokenStream> {
    Ok(calls::functions(input)?)
}

/// See `logic::calls`.
#[cell_macro(function)]
fn tokens(input: TokenStream) -> Result<TokenStream> {
    Ok(calls::tokens(input)?)
}

macro_guest_sdk::component!(
    table, handler, service, traced, same, plant, Model, pairs, choice, uint, functions, tokens,
);
