//! Commands for those who write macros, and for those who look for one.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Selection;

/// Options of `cell macros`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell macros list                           those of the project's cells
  cell macros list --component ledger.wasm   those of a file
  cell macros info ledger::table             all that is known of one, and where it is used")]
pub struct Macros {
    /// What to say.
    #[command(subcommand)]
    pub action: MacrosAction,
}

/// What can be said of macros.
#[derive(Debug, Subcommand)]
pub enum MacrosAction {
    /// List macros with their kinds, and a line about each
    #[command(after_help = "\
Examples:
  cell macros list
  cell macros list ledger --json")]
    List(MacrosList),
    /// Show all that is known of a macro
    #[command(after_help = "\
Its documentation, its arguments (what it says of them under the heading `# Arguments`), its helper
attributes, the macros that it needs, what it is told, what it asks and whether that is granted, its
component, and where the project uses it.

Examples:
  cell macros info ledger::table
  cell macros info ledger::table --no-calls  compiles nothing, and so does not say where it is used
  cell macros info table --component ledger.wasm --json")]
    Info(MacrosInfo),
}

/// Options of `cell macros list`.
#[derive(Debug, Args)]
pub struct MacrosList {
    /// Only macros of this cell
    #[arg(value_name = "CELL", conflicts_with = "component")]
    pub cell: Option<String>,
    /// Those of this component, instead of the project's
    #[arg(long, value_name = "FILE")]
    pub component: Option<PathBuf>,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

/// Options of `cell macros info`.
#[derive(Debug, Args)]
pub struct MacrosInfo {
    /// The macro
    #[arg(value_name = "CELL::NAME")]
    pub path: String,
    /// One of this component, instead of the project's
    #[arg(long, value_name = "FILE")]
    pub component: Option<PathBuf>,
    /// For programs
    #[arg(long)]
    pub json: bool,
    /// Do not compile: leave out where it is used
    #[arg(long)]
    pub no_calls: bool,
    /// What to compile.
    #[command(flatten)]
    pub selection: Selection,
}

/// Options of `cell test-macros`.
#[derive(Debug, Args)]
#[command(after_help = "\
Compiles each guest twice: for this machine, where `cargo test` runs its tests, and to a component, in
which its golden cases run once more. A golden case is a file `tests/golden/NAME.rs` with one use of a
macro; `NAME.expanded.rs` beside it is what shall come out. Natively a test of the guest compares the two
(`macro_guest_sdk::testing::Golden`).

Examples:
  cell test-macros
  cell test-macros -p ledger
  cell test-macros --bless       writes the expected output of all golden cases anew: look at the diff")]
pub struct TestMacros {
    /// Only these guests
    #[arg(long = "package", short, value_name = "NAME")]
    pub packages: Vec<String>,
    /// Take what comes out natively for what shall come out
    #[arg(long)]
    pub bless: bool,
    /// The compiler for components to use instead of the one that would be found
    #[arg(long, value_name = "PATH", env = "CELL_GUEST_RUSTC")]
    pub rustc: Option<PathBuf>,
    /// Where cargo builds components
    #[arg(long, value_name = "DIR")]
    pub target_dir: Option<PathBuf>,
}
