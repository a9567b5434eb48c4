//! `cell_remote!(Ledger = "ledger")`: a module with the cell's macros, so that `#[Ledger::table]`
//! works without a provider crate.
//!
//! An attribute macro is not told by which path it was called, so the proc-macro crate exports
//! numbered macros and `cell.lock` gives each macro of each cell a number. Numbers are local to a
//! lock file: the module is never `pub`.

use proc_macro::{Delimiter, Group, Ident, TokenStream, TokenTree};

use super::invocation::{Remote, parse_remote};
use super::{fail, gather, project, track};
use crate::expansion::Expansion;
use crate::failure::texts;
use crate::request::MacroKind;

/// The body of `cell_remote!`.
#[must_use]
pub fn remote(input: TokenStream) -> TokenStream {
    let Remote { alias, cell, cell_span, krate } = match parse_remote(input) {
        Ok(remote) => remote,
        Err((failure, span)) => return fail(&failure, span, TokenStream::new()),
    };
    let project = match project() {
        Ok(project) => project,
        Err(failure) => return fail(&failure, cell_span, TokenStream::new()),
    };
    let Some(locked) = project.lock.cells.get(&cell) else {
        let known = project.lock.cells.keys().map(String::as_str);
        let manifest = project.root.join("cell.toml");
        let failure = texts::project::unknown_cell(&cell, known, &manifest);
        // An empty module, so that uses of it give no second error about its name.
        let module = module(&alias, TokenStream::new());
        return fail(&failure, cell_span, module);
    };
    let krate: TokenStream = krate.unwrap_or_else(|| gather::path(&["cell"])).into_iter().collect();
    let krate = krate.to_string();
    let mut source = String::new();
    for (name, found) in &locked.macros {
        match (found.kind, found.slot) {
            (MacroKind::Function, _) => source.push_str(&format!(
                "macro_rules! {name} {{ ($($input:tt)*) => {{ {krate}::expand! {{ {cell}::{name}($($input)*) }} }}; }}\n\
                 pub(crate) use {name};\n"
            )),
            (kind, Some(slot)) => {
                let prefix = if kind == MacroKind::Attribute { "attr" } else { "derive" };
                source.push_str(&format!("pub(crate) use {krate}::__{prefix}_{slot} as {name};\n"));
            }
            (_, None) => {}
        }
    }
    let content = source.parse().unwrap_or_default();
    let mut out = module(&alias, content);
    out.extend(track::tokens(&project, &Expansion::default()));
    out
}

/// `#[allow(..)] pub(crate) mod Alias { .. }`
fn module(alias: &Ident, content: TokenStream) -> TokenStream {
    let head = "#[allow(non_snake_case, unused_imports, unused_macros, dead_code)] pub(crate) mod";
    let mut out: TokenStream = head.parse().unwrap_or_default();
    out.extend([
        TokenTree::Ident(alias.clone()),
        TokenTree::Group(Group::new(Delimiter::Brace, content)),
    ]);
    out
}
