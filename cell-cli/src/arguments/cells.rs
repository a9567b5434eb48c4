//! Commands for cells that run.

use std::path::PathBuf;

use clap::Args;

use crate::arguments::Selection;

/// Options of `cell add`.
#[derive(Debug, Args)]
#[command(after_help = "\
Writes the cell into `cell.toml`, its schemas into `.cell/schemas`, the component with its macros into
`.cell/components`, and all of it into `cell.lock`. Done once more, it takes what the cell publishes now,
and says what that breaks. Then `cell::cell_remote!(Ledger = \"ledger\")` has a client for each of its
services, and its macros. Of a folder it takes what the `cell.toml` there says of the cell, else all
*.schema files and the *.wasm file.

A component is what its digest says, whoever sends it; who made it is for you to know.

Examples:
  cell add ledger                                ask the cell, which runs on this machine
  cell add search --grant ledger::schema         and let its macros ask another one
  cell add ledger --from ../ledger               the folder of a cell
  cell add ledger --from ledger.schema --as Books
  cell add ledger --from macros/ledger.wasm      its macros")]
pub struct Add {
    /// The cell
    #[arg(value_name = "NAME")]
    pub name: String,
    /// `running`, or a schema, a component, or a folder with both
    #[arg(long, value_name = "WHERE", default_value = "running")]
    pub from: String,
    /// Let its macros ask this; several times for several questions
    #[arg(long = "grant", value_name = "CELL::FUNCTION")]
    pub grants: Vec<String>,
    /// The name that `cell_remote!` shall use [default: that of the cell, as Rust names types]
    #[arg(long = "as", value_name = "ALIAS")]
    pub alias: Option<String>,
}

/// Options of `cell update`.
#[derive(Debug, Args)]
#[command(after_help = "\
Takes what cells publish now: those with `from = \"running\"` from the cell, the others from their files.
Before it writes, it shows what their macros want to ask and to know that they did not before, what
clients will notice, and which expansions become others.

Examples:
  cell update
  cell update search
  cell update --check            writes nothing; fails if something would change")]
pub struct Update {
    /// Only these cells
    #[arg(value_name = "CELL")]
    pub cells: Vec<String>,
    /// Write nothing; fail if something would change
    #[arg(long)]
    pub check: bool,
    /// What to compile.
    #[command(flatten)]
    pub selection: Selection,
}

/// Options of `cell ls`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell ls                        name, version, process, services
  cell ls --names                only the names, for scripts")]
pub struct Ls {
    /// Only the names, one a line
    #[arg(long)]
    pub names: bool,
}

/// Options of `cell inspect`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell inspect ledger")]
pub struct Inspect {
    /// The cell
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// Options of `cell health`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell health ledger             ends with 0 if it takes calls
  cell health ledger --wait 10   waits until it does")]
pub struct Health {
    /// The cell
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Wait until it takes calls, so many seconds at most
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub wait: u64,
}

/// Options of `cell metrics`.
#[derive(Debug, Args)]
#[command(after_help = "\
The text is OpenMetrics: a collector of Prometheus that reads files can take it from one.

Examples:
  cell metrics ledger
  cell metrics ledger > ledger.prom")]
pub struct Metrics {
    /// The cell
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// Options of `cell schema`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell schema ledger > ledger.schema
  cell schema ledger Ledger      of one of several services")]
pub struct Schema {
    /// The cell
    #[arg(value_name = "NAME")]
    pub name: String,
    /// One of its services, if it has several
    #[arg(value_name = "SERVICE")]
    pub service: Option<String>,
}

/// Options of `cell compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell compare new.schema --against old.schema
  cell compare --cell ledger --against ledger.schema    the one that a running cell publishes")]
pub struct Compare {
    /// The schema as it is now
    #[arg(value_name = "SCHEMA", required_unless_present = "cell", conflicts_with = "cell")]
    pub schema: Option<PathBuf>,
    /// Take the schema that this running cell publishes
    #[arg(long, value_name = "NAME")]
    pub cell: Option<String>,
    /// The schema that clients were made with
    #[arg(long, value_name = "SCHEMA")]
    pub against: PathBuf,
}
