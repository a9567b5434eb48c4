//! Commands that say what macros do in a project, from what rustc left of them.

use std::path::PathBuf;

use clap::Args;

use super::Selection;

/// Options of `cell why`.
#[derive(Debug, Args)]
#[command(after_help = "\
Says which macros stand there, of which component, what they were expanded to and where that is kept,
which answers of cells it stands on, and what it wants to exist when the program runs. If nothing
stands on that line, the nearest call of the file is shown. What did not change since the last
command of this kind is not compiled again.

Examples:
  cell why src/main.rs:12
  cell why src/main.rs:12:3      a place as rustc writes it
  cell why src/model.rs          all calls of a file")]
pub struct Why {
    /// A file, and the line that the call stands on
    #[arg(value_name = "FILE[:LINE]")]
    pub place: String,
    /// What to compile.
    #[command(flatten)]
    pub selection: Selection,
}

/// Options of `cell tree`.
#[derive(Debug, Args)]
#[command(after_help = "\
Shows each cell of `cell.toml` with its component, its macros and how often they are called, its
services, what its macros ask and whether that is granted, what else it may do, and its recorded
answers; then dependencies with a `cell.toml` of their own, and what those grant.

Examples:
  cell tree
  cell tree --no-calls           compiles nothing, and so counts no calls")]
pub struct Tree {
    /// Do not compile: leave out how often macros are called
    #[arg(long)]
    pub no_calls: bool,
    /// What to compile.
    #[command(flatten)]
    pub selection: Selection,
}

/// Options of `cell artifacts`.
#[derive(Debug, Args)]
#[command(after_help = "\
An expansion may return files beside its tokens: a Pydantic model, a TypeScript type, a schema. A build
writes none of them; this does, into `artifacts` beside `cell.toml`. It removes those that no expansion
returns any more, and touches no file that it has not written: `.cell-artifacts` there says which are
its own.

Examples:
  cell artifacts
  cell artifacts --out-dir clients/python
  cell artifacts --check         in CI: fails, with a diff, if a file is not as it should be")]
pub struct Artifacts {
    /// Write nothing; fail if a file would change
    #[arg(long)]
    pub check: bool,
    /// Where the files are [default: `artifacts` beside `cell.toml`]
    #[arg(long, value_name = "DIR")]
    pub out_dir: Option<PathBuf>,
    /// What to compile.
    #[command(flatten)]
    pub selection: Selection,
}
