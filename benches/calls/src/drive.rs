//! Calls, one after another or many at a time, with a clock beside them.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::awake::Awake;
use crate::peer::{Peer, Run, Way};
use crate::place::{Lane, Place};
use crate::server::{Server, processor};
use crate::{Figures, block_on};

/// Calls in flight where there are many.
pub(crate) const IN_FLIGHT: usize = 64;
/// Bytes that tell a payload from others.
const MARK: usize = size_of::<u64>();
/// How much of the time goes before it counts: caches, heaps and congestion windows fill.
const WARM: f64 = 0.25;

/// Measures calls of one size for some time.
pub(crate) struct Drive {
    pub(crate) place: Place,
    pub(crate) way: Way,
    pub(crate) lane: Lane,
    pub(crate) bytes: usize,
    pub(crate) time: Duration,
    pub(crate) in_flight: usize,
}

impl Run for Drive {
    type Output = Figures;

    fn run<P: Peer>(self) -> Result<Figures> {
        let Self { place, way, lane, bytes, time, in_flight } = self;
        ensure!(bytes >= MARK, "a payload has {MARK} bytes or more, which tell it from others");
        let _awake = Awake::in_lane(lane)?;
        let mut server = Server::start(&place, way, lane, bytes)?;
        block_on(async {
            let client = P::connect(&place).await?;
            calls(&client, bytes, time.mul_f64(WARM), in_flight).await?;
            let (before, start) = (processor() + server.processor()?, Instant::now());
            let took = calls(&client, bytes, time, in_flight).await?;
            let passed = start.elapsed().as_secs_f64();
            let work = processor() + server.processor()? - before;
            figures(took, passed, work)
        })
    }
}

/// Calls for some time; how many nanoseconds each took.
async fn calls<P: Peer>(
    client: &P,
    bytes: usize,
    time: Duration,
    in_flight: usize,
) -> Result<Vec<u32>> {
    let until = Instant::now() + time;
    if in_flight == 1 {
        return one_after_another(client, bytes, until, 0).await;
    }
    let tasks: Vec<_> = (0..in_flight)
        .map(|number| {
            let client = client.clone();
            tokio::spawn(async move { one_after_another(&client, bytes, until, number).await })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await??);
    }
    Ok(all)
}

async fn one_after_another<P: Peer>(
    client: &P,
    bytes: usize,
    until: Instant,
    number: usize,
) -> Result<Vec<u32>> {
    let mut took = Vec::with_capacity(1 << 12);
    let mut payload: Vec<u8> = (0..bytes).map(|place| (place * 31 + number * 7) as u8).collect();
    let mut begin = Instant::now();
    while begin < until {
        // No two calls that are in flight have the same.
        let mark = (took.len() * IN_FLIGHT + number) as u64;
        payload[..MARK].copy_from_slice(&mark.to_le_bytes());
        let answer = client.call(payload.clone()).await?;
        ensure!(
            answer.len() == bytes && answer[..MARK] == payload[..MARK],
            "another call's answer"
        );
        let end = Instant::now();
        took.push(u32::try_from((end - begin).as_nanos()).unwrap_or(u32::MAX));
        begin = end;
    }
    Ok(took)
}

fn figures(mut took: Vec<u32>, passed: f64, work: f64) -> Result<Figures> {
    took.sort_unstable();
    let last = took.len().checked_sub(1).context("no call ended in time")?;
    let quantile = |part: f64| f64::from(took[(part * last as f64).round() as usize]) * 1e-9;
    let count = took.len() as f64;
    Ok(vec![
        ("p50", quantile(0.5)),
        ("p99", quantile(0.99)),
        ("rate", count / passed),
        ("processor", work / count),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_of_all_calls() {
        let took = (1..=101).rev().map(|micros| micros * 1000).collect();
        let found = figures(took, 2.0, 1.01).unwrap();
        let value = |name| found.iter().find(|(found, _)| *found == name).unwrap().1;
        assert!((value("p50") - 51e-6).abs() < 1e-12 && (value("p99") - 100e-6).abs() < 1e-12);
        assert!((value("rate") - 50.5).abs() < 1e-9 && (value("processor") - 0.01).abs() < 1e-9);
        assert!(figures(Vec::new(), 1.0, 1.0).is_err());
    }
}
