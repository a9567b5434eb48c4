//! Drives a ledger, measures how long it takes to answer, and checks every answer.
#![forbid(unsafe_code)]

cell::cell_remote!(Ledger = "ledger");

mod arguments;
mod ask;
mod drive;
mod plan;
mod report;
mod series;
mod verify;

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Parser as _;

use crate::arguments::{Arguments, Mode};
use crate::ask::Asker;
use crate::plan::Plan;
use crate::report::Report;

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

/// Was everything as it should be?
async fn run(arguments: &Arguments) -> Result<bool, String> {
    let (common, mode) = match &arguments.mode {
        Mode::Ready { ledger, within } => {
            let asker = Asker::new(ledger, Duration::from_secs(1), Duration::from_secs(*within))?;
            asker.totals().await?;
            println!("{ledger}: ready");
            return Ok(true);
        }
        Mode::Closed { common, .. } | Mode::Rate { common, .. } => (common, &arguments.mode),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // A maker that nobody was before: transfers of an earlier run have other ids, and accounts.
    let by = common.by.unwrap_or((now.as_millis() as u64) & plan::MAKERS);
    let plan = Plan::new(by, common.seed, common.accounts)?;
    let (patience, give_up) =
        (Duration::from_millis(common.patience), Duration::from_secs(common.give_up));
    let asker = Asker::new(&common.ledger, patience, give_up)?;
    let before = verify::Before::open(&asker, &plan, common.asset, common.opening).await?;
    let driven = drive::drive(mode, common, &plan, &asker).await?;
    let found = verify::verify(&asker, &plan, &driven, &before).await?;
    let report = Report { mode, by, driven: &driven, found: &found };
    print!("{}", report.table());
    for (path, text) in [(&common.json, report.json()), (&common.csv, report.csv())] {
        if let Some(path) = path {
            std::fs::write(path, text)
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        }
    }
    Ok(found.is_good())
}
