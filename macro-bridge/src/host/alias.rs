//! `cell_remote!(Ledger = "ledger")`: a module with the cell's macros, so that `#[Ledger::table]`
//! works without a provider crate, and with clients of its services.
//!
//! An attribute macro is not told by which path it was called, so the proc-macro crate exports
//! numbered macros and `cell.lock` gives each macro of each cell a number. Numbers are local to a
//! lock file: the module is never `pub`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use proc_macro::{Delimiter, Group, Ident, TokenStream, TokenTree};

use super::invocation::{Remote, parse_remote};
use super::{fail, gather, package, project, track};
use crate::failure::{Failure, Kind, texts};
use crate::lock::LockedCell;
use crate::project::Project;
use crate::request::MacroKind;

/// What makes typed clients: from the path of `cell-sdk`, a cell's name and the schemas of its services
/// the content of a module, or why there is none, with the service at fault.
pub type Clients =
    fn(&str, &str, &BTreeMap<String, String>) -> Result<TokenStream, (String, String)>;

/// The body of `cell_remote!`. Without `clients` there are only macros.
#[must_use]
pub fn remote(input: TokenStream, clients: Option<Clients>) -> TokenStream {
    let Remote { alias, cell, cell_span, krate } = match parse_remote(input) {
        Ok(remote) => remote,
        Err((failure, span)) => return fail(&failure, span, TokenStream::new()),
    };
    let krate: TokenStream = krate.unwrap_or_else(|| gather::path(&["cell"])).into_iter().collect();
    let krate = krate.to_string();
    remember(&cell, &krate);
    let project = match project() {
        Ok(project) => project,
        Err(failure) => {
            // With the names of the old lock each use of a macro says what is wrong, too. Without,
            // rustc would say of each that there is no such module.
            let old = (failure.kind == Kind::StaleLock).then(|| Project::read(&package()).ok());
            let locked = old.flatten().and_then(|(old, _)| old.lock.cells.get(&cell).cloned());
            let content = locked.map(|locked| content(&cell, &locked, &krate));
            return fail(&failure, cell_span, module(&alias, content.unwrap_or_default()));
        }
    };
    let Some(locked) = project.lock.cells.get(&cell) else {
        let known = project.lock.cells.keys().map(String::as_str);
        let manifest = project.root.join("cell.toml");
        let failure = texts::project::unknown_cell(&cell, known, &manifest);
        // An empty module, so that uses of it give no second error about its name.
        let module = module(&alias, TokenStream::new());
        return fail(&failure, cell_span, module);
    };
    let mut inside = content(&cell, locked, &krate);
    let tracked = track::of_crate(&project, Some(&cell));
    match services(&project, &cell, locked, &krate, clients) {
        Ok(clients) => inside.extend(clients),
        Err(failure) => {
            let mut out = module(&alias, inside);
            out.extend(tracked);
            return fail(&failure, cell_span, out);
        }
    }
    let mut out = module(&alias, inside);
    out.extend(tracked);
    out
}

/// Where `cell-sdk` is for the aliases of a cell, by package.
static CRATES: Mutex<BTreeMap<(PathBuf, String), String>> = Mutex::new(BTreeMap::new());

/// An attribute behind an alias is not told what `cell_remote!` was, and still has to name a macro of
/// `cell-sdk` if others stand on the item. The compiler cannot have found it without having expanded
/// `cell_remote!` first, so that leaves a note.
fn remember(cell: &str, krate: &str) {
    let mut crates = CRATES.lock().unwrap_or_else(PoisonError::into_inner);
    crates.insert((package(), cell.to_owned()), krate.to_owned());
}

/// What [`remember`] was told last.
pub(super) fn krate(cell: &str) -> Option<Vec<TokenTree>> {
    let crates = CRATES.lock().unwrap_or_else(PoisonError::into_inner);
    let path = crates.get(&(package(), cell.to_owned()))?;
    Some(path.parse::<TokenStream>().ok()?.into_iter().collect())
}

/// The clients of a cell's services.
fn services(
    project: &Project,
    cell: &str,
    locked: &LockedCell,
    krate: &str,
    clients: Option<Clients>,
) -> Result<TokenStream, Failure> {
    match clients {
        _ if locked.services.is_empty() => Ok(TokenStream::new()),
        // Its macros may be all that this crate wants.
        None if locked.component.is_some() => Ok(TokenStream::new()),
        None => Err(texts::project::services_off(cell)),
        Some(clients) => {
            let schemas = project.schemas(cell)?;
            clients(krate, cell, &schemas).map_err(|(service, reason)| {
                let path = locked.services.get(&service).map(|digest| project.schema_path(digest));
                texts::project::bad_schema(&path.unwrap_or_default(), cell, &service, &reason)
            })
        }
    }
}

/// What is in the module of a cell.
fn content(cell: &str, locked: &LockedCell, krate: &str) -> TokenStream {
    let mut source = String::new();
    for (name, found) in &locked.macros {
        match (found.kind, found.slot) {
            // Behind `macro_rules!` the place of a call is that of the macro's definition, which is
            // here: the compiler would point at `cell_remote!`. So this is for locks without slots.
            (MacroKind::Function, None) => source.push_str(&format!(
                "macro_rules! {name} {{ ($($input:tt)*) => {{ {krate}::expand! {{ {cell}::{name}($($input)*) }} }}; }}\n\
                 pub(crate) use {name};\n"
            )),
            (kind, Some(slot)) => {
                let prefix = match kind {
                    MacroKind::Attribute => "attr",
                    MacroKind::Derive => "derive",
                    MacroKind::Function => "fn",
                };
                source.push_str(&format!("pub(crate) use {krate}::__{prefix}_{slot} as {name};\n"));
            }
            (_, None) => {}
        }
    }
    source.parse().unwrap_or_default()
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
