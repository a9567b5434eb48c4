//! Telling cargo which files a crate depends on.
//!
//! The unit form on purpose: `const _: &[u8] = include_bytes!(..)` puts the file into the crate,
//! which for a thousand uses of a 400 kB file cost 20 s and a 1.2 GB rlib (measured).

use proc_macro::{Span, TokenStream};

use crate::expansion::Expansion;
use crate::project::Project;

/// The variable that chooses one of the lock's profiles.
pub(super) const PROFILE: &str = "CELL_PROFILE";

/// `cell::track!()`: for crates whose macros stand where no item may, in `impl` blocks or in
/// expressions.
#[must_use]
pub fn track() -> TokenStream {
    match super::project() {
        Ok(project) => tokens(&project, &Expansion::default()),
        Err(failure) => super::fail(&failure, Span::call_site(), TokenStream::new()),
    }
}

/// `const _: () = { let _ = include_bytes!(".."); };` of the lock and the answers used, and the variable
/// that chooses a profile, if there are several.
pub(super) fn tokens(project: &Project, expansion: &Expansion) -> TokenStream {
    let answers = expansion.answers.iter().map(|used| project.answer_path(&used.cell, &used.key));
    let mut source = String::from("const _: () = {");
    for path in std::iter::once(project.lock_path()).chain(answers) {
        // A path that is not text cannot be written in Rust source.
        if let Some(path) = path.to_str() {
            source.push_str(&format!(" let _ = ::core::include_bytes!({path:?});"));
        }
    }
    if !project.lock.profiles.is_empty() {
        source.push_str(&format!(" let _ = ::core::option_env!({PROFILE:?});"));
    }
    source.push_str(" };");
    source.parse().unwrap_or_default()
}
