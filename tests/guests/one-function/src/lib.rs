//! What a small function-like macro does without `syn`: walk over tokens, say what is wrong on one
//! of them, quote. What is quoted has no literals of its own, which are read as source text when
//! the macro runs: that is 12 kB more.
#![forbid(unsafe_code)]

use macro_guest_sdk::{Error, Result, cell_macro};
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

/// The names in the input, comma separated, as constants that count up from zero.
#[cell_macro(function)]
pub(crate) fn counted(input: TokenStream) -> Result<TokenStream> {
    let mut constants = TokenStream::new();
    let mut number = 0u32;
    for tree in input {
        match tree {
            TokenTree::Ident(name) => {
                constants.extend(quote! { pub const #name: u32 = #number; });
                number += 1;
            }
            TokenTree::Punct(punct) if punct.as_char() == ',' => {}
            other => return Err(Error::new(&other, format!("`{other}` is no name"))),
        }
    }
    let doc = "How many there are.";
    Ok(quote! {
        #constants
        #[doc = #doc]
        pub const COUNT: u32 = #number;
    })
}

macro_guest_sdk::component!(counted);
