//! What a cell counts, and the text that Prometheus reads.
//!
//! Each method has its numbers at hand from the start: a call adds to atomics, and looks up nothing
//! by its name. Only who asks for the text pays for making it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cell_model::ops::Health;
use cell_model::{Code, Fault};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::{Registry, Unit};

use crate::counted::Traffic;
use crate::health::Condition;

/// Upper bounds of the durations that are counted together, in nanoseconds.
const BOUNDS: [u64; 19] = [
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// With a value, be it an error of the service's own.
    Value,
    /// With a fault.
    Fault(Code),
}

impl Outcome {
    const COUNT: usize = Code::ALL.len() + 1;

    fn index(self) -> usize {
        match self {
            Self::Value => 0,
            Self::Fault(code) => code as usize + 1,
        }
    }

    /// In metrics and spans.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Value => "ok",
            Self::Fault(code) => code.word(),
        }
    }
}

impl<T> From<&Result<T, Fault>> for Outcome {
    fn from(outcome: &Result<T, Fault>) -> Self {
        outcome.as_ref().map_or_else(|fault| Self::Fault(fault.code), |_| Self::Value)
    }
}

/// The numbers of one method.
#[derive(Debug)]
pub(crate) struct Numbers {
    labels: [(&'static str, String); 2],
    in_flight: AtomicI64,
    outcomes: [AtomicU64; Outcome::COUNT],
    /// Calls by their duration, and last those that took longer than all bounds.
    durations: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

impl Numbers {
    pub(crate) fn new(service: &str, method: &str) -> Self {
        Self {
            labels: [("service", service.to_owned()), ("method", method.to_owned())],
            in_flight: AtomicI64::new(0),
            outcomes: [const { AtomicU64::new(0) }; Outcome::COUNT],
            durations: [const { AtomicU64::new(0) }; BOUNDS.len() + 1],
            nanoseconds: AtomicU64::new(0),
        }
    }

    pub(crate) fn service(&self) -> &str {
        &self.labels[0].1
    }

    pub(crate) fn method(&self) -> &str {
        &self.labels[1].1
    }

    pub(crate) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn end(&self, outcome: Outcome, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let place = BOUNDS.partition_point(|bound| *bound < nanoseconds);
        self.durations[place].fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        self.outcomes[outcome.index()].fetch_add(1, Ordering::Relaxed);
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// How often calls ended in each way; only with a value also if never.
    fn outcomes(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let all = Code::ALL.iter().map(|code| Outcome::Fault(*code));
        let all = std::iter::once(Outcome::Value).chain(all).map(|outcome| {
            (outcome.word(), self.outcomes[outcome.index()].load(Ordering::Relaxed))
        });
        all.enumerate().filter(|(place, (_, count))| *place == 0 || *count > 0).map(|(_, it)| it)
    }
}

/// All that a cell counts, and what its author does.
pub(crate) struct Metrics {
    registry: Mutex<Registry>,
}

impl Metrics {
    /// Those of the cell beside those that are in `registry`.
    pub(crate) fn new(mut registry: Registry, of: OfCell) -> Self {
        let label = ("cell".into(), of.cell.clone().into());
        registry
            .sub_registry_with_prefix("cell")
            .sub_registry_with_label(label)
            .register_collector(Box::new(of));
        Self { registry: Mutex::new(registry) }
    }

    /// The text, in the format of OpenMetrics.
    ///
    /// # Errors
    /// [`Code::HandlerPanicked`] if a metric of the cell's author cannot be written.
    pub(crate) fn text(&self) -> Result<String, Fault> {
        let mut out = String::new();
        // A metric of the author's that panicked has changed nothing in the registry.
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        text::encode(&mut out, &registry)
            .map_err(|_| Fault::new(Code::HandlerPanicked, "a metric could not be written"))?;
        Ok(out)
    }
}

/// What is counted of a cell itself.
#[derive(Debug)]
pub(crate) struct OfCell {
    pub(crate) cell: String,
    pub(crate) version: String,
    pub(crate) started: SystemTime,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) condition: Arc<Condition>,
    pub(crate) methods: Vec<Arc<Numbers>>,
}

/// No examples of single calls are kept.
const NONE: Option<&Exemplar<NoLabelSet, f64>> = None;

impl Collector for OfCell {
    fn encode(&self, mut to: DescriptorEncoder) -> std::fmt::Result {
        let (counter, gauge) = (MetricType::Counter, MetricType::Gauge);
        let help = "Calls that ended, by how they did";
        let mut calls = to.encode_descriptor("calls", help, None, counter)?;
        for method in &self.methods {
            for (word, count) in method.outcomes() {
                let [service, name] = &method.labels;
                let labels = [(service.0, &*service.1), (name.0, &*name.1), ("outcome", word)];
                calls.encode_family(&labels)?.encode_counter(&count, NONE)?;
            }
        }
        let help = "How long calls took in the cell, those that ended in a fault too";
        let kind = MetricType::Histogram;
        let seconds = Some(&Unit::Seconds);
        let mut durations = to.encode_descriptor("call_duration", help, seconds, kind)?;
        for method in &self.methods {
            let mut counts = method.durations.iter().map(|count| count.load(Ordering::Relaxed));
            let bounds = BOUNDS.iter().map(|bound| *bound as f64 / 1e9).chain([f64::INFINITY]);
            let buckets: Vec<(f64, u64)> = bounds.zip(&mut counts).collect();
            let count = buckets.iter().map(|(_, count)| count).sum();
            let sum = method.nanoseconds.load(Ordering::Relaxed) as f64 / 1e9;
            durations
                .encode_family(&method.labels)?
                .encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
        }
        let help = "Calls that are under way";
        let mut in_flight = to.encode_descriptor("calls_in_flight", help, None, gauge)?;
        for method in &self.methods {
            let count = method.in_flight.load(Ordering::Relaxed);
            in_flight.encode_family(&method.labels)?.encode_gauge(&count)?;
        }
        let Traffic { connections, accepted, received, sent } = &*self.traffic;
        let open = connections.load(Ordering::Relaxed);
        to.encode_descriptor("connections", "Open connections", None, gauge)?
            .encode_gauge(&open)?;
        let help = "Connections that were taken";
        to.encode_descriptor("connections_accepted", help, None, counter)?
            .encode_counter(&accepted.load(Ordering::Relaxed), NONE)?;
        let bytes = Some(&Unit::Bytes);
        to.encode_descriptor("received", "Read from clients", bytes, counter)?
            .encode_counter(&received.load(Ordering::Relaxed), NONE)?;
        to.encode_descriptor("sent", "Written to clients", bytes, counter)?
            .encode_counter(&sent.load(Ordering::Relaxed), NONE)?;
        let (ready, lacks) = match self.condition.health() {
            Health::Ready => (1, 0),
            Health::Degraded { why } => (1, why.len()),
            Health::Starting | Health::Stopping => (0, 0),
        };
        to.encode_descriptor("ready", "Whether it takes calls", None, gauge)?
            .encode_gauge(&ready)?;
        let help = "What it lacks, while it takes calls";
        to.encode_descriptor("degraded", help, None, gauge)?.encode_gauge(&lacks)?;
        let started = self.started.duration_since(UNIX_EPOCH).map_or(0.0, |it| it.as_secs_f64());
        to.encode_descriptor("start_time", "When it started, since 1970", seconds, gauge)?
            .encode_gauge(&started)?;
        let labels = [("version", &*self.version), ("release", env!("CARGO_PKG_VERSION"))];
        let help = "The version of the cell's program, and the release of Cell";
        to.encode_descriptor("build", help, None, MetricType::Info)?.encode_info(&labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_counted_in_the_smallest_bucket_that_has_it() {
        let numbers = Numbers::new("Ledger", "open");
        let took = [0, 10_000, 10_001, 25_000, 10_000_000_000, 10_000_000_001];
        for nanoseconds in took {
            numbers.begin();
            numbers.end(Outcome::Value, Duration::from_nanos(nanoseconds));
        }
        let counts = numbers.durations.each_ref().map(|count| count.load(Ordering::Relaxed));
        assert_eq!((counts[0], counts[1], counts[18], counts[19]), (2, 2, 1, 1));
        assert_eq!(counts.iter().sum::<u64>(), 6);
        assert_eq!(numbers.nanoseconds.load(Ordering::Relaxed), took.iter().sum::<u64>());
        assert_eq!(numbers.in_flight.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn every_outcome_has_a_place_and_a_word() {
        let numbers = Numbers::new("Ledger", "open");
        assert_eq!(numbers.outcomes().collect::<Vec<_>>(), [("ok", 0)]);
        for (number, code) in Code::ALL.iter().enumerate() {
            for _ in 0..=number {
                numbers.end(Outcome::Fault(*code), Duration::ZERO);
            }
        }
        let found: Vec<_> = numbers.outcomes().skip(1).collect();
        let words = Code::ALL.iter().zip(1..).map(|(code, count)| (code.word(), count));
        assert_eq!(found, words.collect::<Vec<_>>());
    }
}
