//! Macros that change a function together, and some that cannot.

use macro_guest_sdk::{Context, Error, Expansion, Fact, Function, Result, cell_macro};
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

/// What each of the six does: an attribute that all of them add, one of its own, a digit behind what
/// the body yields, a constant with what the others told. The even ones add a parameter.
fn digit(digit: u64, cx: &Context) -> Expansion {
    let name = format!("d{digit}");
    let told: Vec<u64> = cx.facts().iter().filter_map(|fact| fact.value.parse().ok()).collect();
    let (told, digits) = (told.iter().sum::<u64>(), Literal::u64_unsuffixed(digit));
    let constant = format_ident!("D{digit}");
    let expansion = Expansion::new()
        .attribute(quote! { #[must_use] })
        .attribute(quote! { #[doc = #name] })
        .items(quote! { pub const #constant: u64 = #told; })
        .wrap_body(|body| quote! { let before: u64 = #body; before * 10 + #digits });
    if digit % 2 == 1 {
        return expansion;
    }
    let parameter = format_ident!("p{digit}");
    expansion.parameter(parameter.to_string(), quote! { #parameter: u64 })
}

fn fact(digit: u64) -> Result<Vec<Fact>> {
    Ok(vec![Fact::new("digit", digit.to_string())])
}

macro_rules! six {
    ($($digit:literal $name:ident $plan:ident $doc:literal ($($need:ident)?);)+) => {$(
        #[doc = $doc]
        #[cell_macro(attribute, needs($($need)?), plan = $plan)]
        pub(crate) fn $name(_: TokenStream, _: Function, cx: &mut Context) -> Expansion {
            digit($digit, cx)
        }

        fn $plan(_: TokenStream, _: Function, _: &mut Context) -> Result<Vec<Fact>> {
            fact($digit)
        }
    )+};
}

six! {
    1 d1 plan_d1 "Needs `d3`." (d3);
    2 d2 plan_d2 "Needs `d1`." (d1);
    3 d3 plan_d3 "Needs nothing." ();
    4 d4 plan_d4 "Needs nothing." ();
    5 d5 plan_d5 "Needs `d6`." (d6);
    6 d6 plan_d6 "Needs nothing." ();
}

/// Adds the parameter `extra: u8`.
#[cell_macro(attribute)]
pub(crate) fn parameter_a(_arguments: TokenStream, _item: TokenStream) -> Expansion {
    Expansion::new().parameter("extra", quote! { extra: u8 })
}

/// Adds the parameter `extra: u16`.
#[cell_macro(attribute)]
pub(crate) fn parameter_b(_arguments: TokenStream, _item: TokenStream) -> Expansion {
    Expansion::new().parameter("extra", quote! { extra: u16 })
}

/// Puts its arguments in front of the body, or, with `value`, what follows that word behind what the
/// function returns, which is `value` there.
#[cell_macro(attribute)]
pub(crate) fn around(arguments: TokenStream, item: TokenStream) -> Result<Expansion> {
    let mut trees = arguments.clone().into_iter();
    let Some(name) = trees.next().filter(|first| first.to_string() == "value") else {
        return Ok(Expansion::new().wrap_body(|body| quote! { #arguments #body }));
    };
    let function = Function::read(item)?;
    let behind: TokenStream = trees.collect();
    Ok(Expansion::new().wrap_body(|body| {
        let value = body.value(&function);
        quote! { let #name = #value; #behind }
    }))
}

/// Gives an item with the same macro and a number that is one less.
#[cell_macro(attribute)]
pub(crate) fn emits(arguments: TokenStream, _item: TokenStream) -> Result<TokenStream> {
    let left = number(&arguments)?;
    let constant = format_ident!("LEVEL_{left}");
    let next = (left > 0).then(|| {
        let next = Literal::u64_unsuffixed(left - 1);
        quote! { #[::cell::wasm(stack::emits(#next))] pub struct Next; }
    });
    Ok(quote! { pub const #constant: u64 = #left; pub mod below { #next } })
}

/// Gives its number plus what the same macro gives for one that is one less.
#[cell_macro(function)]
pub(crate) fn sum(input: TokenStream) -> Result<TokenStream> {
    let left = number(&input)?;
    let next = Literal::u64_unsuffixed(left.saturating_sub(1));
    Ok(if left == 0 {
        quote! { 0u64 }
    } else {
        quote! { (#left + ::cell::expand!(stack::sum(#next))) }
    })
}

fn number(tokens: &TokenStream) -> Result<u64> {
    let number = tokens.to_string().parse();
    number.map_err(|_| Error::new(tokens, "a number is expected here"))
}

/// Gives two items with the same macro, and so without an end.
#[cell_macro(attribute)]
pub(crate) fn endless(_arguments: TokenStream, _item: TokenStream) -> TokenStream {
    let next = quote! { #[::cell::wasm(stack::endless)] pub struct Next; };
    quote! { pub mod one { #next } pub mod other { #next } }
}
