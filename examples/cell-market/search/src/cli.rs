//! The program: a cell with an index.

use std::process::ExitCode;

use cell::Runtime;
use clap::Parser;

use crate::Search;

/// The macro that the cell publishes; its source is in `guests/search`.
const MACROS: &[u8] = include_bytes!("../../../../guests/components/search.wasm");

/// Serves an index of rows by their words, and publishes the macro `index`.
#[derive(Debug, Parser)]
#[command(name = "cell-market-search")]
struct Arguments {
    /// The cell's name.
    #[arg(long, env = "CELL_MARKET_SEARCH", default_value = "search")]
    name: String,
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
    let cell = Runtime::builder(Search::default()).name(&arguments.name).macros(MACROS)?;
    eprintln!("{}: serves, with no row yet", arguments.name);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            served = cell.serve() => served,
            () = cell_market_stdin::ended(), if arguments.until_stdin_ends => Ok(()),
        }
    })?;
    Ok(())
}
