//! A client made of a published schema alone: neither the service's source nor the service is needed.

use cell_model::schema::{Basic, Content, Field, Named, Schema, Type, Variant};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::client::{self, Calls};
use crate::method::Method;

/// The types of a schema and its client, `LedgerClient` for a service `Ledger`, for a module of their
/// own. `krate` is the path of `cell-sdk`.
#[must_use]
pub fn remote(krate: &TokenStream, schema: &Schema) -> TokenStream {
    let types = schema.types.iter().map(|(name, named)| named_type(krate, name, named));
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
    let text = schema.to_string();
    let service = ident(&schema.service);
    let client = client::client(krate, &service, &methods, Calls::Text);
    quote! {
        /// What the service published when this was made.
        pub const SCHEMA: &str = #text;
        #(#types)*
        #client
    }
}

/// A name as Rust can write it.
fn ident(name: &str) -> Ident {
    // Those that cannot be raw are no names of a schema.
    syn::parse_str(name).unwrap_or_else(|_| Ident::new_raw(name, Span::call_site()))
}

fn named_type(krate: &TokenStream, name: &str, named: &Named) -> TokenStream {
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
    quote! {
        #[#krate::protein(crate = #krate)]
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs)]
        pub #body
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
