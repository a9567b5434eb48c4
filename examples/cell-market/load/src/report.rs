//! What was measured and found, for people and for programs.

use std::fmt::Write as _;

use crate::arguments::Mode;
use crate::ask::Reply;
use crate::drive::Driven;
use crate::verify::Found;

/// Percentiles that are shown.
const QUANTILES: [(&str, f64); 6] =
    [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999), ("max", 1.0)];

pub(crate) struct Report<'a> {
    pub(crate) mode: &'a Mode,
    pub(crate) by: u64,
    pub(crate) driven: &'a Driven,
    pub(crate) found: &'a Found,
}

impl Report<'_> {
    fn calls(&self) -> u64 {
        self.driven.replies.len() as u64
    }

    fn per_second(&self) -> f64 {
        self.calls() as f64 / self.driven.took.as_secs_f64().max(1e-9)
    }

    fn what(&self) -> String {
        match self.mode {
            Mode::Closed { workers, .. } => format!("closed loop, {workers} callers"),
            Mode::Rate { rate, seconds, .. } => format!("{rate} a second for {seconds} s"),
            Mode::Ready { .. } => String::new(),
        }
    }

    /// For people.
    pub(crate) fn table(&self) -> String {
        let Self { by, driven, found, .. } = self;
        let mut out = String::new();
        let mut row = |name: &str, text: String| {
            let _ = writeln!(out, "{name:<28}{text}");
        };
        row("load", format!("{}, maker {by}", self.what()));
        row("transfers", format!("{} in {:.2} s", self.calls(), driven.took.as_secs_f64()));
        row("in a second", format!("{:.0}", self.per_second()));
        for (name, quantile) in QUANTILES {
            let micros = driven.all.value_at_quantile(quantile);
            row(&format!("latency {name}"), format!("{:.3} ms", micros as f64 / 1e3));
        }
        row("asked again", driven.retries.to_string());
        if let Mode::Rate { .. } = self.mode {
            let latest = driven.latest.as_secs_f64() * 1e3;
            row("began late", format!("{}, the worst by {latest:.1} ms", driven.late));
        }
        for (name, count) in self.counts() {
            row(name, count.to_string());
        }
        if let Some(Reply::None(why)) =
            driven.replies.iter().find(|reply| matches!(reply, Reply::None(_)))
        {
            row("why unanswered", why.clone());
        }
        row("check", if found.is_good() { "good" } else { "FAILED" }.to_owned());
        out
    }

    fn counts(&self) -> [(&'static str, u64); 9] {
        let Found { done, refused, unanswered, wrong, missing, double, invented, .. } = *self.found;
        let Found { balances, totals, .. } = *self.found;
        [
            ("done", done),
            ("refused", refused),
            ("unanswered", unanswered),
            ("wrong replies", wrong),
            ("missing", missing),
            ("double", double),
            ("invented", invented),
            ("wrong balances", balances),
            ("wrong totals", totals),
        ]
    }

    /// The summary. Times in microseconds.
    pub(crate) fn json(&self) -> String {
        let Self { by, driven, found, .. } = self;
        let quantiles = QUANTILES.iter().map(|(name, quantile)| {
            format!("\"{name}\": {}", driven.all.value_at_quantile(*quantile))
        });
        let counts = self.counts();
        let counts =
            counts.iter().map(|(name, count)| format!("\"{}\": {count}", name.replace(' ', "_")));
        let mut fields = vec![
            format!("\"load\": \"{}\"", self.what()),
            format!("\"maker\": {by}"),
            format!("\"started_unix_ms\": {}", driven.started),
            format!("\"seconds\": {:.6}", driven.took.as_secs_f64()),
            format!("\"transfers\": {}", self.calls()),
            format!("\"per_second\": {:.1}", self.per_second()),
            format!("\"asked_again\": {}", driven.retries),
            format!("\"began_late\": {}", driven.late),
            format!("\"latest_start_us\": {}", driven.latest.as_micros()),
            format!("\"latency_us\": {{{}}}", quantiles.collect::<Vec<_>>().join(", ")),
        ];
        fields.extend(counts);
        fields.push(format!("\"good\": {}", found.is_good()));
        format!("{{\n  {}\n}}\n", fields.join(",\n  "))
    }

    /// The series. Times in microseconds, but for `at_ms`.
    pub(crate) fn csv(&self) -> String {
        let mut out = "at_ms,done,retries,p50_us,p99_us,max_us\n".to_owned();
        for row in &self.driven.rows {
            let _ = writeln!(
                out,
                "{},{},{},{},{},{}",
                row.at, row.done, row.retries, row.p50, row.p99, row.most
            );
        }
        out
    }
}
