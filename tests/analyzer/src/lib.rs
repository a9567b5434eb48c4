//! rust-analyzer, as far as macros can tell: its own proc-macro server, the one that comes with the
//! compiler, asked for expansions as rust-analyzer asks for them.
//!
//! [`Host`] builds the proc-macro crate, [`Analyzer`] is a server with it, and [`File`] expands what
//! is in a file, attribute by attribute. What stands in for the rest of rust-analyzer is simple: names
//! are resolved by their spelling, and nothing is configured away.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use cell_analyzer_tests::{Analyzer, Host, Kind, Package};
//! let mut analyzer = Analyzer::start(&Host::build()?.library, &[])?;
//! let package = Package::new("/projects/market".as_ref(), "market", "market");
//! let item = "struct Account { owner: String }";
//! let made =
//!     analyzer.expand("wasm", Kind::Attribute, Some("ledger::table"), item, &package.variables())?;
//! assert!(!made.contains("compile_error"));
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod flat;
mod literal;
mod message;
mod server;
mod source;
pub mod strace;
mod syntax;
mod toolchain;
pub mod tree;

pub use message::Kind;
pub use server::{Analyzer, Ended, Variables};
pub use source::{File, Step};
pub use toolchain::{Host, Package, proc_macro_server, target, workspace};
