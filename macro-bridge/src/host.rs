//! What the proc-macro crate does, as a library: a proc-macro crate can export macros only, so
//! everything that can be tested or shared is here.
//!
//! [`attribute`], [`derive`], [`function`], [`gathered`] and [`remote`] are the bodies of the
//! macros. They take the [`Engine`]s of the crate that calls them and return what rustc gets.
//! They never panic on what a user, a guest or a file says.

mod alias;
mod attributes;
mod cached;
mod expand;
mod gather;
pub mod home;
mod invocation;
#[cfg(unix)]
mod jobs;
mod outside;
mod sandboxed;
mod server;
mod trace;
mod track;

use std::path::PathBuf;
use std::sync::Arc;

use proc_macro::{Span, TokenStream};

use self::invocation::Invocation;
use crate::digest::Digest;
use crate::expansion::{Expansion, Output};
use crate::failure::{Failure, texts};
use crate::item;
use crate::live::{self, Originals, Walker};
use crate::project::{Project, Projects};
use crate::request::{MacroKind, Request};

pub use alias::{Clients, remote};
pub use cached::{Cached, entry};
pub use gather::gathered;
pub use outside::look;
pub use sandboxed::Sandboxed;
pub use server::Server;
pub use track::track;

/// A place that may have or make an expansion: the macro server, wasmtime inside rustc. All of
/// them give the same bytes; they are asked in order until one answers.
pub trait Engine: Sync {
    /// What it is, for the note that says where was looked.
    fn name(&self) -> &'static str;

    /// The expansion, or `None` to pass on. Its tokens have passed [`crate::output::check`], here or
    /// when it was made.
    ///
    /// # Errors
    /// What the expansion of this request ends with, wherever it is made.
    fn expand(
        &self,
        project: &Project,
        request: &Request,
        key: &Digest,
    ) -> Option<Result<Expansion, Failure>>;
}

/// The engines of a proc-macro crate, in the order in which they are asked.
pub type Engines<'a> = &'a [&'a dyn Engine];

/// `#[cell::wasm(cell::name(arguments))]` (`kind` attribute) and `#[cell::wasm_derive(cell::Name)]`
/// (`kind` derive).
#[must_use]
pub fn attribute(
    kind: MacroKind,
    arguments: TokenStream,
    item: TokenStream,
    engines: Engines<'_>,
) -> TokenStream {
    match invocation::parse_attribute(kind, arguments) {
        Ok(parsed) => gather::add(parsed, item, engines),
        Err((failure, span)) => fail(&failure, span, item),
    }
}

/// `#[Alias::name(arguments)]`: the attribute in slot `slot` of the project's lock.
#[must_use]
pub fn slot_attribute(
    slot: u16,
    arguments: TokenStream,
    item: TokenStream,
    engines: Engines<'_>,
) -> TokenStream {
    match named_slot(MacroKind::Attribute, slot) {
        Ok((cell, name)) => {
            let one = Invocation::of_slot(MacroKind::Attribute, cell, name, arguments);
            let krate = alias::krate(&one.cell);
            gather::add(invocation::Parsed { invocations: vec![one], krate }, item, engines)
        }
        Err(failure) => fail(&failure, Span::call_site(), item),
    }
}

/// `#[derive(Alias::Name)]`: the derive in slot `slot` of the project's lock.
#[must_use]
pub fn slot_derive(slot: u16, item: TokenStream, engines: Engines<'_>) -> TokenStream {
    let (cell, name) = match named_slot(MacroKind::Derive, slot) {
        Ok(found) => found,
        Err(failure) => return fail(&failure, Span::call_site(), TokenStream::new()),
    };
    let one = Invocation::of_slot(MacroKind::Derive, cell, name, TokenStream::new());
    expand::run(MacroKind::Derive, vec![one], item, engines)
}

/// `Alias::name!(input)`: the function-like macro in slot `slot` of the project's lock.
#[must_use]
pub fn slot_function(slot: u16, input: TokenStream, engines: Engines<'_>) -> TokenStream {
    let (cell, name) = match named_slot(MacroKind::Function, slot) {
        Ok(found) => found,
        Err(failure) => return fail(&failure, Span::call_site(), TokenStream::new()),
    };
    let one = Invocation::of_slot(MacroKind::Function, cell, name, TokenStream::new());
    expand::run(MacroKind::Function, vec![one], input, engines)
}

/// `cell::expand!(cell::name(input))`.
#[must_use]
pub fn function(input: TokenStream, engines: Engines<'_>) -> TokenStream {
    match invocation::parse_function(input) {
        Ok((mut one, input)) => {
            one.span = users_place(one.span, &input);
            expand::run(MacroKind::Function, vec![one], input, engines)
        }
        Err((failure, span)) => fail(&failure, span, TokenStream::new()),
    }
}

/// Where a call stands for its author. Behind an alias without a slot the whole call except its
/// input has the place of `cell_remote!`, so what is said of it is said of the input.
fn users_place(path: Span, input: &TokenStream) -> Span {
    let start = |span: Span| (span.file(), span.line(), span.column());
    let behind_alias = start(path) == start(Span::call_site());
    let first = input.clone().into_iter().next().filter(|_| behind_alias);
    first.map_or(path, |token| token.span())
}

fn named_slot(kind: MacroKind, slot: u16) -> Result<(String, String), Failure> {
    let project = project()?;
    match project.slot(kind, slot) {
        Some((cell, name)) => Ok((cell.to_owned(), name.to_owned())),
        None => Err(texts::project::empty_slot(kind, slot)),
    }
}

/// The project of the package that is being compiled.
fn project() -> Result<Arc<Project>, Failure> {
    PROJECTS.load(&package())
}

/// The folder of that package.
fn package() -> PathBuf {
    // Asked at every expansion: rust-analyzer runs many packages in one process.
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default()
}

static PROJECTS: Projects = Projects::new();

/// The item, and the error: one mistake gives one error.
fn fail(failure: &Failure, span: Span, item: TokenStream) -> TokenStream {
    let mut out = without_helpers(item);
    out.extend(live::report_failure(failure, &Originals::default(), span));
    out
}

/// The item as it is, except for helper attributes: rustc does not know them, and nobody else will
/// take them away. Which there are would be said by the lock, so these are what looks like one.
fn without_helpers(item: TokenStream) -> TokenStream {
    let attributes = attributes::Attributes::split(item.clone());
    // Another macro of ours that follows needs its helpers.
    let before = attributes.before_derive();
    if !(0..before).all(|index| attributes::is_inert(&attributes.path(index))) {
        return item;
    }
    let derived = before < attributes.list.len();
    let mut walker = Walker::default();
    let rows = walker.walk(item.clone());
    let Some((table, originals)) = walker.finish() else { return item };
    match item::without_helpers(&table, rows, derived) {
        Some(rows) => live::emit(&Output { rows, ..Output::default() }, &originals),
        None => item,
    }
}
