//! `#[protein]`: a type that can be sent.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Field, Fields, Item};

use crate::Expanded;
use crate::errors::Errors;
use crate::method::{Way, wire_type};

/// The body of `#[protein]`: derives for both encodings, and what the schema says of the type. With the
/// argument `secret` the schema says that no macro is told such a value.
#[must_use]
pub fn protein(arguments: TokenStream, item: TokenStream) -> Expanded {
    let mut errors = Errors::default();
    let (krate, secret) = crate::marked(arguments, Some("secret"), &mut errors);
    let mut item = match syn::parse2::<Item>(item.clone()) {
        Ok(item) => item,
        Err(error) => {
            errors.push(error);
            return Expanded { tokens: item, errors: errors.into_vec() };
        }
    };
    let attributes = match &item {
        Item::Struct(found) => &found.attrs[..],
        Item::Enum(found) => &found.attrs[..],
        _ => &[],
    };
    own_encodings(attributes, &mut errors);
    let is_ordered = derives_order(attributes);
    let (name, generics, named) = match &mut item {
        Item::Struct(found) => {
            let named = structure(&krate, &mut found.fields, &mut errors);
            (found.ident.clone(), found.generics.clone(), named)
        }
        Item::Enum(found) => {
            let mut variants = Vec::new();
            for variant in &mut found.variants {
                if let Some((_, value)) = &variant.discriminant {
                    errors.at(value, "variants are known by their names, not by numbers");
                }
                own_encodings(&variant.attrs, &mut errors);
                let other = takes(&mut variant.attrs, "default", &mut errors);
                let content = content(&krate, &mut variant.fields, &mut errors);
                let key = text(&variant.ident);
                if other {
                    if !matches!(variant.fields, Fields::Unit) {
                        errors
                            .at(&variant.fields, "what stands for what is not known holds nothing");
                    }
                    variant.attrs.push(syn::parse_quote!(#[serde(other)]));
                }
                variants.push(quote! {
                    #krate::schema::Variant { name: #key.into(), content: #content, default: #other }
                });
            }
            let named = quote!(#krate::schema::Named::Enum(::std::vec![#(#variants),*]));
            (found.ident.clone(), found.generics.clone(), named)
        }
        other => {
            errors.at(&*other, "a protein is a `struct` or an `enum`");
            return Expanded { tokens: quote!(#item), errors: errors.into_vec() };
        }
    };
    if let Some(parameter) = generics.params.first() {
        errors.at(parameter, "a protein has no generic parameters: its schema is one text");
    }
    let errors = errors.into_vec();
    if !errors.is_empty() {
        // Without derives: what is wrong is said once.
        return Expanded { tokens: quote!(#item), errors };
    }
    let key = text(&name);
    let enter = if secret { quote!(secret) } else { quote!(named) };
    let archived = is_ordered.then(|| quote!(#[rkyv(derive(PartialEq, Eq, PartialOrd, Ord))]));
    let item = wire_type(&krate, Way::Both, quote!(#archived #item));
    let tokens = quote! {
        #item

        #[automatically_derived]
        impl #krate::Protein for #name {
            fn schema(types: &mut #krate::schema::Types) -> #krate::schema::Type {
                types.#enter::<Self>(#key, |types| #named)
            }
        }
    };
    Expanded { tokens, errors }
}

fn structure(krate: &TokenStream, fields: &mut Fields, errors: &mut Errors) -> TokenStream {
    match fields {
        Fields::Named(named) => {
            let fields = list(krate, named.named.iter_mut(), errors);
            quote!(#krate::schema::Named::Struct(#fields))
        }
        Fields::Unnamed(unnamed) if unnamed.unnamed.len() == 1 => {
            own_encodings(&unnamed.unnamed[0].attrs, errors);
            let inside = &unnamed.unnamed[0].ty;
            quote!(#krate::schema::Named::Wrapper(<#inside as #krate::Protein>::schema(types)))
        }
        Fields::Unnamed(unnamed) => {
            errors.at(unnamed, "a protein with several fields gives them names");
            TokenStream::new()
        }
        Fields::Unit => quote!(#krate::schema::Named::Struct(::std::vec::Vec::new())),
    }
}

fn content(krate: &TokenStream, fields: &mut Fields, errors: &mut Errors) -> TokenStream {
    match fields {
        Fields::Unit => quote!(#krate::schema::Content::Unit),
        Fields::Unnamed(unnamed) => {
            unnamed.unnamed.iter().for_each(|field| own_encodings(&field.attrs, errors));
            let types = unnamed.unnamed.iter().map(|field| &field.ty);
            quote!(#krate::schema::Content::Tuple(
                ::std::vec![#(<#types as #krate::Protein>::schema(types)),*]
            ))
        }
        Fields::Named(named) => {
            let fields = list(krate, named.named.iter_mut(), errors);
            quote!(#krate::schema::Content::Struct(#fields))
        }
    }
}

fn list<'a>(
    krate: &TokenStream,
    fields: impl Iterator<Item = &'a mut Field>,
    errors: &mut Errors,
) -> TokenStream {
    let fields: Vec<TokenStream> = fields
        .map(|field| {
            own_encodings(&field.attrs, errors);
            let default = takes(&mut field.attrs, "default", errors);
            if default {
                field.attrs.push(syn::parse_quote!(#[serde(default)]));
            }
            let name = field.ident.as_ref().map(text).unwrap_or_default();
            schema_field(krate, &name, &field.ty, default)
        })
        .collect();
    quote!(::std::vec![#(#fields),*])
}

/// A field of a schema. serde takes a missing option for none by itself.
pub(crate) fn schema_field(
    krate: &TokenStream,
    name: &str,
    ty: &syn::Type,
    default: bool,
) -> TokenStream {
    quote!(#krate::schema::field::<#ty>(types, #name, #default))
}

/// Both encodings follow from the schema. What says otherwise would be seen by nobody who compares
/// schemas, and read as something else.
fn own_encodings(attributes: &[Attribute], errors: &mut Errors) {
    for attribute in attributes {
        let path = attribute.path();
        if path.is_ident("serde") || path.is_ident("rkyv") {
            errors.at(attribute, "a protein is written as its schema says, and not otherwise");
        }
    }
}

/// Does a derive below the macro order the type? Then its archive has to be ordered too: it may be the
/// key of a map.
fn derives_order(attributes: &[Attribute]) -> bool {
    let mut found = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        // What is wrong with a derive is said by rustc.
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta.path.segments.last().is_some_and(|last| last.ident == "Ord");
            Ok(())
        });
    }
    found
}

/// An identifier as it is in schemas.
pub(crate) fn text(ident: &proc_macro2::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// Removes `#[protein(word)]`, and says whether it was there.
fn takes(attributes: &mut Vec<Attribute>, word: &str, errors: &mut Errors) -> bool {
    let mut found = false;
    attributes.retain(|attribute| {
        if !attribute.path().is_ident("protein") {
            return true;
        }
        let parsed = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident(word) {
                found = true;
                return Ok(());
            }
            Err(meta.error(format!("there is only `#[protein({word})]`")))
        });
        if let Err(error) = parsed {
            errors.push(error);
        }
        false
    });
    found
}
