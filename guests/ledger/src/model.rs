//! `#[derive(Ledger::Model)]`: what changed between two values.

use macro_guest_sdk::{Diagnostic, Error, Result, cell_macro};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Data, DeriveInput, Field, Fields, Index, Meta, Type, parse_quote};

/// Says what changed between two values of a struct, field by field.
///
/// Adds the constant `FIELDS`, the method `changes(&self, newer)`, which gives the names of the
/// fields that differ, and `apply(&mut self, newer, fields)`, which takes over the named fields.
/// `#[cell(skip)]` leaves a field out. The types of the others have to be `Clone + PartialEq`.
#[cell_macro(derive, name = "Model", helpers(skip))]
pub(crate) fn model(item: DeriveInput) -> Result<TokenStream> {
    let mut errors = Error::none();
    let fields = compared(&item, &mut errors);
    errors.finish(())?;

    let (vis, ident) = (&item.vis, &item.ident);
    let mut generics = item.generics.clone();
    let parameters: Vec<Ident> = generics.type_params().map(|p| p.ident.clone()).collect();
    for field in fields.iter().filter(|field| mentions(&field.ty.to_token_stream(), &parameters)) {
        let ty = field.ty;
        let bounds = parse_quote! { #ty: ::core::clone::Clone + ::core::cmp::PartialEq };
        generics.make_where_clause().predicates.push(bounds);
    }
    let (head, types, tail) = generics.split_for_impl();
    let (site, names) = (Span::mixed_site(), fields.iter().map(|field| &field.name));
    let (compare, copy): (Vec<_>, Vec<_>) = fields
        .iter()
        .map(|field| {
            let Compared { member, name, ty, .. } = field;
            let ty_site = syn::spanned::Spanned::span(ty).resolved_at(site);
            // On the span of the type, so that a missing `PartialEq` is said where it is missing.
            let differ = quote_spanned! { ty_site => newer.#member != self.#member };
            let compare = quote_spanned! { site => if #differ { changed.push(#name); } };
            let copy = quote_spanned! { site =>
                if fields.contains(&#name) {
                    self.#member = ::core::clone::Clone::clone(&newer.#member);
                }
            };
            (compare, copy)
        })
        .unzip();
    let count = fields.len();
    let body = if fields.is_empty() {
        quote_spanned! { site => let _ = (newer, fields); }
    } else {
        quote! { #(#copy)* }
    };
    let compare = if fields.is_empty() {
        quote_spanned! { site => let _ = newer; ::std::vec::Vec::new() }
    } else {
        quote_spanned! { site =>
            let mut changed = ::std::vec::Vec::new();
            #(#compare)*
            changed
        }
    };
    Ok(quote_spanned! { site =>
        #[allow(dead_code)]
        impl #head #ident #types #tail {
            /// The names of the fields that `changes` compares.
            #vis const FIELDS: [&'static str; #count] = [#(#names),*];

            /// The names of the fields in which `newer` differs.
            #vis fn changes(&self, newer: &Self) -> ::std::vec::Vec<&'static str> {
                #compare
            }

            /// Takes over the named fields of `newer`.
            #vis fn apply(&mut self, newer: &Self, fields: &[&str]) {
                #body
            }
        }
    })
}

struct Compared<'a> {
    member: TokenStream,
    name: String,
    ty: &'a Type,
}

fn compared<'a>(item: &'a DeriveInput, errors: &mut Error) -> Vec<Compared<'a>> {
    let fields = match &item.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(data) => {
            errors.combine(only_structs(&data.enum_token));
            return Vec::new();
        }
        Data::Union(data) => {
            errors.combine(only_structs(&data.union_token));
            return Vec::new();
        }
    };
    let mut compared = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        match skipped(&field.attrs) {
            Ok(true) => {}
            Ok(false) => compared.push(compare(index, field)),
            Err(error) => errors.combine(error),
        }
    }
    if let Fields::Unit = fields {
        let error = Diagnostic::error(&item.ident, "a unit struct has no fields to compare");
        errors.combine(error);
    }
    compared
}

fn only_structs(keyword: &dyn ToTokens) -> Diagnostic {
    let tokens = keyword.to_token_stream();
    Diagnostic::error(&tokens, "only a struct can be a model: its fields are compared one by one")
}

fn compare(index: usize, field: &Field) -> Compared<'_> {
    let (member, name) = match &field.ident {
        Some(ident) => (ident.to_token_stream(), ident.to_string()),
        None => (Index::from(index).to_token_stream(), index.to_string()),
    };
    let name = name.strip_prefix("r#").map(str::to_owned).unwrap_or(name);
    Compared { member, name, ty: &field.ty }
}

/// Is there `#[cell(skip)]`? A derive has no other helper.
fn skipped(attributes: &[Attribute]) -> Result<bool> {
    let mut skip = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("cell")) {
        let Meta::List(list) = &attribute.meta else {
            return Err(Error::new(attribute, "`cell(skip)` is expected here"));
        };
        let word: Ident = syn::parse2(list.tokens.clone())?;
        if word != "skip" {
            return Err(Error::new(&word, "`skip` is expected here"));
        }
        skip = true;
    }
    Ok(skip)
}

/// Does one of the type parameters occur? A bound on any other type would say nothing, or hide
/// behind it what is really missing.
fn mentions(tokens: &TokenStream, parameters: &[Ident]) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        proc_macro2::TokenTree::Ident(ident) => parameters.contains(&ident),
        proc_macro2::TokenTree::Group(group) => mentions(&group.stream(), parameters),
        _ => false,
    })
}

#[cfg(test)]
mod tests;
