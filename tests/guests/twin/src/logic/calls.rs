//! Function-like macros, one for each position.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Block, Error, Expr, Ident, LitInt, Token, braced, bracketed};

use super::Wrong;

struct Pair {
    key: Ident,
    values: Vec<Expr>,
}

impl Parse for Pair {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.parse()?;
        input.parse::<Token![=>]>()?;
        let values = if input.peek(syn::token::Bracket) {
            let inside;
            bracketed!(inside in input);
            Punctuated::<Expr, Token![,]>::parse_terminated(&inside)?.into_iter().collect()
        } else {
            vec![input.parse()?]
        };
        Ok(Self { key, values })
    }
}

/// An expression: `pairs! { a => 1, b => [2, 3] }` is `[("a", vec![1]), ("b", vec![2, 3])]`.
pub(crate) fn pairs(input: TokenStream) -> syn::Result<TokenStream> {
    let read = |input: ParseStream<'_>| Punctuated::<Pair, Token![,]>::parse_terminated(input);
    let pairs = syn::parse::Parser::parse2(read, input)?;
    if pairs.is_empty() {
        return Err(Error::new(Span::call_site(), "there is no pair"));
    }
    let mut wrong = Wrong::default();
    let mut seen: Vec<&Ident> = Vec::new();
    let mut made = Vec::new();
    for Pair { key, values } in &pairs {
        if seen.contains(&key) {
            wrong.add(Error::new_spanned(key, format!("`{key}` is a key already")));
        }
        seen.push(key);
        let key = key.to_string();
        made.push(quote!((#key, ::std::vec![#(#values),*])));
    }
    wrong.finish(quote!([#(#made),*]))
}

/// A pattern: `choice!(1, 2)` is `1 | 2`.
pub(crate) fn choice(input: TokenStream) -> syn::Result<TokenStream> {
    let read = Punctuated::<LitInt, Token![,]>::parse_terminated;
    let numbers = syn::parse::Parser::parse2(read, input)?;
    if numbers.is_empty() {
        return Err(Error::new(Span::mixed_site(), "nothing can be chosen"));
    }
    let numbers = numbers.iter();
    Ok(quote!(#(#numbers)|*))
}

/// A type: `uint!(16)` is `u16`, at the number.
pub(crate) fn uint(input: TokenStream) -> syn::Result<TokenStream> {
    let bits: LitInt = syn::parse2(input)?;
    match bits.base10_digits() {
        digits @ ("8" | "16" | "32" | "64" | "128") => {
            let name = Ident::new(&format!("u{digits}"), bits.span());
            Ok(quote!(#name))
        }
        // Left to rustc.
        "24" => Ok(quote_spanned!(bits.span()=> u24)),
        digits => Err(Error::new(bits.span(), format!("no integer has {digits} bits"))),
    }
}

/// Items, or statements: `functions! { fn one { 1 } fn two { 2 } }`.
pub(crate) fn functions(input: TokenStream) -> syn::Result<TokenStream> {
    struct Functions(TokenStream);
    impl Parse for Functions {
        fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
            let mut out = TokenStream::new();
            while !input.is_empty() {
                let attributes = input.call(syn::Attribute::parse_outer)?;
                let visibility: syn::Visibility = input.parse()?;
                let token: Token![fn] = input.parse()?;
                let name: Ident = input.parse()?;
                let look = input.lookahead1();
                let body: TokenStream = if look.peek(syn::token::Brace) {
                    let inside;
                    braced!(inside in input);
                    let statements = inside.call(Block::parse_within)?;
                    quote!({ #(#statements)* })
                } else if look.peek(Token![=]) {
                    input.parse::<Token![=]>()?;
                    let value: Expr = input.parse()?;
                    input.parse::<Token![;]>()?;
                    quote!({ #value })
                } else {
                    return Err(look.error());
                };
                out.extend(quote!(#(#attributes)* #visibility #token #name() -> i32 #body));
            }
            Ok(Self(out))
        }
    }
    Ok(syn::parse2::<Functions>(input)?.0)
}

/// Its input, after looking at it: `error` is an error there, at whatever depth, `warn` too.
pub(crate) fn tokens(input: TokenStream) -> syn::Result<TokenStream> {
    fn look(tokens: TokenStream, wrong: &mut Wrong) {
        for tree in tokens {
            match tree {
                TokenTree::Group(group) => {
                    if group.stream().is_empty()
                        && group.delimiter() != proc_macro2::Delimiter::None
                    {
                        wrong.add(Error::new(group.span_close(), "closed at once"));
                    }
                    look(group.stream(), wrong);
                }
                TokenTree::Ident(ident) if ident == "error" => {
                    wrong.add(Error::new(ident.span(), "an error"));
                }
                TokenTree::Punct(punct) if punct.as_char() == '@' => {
                    wrong.add(Error::new(punct.span(), "an `@`"));
                }
                TokenTree::Literal(literal) if literal.to_string() == "13" => {
                    wrong.add(Error::new_spanned(literal, "not 13"));
                }
                _ => {}
            }
        }
    }
    let mut wrong = Wrong::default();
    look(input.clone(), &mut wrong);
    wrong.finish(input)
}
