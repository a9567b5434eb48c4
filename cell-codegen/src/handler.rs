//! `#[handler]`: the methods of a service that clients can call.

use std::collections::BTreeMap;

use cell_model::schema::method_number;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{ImplItem, ItemImpl, Type};

use crate::Expanded;
use crate::client;
use crate::errors::Errors;
use crate::method::{Method, Way, wire_type};
use crate::protein::schema_field;

/// The body of `#[handler]`: the block as it is, the service's schema and dispatch, and its client.
#[must_use]
pub fn handler(arguments: TokenStream, item: TokenStream) -> Expanded {
    let mut errors = Errors::default();
    let krate = crate::krate(arguments, &mut errors);
    let mut block = match syn::parse2::<ItemImpl>(item.clone()) {
        Ok(block) => block,
        Err(_) => {
            errors.at(&item, "`#[handler]` stands on an `impl` block of a service");
            return Expanded { tokens: item, errors: errors.into_vec() };
        }
    };
    if let Some((path, _)) = &block.trait_ {
        errors.at(path, "`#[handler]` stands on the methods of a service, not on a trait's");
    }
    if let Some(parameter) = block.generics.params.first() {
        errors.at(parameter, "a service has no generic parameters: its schema is one text");
    }
    let name = match &*block.self_ty {
        Type::Path(path) => path.path.get_ident().cloned(),
        _ => None,
    };
    if name.is_none() {
        errors.at(&block.self_ty, "a service is named where it is: a plain name");
    }
    let mut methods = Vec::new();
    for item in &mut block.items {
        match item {
            ImplItem::Fn(method) => methods.extend(Method::read(method, &mut errors)),
            other => {
                errors.at(other, "only handlers stand here; put this into another `impl` block")
            }
        }
    }
    let mut numbers: BTreeMap<u32, &Method> = BTreeMap::new();
    for method in &methods {
        if let Some(other) = numbers.insert(method_number(&method.name), method) {
            let text = format!(
                "`{}` and `{}` have one number on the wire: rename one of them",
                other.name, method.name
            );
            errors.at(&method.ident, text);
        }
    }
    let mut types: BTreeMap<String, &Method> = BTreeMap::new();
    for method in &methods {
        if let Some(other) = types.insert(method.type_named("", "").to_string(), method) {
            let text =
                format!("`{}` and `{}` differ in `_` alone: rename one", other.name, method.name);
            errors.at(&method.ident, text);
        }
    }
    let errors = errors.into_vec();
    let (Some(name), true) = (name, errors.is_empty()) else {
        return Expanded { tokens: quote!(#block), errors };
    };
    let service = service(&krate, &name, &methods);
    let client = client::client(&krate, &name, &methods, client::Calls::Service);
    Expanded { tokens: quote!(#block #service #client), errors }
}

fn service(krate: &TokenStream, name: &proc_macro2::Ident, methods: &[Method]) -> TokenStream {
    let key = crate::protein::text(name);
    let wire: Vec<TokenStream> = methods.iter().map(|method| wire(krate, method)).collect();
    let schema = methods.iter().map(|method| schema(krate, method));
    let arms = methods.iter().map(|method| arm(krate, method));
    quote! {
        #[doc(hidden)]
        #[allow(non_snake_case, clippy::all, clippy::pedantic)]
        const _: () = {
            #(#wire)*

            #[automatically_derived]
            impl #krate::Service for #name {
                const NAME: &'static str = #key;

                fn schema() -> #krate::schema::Schema {
                    let mut builder = #krate::schema::Types::new();
                    let types = &mut builder;
                    let methods = [#(#schema),*];
                    builder.service(#key, methods)
                }

                fn call(
                    self: ::std::sync::Arc<Self>,
                    call: #krate::__private::Call,
                ) -> #krate::__private::Answer {
                    match call.method {
                        #(#arms)*
                        other => #krate::__private::unknown_method(#key, other),
                    }
                }
            }
        };
    }
}

/// The types of what a method takes and returns.
fn wire(krate: &TokenStream, method: &Method) -> TokenStream {
    let (takes, returns) = (method.type_named("__", "Takes"), method.type_named("__", "Returns"));
    let fields = method.arguments.iter().map(|(name, ty)| quote!(#name: #ty));
    let returned = &method.returns;
    let takes = wire_type(krate, Way::Read, quote!(struct #takes { #(#fields,)* }));
    let returns = wire_type(krate, Way::Written, quote!(struct #returns(#returned);));
    quote!(#takes #returns)
}

fn schema(krate: &TokenStream, method: &Method) -> TokenStream {
    let Method { name, arguments, returns, items, compile_time, .. } = method;
    let streams = items.is_some();
    let arguments = arguments
        .iter()
        .map(|(ident, ty)| schema_field(krate, &crate::protein::text(ident), ty, false));
    quote! {
        (
            #name,
            #krate::schema::Method {
                arguments: ::std::vec![#(#arguments),*],
                returns: <#returns as #krate::Protein>::schema(types),
                streams: #streams,
                compile_time: #compile_time,
            },
        )
    }
}

fn arm(krate: &TokenStream, method: &Method) -> TokenStream {
    let Method { ident, name, arguments, items, .. } = method;
    let number = method_number(name);
    let (takes, returns) = (method.type_named("__", "Takes"), method.type_named("__", "Returns"));
    let mut passed: Vec<TokenStream> =
        arguments.iter().map(|(name, _)| quote!(arguments.#name)).collect();
    if let Some((index, item)) = items {
        let wrap = quote! {
            #krate::Items::<#item>::new(call.items, move |item| {
                #krate::__private::encode(format, &#returns(item))
            })
        };
        passed.insert((*index).min(passed.len()), wrap);
    }
    let answer = match items {
        Some(_) => quote! {
            #krate::__private::ended(service.#ident(#(#passed),*).await)
        },
        None => {
            let value = format_ident!("value");
            quote! {
                let #value = #returns(service.#ident(#(#passed),*).await);
                ::std::result::Result::Ok(#krate::__private::Reply::Value(
                    #krate::__private::encode(format, &#value)?,
                ))
            }
        }
    };
    quote! {
        #number => ::std::boxed::Box::pin(async move {
            let service = self;
            let format = call.format;
            let arguments: #takes = #krate::__private::decode(format, &call.payload)?;
            #answer
        }),
    }
}
