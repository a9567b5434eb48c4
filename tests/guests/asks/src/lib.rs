//! Macros that ask a cell.
#![forbid(unsafe_code)]

use macro_guest_sdk::{Context, Error, Expansion, Result, cell_macro};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;

macro_guest_sdk::questions!(oracle = "oracle.schema");

/// The name of the item.
fn name(item: &TokenStream) -> Ident {
    let mut trees = item.clone().into_iter();
    let keyword =
        |tree: &TokenTree| ["struct", "enum", "fn"].iter().any(|word| tree.to_string() == *word);
    trees.by_ref().find(keyword);
    match trees.next() {
        Some(TokenTree::Ident(ident)) => ident,
        _ => Ident::new("Unknown", Span::call_site()),
    }
}

/// A constant of the item's type.
fn constant(item: &TokenStream, constant: &str, text: &str) -> Expansion {
    let (name, constant) = (name(item), Ident::new(constant, Span::call_site()));
    Expansion::new().items(quote! {
        impl #name {
            #[allow(missing_docs, dead_code)]
            pub const #constant: &'static str = #text;
        }
    })
}

/// A number.
struct Number(u64);

impl macro_guest_sdk::FromTokens for Number {
    fn from_tokens(tokens: TokenStream) -> Result<Self> {
        let number = tokens.to_string().trim().parse();
        number.map(Self).map_err(|_| Error::new(Span::call_site(), "a number is expected"))
    }
}

/// Adds what the oracle says to a number, as `VALUE`.
#[cell_macro(attribute, calls(oracle::value))]
fn value(number: Number, item: TokenStream, cx: &mut Context) -> Result<Expansion> {
    let value = oracle::value(cx, number.0)?;
    Ok(constant(&item, "VALUE", &value).plan_entry("value", number.0.to_string(), value))
}

/// Adds what the oracle says to all numbers below one, one after the other, as `VALUES`.
#[cell_macro(attribute, calls(oracle::value))]
fn values(number: Number, item: TokenStream, cx: &mut Context) -> Result<Expansion> {
    let values: Vec<String> =
        (0..number.0).map(|n| oracle::value(cx, n)).collect::<std::result::Result<_, _>>()?;
    Ok(constant(&item, "VALUES", &values.join(" ")))
}

/// Is what the oracle says to a number.
#[cell_macro(function, calls(oracle::value))]
fn word(number: Number, cx: &mut Context) -> Result<Expansion> {
    let value = oracle::value(cx, number.0)?;
    Ok(Expansion::new().items(quote!(#value)))
}

/// Adds what the oracle says to the length of the type's name, as `DERIVED`.
#[cell_macro(derive, name = "Derived", calls(oracle::value))]
fn derived(item: TokenStream, cx: &mut Context) -> Result<Expansion> {
    let length = name(&item).to_string().len() as u64;
    Ok(constant(&item, "DERIVED", &oracle::value(cx, length)?))
}

/// Adds the columns of a table, as `COLUMNS`.
#[cell_macro(attribute, calls(oracle::table))]
fn table(name: TokenStream, item: TokenStream, cx: &mut Context) -> Result<Expansion> {
    let at = name.clone().into_iter().next().map_or_else(Span::call_site, |tree| tree.span());
    let table = oracle::table(cx, name.to_string().trim_matches('"'))?;
    let table = table.map_err(|missing| {
        Error::new(at, format!("there is no such table, but {}", missing.known.join(", ")))
    })?;
    let columns: Vec<String> = table.columns.into_iter().map(|column| column.name).collect();
    Ok(constant(&item, "COLUMNS", &columns.join(" ")))
}

/// Has the oracle wait before it answers.
#[cell_macro(attribute, calls(oracle::slow))]
fn slow(millis: Number, item: TokenStream, cx: &mut Context) -> Result<Expansion> {
    Ok(constant(&item, "VALUE", &oracle::slow(cx, millis.0)?))
}

/// Has the oracle answer with so many bytes.
#[cell_macro(attribute, calls(oracle::large))]
fn large(bytes: Number, item: TokenStream, cx: &mut Context) -> Result<Expansion> {
    Ok(constant(&item, "LENGTH", &oracle::large(cx, bytes.0)?.len().to_string()))
}

/// Has the oracle panic.
#[cell_macro(attribute, calls(oracle::panics))]
fn panics(_: TokenStream, item: TokenStream, cx: &mut Context) -> Result<Expansion> {
    Ok(constant(&item, "VALUE", &oracle::panics(cx)?))
}

/// Asks a function of the oracle with bytes that are none of its arguments.
fn raw(
    function: &str,
    arguments: &[u8],
    item: &TokenStream,
    cx: &mut Context,
) -> Result<Expansion> {
    let reply = cx.call_cell("oracle", function, arguments)?;
    Ok(constant(item, "LENGTH", &reply.len().to_string()))
}

/// Asks with a text where a number has to be.
#[cell_macro(attribute, calls(oracle::value))]
fn wrong_arguments(_: TokenStream, item: TokenStream, cx: &mut Context) -> Result<Expansion> {
    raw("value", b"\x81\xa6number\xa3ten", &item, cx)
}

/// Asks with what is no MessagePack.
#[cell_macro(attribute, calls(oracle::value))]
fn no_arguments(_: TokenStream, item: TokenStream, cx: &mut Context) -> Result<Expansion> {
    raw("value", b"\xc1", &item, cx)
}

/// Asks what the oracle does not know.
#[cell_macro(attribute, calls(oracle::vaule))]
fn unknown(_: TokenStream, item: TokenStream, cx: &mut Context) -> Result<Expansion> {
    raw("vaule", b"\x80", &item, cx)
}

/// Asks what is nothing for macros.
#[cell_macro(attribute, calls(oracle::unmarked))]
fn unmarked(_: TokenStream, item: TokenStream, cx: &mut Context) -> Result<Expansion> {
    raw("unmarked", b"\x80", &item, cx)
}

/// Asks what is secret, where the schema says so.
#[cell_macro(attribute, calls(oracle::password))]
fn password(_: TokenStream, item: TokenStream, cx: &mut Context) -> Result<Expansion> {
    raw("password", b"\x80", &item, cx)
}

/// Asks a cell that the project does not know.
#[cell_macro(attribute, calls(stranger::value))]
fn stranger(_: TokenStream, item: TokenStream, cx: &mut Context) -> Result<Expansion> {
    let reply = cx.call_cell("stranger", "value", b"\x80")?;
    Ok(constant(&item, "LENGTH", &reply.len().to_string()))
}

macro_guest_sdk::component!(
    value,
    values,
    word,
    derived,
    table,
    slow,
    large,
    panics,
    wrong_arguments,
    no_arguments,
    unknown,
    unmarked,
    password,
    stranger,
);
