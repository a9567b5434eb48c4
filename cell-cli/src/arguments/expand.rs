//! Commands that show expansions, of this project or of somebody else's.

use std::path::PathBuf;

use clap::Args;

use super::Selection;

/// Options of `cell expand`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell expand                    everything
  cell expand ledger::table      macros with this in their path
  cell expand src/model.rs       calls in this file
  cell expand src/model.rs:12    the call on this line, or the nearest
  cell expand --lib --plan       also what should exist when the program runs
  cell expand ledger::table --save table.replay  and all that it depends on into a file, for `cell replay`")]
pub struct Expand {
    /// Only macros (`ledger::table`), files (`src/main.rs`) or places (`src/main.rs:12`)
    #[arg(value_name = "FILTER")]
    pub filter: Option<String>,
    /// Also show plan entries
    #[arg(long)]
    pub plan: bool,
    /// Also write what is shown into this file, with all that it depends on: components, tokens,
    /// limits and the answers of cells
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// What to compile.
    #[command(flatten)]
    pub selection: Selection,
}

/// Options of `cell replay`.
#[derive(Debug, Args)]
#[command(after_help = "\
The file has all that an expansion depends on, so neither the project nor its cells have to be there, and
nothing that is here counts. Fails if what comes out is not, byte for byte, what was saved; also if
another component mends what failed.

Who gets such a file sees the tokens that the macro was given, the recorded answers that it used, and the
component.

Examples:
  cell replay table.replay
  cell replay table.replay --component guests/components/ledger.wasm   with another build of the macro
  cell replay stack.replay --component ledger=target/ledger.wasm")]
pub struct Replay {
    /// What `cell expand --save` wrote
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Use this component instead of the saved one; `CELL=PATH` if there are several
    #[arg(long = "component", value_name = "PATH")]
    pub components: Vec<String>,
    /// Also show plan entries
    #[arg(long)]
    pub plan: bool,
}
