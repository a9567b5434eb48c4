//! The program: a cell with a ledger.

use std::path::PathBuf;
use std::process::ExitCode;

use cell::Runtime;
use cell_market_journal::SyncMode;
use clap::Parser;

use crate::Ledger;

/// The macros that the cell publishes; their source is in `guests/ledger`.
const MACROS: &[u8] = include_bytes!("../../../../guests/components/ledger.wasm");

const EXAMPLES: &str = "\
Examples:
  cell-market-ledger --journal ledger.journal
  cell-market-ledger --name ledger-2 --journal ledger-2.journal --sync group

kill -9 loses nothing that was replied, whatever --sync says. Losing power does with `none`: the
system writes to the disk when it likes to. `each` asks the disk for every record, `group` for all
that came meanwhile at once.";

/// Serves a ledger: accounts, and transfers between them.
#[derive(Debug, Parser)]
#[command(name = "cell-market-ledger", after_help = EXAMPLES)]
struct Arguments {
    /// The cell's name.
    #[arg(long, env = "CELL_MARKET_LEDGER", default_value = "ledger")]
    name: String,
    /// The file with all that happened; it is made if it is not there.
    #[arg(long, env = "CELL_MARKET_LEDGER_JOURNAL")]
    journal: PathBuf,
    /// When records go to the disk itself: none, each or group.
    #[arg(long, env = "CELL_MARKET_SYNC", default_value = "none")]
    sync: SyncMode,
    /// End when stdin does: so nothing is left of a process whose starter is gone.
    #[arg(long)]
    until_stdin_ends: bool,
}

/// What `main` does.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let ledger = Ledger::start(&arguments.journal, arguments.sync)?;
    let (name, records) = (&arguments.name, ledger.records());
    eprintln!("{name}: serves, with {records} records of {}", arguments.journal.display());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let cell = Runtime::builder(ledger).name(name).macros(MACROS)?;
    runtime.block_on(async {
        tokio::select! {
            served = cell.serve() => served,
            () = cell_market_stdin::ended(), if arguments.until_stdin_ends => Ok(()),
        }
    })?;
    Ok(())
}
