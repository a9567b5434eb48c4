//! Macros that meet on one item.
#![forbid(unsafe_code)]

mod edits;

use macro_guest_sdk::{Context, Diagnostic, Error, Expansion, Fact, Result, cell_macro};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};

/// The name of the struct, and a constant in it that lists what a macro knows.
fn known(name: &str, item: &TokenStream, cx: &Context) -> TokenStream {
    let ident = ident(item);
    let constant = format_ident!("{}", name.to_uppercase());
    let others = cx.gathered().iter().map(|other| format!("{}::{}", other.cell, other.name));
    let facts = cx.facts().iter().map(|f| format!("{} {}={}", f.source, f.name, f.value));
    quote! {
        impl #ident {
            pub const #constant: (&'static [&'static str], &'static [&'static str]) =
                (&[#(#others),*], &[#(#facts),*]);
        }
    }
}

fn ident(item: &TokenStream) -> Ident {
    let mut trees = item.clone().into_iter();
    let keyword =
        |tree: &TokenTree| ["struct", "enum"].iter().any(|word| tree.to_string() == *word);
    trees.by_ref().find(keyword);
    match trees.next() {
        Some(TokenTree::Ident(ident)) => ident,
        _ => Ident::new("Unknown", Span::call_site()),
    }
}

fn told(name: &str, arguments: TokenStream, item: TokenStream) -> Vec<Fact> {
    vec![
        Fact::new("name", name),
        Fact::new("item", ident(&item).to_string()),
        Fact::new("arguments", arguments.to_string()),
    ]
}

/// Needs nothing; tells its arguments. Adds a constant `A` with what it knows.
#[cell_macro(attribute, context(gathered), plan = plan_a)]
fn a(_arguments: TokenStream, item: TokenStream, cx: &mut Context) -> TokenStream {
    known("a", &item, cx)
}

fn plan_a(arguments: TokenStream, item: TokenStream, _cx: &mut Context) -> Result<Vec<Fact>> {
    Ok(told("a", arguments, item))
}

/// Needs `a`. Adds a constant `B` with what it knows.
#[cell_macro(attribute, needs(a), context(gathered), plan = plan_b)]
fn b(_arguments: TokenStream, item: TokenStream, cx: &mut Context) -> TokenStream {
    known("b", &item, cx)
}

fn plan_b(arguments: TokenStream, item: TokenStream, _cx: &mut Context) -> Result<Vec<Fact>> {
    Ok(told("b", arguments, item))
}

/// Needs `b`, and so `a`. Adds a constant `C` with what it knows; tells nothing.
#[cell_macro(attribute, needs(b), context(gathered))]
fn c(_arguments: TokenStream, item: TokenStream, cx: &mut Context) -> TokenStream {
    known("c", &item, cx)
}

/// Its plan fails; its expansion would not.
#[cell_macro(attribute, plan = plan_that_fails)]
fn fails_in_plan(_arguments: TokenStream, _item: TokenStream) -> TokenStream {
    TokenStream::new()
}

fn plan_that_fails(_arguments: TokenStream, item: TokenStream) -> Result<Vec<Fact>> {
    Err(Error::new(ident(&item).span(), "the plan of this failed"))
}

/// Needs `cycle_b`, which needs this.
#[cell_macro(attribute, needs(cycle_b))]
fn cycle_a(_arguments: TokenStream, _item: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Needs `cycle_a`, which needs this.
#[cell_macro(attribute, needs(cycle_a))]
fn cycle_b(_arguments: TokenStream, _item: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Needs a macro that does not exist, of a cell that does not exist.
#[cell_macro(attribute, needs(nowhere::nothing))]
fn needs_nothing(_arguments: TokenStream, _item: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Replaces the item by itself with `#[derive(Clone)]` before it.
#[cell_macro(attribute)]
fn replace_a(_arguments: TokenStream, item: TokenStream) -> Expansion {
    Expansion::new().replace(quote! { #[derive(Clone)] #item })
}

/// Replaces the item by itself with `#[derive(Debug)]` before it.
#[cell_macro(attribute)]
fn replace_b(_arguments: TokenStream, item: TokenStream) -> Expansion {
    Expansion::new().replace(quote! { #[derive(Debug)] #item })
}

/// Adds the field `extra: u8`.
#[cell_macro(attribute)]
fn field_a(_arguments: TokenStream, _item: TokenStream) -> Expansion {
    Expansion::new().field("extra", quote! { extra: u8 })
}

/// Adds the field `extra: u16`.
#[cell_macro(attribute)]
fn field_b(_arguments: TokenStream, _item: TokenStream) -> Expansion {
    Expansion::new().field("extra", quote! { extra: u16 })
}

/// Adds the field `other: u32`, and a plan entry, an artifact and a warning that say so.
#[cell_macro(attribute)]
fn field_c(_arguments: TokenStream, item: TokenStream) -> Expansion {
    Expansion::new()
        .field("other", quote! { other: u32 })
        .plan_entry("field", "other", "u32")
        .artifact("other.txt", "u32")
        .warn(Diagnostic::warning(ident(&item).span(), "a field was added"))
}

/// Asks `oracle::answer` with the text of its input; gives the answer, read as tokens.
#[cell_macro(function, calls(oracle::answer))]
fn ask(input: TokenStream, cx: &mut Context) -> Result<TokenStream> {
    let answer = match cx.call_cell("oracle", "answer", input.to_string().as_bytes()) {
        Ok(answer) => answer,
        Err(error) => return Err(error.at(&input).into()),
    };
    let text = String::from_utf8_lossy(&answer);
    text.parse().map_err(|_| Error::new(&input, format!("the answer `{text}` is no Rust")))
}

/// Asks `oracle::answer` for `name` and `type` and adds a constant with both.
#[cell_macro(attribute, calls(oracle::answer, oracle::other))]
fn ask_twice(_arguments: TokenStream, item: TokenStream, cx: &mut Context) -> Result<TokenStream> {
    let mut text = |function: &str, question: &str| -> Result<String> {
        let answer = cx.call_cell("oracle", function, question.as_bytes())?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    let answers = [text("answer", "name")?, text("other", "type")?, text("answer", "name")?];
    let ident = ident(&item);
    Ok(quote! { impl #ident { pub const ANSWERS: [&'static str; 3] = [#(#answers),*]; } })
}

/// Gives all of the context as a constant `PLACE`.
#[cell_macro(attribute, context(item_kind, gathered, package, profile))]
fn place(_arguments: TokenStream, _item: TokenStream, cx: &mut Context) -> TokenStream {
    let kind = format!("{:?}", cx.item_kind());
    let (package, krate, profile) = (cx.package(), cx.crate_name(), cx.profile());
    quote! { pub const PLACE: [&str; 4] = [#kind, #package, #krate, #profile]; }
}

macro_guest_sdk::component!(
    a,
    b,
    c,
    fails_in_plan,
    cycle_a,
    cycle_b,
    needs_nothing,
    replace_a,
    replace_b,
    field_a,
    field_b,
    field_c,
    ask,
    ask_twice,
    place,
    edits::d1,
    edits::d2,
    edits::d3,
    edits::d4,
    edits::d5,
    edits::d6,
    edits::parameter_a,
    edits::parameter_b,
    edits::around,
    edits::emits,
    edits::sum,
    edits::endless,
);
