//! The body of the crates that `cell sandbox add` generates: they have the macros of a proc-macro crate by
//! name, and its component does the work.

use std::path::Path;

use proc_macro::{Span, TokenStream};

use super::invocation::Invocation;
use super::{Cached, Engine, PROJECTS, Server, expand};
use crate::request::MacroKind;

/// A proc-macro crate that runs as a component.
#[derive(Clone, Copy, Debug)]
pub struct Sandboxed {
    root: &'static str,
    name: &'static str,
}

/// Nobody compiles wasmtime for crates that are to make builds shorter.
const ENGINES: &[&dyn Engine] = &[&Cached, &Server];

impl Sandboxed {
    /// The crate that `cell.lock` in the folder `root` knows as `name`. Crates of other projects use
    /// it too, so the folder is not looked for where they are.
    #[must_use]
    pub const fn new(root: &'static str, name: &'static str) -> Self {
        Self { root, name }
    }

    /// The body of a `#[proc_macro_derive]`.
    #[must_use]
    pub fn derive(&self, name: &str, item: TokenStream) -> TokenStream {
        self.expand(MacroKind::Derive, name, TokenStream::new(), item)
    }

    /// The body of a `#[proc_macro_attribute]`.
    #[must_use]
    pub fn attribute(&self, name: &str, arguments: TokenStream, item: TokenStream) -> TokenStream {
        self.expand(MacroKind::Attribute, name, arguments, item)
    }

    /// The body of a `#[proc_macro]`.
    #[must_use]
    pub fn function(&self, name: &str, input: TokenStream) -> TokenStream {
        self.expand(MacroKind::Function, name, TokenStream::new(), input)
    }

    fn expand(
        &self,
        kind: MacroKind,
        name: &str,
        arguments: TokenStream,
        item: TokenStream,
    ) -> TokenStream {
        let here = Span::call_site();
        let one = Invocation {
            kind,
            cell: self.name.to_owned(),
            name: name.to_owned(),
            cell_span: here,
            span: here,
            site: here,
            arguments,
        };
        expand::sandboxed(PROJECTS.load(Path::new(self.root)), one, item, ENGINES)
    }
}
