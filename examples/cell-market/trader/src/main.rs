//! Traders that trade at random, by a seed, and check that the ledger gives them what their fills
//! say.
#![forbid(unsafe_code)]

cell::cell_remote!(Exchange = "exchange");
cell::cell_remote!(Ledger = "ledger");

mod again;
mod trader;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::task::JoinSet;

use crate::trader::{Market, Outcome, Trader};

const EXAMPLES: &str = "\
Examples:
  cell-market-trader --traders 4 --orders 500
  cell-market-trader --seed 7 --first 100 --pause 20 --json traders.json

Requests whose reply is lost are repeated with the same id. Ends with 2 if a trader's accounts have
not what its fills say.";

/// Trades at random against an exchange.
#[derive(Debug, Parser)]
#[command(name = "cell-market-trader", after_help = EXAMPLES)]
struct Arguments {
    /// The name of the exchange's cell.
    #[arg(long, env = "CELL_MARKET_EXCHANGE", default_value = "exchange")]
    exchange: String,
    /// The name of the ledger's cell.
    #[arg(long, env = "CELL_MARKET_LEDGER", default_value = "ledger")]
    ledger: String,
    /// How many traders.
    #[arg(long, default_value_t = 4)]
    traders: u64,
    /// The number of the first; the others follow. Whoever had a number has its orders and accounts.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..1 << 40))]
    first: u64,
    /// Orders of each trader.
    #[arg(long, default_value_t = 500)]
    orders: u64,
    /// Milliseconds between two orders of a trader.
    #[arg(long, default_value_t = 5)]
    pause: u64,
    /// What is wanted, at which price, is a function of it; what comes of that also of who is first.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Money of each trader, of asset 1.
    #[arg(long, default_value_t = 1_000_000)]
    money: u64,
    /// Goods of each trader, of asset 2.
    #[arg(long, default_value_t = 1_000)]
    goods: u64,
    /// Where to write the summary.
    #[arg(long)]
    json: Option<PathBuf>,
    /// End when stdin does: so nothing is left of a process whose starter is gone.
    #[arg(long)]
    until_stdin_ends: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.until_stdin_ends {
        cell_market_stdin::end_process();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(&arguments)),
        Err(error) => Err(error.to_string()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Has everybody what their fills say?
async fn run(arguments: &Arguments) -> Result<bool, String> {
    let market = Market::of(&arguments.exchange, &arguments.ledger)?;
    let mut traders = JoinSet::new();
    for by in (arguments.first..).take(arguments.traders as usize) {
        let (market, seed) = (market.clone(), arguments.seed ^ by.wrapping_mul(0x9e37_79b9));
        let (money, goods) = (arguments.money, arguments.goods);
        let (orders, pause) = (arguments.orders, Duration::from_millis(arguments.pause));
        traders.spawn(async move {
            let trader = Trader::open(market, by, money, goods).await?;
            trader.trade(seed, orders, pause).await
        });
    }
    let mut all = Outcome { good: true, ..Outcome::default() };
    while let Some(one) = traders.join_next().await {
        all = all.and(one.map_err(|error| error.to_string())??);
    }
    print!("{}", all.table());
    if let Some(path) = &arguments.json {
        std::fs::write(path, all.json())
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(all.good)
}
