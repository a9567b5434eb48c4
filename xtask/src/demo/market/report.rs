//! What the processes left, and a table of it.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::process::read;
use super::series::{self, Row};
use super::with_commas;
use crate::bench::machine::machine;
use crate::bench::units::time;

/// A cell was killed then, in milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Killed {
    pub(super) cell: &'static str,
    pub(super) at: u64,
}

/// What came of one run of the load generator.
pub(super) struct Stage {
    pub(super) name: &'static str,
    summary: Value,
    pub(super) rows: Vec<Row>,
    /// Which cell was killed, and when: milliseconds after the first transfer.
    pub(super) killed: Vec<(&'static str, u64)>,
}

impl Stage {
    pub(super) fn read(folder: &Path, name: &'static str, killed: Vec<Killed>) -> Result<Self> {
        let file = |end: &str| read(&folder.join(format!("{name}.{end}")));
        let summary: Value = serde_json::from_str(&file("json")?)?;
        let started = summary["started_unix_ms"].as_u64().context("no time of the start")?;
        let killed = killed.into_iter().map(|one| (one.cell, one.at.saturating_sub(started)));
        let killed = killed.collect();
        Ok(Self { name, summary, rows: series::read(&file("csv")?)?, killed })
    }

    pub(super) fn what(&self) -> &str {
        self.summary["load"].as_str().unwrap_or(self.name)
    }

    fn number(&self, name: &str) -> u64 {
        self.summary[name].as_u64().unwrap_or(u64::MAX)
    }

    fn latency(&self, name: &str) -> String {
        let micros = self.summary["latency_us"][name].as_u64();
        time(micros.map_or(f64::NAN, |micros| micros as f64 / 1e6))
    }

    /// Is everything in the books as it was answered, and all of it? The generator has compared them;
    /// here is asked whether it did that for as much as there should be.
    pub(super) fn check(&self, transfers: u64) -> Result<()> {
        let decided = self.number("done").saturating_add(self.number("refused"));
        ensure!(
            self.number("transfers") == transfers && decided == transfers,
            "{decided} of {transfers} transfers were answered"
        );
        let wrong = ["unanswered", "wrong_replies", "missing", "double", "invented"];
        for name in wrong.into_iter().chain(["wrong_balances", "wrong_totals"]) {
            ensure!(self.number(name) == 0, "{} {}", self.number(name), name.replace('_', " "));
        }
        Ok(())
    }
}

/// What the traders did.
pub(super) struct Traded {
    placed: u64,
    fills: u64,
    broken: u64,
    pub(super) good: bool,
}

impl Traded {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let value: Value = serde_json::from_str(&read(path)?)?;
        let number = |name: &str| value[name].as_u64().with_context(|| format!("no `{name}`"));
        let good = value["good"].as_bool().unwrap_or(false);
        Ok(Self {
            placed: number("placed")?,
            fills: number("fills")?,
            broken: number("broken")?,
            good,
        })
    }
}

pub(super) fn markdown(
    closed: &Stage,
    rate: &Stage,
    traded: &Traded,
    release: bool,
) -> Result<String> {
    let mut out = "# The market, with cells that are killed\n\n".to_owned();
    let _ = writeln!(out, "| | {} | {} |\n|---|---|---|", closed.what(), rate.what());
    let mut row = |name: &str, value: &dyn Fn(&Stage) -> String| {
        let _ = writeln!(out, "| {name} | {} | {} |", value(closed), value(rate));
    };
    row("transfers", &|stage| with_commas(stage.number("transfers")));
    row("in a second", &|stage| {
        with_commas(stage.summary["per_second"].as_f64().unwrap_or(0.0) as u64)
    });
    for name in ["p50", "p99", "p99.9", "max"] {
        row(&format!("latency {name}"), &|stage| stage.latency(name));
    }
    row("asked again after a lost reply", &|stage| with_commas(stage.number("asked_again")));
    row("began more than 1 ms late", &|stage| with_commas(stage.number("began_late")));
    row("refused for lack of money", &|stage| with_commas(stage.number("refused")));
    row("missing, double or invented", &|stage| {
        let all = ["missing", "double", "invented"].map(|name| stage.number(name));
        with_commas(all.iter().sum())
    });
    row("replies for somebody else", &|stage| with_commas(stage.number("wrong_replies")));
    row("totals and balances that differ", &|stage| {
        with_commas(stage.number("wrong_totals") + stage.number("wrong_balances"))
    });
    row("killed with -9", &|stage| {
        let killed = stage.killed.iter();
        let all: Vec<String> =
            killed.map(|(cell, at)| format!("{cell} after {}", time(*at as f64 / 1e3))).collect();
        if all.is_empty() { "nobody".to_owned() } else { all.join(", ") }
    });
    let Traded { placed, fills, broken, .. } = traded;
    let _ = writeln!(
        out,
        "\nBeside the first: four traders with {} orders and {} fills, {} of them of trades that the \
         ledger refused; their accounts have what their fills say.\n\n\
         A latency counts from when a transfer should have begun, until its reply, over all attempts. \
         Client and cells share one machine: {} The programs are {}.",
        with_commas(*placed),
        with_commas(*fills),
        with_commas(*broken),
        machine()?.trim_end(),
        if release { "optimised" } else { "not optimised (`--release` is)" },
    );
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(summary: &str) -> Stage {
        let summary = serde_json::from_str(summary).unwrap();
        Stage { name: "closed", summary, rows: Vec::new(), killed: vec![("ledger", 1500)] }
    }

    const GOOD: &str = r#"{"load": "closed loop", "transfers": 10, "done": 9, "refused": 1,
        "unanswered": 0, "wrong_replies": 0, "missing": 0, "double": 0, "invented": 0,
        "wrong_balances": 0, "wrong_totals": 0, "latency_us": {"p50": 1200}}"#;

    #[test]
    fn only_what_is_whole_is_good() {
        assert!(stage(GOOD).check(10).is_ok() && stage(GOOD).check(11).is_err());
        for (name, is) in [("missing", "0"), ("double", "0"), ("wrong_totals", "0"), ("done", "9")]
        {
            let bad = GOOD.replace(&format!("\"{name}\": {is}"), &format!("\"{name}\": 1"));
            assert!(stage(&bad).check(10).is_err(), "{name}");
            let gone = GOOD.replace(&format!("\"{name}\""), "\"other\"");
            assert!(stage(&gone).check(10).is_err(), "no {name}");
        }
    }

    #[test]
    fn the_table_says_what_was_measured_and_who_was_killed() {
        let traded = Traded { placed: 1600, fills: 2, broken: 0, good: true };
        let table = markdown(&stage(GOOD), &stage(GOOD), &traded, false).unwrap();
        assert!(table.contains("| latency p50 | 1.20 ms | 1.20 ms |"), "{table}");
        assert!(table.contains("ledger after 1.50 s") && table.contains("1,600 orders"), "{table}");
    }
}
