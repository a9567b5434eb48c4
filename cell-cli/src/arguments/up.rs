//! Commands that run a project's cells.

use std::path::PathBuf;

use clap::Args;

/// Options of `cell up`.
#[derive(Debug, Args)]
#[command(after_help = "\
Reads `cell.toml`:
  [cells.ledger.run]
  package = \"market-ledger\"            built by cargo; or command = [\"./ledger\", \"--fast\"]
  bin = \"ledger\"                       if the package has several programs
  args = [\"--journal\", \"ledger.journal\"]
  needs = [\"postgres\"]                 cells that take calls before it is started
  env = { LEDGER_SYNC = \"none\" }

A cell that ends unexpectedly is started again, after a wait that grows, until it has failed five times
within a minute; one that ran well for half a minute has its failures forgotten. A supervisor in the
background does it, until `cell stop --all`.

Examples:
  cell up                        all cells of the project
  cell up exchange               one cell and what it needs
  cell up --foreground           stays, shows what cells write; Ctrl-C stops them")]
pub struct Up {
    /// Only these cells, and what they need
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Stay in this terminal and show what cells write
    #[arg(long)]
    pub foreground: bool,
    /// Build packages optimised
    #[arg(long)]
    pub release: bool,
    /// Wait until all take calls, so many seconds at most
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u64,
}

/// Options of `cell run`.
#[derive(Debug, Args)]
#[command(after_help = "\
What the cell needs is started in the background, as `cell up` does it. The cell itself is nobody's but
this terminal's, with the environment of `cell.toml`; the command ends as the cell does.

Examples:
  cell run ledger
  cell run ledger -- --journal other.journal   with more arguments")]
pub struct Run {
    /// The cell
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Arguments behind those of `cell.toml`
    #[arg(value_name = "ARGS", last = true)]
    pub arguments: Vec<String>,
    /// Build packages optimised
    #[arg(long)]
    pub release: bool,
    /// Wait until what it needs takes calls, so many seconds at most
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u64,
}

/// Options of `cell logs`.
#[derive(Debug, Args)]
#[command(after_help = "\
Logs of cells that `cell up` started are kept, 8 MiB of each and the file before it;
CELL_LOG_BYTES sets another size when cells are started.

Examples:
  cell logs ledger               the last lines
  cell logs ledger exchange -f   and what comes then
  cell logs --all -n 20")]
pub struct Logs {
    /// The cells
    #[arg(value_name = "NAME", required_unless_present = "all")]
    pub names: Vec<String>,
    /// Those of all cells of the project
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Show what comes, until Ctrl-C
    #[arg(long, short)]
    pub follow: bool,
    /// So many of the last lines
    #[arg(long, short = 'n', value_name = "LINES", default_value_t = 100)]
    pub lines: usize,
}

/// Options of `cell status`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell status                    ends with 0 if all cells that the project starts take calls
  cell status --json")]
pub struct Status {
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `cell discover`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell discover                  with services, and what macros may ask
  cell discover --json")]
pub struct Discover {
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `cell stop`.
#[derive(Debug, Args)]
#[command(after_help = "\
A cell is asked to finish its calls and end. Those that this project started get a SIGTERM after half
of the time, and are killed after all of it.

Examples:
  cell stop ledger
  cell stop ledger --wait 60     for calls that take long
  cell stop --all                all cells of the project, and its supervisor")]
pub struct Stop {
    /// The cells
    #[arg(value_name = "NAME", required_unless_present = "all")]
    pub names: Vec<String>,
    /// All cells that this project started, those that need others first
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Wait until they have ended, so many seconds at most
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    pub wait: u64,
}

/// Options of `cell supervisor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Started by `cell up`.

Examples:
  cell supervisor --root . --folder /tmp/state")]
pub struct Supervise {
    /// The project's folder
    #[arg(long, value_name = "DIR")]
    pub root: PathBuf,
    /// Where logs and locks are
    #[arg(long, value_name = "DIR")]
    pub folder: PathBuf,
    /// Is in the background already
    #[arg(long)]
    pub detached: bool,
}

/// Options of `cell keep`.
#[derive(Debug, Args)]
#[command(after_help = "\
Started by a supervisor.

Examples:
  cell keep --folder /tmp/state --digest 12ab ledger -- ./ledger")]
pub struct Keep {
    /// Where logs and locks are
    #[arg(long, value_name = "DIR")]
    pub folder: PathBuf,
    /// Of what the cell is started from
    #[arg(long, value_name = "TEXT")]
    pub digest: String,
    /// The cell
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Be the cell itself, when the keeper says so
    #[arg(long)]
    pub become_it: bool,
    /// Its program and arguments
    #[arg(value_name = "COMMAND", last = true, required = true)]
    pub command: Vec<String>,
}
