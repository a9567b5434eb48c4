//! `#[Twin::table(name = "accounts", rows = 3)]` on a struct, of which one field is the key:
//! arguments, helper attributes, item kinds.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned as _;
use syn::{Error, Fields, Ident, Item, LitInt, LitStr, Token, Type};

use super::{Made, Wrong};

#[derive(Default)]
struct Arguments {
    name: Option<LitStr>,
    rows: Option<u32>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut found = Self::default();
        let mut seen: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            if let Some(first) = seen.iter().find(|one| **one == key) {
                let mut error = Error::new(key.span(), format!("`{key}` is given twice"));
                error.combine(Error::new(first.span(), format!("`{first}` is given here first")));
                return Err(error);
            }
            match key.to_string().as_str() {
                "name" => {
                    let name: LitStr = input.parse()?;
                    if name.value().is_empty() {
                        return Err(Error::new_spanned(name, "a table needs a name"));
                    }
                    found.name = Some(name);
                }
                "rows" => found.rows = Some(input.parse::<LitInt>()?.base10_parse()?),
                _ => return Err(Error::new_spanned(&key, format!("unknown argument `{key}`"))),
            }
            seen.push(key);
            if input.is_empty() {
                break;
            }
            input.parse::<Token![,]>()?;
        }
        Ok(found)
    }
}

/// The macro.
pub(crate) fn table(arguments: TokenStream, item: TokenStream) -> syn::Result<Made> {
    let mut wrong = Wrong::default();
    let arguments = syn::parse2::<Arguments>(arguments);
    let item: Item = syn::parse2(item)?;
    let item = match item {
        Item::Struct(item) => item,
        Item::Enum(item) => return Err(Error::new_spanned(item.enum_token, "no table of an enum")),
        other => return Err(Error::new_spanned(other, "only a struct is a table")),
    };
    let arguments = arguments.map_err(|error| wrong.add(error)).unwrap_or_default();
    let Fields::Named(fields) = &item.fields else {
        let what = "the columns of a table have names";
        let here = match &item.fields {
            Fields::Unit => Error::new(item.ident.span(), what),
            fields => Error::new_spanned(fields, what),
        };
        wrong.add(here);
        return wrong.finish(Made::Added(TokenStream::new()));
    };
    let mut key: Option<(&Ident, &Type)> = None;
    for field in &fields.named {
        let Some(ident) = &field.ident else { continue };
        for attribute in field.attrs.iter().filter(|one| is_key(one.path())) {
            if !matches!(attribute.meta, syn::Meta::Path(_)) {
                let arguments = attribute.meta.require_path_only().err();
                wrong.add(arguments.unwrap_or_else(|| Error::new(ident.span(), "no path")));
            } else if let Some((first, _)) = key {
                wrong.add(Error::new_spanned(attribute, format!("`{first}` is the key already")));
            }
            key.get_or_insert((ident, &field.ty));
        }
        if matches!(&field.ty, Type::Reference(_)) {
            wrong.add(Error::new_spanned(&field.ty, "a table holds no references"));
        }
    }
    if key.is_none() {
        wrong.add(Error::new(item.ident.span(), "no field is the `#[key]`"));
    }
    let name = arguments.name.as_ref().map(LitStr::value);
    if name.is_none() && wrong.0.is_none() {
        wrong.add(Error::new(Span::call_site(), "`name` is missing"));
    }
    let Some((key, ty)) = key else { return wrong.finish(Made::Added(TokenStream::new())) };
    let rows = arguments.rows.unwrap_or(1);
    let (ident, (head, types, tail)) = (&item.ident, item.generics.split_for_impl());
    let getter = Ident::new(&format!("key_of_{}", plain(ident).to_lowercase()), ident.span());
    let by_type = Ident::new("by_type", ty.span());
    wrong.finish(Made::Added(quote! {
        impl #head #ident #types #tail {
            /// The name of the table.
            pub const TABLE: &'static str = #name;
            /// How many rows there are.
            pub const ROWS: u32 = #rows;
            /// The key.
            pub fn #getter(&self) -> &#ty { &self.#key }
            /// The same.
            pub fn #by_type(self) -> #ty { self.#key }
        }
    }))
}

fn plain(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").unwrap_or(&text).to_owned()
}

fn is_key(path: &syn::Path) -> bool {
    path.segments.len() == 2 && path.segments.last().is_some_and(|last| last.ident == "key")
}
