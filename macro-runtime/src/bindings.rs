//! What wasmtime generates from `wit/macros.wit` and `wit/sandbox/sandbox.wit`. Nothing else is here.
#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::pedantic,
    reason = "generated"
)]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "macros",
    // A host function that fails ends the guest: it must not be able to go on after a question that
    // it was not granted.
    imports: { default: trappable },
});

/// What components import that were made of ordinary proc-macro crates.
pub mod sandbox {
    wasmtime::component::bindgen!({
        path: "../wit/sandbox",
        world: "sandbox",
        imports: { default: trappable },
    });
}
