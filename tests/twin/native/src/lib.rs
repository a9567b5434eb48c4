//! The macros of `tests/guests/twin` as ordinary proc-macros.
#![forbid(unsafe_code)]
#![allow(non_snake_case)]

mod logic;

use logic::{Made, calls, fields, handlers, plants, tables};
use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

macro_rules! attributes {
    ($($name:ident in $module:ident, $helpers:expr;)*) => {$(
        /// Emits the item again and what the macro adds, as Cell does.
        #[proc_macro_attribute]
        pub fn $name(arguments: TokenStream, item: TokenStream) -> TokenStream {
            let alone = if $helpers { without_keys(item.clone()) } else { item.clone() };
            match $module::$name(arguments.into(), item.into()) {
                Ok(Made::Added(items)) => [alone, items.into()].into_iter().collect(),
                Ok(Made::Instead(item)) => item.into(),
                Err(error) => [alone, error.to_compile_error().into()].into_iter().collect(),
            }
        }
    )*};
}

attributes! {
    table in tables, true;
    handler in handlers, false;
    service in handlers, false;
    traced in handlers, false;
    same in handlers, false;
    plant in plants, false;
}

#[proc_macro_derive(Model, attributes(cell))]
pub fn Model(item: TokenStream) -> TokenStream {
    fields::model(item.into()).unwrap_or_else(|error| error.to_compile_error()).into()
}

macro_rules! functions {
    ($($name:ident)*) => {$(
        #[proc_macro]
        pub fn $name(input: TokenStream) -> TokenStream {
            calls::$name(input.into()).unwrap_or_else(|error| error.to_compile_error()).into()
        }
    )*};
}

functions! { pairs choice uint functions tokens }

/// The item without `#[Twin::key]` on its fields: rustc knows no helpers of attributes.
fn without_keys(item: TokenStream) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    for tree in item {
        let TokenTree::Group(group) = tree else {
            out.push(tree);
            continue;
        };
        let hash = matches!(out.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#');
        if hash && group.delimiter() == Delimiter::Bracket && is_key(&group) {
            out.pop();
        } else if group.delimiter() == Delimiter::Brace && contains_key(&group) {
            let mut inside = Group::new(group.delimiter(), without_keys(group.stream()));
            inside.set_span(group.span());
            out.push(TokenTree::Group(inside));
        } else {
            out.push(TokenTree::Group(group));
        }
    }
    out.into_iter().collect()
}

fn is_key(group: &Group) -> bool {
    let words: Vec<String> = group
        .stream()
        .into_iter()
        .filter_map(|tree| if let TokenTree::Ident(word) = tree { Some(word.to_string()) } else { None })
        .collect();
    words.len() >= 2 && words[1] == "key"
}

fn contains_key(group: &Group) -> bool {
    group.stream().into_iter().any(|tree| {
        matches!(&tree, TokenTree::Group(inside) if inside.delimiter() == Delimiter::Bracket && is_key(inside))
    })
}
