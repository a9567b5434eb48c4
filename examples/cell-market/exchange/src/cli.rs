//! The program: a cell with an exchange.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use cell::Serve as _;
use cell_market_journal::SyncMode;
use clap::Parser;

use crate::{Exchange, Settling};

const EXAMPLES: &str = "\
Examples:
  cell-market-exchange --journal exchange.journal
  cell-market-exchange --ledger ledger-2 --journal exchange.journal --max-unsettled 100

The ledger need not run: trades wait for it, and orders are refused when too many do. What --sync
means is said by `cell-market-ledger --help`; against loss of power, both need `each` or `group`.";

/// Serves an order book, whose trades are settled in a ledger.
#[derive(Debug, Parser)]
#[command(name = "cell-market-exchange", after_help = EXAMPLES)]
struct Arguments {
    /// The cell's name.
    #[arg(long, env = "CELL_MARKET_EXCHANGE", default_value = "exchange")]
    name: String,
    /// The file with all that happened; it is made if it is not there.
    #[arg(long, env = "CELL_MARKET_EXCHANGE_JOURNAL")]
    journal: PathBuf,
    /// When records go to the disk itself: none, each or group.
    #[arg(long, env = "CELL_MARKET_SYNC", default_value = "none")]
    sync: SyncMode,
    /// The name of the ledger's cell.
    #[arg(long, env = "CELL_MARKET_LEDGER", default_value = "ledger")]
    ledger: String,
    /// Who this exchange is in the ledger. No other maker of transfers may have this number, and it
    /// belongs to the journal.
    #[arg(long, default_value_t = 1_000_000)]
    by: u64,
    /// Orders are refused while so many trades wait for the ledger.
    #[arg(long, default_value_t = 10_000)]
    max_unsettled: u64,
    /// Milliseconds that the ledger has for an answer before it is asked again.
    #[arg(long, default_value_t = 2_000)]
    patience: u64,
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
    let Arguments { name, journal, .. } = arguments;
    let (exchange, settler) = Exchange::start(journal, arguments.sync, arguments.max_unsettled)?;
    eprintln!("{name}: serves, with {}", journal.display());
    let patience = Duration::from_millis(arguments.patience);
    let how = Settling { by: arguments.by, patience, at_once: 64 };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let settling = tokio::spawn(settler.run(arguments.ledger.clone(), how));
        let served = tokio::select! {
            served = exchange.serve(name) => served,
            () = cell_market_stdin::ended(), if arguments.until_stdin_ends => Ok(()),
        };
        settling.abort();
        served
    })?;
    Ok(())
}
