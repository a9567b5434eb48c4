//! `#[service]`: a struct that has handlers.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::Item;

use crate::Expanded;
use crate::errors::Errors;

/// The body of `#[service]`: the item as it is, and a check that it can be shared by all calls,
/// whose error stands on its name and not in what `#[handler]` generates.
#[must_use]
pub fn service(arguments: TokenStream, item: TokenStream) -> Expanded {
    let mut errors = Errors::default();
    let krate = crate::krate(arguments, &mut errors);
    let mut check = TokenStream::new();
    match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Struct(found)) => {
            if let Some(parameter) = found.generics.params.first() {
                errors.at(parameter, "a service has no generic parameters: its schema is one text");
            } else {
                let name = &found.ident;
                let span = name.span();
                check = quote::quote_spanned! {span=>
                    const _: () = #krate::__private::is_service::<#name>();
                };
            }
        }
        Ok(Item::Enum(found)) => errors.at(found.enum_token, "a service is a `struct`"),
        Ok(other) => errors.at(other.to_token_stream(), "a service is a `struct`"),
        Err(error) => errors.push(error),
    }
    Expanded { tokens: quote!(#item #check), errors: errors.into_vec() }
}
