//! The attribute `#[cell_macro]` of `macro-guest-sdk`, which documents it.
#![forbid(unsafe_code)]

mod arguments;
mod definition;
mod signature;

/// Makes a macro of a function; see `macro_guest_sdk::cell_macro`.
#[proc_macro_attribute]
pub fn cell_macro(
    arguments: proc_macro::TokenStream,
    function: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    definition::expand(arguments.into(), function.into()).into()
}
