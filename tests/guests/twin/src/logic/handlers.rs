//! Attributes on functions, members, traits and impls: errors on nested tokens, several at once.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Error, FnArg, ImplItem, Item, ReturnType, Signature, TraitItem, TraitItemFn, Type};

use super::{Made, Wrong};

/// `#[Twin::handler]`: says what is wrong with a function, which may be a member.
pub(crate) fn handler(arguments: TokenStream, item: TokenStream) -> syn::Result<Made> {
    let mut wrong = Wrong::default();
    if let Err(error) = syn::parse2::<syn::parse::Nothing>(arguments) {
        wrong.add(error);
    }
    // Of the kinds of functions a member of a trait may or may not have a body; it is not `pub`.
    let read = |input: syn::parse::ParseStream<'_>| {
        input.call(syn::Attribute::parse_outer)?;
        input.parse::<syn::Visibility>()?;
        input.parse::<TraitItemFn>()
    };
    let function = syn::parse::Parser::parse2(read, item)?;
    check(&function.sig, &mut wrong);
    let first = function.default.as_ref().and_then(|body| body.stmts.first());
    if let Some(syn::Stmt::Macro(call)) = first {
        wrong.add(Error::new_spanned(&call.mac.path, "a handler does not begin with a macro"));
    }
    wrong.finish(Made::Added(TokenStream::new()))
}

fn check(signature: &Signature, wrong: &mut Wrong) {
    if let Some(token) = signature.safety.to_token_stream().into_iter().next() {
        wrong.add(Error::new(token.span(), "a handler is safe"));
    }
    if signature.asyncness.is_none() {
        wrong.add(Error::new_spanned(signature.fn_token, "a handler is `async`"));
    }
    if let Some(lifetime) = signature.generics.lifetimes().next() {
        wrong.add(Error::new_spanned(lifetime, "a handler has no lifetimes"));
    }
    for ty in signature.generics.type_params() {
        wrong.add(Error::new(ty.ident.span(), "a handler is not generic"));
    }
    if let Some(clause) = &signature.generics.where_clause {
        wrong.add(Error::new_spanned(clause, "a handler has no `where`"));
    }
    for input in signature.inputs.iter().skip(3) {
        wrong.add(Error::new_spanned(input, "a handler has at most three parameters"));
    }
    for input in &signature.inputs {
        match input {
            FnArg::Typed(typed) if matches!(&*typed.ty, Type::ImplTrait(_)) => {
                wrong.add(Error::new_spanned(&typed.ty, "a handler names its types"));
            }
            FnArg::Receiver(receiver) if !is_borrowed(receiver) => {
                wrong.add(Error::new_spanned(receiver, "a handler borrows `self`"));
            }
            _ => {}
        }
    }
    match &signature.output {
        // From the arrow to the `!`.
        ReturnType::Type(arrow, ty) if matches!(&**ty, Type::Never(_)) => {
            wrong.add(Error::new_spanned(quote!(#arrow #ty), "a handler returns"));
        }
        _ => {}
    }
}

fn is_borrowed(receiver: &syn::Receiver) -> bool {
    receiver.to_token_stream().into_iter().next().is_some_and(|tree| tree.to_string() == "&")
}

/// `#[Twin::service]` on a trait or an impl: looks at the members.
pub(crate) fn service(_arguments: TokenStream, item: TokenStream) -> syn::Result<Made> {
    let mut wrong = Wrong::default();
    let item: Item = syn::parse2(item)?;
    match &item {
        Item::Trait(item) => {
            for member in &item.items {
                match member {
                    TraitItem::Fn(function) => check(&function.sig, &mut wrong),
                    other => wrong.add(Error::new_spanned(other, "a service has only handlers")),
                }
            }
        }
        Item::Impl(item) => {
            for member in &item.items {
                match member {
                    ImplItem::Fn(function) => check(&function.sig, &mut wrong),
                    other => wrong.add(Error::new_spanned(other, "a service has only handlers")),
                }
            }
            if let Some((path, token)) = &item.trait_ {
                wrong.add(Error::new(path.span(), "a service is not the impl of a trait"));
                wrong.add(Error::new(token.span, "this `for` is too much"));
            }
        }
        other => wrong.add(Error::new_spanned(other, "a service is a trait or an impl")),
    }
    wrong.finish(Made::Added(TokenStream::new()))
}

/// `#[Twin::traced]` on a function with a body: puts a statement before it and gives all back.
pub(crate) fn traced(arguments: TokenStream, item: TokenStream) -> syn::Result<Made> {
    let mut function: syn::ItemFn = syn::parse2(item)?;
    let name = function.sig.ident.to_string();
    let ty = arguments;
    let first: syn::Stmt = if ty.is_empty() {
        syn::parse_quote!(let _entered = #name;)
    } else {
        syn::parse2(quote_spanned!(ty.span()=> let _entered: #ty = #name;))?
    };
    function.block.stmts.insert(0, first);
    Ok(Made::Instead(function.into_token_stream()))
}

/// `#[Twin::same]` on whatever the compiler allows: gives it back, token by token at the top. With
/// `#[Twin::same(error)]` an error on its last token.
pub(crate) fn same(arguments: TokenStream, item: TokenStream) -> syn::Result<Made> {
    let trees: Vec<TokenTree> = item.into_iter().collect();
    if !arguments.is_empty() {
        let last = trees.last().map_or_else(Span::call_site, TokenTree::span);
        return Err(Error::new(last, "this is the end of the item"));
    }
    Ok(Made::Instead(trees.into_iter().collect()))
}
