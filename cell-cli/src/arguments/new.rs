//! Commands that make something new.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Options of `cell new`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell new cell greeter                          a service with a macro, tests and a README
  cell new cell greeter --sdk-path ../cell/cell-sdk
  cell new macro builder                         macros alone, with tests and a README")]
pub struct New {
    /// What to make.
    #[command(subcommand)]
    pub what: What,
}

/// What can be made.
#[derive(Debug, Subcommand)]
pub enum What {
    /// A cell: a service with a macro, tests and documentation
    #[command(after_help = "\
Writes the package, compiles its macros, and records what its own tests need: `cargo test` passes at
once.

Examples:
  cell new cell order-book
  cell new cell order-book --sdk-path ../cell/cell-sdk --no-build")]
    Cell(NewCell),
    /// A package of macros: a component, with unit tests, a golden test and documentation
    #[command(after_help = "\
In a workspace of guests it becomes a member and takes the versions of the workspace; anywhere else it is
a workspace of its own. `cargo test` and `cell test-macros` pass at once.

Examples:
  cell new macro builder
  cell new macro builder --sdk-path ../cell/cell-sdk --no-build")]
    Macro(NewMacro),
}

/// Options of `cell new cell`.
#[derive(Debug, Args)]
pub struct NewCell {
    /// The cell's name, and that of its folder
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Depend on the `cell-sdk` in this folder, and the `macro-guest-sdk` beside it
    #[arg(long, value_name = "DIR")]
    pub sdk_path: Option<PathBuf>,
    /// Only write the files
    #[arg(long)]
    pub no_build: bool,
}

/// Options of `cell new macro`.
#[derive(Debug, Args)]
pub struct NewMacro {
    /// The package's name, and that of its folder and of its first macro
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Depend on the `macro-guest-sdk` beside the `cell-sdk` in this folder
    #[arg(long, value_name = "DIR")]
    pub sdk_path: Option<PathBuf>,
    /// Only write the files
    #[arg(long)]
    pub no_build: bool,
}
