//! The typed clients of `cell_remote!`.

use std::collections::BTreeMap;

use proc_macro::TokenStream;

/// As [`macro_bridge::host::Clients`] says.
pub(crate) fn clients(
    krate: &str,
    cell: &str,
    schemas: &BTreeMap<String, String>,
) -> Result<TokenStream, (String, String)> {
    let made = cell_codegen::clients(krate, cell, schemas);
    made.map(TokenStream::from).map_err(|error| (error.service, error.reason))
}
