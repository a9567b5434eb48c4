//! A macro that returns files for other languages.
#![forbid(unsafe_code)]

mod model;

use macro_guest_sdk::{Expansion, NoArguments, Result, cell_macro};
use quote::quote;
use syn::DeriveInput;

/// Returns a Pydantic model and a TypeScript type for a struct, and adds a constant with their names.
///
/// # Arguments
///
/// None.
#[cell_macro(attribute)]
pub fn export(_arguments: NoArguments, item: DeriveInput) -> Result<Expansion> {
    let model = model::Model::read(&item)?;
    let (python, typescript) = (format!("{}.py", model.file()), format!("{}.ts", model.file()));
    let ident = &item.ident;
    Ok(Expansion::new()
        .items(quote! {
            impl #ident {
                /// The files that describe it to other languages.
                pub const FILES: [&'static str; 2] = [#python, #typescript];
            }
        })
        .artifact(python, model.python())
        .artifact(typescript, model.typescript()))
}

macro_guest_sdk::component!(export);
