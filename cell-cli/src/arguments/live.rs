//! Commands about answers of cells.

use clap::Args;

use crate::arguments::Selection;

/// Options of `cell build`.
#[derive(Debug, Args)]
#[command(after_help = "\
A plain `cargo build` uses recorded answers alone, unless `cell up` or `cell dev` runs for the project.
This starts the cells that macros may ask, as `cell up` does, runs `cargo build`, lets it ask them
what is not recorded, and ends those that it has started.

Examples:
  cell build
  cell build -- --release -p shop    with arguments for cargo")]
pub struct Build {
    /// What cargo is given
    #[arg(value_name = "ARGS", last = true)]
    pub arguments: Vec<String>,
    /// Wait until the cells take calls, so many seconds at most
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u64,
}

/// Options of `cell dev`.
#[derive(Debug, Args)]
#[command(after_help = "\
Starts the project's cells in this terminal, shows what they write, and as long as it runs lets builds
in other terminals ask them what is not recorded. Cells that you start yourself are asked too.

Guests in the project are watched: those whose component `cell.toml` names, as
`macros/components/greeter.wasm`, and whose package is in the workspace beside that folder. When their
sources change, their components are built again. Builds go on with the component that `cell.lock` names,
until `cell lock` is run, or at once with `--lock`.

Examples:
  cell dev
  cell dev --lock                components that were built again are used at once")]
pub struct Dev {
    /// Build packages optimised
    #[arg(long)]
    pub release: bool,
    /// Wait until all cells take calls, so many seconds at most
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u64,
    /// Write `cell.lock` after a guest was built again, as `cell lock` does
    #[arg(long)]
    pub lock: bool,
    /// Do not build guests
    #[arg(long, conflicts_with = "lock")]
    pub no_guests: bool,
}

/// Options of `cell check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Fails if a recorded answer is damaged, used by nothing, missing, not as the schema in `cell.lock` says,
secret by it, or not what a cell says that runs; if a cell runs that has another schema; and if a macro
asks what it is not granted. Starts no cell, and writes nothing.

That nothing uses an answer is an error only if everything was looked at: see `cell sync --help`.

Examples:
  cell check                     where cells run, also what they say now
  cell check --offline           asks nobody")]
pub struct Check {
    /// What to compile.
    #[command(flatten)]
    pub selection: Selection,
}

/// Options of `cell sync`.
#[derive(Debug, Args)]
#[command(after_help = "\
Starts the cells that macros may ask, asks them all that is recorded and all that is missing, shows which
answers and which expansions are different, and writes `.cell/answers`. If one question fails, nothing
is written. Where answers lead to further questions, or let more of the project compile, it asks again
until there are none; what was written before one of those fails stays.

Answers that nothing uses are removed if everything was compiled: all packages with all their features,
under the project's own profile. Otherwise they are kept, and it says so. What no run here can see, such
as code for another target (`cfg(windows)`) or for when a feature is off, keeps its answers only with
`--no-prune`.

Examples:
  cell sync
  cell sync ledger               what other cells said stays
  cell sync --all-features       where packages have features that are off by default
  cell sync --check              writes nothing; fails if something is different")]
pub struct Sync {
    /// Ask only these cells again
    #[arg(value_name = "CELL")]
    pub cells: Vec<String>,
    /// Write nothing; fail if something would change
    #[arg(long)]
    pub check: bool,
    /// Keep answers that nothing uses
    #[arg(long)]
    pub no_prune: bool,
    /// Wait until the cells take calls, so many seconds at most
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u64,
    /// What to compile.
    #[command(flatten)]
    pub selection: Selection,
}
