//! Existing proc-macro crates as components, and what stands in their place in cargo's graph.
//!
//! A proc-macro crate is copied without the attributes that make it one ([`neutral`]), compiled as the
//! library of a generated guest ([`guest`]), and replaced by a crate of the same name, version and
//! features that has its macros by name and no code of it ([`forward`]), which `[patch]` brings in
//! ([`patch`]). Where cargo turns on other features for a part of a workspace, there is a component for
//! each set ([`sets`]). What `Cargo.lock` said of the original is kept ([`packages`]), so that removing it
//! gives the files back as they were.
//!
//! Everything here is texts in, texts out; `cell sandbox` reads, writes and runs cargo.
#![forbid(unsafe_code)]

pub mod entries;
pub mod forward;
pub mod graph;
pub mod guest;
pub mod manifest;
pub mod needs;
pub mod neutral;
pub mod packages;
pub mod patch;
pub mod sets;
