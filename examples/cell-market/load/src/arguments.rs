//! What the program is told.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  cell-market-load closed --workers 64 --count 100000
      64 callers, each with one transfer after the other: how much goes through
  cell-market-load rate --rate 2000 --seconds 10 --csv series.csv
      2,000 transfers begin in each second, whether the ledger keeps up or not: how long they take
  cell-market-load closed --json summary.json
  cell-market-load ready --ledger ledger-2

With a fixed rate the time of a transfer counts from when it should have begun: one that had to wait
for others that were slow was slow too. Transfers whose reply is lost are asked for again with the
same id, and their time goes on.

Ends with 2 if an answer was wrong, or the ledger's books do not agree with what it answered.";

/// Drives a ledger, measures how long it takes to answer, and checks every answer.
#[derive(Debug, Parser)]
#[command(name = "cell-market-load", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) mode: Mode,
    /// End when stdin does: so nothing is left of a process whose starter is gone.
    #[arg(long, global = true)]
    pub(crate) until_stdin_ends: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Mode {
    /// So many callers, each with one transfer after the other.
    Closed {
        /// How many callers.
        #[arg(long, default_value_t = 64)]
        workers: u64,
        /// How many transfers in all.
        #[arg(long, default_value_t = 10_000)]
        count: u64,
        #[command(flatten)]
        common: Common,
    },
    /// So many transfers in each second, whatever becomes of those before.
    Rate {
        /// Transfers that begin in a second.
        #[arg(long, default_value_t = 1_000)]
        rate: u64,
        /// For how long.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// Transfers that wait for an answer at the same time; more begin late.
        #[arg(long, default_value_t = 10_000)]
        in_flight: usize,
        #[command(flatten)]
        common: Common,
    },
    /// Waits until the ledger answers.
    Ready {
        /// The name of the ledger's cell.
        #[arg(long, env = "CELL_MARKET_LEDGER", default_value = "ledger")]
        ledger: String,
        /// Seconds to wait.
        #[arg(long, default_value_t = 30)]
        within: u64,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Common {
    /// The name of the ledger's cell.
    #[arg(long, env = "CELL_MARKET_LEDGER", default_value = "ledger")]
    pub(crate) ledger: String,
    /// Who makes the transfers; one that nobody was before, if it is not said.
    #[arg(long)]
    pub(crate) by: Option<u64>,
    /// Of one seed and maker the transfers are the same.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Accounts among which is transferred.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) accounts: u64,
    /// Of which asset.
    #[arg(long, default_value_t = 1)]
    pub(crate) asset: u32,
    /// What is in each at first.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) opening: u64,
    /// Milliseconds that a reply may take before it is asked for again.
    #[arg(long, default_value_t = 2_000)]
    pub(crate) patience: u64,
    /// Seconds after which a transfer without a reply is given up.
    #[arg(long, default_value_t = 60)]
    pub(crate) give_up: u64,
    /// Milliseconds of one line of the series.
    #[arg(long, default_value_t = 100)]
    pub(crate) interval: u64,
    /// Where to write the series: a line for each interval.
    #[arg(long)]
    pub(crate) csv: Option<PathBuf>,
    /// Where to write the summary.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
    /// Say on stderr how far it is: `progress DONE TOTAL`, four times a second.
    #[arg(long)]
    pub(crate) progress: bool,
}
