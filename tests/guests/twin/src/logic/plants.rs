//! `#[Twin::plant(what, where)]`: puts something behind the item of which the compiler itself has
//! something to say, with the spans that `where` names.
//!
//! `where` is `call`, `mixed`, `name` (that of the item), or `here(tokens)`: the tokens themselves,
//! and the span of the first.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, Token, parenthesized};

use super::Made;

struct Plant {
    what: Ident,
    place: Ident,
    tokens: TokenStream,
}

impl Parse for Plant {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let what = input.parse()?;
        input.parse::<Token![,]>()?;
        let place = input.parse()?;
        let mut tokens = TokenStream::new();
        if !input.is_empty() {
            let inside;
            parenthesized!(inside in input);
            tokens = inside.parse()?;
        }
        Ok(Self { what, place, tokens })
    }
}

/// The macro.
pub(crate) fn plant(arguments: TokenStream, item: TokenStream) -> syn::Result<Made> {
    let Plant { what, place, tokens } = syn::parse2(arguments)?;
    let name = name(&item).unwrap_or_else(|| format_ident!("unnamed"));
    let first = tokens.clone().into_iter().next();
    let span = match place.to_string().as_str() {
        "call" => Span::call_site(),
        "mixed" => Span::mixed_site(),
        "name" => name.span(),
        "here" => first.map_or_else(Span::call_site, |tree| tree.span()),
        "joined" => Span::mixed_site().located_at(name.span()),
        _ => return Err(Error::new(place.span(), "no such place")),
    };
    let tokens = if tokens.is_empty() { quote_spanned!(span=> String) } else { tokens };
    Ok(Made::Added(match what.to_string().as_str() {
        "mismatch" => quote_spanned!(span=> const _: u8 = "text";),
        "unknown_name" => quote_spanned!(span=> const _: u8 = no_such_name;),
        "unknown_type" => quote_spanned!(span=> const _: Option<NoSuchType> = None;),
        "unknown_macro" => quote_spanned!(span=> no_such_macro!();),
        "unknown_attribute" => quote_spanned!(span=> #[no_such_attribute] struct Marked;),
        "unknown_import" => quote_spanned!(span=> use no_such_crate::thing;),
        "unknown_method" => quote_spanned!(span=> const _: u8 = 1u8.no_such_method();),
        "unknown_field" => quote_spanned!(span=> fn field(x: &#name) -> u8 { x.no_such_field }),
        "twice" => quote! { pub struct #name; },
        "not_clone" => quote_spanned! { span=>
            fn bound() { fn needs<T: Copy>() {} needs::<#tokens>(); }
        },
        "not_a_trait" => quote_spanned!(span=> impl #tokens for #name {}),
        "arity" => quote_spanned!(span=> fn arity() { fn one(_: u8) {} one(1, 2); }),
        "moved" => quote_spanned!(span=> fn moved(s: String) { drop(s); drop(s); }),
        "borrowed" => quote_spanned! { span=>
            fn borrowed() { let mut v = vec![1]; let a = &v; v.push(2); drop(a); }
        },
        "mutated" => quote_spanned!(span=> fn mutated() { let x = 1; x = 2; let _ = x; }),
        "dangling" => quote_spanned!(span=> fn dangling<'a>() -> &'a String { &String::new() }),
        "private" => quote_spanned! { span=>
            mod inner { pub struct Closed { secret: u8 } }
            fn private(x: inner::Closed) -> u8 { x.secret }
        },
        "arms" => quote_spanned!(span=> fn arms(x: bool) -> u8 { match x { true => 1 } }),
        "missing_member" => quote_spanned!(span=> impl Iterator for #name { type Item = u8; }),
        "not_safe" => quote_spanned! { span=>
            fn not_safe(x: *const u8) -> u8 { *x }
        },
        "overflow" => quote_spanned!(span=> const _: u8 = 255 + 1;),
        "lifetime" => quote_spanned!(span=> fn lifetime(x: &'gone str) {}),
        "unused" => quote_spanned!(span=> pub fn unused() { let x = 1; }),
        "unused_mut" => quote_spanned!(span=> pub fn unused_mut() -> u8 { let mut x = 1; x }),
        "unused_import" => quote_spanned!(span=> mod imports { use std::fmt::Debug; }),
        "unused_result" => quote_spanned!(span=> pub fn result() { Ok::<(), ()>(()); }),
        "unreachable" => quote_spanned!(span=> pub fn unreachable() { return; let _ = 1; }),
        "dead" => quote_spanned!(span=> fn never_called() {}),
        "old" => quote_spanned! { span=>
            #[deprecated(note = "use the new one")] pub fn old() {}
            pub fn calls_old() { old() }
        },
        "snake" => quote_spanned!(span=> pub fn NotSnake() {}),
        "camel" => quote_spanned!(span=> pub struct not_camel;),
        "parens" => {
            quote_spanned!(span=> pub fn parens(x: u8) -> u8 { if (x == 1) { 1 } else { 2 } })
        }
        "always" => quote_spanned!(span=> pub fn always() { while true {} }),
        "compile_error" => quote_spanned!(span=> compile_error!("made by the macro");),
        "nothing" => TokenStream::new(),
        "whole" => return Err(Error::new_spanned(&tokens, "all of this")),
        "open" => quote_spanned!(span=> fn open() -> {}),
        "extra" => quote_spanned!(span=> struct Extra;;),
        "half" => quote_spanned!(span=> const HALF: u8 = ;),
        _ => return Err(Error::new(what.span(), "no such plant")),
    }))
}

/// The identifier behind the keyword of the item.
fn name(item: &TokenStream) -> Option<Ident> {
    let mut trees = item.clone().into_iter();
    let keyword = |tree: &TokenTree| {
        ["struct", "enum", "fn", "trait", "mod", "const", "type"]
            .iter()
            .any(|word| tree.to_string() == *word)
    };
    trees.by_ref().find(keyword);
    match trees.next() {
        Some(TokenTree::Ident(ident)) => Some(ident),
        _ => None,
    }
}
