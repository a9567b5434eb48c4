//! `xtask demo market`: the cells of `examples/cell-market` as processes, 100,000 transfers while two
//! of them are killed, and what came of it.

mod plot;
mod process;
mod report;
mod series;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use cargo_metadata::MetadataCommand;

use super::home::Home;
use crate::step;
use process::{Built, Process};
use report::{Killed, Stage};

const PACKAGES: [&str; 4] =
    ["cell-market-ledger", "cell-market-exchange", "cell-market-trader", "cell-market-load"];
/// Transfers of the first stage, and the percents of them after which the cells are killed.
const TRANSFERS: u64 = 100_000;
const LEDGER_AT: u64 = 30;
const EXCHANGE_AT: u64 = 60;

pub(crate) fn run(release: bool) -> Result<()> {
    let root = step::root();
    let metadata =
        MetadataCommand::new().manifest_path(root.join("Cargo.toml")).no_deps().exec()?;
    let target = metadata.target_directory.into_std_path_buf();

    super::title("1. Build the cells and their clients");
    let programs = build(&root, &target, release)?;

    super::title("2. Start a ledger and an exchange");
    let folder = target.join("demo-market");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let home = Home::new(&folder)?;
    let built = Built { programs, home: home.path().to_owned(), folder: folder.clone() };
    let mut ledger =
        built.start("cell-market-ledger", &["--journal", &built.path("ledger.journal")])?;
    let journal = built.path("exchange.journal");
    let mut exchange = built.start("cell-market-exchange", &["--journal", &journal])?;
    let said = built.start("cell-market-load", &["ready"])?.succeed()?;
    step::say("   ..", said.trim());

    super::title(&format!(
        "3. {} transfers, 64 at a time, beside four traders; both cells are killed on the way",
        with_commas(TRANSFERS)
    ));
    let traders = ["--traders", "4", "--orders", "400", "--pause", "3"];
    let trader = built
        .start("cell-market-trader", &with(&traders, &["--json", &built.path("trader.json")]))?;
    let count = TRANSFERS.to_string();
    let closed = ["closed", "--workers", "64", "--count", &count, "--interval", "50", "--progress"];
    let mut load = built.load("closed", &closed)?;
    let mut killed = Vec::new();
    let mut told = 0;
    while let Some(done) = load.progress()? {
        let percent = done * 100 / TRANSFERS;
        if percent >= told + 10 {
            told = percent - percent % 10;
            step::say("   ..", &format!("{} transfers", with_commas(done)));
        }
        let cells = [("ledger", &mut ledger, LEDGER_AT), ("exchange", &mut exchange, EXCHANGE_AT)];
        for (name, cell, at) in cells {
            if percent >= at && !killed.iter().any(|known: &Killed| known.cell == name) {
                killed.push(Killed { cell: name, at: now() });
                step::say("   ..", &format!("kill -9 of the {name}, and a new process"));
                cell.kill()?;
                *cell = built.start(cell.program(), &cell.words())?;
            }
        }
    }
    load.succeed()?;
    ensure!(killed.len() == 2, "the load ended before the cells were killed");
    step::say("   ..", "waiting for the traders");
    trader.succeed()?;
    let closed = Stage::read(&folder, "closed", killed)?;
    let traded = report::Traded::read(&folder.join("trader.json"))?;

    super::title("4. 2,000 transfers a second for 5 s");
    let rate = ["rate", "--rate", "2000", "--seconds", "5", "--interval", "50", "--progress"];
    let mut load = built.load("rate", &rate)?;
    while load.progress()?.is_some() {}
    load.succeed()?;
    let rate = Stage::read(&folder, "rate", Vec::new())?;

    super::title("5. Stop, and look at what came of it");
    exchange.stop()?;
    ledger.stop()?;
    closed.check(TRANSFERS)?;
    rate.check(10_000)?;
    ensure!(traded.good, "the accounts of traders have not what their fills say");
    let table = report::markdown(&closed, &rate, &traded, release)?;
    fs::write(folder.join("report.md"), &table)?;
    for stage in [&closed, &rate] {
        fs::write(folder.join(format!("{}.svg", stage.name)), plot::draw(stage))?;
    }
    step::say("", &table);
    step::say(
        "",
        &format!(
            "in {}: report.md, closed.svg, rate.svg, and what they were made of",
            folder.display()
        ),
    );
    Ok(())
}

/// Builds them, and says where they are. Not optimised, that takes some ten seconds instead of
/// minutes, and the ledger answers more calls than the demo makes.
fn build(root: &Path, target: &Path, release: bool) -> Result<PathBuf> {
    let manifest = root.join("examples/cell-market/Cargo.toml").display().to_string();
    let shown = target.display().to_string();
    let mut words = vec!["build", "--locked", "--manifest-path", &manifest, "--target-dir", &shown];
    words.extend(PACKAGES.iter().flat_map(|package| ["--package", package]));
    words.extend(release.then_some("--release"));
    step::run(&mut step::cargo(&words))?;
    Ok(target.join(if release { "release" } else { "debug" }))
}

impl Built {
    /// Drives the ledger, and leaves what came of it under this name.
    fn load(&self, name: &str, words: &[&str]) -> Result<Process> {
        let (json, csv) = (self.path(&format!("{name}.json")), self.path(&format!("{name}.csv")));
        self.start("cell-market-load", &with(words, &["--json", &json, "--csv", &csv]))
    }
}

fn with<'a>(words: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [words, more].concat()
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    since.as_millis() as u64
}

/// `100,000`
fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_have_commas() {
        let shown = [0, 999, 1_000, 100_000, 1_234_567].map(super::with_commas);
        assert_eq!(shown, ["0", "999", "1,000", "100,000", "1,234,567"]);
    }
}
