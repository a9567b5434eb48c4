//! `#[derive(Twin::Model)]`: helper attributes `#[cell(..)]`, bounds at the types of fields.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Error, Field, Fields, LitStr};

use super::Wrong;

/// The macro.
pub(crate) fn model(item: TokenStream) -> syn::Result<TokenStream> {
    let item: DeriveInput = syn::parse2(item)?;
    let mut wrong = Wrong::default();
    let data = match &item.data {
        Data::Struct(data) => data,
        Data::Enum(data) => {
            return Err(Error::new_spanned(data.enum_token, "an enum is no model"));
        }
        Data::Union(data) => {
            return Err(Error::new_spanned(&data.fields, "a union is no model"));
        }
    };
    let mut names: Vec<String> = Vec::new();
    let mut checks = TokenStream::new();
    for (number, field) in data.fields.iter().enumerate() {
        let options = Options::read(field, &mut wrong);
        if options.skip {
            continue;
        }
        let name = match (&options.rename, &field.ident) {
            (Some(name), _) => name.value(),
            (None, Some(ident)) => ident.to_string().trim_start_matches("r#").to_owned(),
            (None, None) => number.to_string(),
        };
        if names.contains(&name) {
            let mut error = Error::new_spanned(&field.ty, format!("two fields are `{name}`"));
            error.combine(Error::new(item.ident.span(), "in this model"));
            wrong.add(error);
        }
        names.push(name);
        let (ty, attributes) = (&field.ty, cfgs(field));
        checks.extend(quote_spanned! { ty.span()=> #(#attributes)* __clone::<#ty>(); });
    }
    let (ident, (head, types, tail)) = (&item.ident, item.generics.split_for_impl());
    if let Fields::Unit = data.fields {
        wrong.add(Error::new_spanned(&item, "a model has fields"));
    }
    let visibility = &item.vis;
    wrong.finish(quote! {
        #[automatically_derived]
        impl #head #ident #types #tail {
            /// The names of the fields.
            #[allow(dead_code)]
            #visibility const MODEL: &'static [&'static str] = &[#(#names),*];
            #[allow(dead_code)]
            fn __model() {
                fn __clone<T: ::core::clone::Clone>() {}
                #checks
            }
        }
    })
}

fn cfgs(field: &Field) -> impl Iterator<Item = &syn::Attribute> {
    field.attrs.iter().filter(|one| one.path().is_ident("cfg"))
}

#[derive(Default)]
struct Options {
    skip: bool,
    rename: Option<LitStr>,
}

impl Options {
    fn read(field: &Field, wrong: &mut Wrong) -> Self {
        let mut options = Self::default();
        for attribute in field.attrs.iter().filter(|one| one.path().is_ident("cell")) {
            let read = attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("skip") {
                    options.skip = true;
                    Ok(())
                } else if meta.path.is_ident("rename") {
                    options.rename = Some(meta.value()?.parse()?);
                    Ok(())
                } else {
                    Err(meta.error("neither `skip` nor `rename`"))
                }
            });
            if let Err(error) = read {
                wrong.add(error);
            } else if options.skip && options.rename.is_some() {
                wrong.add(Error::new_spanned(attribute, "skipped and renamed"));
            }
        }
        options
    }
}
