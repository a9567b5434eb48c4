//! From a core module, as the compiler leaves it, to a component that may be published.

mod names;
mod outside;

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use macro_runtime::load::{Audit, LoadOptions, check};
use wit_component::ComponentEncoder;

/// Encodes a module and checks that it asks its host for nothing but what the contract has.
pub(crate) fn encode(name: &str, module: &Path) -> Result<(Vec<u8>, Audit)> {
    let bytes =
        std::fs::read(module).with_context(|| format!("cannot read `{}`", module.display()))?;
    let encoded = names::shortened(&bytes)
        .and_then(outside::described)
        .and_then(|bytes| ComponentEncoder::default().validate(true).module(&bytes))
        .and_then(|mut encoder| encoder.encode())
        .and_then(|component| names::bare(&component));
    let component = encoded.map_err(|error| {
        // wit-component's chain goes from the general to the particular.
        let reasons: Vec<_> = error.chain().map(ToString::to_string).collect();
        anyhow!(
            "`{name}` is no macro component: {}\n\
             help: name its `#[cell_macro]` functions in `macro_guest_sdk::component!(..)`",
            reasons.join(": ")
        )
    })?;
    let audit = check(&component, LoadOptions { cell: name, expected: None })?;
    Ok((component, audit))
}
