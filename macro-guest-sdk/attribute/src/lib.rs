//! The macros of `macro-guest-sdk`, which documents them.
#![forbid(unsafe_code)]

mod arguments;
mod definition;
mod questions;
mod signature;

use std::path::PathBuf;

/// Makes a macro of a function; see `macro_guest_sdk::cell_macro`.
#[proc_macro_attribute]
pub fn cell_macro(
    arguments: proc_macro::TokenStream,
    function: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    definition::expand(arguments.into(), function.into()).into()
}

/// Makes typed questions of schemas; see `macro_guest_sdk::questions`.
#[proc_macro]
pub fn questions(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    // cargo sets it for rustc, and so does rust-analyzer.
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let read = |name: &str| {
        let path = folder.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok((path, text)),
            Err(error) => Err(format!(
                "cannot read `{name}` beside `Cargo.toml`: {error}\n\
                 help: write it there: `cell schema NAME > {name}`"
            )),
        }
    };
    questions::expand(input.into(), read).into()
}
