//! What a module imports that was compiled with the sandboxed standard library, as a contract: the
//! library calls functions, and only whoever makes a component of it says what those are.

use anyhow::Result;
use wasmparser::{Parser, Payload};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const CONTRACT: &str = include_str!("../../../wit/sandbox/sandbox.wit");

/// The module with a description of `cell:sandbox`, if it imports anything of it.
pub(super) fn described(mut module: Vec<u8>) -> Result<Vec<u8>> {
    if imports_outside(&module)? {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("sandbox.wit", CONTRACT)?;
        let world = resolve.select_world(&[package], Some("sandbox"))?;
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    }
    Ok(module)
}

fn imports_outside(module: &[u8]) -> Result<bool> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(imports) = payload? {
            for import in imports.into_imports() {
                if import?.module.starts_with("cell:sandbox/") {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}
