//! What most derives do: read a type with `syn`, say what is wrong on its token, write an `impl`.
#![forbid(unsafe_code)]

use macro_guest_sdk::{Error, Result, cell_macro, proc_macro2::TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Fields};

/// The names of a struct's fields, as `FIELDS`.
#[cell_macro(derive, name = "Fields")]
pub(crate) fn fields(item: DeriveInput) -> Result<TokenStream> {
    let Data::Struct(data) = &item.data else {
        return Err(Error::new(&item.ident, "only a struct has fields to name"));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(Error::new(&item.ident, "these fields have no names"));
    };
    let fields = named.named.iter().filter_map(|field| field.ident.as_ref());
    let names: Vec<_> = fields.map(|field| field.to_string()).collect();
    let types = named.named.iter().map(|field| &field.ty);
    let (ident, (head, parameters, tail)) = (&item.ident, item.generics.split_for_impl());
    Ok(quote! {
        impl #head #ident #parameters #tail {
            #[doc = "The names of the fields."]
            pub const FIELDS: &'static [&'static str] = &[#(#names),*];

            #[doc = "How many bytes they take without padding."]
            pub fn bytes() -> usize {
                0 #(+ ::core::mem::size_of::<#types>())*
            }
        }
    })
}

macro_guest_sdk::component!(fields);
