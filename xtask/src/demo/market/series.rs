//! What the load generator writes about each interval.

use anyhow::{Context as _, Result, ensure};

const HEAD: &str = "at_ms,done,retries,p50_us,p99_us,max_us";

/// One interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// When it began, in milliseconds.
    pub(super) at: u64,
    pub(super) done: u64,
    /// Microseconds; nothing if there was no answer.
    pub(super) latency: Option<[u64; 3]>,
}

pub(super) fn read(text: &str) -> Result<Vec<Row>> {
    let mut lines = text.lines();
    ensure!(lines.next() == Some(HEAD), "the series does not begin with `{HEAD}`");
    lines.map(|line| row(line).with_context(|| format!("`{line}` is no interval"))).collect()
}

fn row(line: &str) -> Option<Row> {
    let numbers: Option<Vec<u64>> = line.split(',').map(|word| word.parse().ok()).collect();
    let [at, done, _, p50, p99, most] = numbers?[..] else { return None };
    Some(Row { at, done, latency: (done > 0).then_some([p50, p99, most]) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_intervals() {
        let rows = read(&format!("{HEAD}\n0,5,0,10,20,30\n50,0,0,0,0,0\n")).unwrap();
        let first = Row { at: 0, done: 5, latency: Some([10, 20, 30]) };
        assert_eq!(rows, [first, Row { at: 50, done: 0, latency: None }]);
        assert!(read("").is_err() && read(&format!("{HEAD}\n1,2\n")).is_err());
    }
}
