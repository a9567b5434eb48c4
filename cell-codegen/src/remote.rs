//! Clients made of published schemas alone: neither the services' source nor the cell is needed.

use std::collections::{BTreeMap, BTreeSet};

use cell_model::schema::{self, Basic, Content, Field, Named, Schema, Type, Variant};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::client::{self, Calls};
use crate::method::Method;
use crate::traits;

/// Why there are no clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientsError {
    /// The service whose schema is at fault.
    pub service: String,
    /// What is wrong with it.
    pub reason: String,
}

/// The types of a cell's services and their clients, `LedgerClient` for a service `Ledger`, for a
/// module of their own. `krate` is the path of `cell-sdk`, `cell` the name by which the cell is found,
/// `schemas` are texts by the services' names. With one service, `connect` makes its client.
///
/// # Errors
/// A text that is no schema of its service, or names a type that another one has otherwise: all types
/// of a cell are in one module.
pub fn clients(
    krate: &str,
    cell: &str,
    schemas: &BTreeMap<String, String>,
) -> Result<TokenStream, ClientsError> {
    let mut types: BTreeMap<String, Named> = BTreeMap::new();
    let mut secret: BTreeSet<String> = BTreeSet::new();
    let (mut clients, mut used) = (Vec::new(), Vec::new());
    for (service, text) in schemas {
        let bad = |reason: String| ClientsError { service: service.clone(), reason };
        let krate = krate.parse().map_err(|_| bad(format!("`{krate}` is no path")))?;
        let schema = schema::read(text).map_err(|error| bad(error.to_string()))?;
        if schema.service != *service {
            return Err(bad(format!("it is that of `{}`", schema.service)));
        }
        clients.push(client_of(&krate, cell, &schema));
        for method in schema.methods.into_values() {
            used.extend(method.arguments.into_iter().map(|field| field.ty));
            used.push(method.returns);
        }
        for (name, named) in schema.types {
            let marked = schema.secret.contains(&name);
            let same = |other: &Named| *other == named && secret.contains(&name) == marked;
            if !types.get(&name).is_none_or(same) {
                let reason = format!("another service of the cell has another type `{name}`");
                return Err(bad(reason));
            }
            if schemas.keys().any(|service| format!("{service}Client") == name) {
                return Err(bad(format!("its type `{name}` has the name of a client")));
            }
            if marked {
                secret.insert(name.clone());
            }
            types.insert(name, named);
        }
    }
    let Some(krate) = krate.parse::<TokenStream>().ok().filter(|_| !clients.is_empty()) else {
        return Ok(TokenStream::new());
    };
    let (exact, keys) = (traits::exact(&types), traits::keys(&types, &used));
    let types = types.iter().map(|(name, named)| {
        let more = exact.contains(name.as_str()).then(|| quote!(Eq, Hash,));
        let order = keys.contains(name.as_str()).then(|| quote!(PartialOrd, Ord,));
        let traits = quote!(#more #order);
        named_type(&krate, &traits, secret.contains(name), name, named)
    });
    let only = schemas.keys().next().filter(|_| schemas.len() == 1).map(|service| {
        let name = quote::format_ident!("{}Client", ident(service));
        quote! {
            /// A client of the cell's service.
            ///
            /// # Errors
            /// If this user has no folder for sockets.
            pub fn connect() -> ::std::result::Result<#name, #krate::Fault> {
                #name::connect()
            }
        }
    });
    Ok(quote!(#(#types)* #(#clients)* #only))
}

fn client_of(krate: &TokenStream, cell: &str, schema: &Schema) -> TokenStream {
    let methods: Vec<Method> = schema
        .methods
        .iter()
        .map(|(name, method)| {
            let item = |ty: &Type| syn::parse2(rust(ty)).unwrap_or_else(|_| syn::parse_quote!(()));
            Method {
                ident: ident(name),
                name: name.clone(),
                arguments: method
                    .arguments
                    .iter()
                    .map(|field| (ident(&field.name), item(&field.ty)))
                    .collect(),
                items: method.streams.then(|| (0, item(&method.returns))),
                returns: item(&method.returns),
                compile_time: method.compile_time,
                docs: Vec::new(),
            }
        })
        .collect();
    let service = ident(&schema.service);
    client::client(krate, &service, &methods, Calls::Text { cell, text: schema.to_string() })
}

/// A name as Rust can write it.
fn ident(name: &str) -> Ident {
    // Those that cannot be raw are no names of a schema.
    syn::parse_str(name).unwrap_or_else(|_| Ident::new_raw(name, Span::call_site()))
}

fn named_type(
    krate: &TokenStream,
    traits: &TokenStream,
    secret: bool,
    name: &str,
    named: &Named,
) -> TokenStream {
    let shown = format!("{name}(..)");
    let name = ident(name);
    let body = match named {
        Named::Wrapper(inside) => {
            let inside = rust(inside);
            quote!(struct #name(pub #inside);)
        }
        Named::Struct(all) => {
            let fields = fields(all, &quote!(pub));
            quote!(struct #name { #(#fields,)* })
        }
        Named::Enum(variants) => {
            let variants = variants.iter().map(variant);
            quote!(enum #name { #(#variants,)* })
        }
    };
    if !secret {
        return quote! {
            #[#krate::protein(crate = #krate)]
            #[derive(Clone, Debug, PartialEq, #traits)]
            #[allow(missing_docs)]
            pub #body
        };
    }
    // What is printed ends in logs.
    quote! {
        #[#krate::protein(crate = #krate, secret)]
        #[derive(Clone, PartialEq, #traits)]
        #[allow(missing_docs)]
        pub #body

        impl ::std::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(#shown)
            }
        }
    }
}

fn variant(variant: &Variant) -> TokenStream {
    let Variant { name, content, default } = variant;
    let name = ident(name);
    let mark = default.then(|| quote!(#[protein(default)]));
    match content {
        Content::Unit => quote!(#mark #name),
        Content::Tuple(types) => {
            let types = types.iter().map(rust);
            quote!(#mark #name(#(#types),*))
        }
        Content::Struct(all) => {
            let fields = fields(all, &TokenStream::new());
            quote!(#mark #name { #(#fields,)* })
        }
    }
}

fn fields(fields: &[Field], visibility: &TokenStream) -> Vec<TokenStream> {
    let field = |field: &Field| {
        let (name, ty) = (ident(&field.name), rust(&field.ty));
        // An option may be missing without a word.
        let marked = field.default && !matches!(field.ty, Type::Option(_));
        let mark = marked.then(|| quote!(#[protein(default)]));
        quote!(#mark #visibility #name: #ty)
    };
    fields.iter().map(field).collect()
}

/// The type that has this schema, and whose archive lies as it says.
fn rust(ty: &Type) -> TokenStream {
    match ty {
        Type::Basic(Basic::Unit) => quote!(()),
        Type::Basic(Basic::String) => quote!(::std::string::String),
        Type::Basic(Basic::Bytes) => quote!(::std::vec::Vec<u8>),
        Type::Basic(basic) => {
            let name = Ident::new(basic.word(), Span::call_site());
            quote!(::core::primitive::#name)
        }
        Type::Named(name) => {
            let name = ident(name);
            quote!(#name)
        }
        Type::Option(inside) => {
            let inside = rust(inside);
            quote!(::core::option::Option<#inside>)
        }
        Type::List(inside) => {
            let inside = rust(inside);
            quote!(::std::vec::Vec<#inside>)
        }
        Type::Set(inside) => {
            let inside = rust(inside);
            quote!(::std::collections::BTreeSet<#inside>)
        }
        Type::Map(key, value) => {
            let (key, value) = (rust(key), rust(value));
            quote!(::std::collections::BTreeMap<#key, #value>)
        }
        Type::Result(value, error) => {
            let (value, error) = (rust(value), rust(error));
            quote!(::core::result::Result<#value, #error>)
        }
        Type::Array(inside, length) => {
            let (inside, length) = (rust(inside), *length as usize);
            quote!([#inside; #length])
        }
        Type::Tuple(types) => {
            let types = types.iter().map(rust);
            quote!((#(#types),*))
        }
    }
}
