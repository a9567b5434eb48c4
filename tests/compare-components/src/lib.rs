//! The host's macros with the embedded engine, as `host-macro` has them, and with macros that only
//! tests need: `compare!` sends its input through the identities, as `cell::expand!` would, and says
//! where the result differs from the input; `opaque` is the native identity that never looks at its
//! item. `tests/compare-macros` has the same over the guest side without WebAssembly.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::sync::OnceLock;

use compare_tokens::{Groups, difference};
use macro_bridge::digest::Digest;
use macro_bridge::expansion::Expansion;
use macro_bridge::failure::Failure;
use macro_bridge::host::{self, Engine};
use macro_bridge::project::Project;
use macro_bridge::request::{MacroKind, Request};
use macro_runtime::{CacheDir, Options, Runtime};
use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

const ENGINES: &[&dyn Engine] = &[&Components];

struct Components;

impl Engine for Components {
    fn name(&self) -> &'static str {
        "component"
    }

    fn expand(
        &self,
        project: &Project,
        request: &Request,
        _key: &Digest,
    ) -> Option<Result<Expansion, Failure>> {
        static RUNTIME: OnceLock<Result<Runtime, Failure>> = OnceLock::new();
        let runtime = RUNTIME.get_or_init(|| {
            let home = std::env::var_os("CELL_HOME").map(PathBuf::from);
            let cache = CacheDir::of_user(home.as_deref());
            Runtime::new(Options { cache, ..Options::default() })
        });
        Some(match runtime {
            Ok(runtime) => runtime.expand(request, project, project),
            Err(failure) => Err(failure.clone()),
        })
    }
}

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
