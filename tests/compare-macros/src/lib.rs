//! `compare!` sends its input through the identity macros of the test component, exactly as
//! `cell::expand!` would, and says where the result differs from the input.
//!
//! With `COMPARE=collect` in the environment differences are not looked for: that run only leaves
//! the requests that are not recorded yet (`CELL_TRACE`).
#![forbid(unsafe_code)]

use compare_tokens::{difference, Groups};
use macro_bridge::host;
use proc_macro::{Delimiter, Group, Literal, TokenStream, TokenTree};

/// Both ways: groups by reference, and everything rebuilt.
#[proc_macro]
pub fn compare(input: TokenStream) -> TokenStream {
    let mut errors = TokenStream::new();
    for (name, groups) in [("same", Groups::Exact), ("rebuilt", Groups::Whole)] {
        let mut call: TokenStream = match format!("identity::{name}").parse() {
            Ok(call) => call,
            Err(_) => continue,
        };
        call.extend([TokenTree::Group(Group::new(Delimiter::Brace, input.clone()))]);
        let output = host::function(call, &[]);
        if std::env::var_os("COMPARE").is_some_and(|how| how == "collect") {
            continue;
        }
        if let Some(text) = difference(input.clone(), output, groups) {
            errors.extend(error(&format!("{name}: {text}")));
        }
    }
    errors
}

/// `library_path!("libhost_macro")`: where a proc-macro library is that this rustc has loaded, for
/// tests that call rustc themselves: cargo does not tell. Linux only.
#[proc_macro]
pub fn library_path(input: TokenStream) -> TokenStream {
    let name = input.to_string();
    let name = name.trim_matches('"');
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let path = maps.lines().find_map(|line| {
        let path = &line[line.find('/')?..];
        path.rsplit('/').next()?.starts_with(name).then(|| path.to_owned())
    });
    TokenTree::Literal(Literal::string(&path.unwrap_or_default())).into()
}

fn error(text: &str) -> TokenStream {
    format!("::core::compile_error! {{ {text:?} }}").parse().unwrap_or_default()
}
