//! The host's macros with an engine that runs the guest side of the token bridge as ordinary code:
//! everything that happens to tokens happens, without WebAssembly in between. So the bridge is
//! tested in a live rustc on a machine that has no wasmtime.
//!
//! `compare!` sends its input through the identities, as `cell::expand!` would, and says where the
//! result differs from the input. `opaque` is the native identity that never looks at its item.
#![forbid(unsafe_code)]

mod engine;

use compare_tokens::{Groups, difference};
use macro_bridge::host::{self, Engine};
use macro_bridge::request::MacroKind;
use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

const ENGINES: &[&dyn Engine] = &[&engine::GuestSide];

/// Both ways: groups by reference, and everything rebuilt.
#[proc_macro]
pub fn compare(input: TokenStream) -> TokenStream {
    let ways = [
        ("identity_function", Groups::Exact),
        // A group that is built anew has one span for the whole and both its ends.
        ("identity_function_rebuilt", Groups::Whole),
    ];
    let mut errors = TokenStream::new();
    for (name, groups) in ways {
        let Ok(mut call) = format!("identity::{name}").parse::<TokenStream>() else { continue };
        call.extend([TokenTree::Group(Group::new(Delimiter::Brace, input.clone()))]);
        let output = host::function(call, ENGINES);
        if let Some(text) = difference(input.clone(), output, groups) {
            errors.extend(error(&format!("{name}: {text}")));
        }
    }
    errors
}

/// `cell::wasm`.
#[proc_macro_attribute]
pub fn wasm(arguments: TokenStream, item: TokenStream) -> TokenStream {
    host::attribute(MacroKind::Attribute, arguments, item, ENGINES)
}

/// `cell::expand!`.
#[proc_macro]
pub fn expand(input: TokenStream) -> TokenStream {
    host::function(input, ENGINES)
}

/// What the host's attributes expand to.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn __gathered(arguments: TokenStream, item: TokenStream) -> TokenStream {
    host::gathered(arguments, item, ENGINES)
}

/// The identity that does not look.
#[proc_macro_attribute]
pub fn opaque(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    item
}

fn error(text: &str) -> TokenStream {
    format!("::core::compile_error! {{ {text:?} }}").parse().unwrap_or_default()
}
