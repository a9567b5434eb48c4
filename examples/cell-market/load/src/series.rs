//! How long answers took: over all, and in each interval.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// Longer ones count as this long, in microseconds.
const LONGEST: u64 = 300_000_000;

/// One interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// When it began, in milliseconds after the first call.
    pub(crate) at: u64,
    /// Answers that came in it.
    pub(crate) done: u64,
    /// How often it was asked again for them.
    pub(crate) retries: u64,
    /// Microseconds; 0 if no answer came.
    pub(crate) p50: u64,
    pub(crate) p99: u64,
    pub(crate) most: u64,
}

/// Takes answers as they come.
pub(crate) struct Series {
    started: Instant,
    interval: Duration,
    rows: Vec<Row>,
    current: Histogram<u64>,
    retries: u64,
    pub(crate) all: Histogram<u64>,
}

impl Series {
    pub(crate) fn new(started: Instant, interval: Duration) -> Result<Self, String> {
        let histogram =
            || Histogram::new_with_bounds(1, LONGEST, 3).map_err(|error| error.to_string());
        let interval = interval.max(Duration::from_millis(1));
        let (current, all) = (histogram()?, histogram()?);
        Ok(Self { started, interval, rows: Vec::new(), current, retries: 0, all })
    }

    /// An answer that came now.
    pub(crate) fn record(&mut self, took: Duration, retries: u64, now: Instant) {
        self.close(now);
        let micros = u64::try_from(took.as_micros()).unwrap_or(LONGEST);
        self.current.saturating_record(micros);
        self.all.saturating_record(micros);
        self.retries += retries;
    }

    /// Ends the intervals that are over.
    fn close(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.started).as_nanos();
        let number = (passed / self.interval.as_nanos()) as usize;
        while self.rows.len() < number {
            let at = self.rows.len() as u64 * self.interval.as_millis() as u64;
            let (done, retries) = (self.current.len(), std::mem::take(&mut self.retries));
            let part = |quantile| match done {
                0 => 0,
                _ => self.current.value_at_quantile(quantile),
            };
            let (p50, p99, most) = (part(0.5), part(0.99), part(1.0));
            self.rows.push(Row { at, done, retries, p50, p99, most });
            self.current.reset();
        }
    }

    /// All intervals, the last one to its end.
    pub(crate) fn rows(mut self) -> (Vec<Row>, Histogram<u64>) {
        let end = self.started + self.interval * (self.rows.len() as u32 + 1);
        self.close(end);
        (self.rows, self.all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_in_the_interval_in_which_they_came() {
        let started = Instant::now();
        let mut series = Series::new(started, Duration::from_millis(100)).expect("a histogram");
        let at = |ms| started + Duration::from_millis(ms);
        series.record(Duration::from_micros(500), 0, at(10));
        series.record(Duration::from_micros(700), 2, at(99));
        series.record(Duration::from_millis(250), 1, at(310));
        let (rows, all) = series.rows();
        let done: Vec<_> = rows.iter().map(|row| (row.at, row.done, row.retries)).collect();
        assert_eq!(done, [(0, 2, 2), (100, 0, 0), (200, 0, 0), (300, 1, 1)]);
        assert_eq!((rows[0].p50, rows[1].most, all.len()), (500, 0, 3));
        assert!(rows[3].most.abs_diff(250_000) < 250);
    }
}
