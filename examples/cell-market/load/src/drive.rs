//! The two ways to make calls: as fast as they are answered, and at a fixed rate.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hdrhistogram::Histogram;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::arguments::{Common, Mode};
use crate::ask::{Asker, Reply};
use crate::plan::Plan;
use crate::series::{Row, Series};

/// A start that is later than this counts as late.
const LATE: Duration = Duration::from_millis(1);

/// What came of it.
pub(crate) struct Driven {
    /// By number.
    pub(crate) replies: Vec<Reply>,
    pub(crate) rows: Vec<Row>,
    /// Microseconds.
    pub(crate) all: Histogram<u64>,
    /// Milliseconds since 1970.
    pub(crate) started: u64,
    pub(crate) took: Duration,
    pub(crate) retries: u64,
    /// Calls that began later than they should have, and the worst of them.
    pub(crate) late: u64,
    pub(crate) latest: Duration,
}

/// What all calls write to.
struct Shared {
    plan: Plan,
    outcome: Mutex<Outcome>,
    done: AtomicU64,
}

struct Outcome {
    replies: Vec<Reply>,
    series: Series,
    retries: u64,
}

impl Shared {
    /// Makes a transfer whose time counts from `from`.
    async fn call(&self, asker: &Asker, number: u64, from: Instant) {
        let (reply, retries) = asker.transfer(&self.plan.transfer(number)).await;
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that times only grow.
        let now = Instant::now();
        outcome.series.record(now - from, retries, now);
        outcome.retries += retries;
        if let Some(place) = outcome.replies.get_mut(number as usize) {
            *place = reply;
        }
        drop(outcome);
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// Makes all calls that the mode asks for.
pub(crate) async fn drive(
    mode: &Mode,
    common: &Common,
    plan: &Plan,
    asker: &Asker,
) -> Result<Driven, String> {
    let count = match mode {
        Mode::Closed { count, .. } => *count,
        Mode::Rate { rate, seconds, .. } => rate.saturating_mul(*seconds),
        Mode::Ready { .. } => 0,
    };
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let begun = Instant::now();
    let replies = vec![Reply::None("not begun".to_owned()); count as usize];
    let series = Series::new(begun, Duration::from_millis(common.interval))?;
    let outcome = Mutex::new(Outcome { replies, series, retries: 0 });
    let shared = Arc::new(Shared { plan: *plan, outcome, done: AtomicU64::new(0) });
    let telling = common.progress.then(|| tokio::spawn(tell(Arc::clone(&shared), count)));
    let (late, latest) = match mode {
        Mode::Closed { workers, .. } => {
            closed(&shared, asker, (*workers).max(1), count).await;
            (0, Duration::ZERO)
        }
        Mode::Rate { rate, in_flight, .. } => {
            at_rate(&shared, asker, *rate, count, *in_flight, begun).await
        }
        Mode::Ready { .. } => (0, Duration::ZERO),
    };
    let took = begun.elapsed();
    if let Some(telling) = telling {
        telling.abort();
        eprintln!("progress {count} {count}");
    }
    let empty = Outcome {
        replies: Vec::new(),
        series: Series::new(begun, Duration::from_secs(1))?,
        retries: 0,
    };
    let mut outcome = shared.outcome.lock().unwrap_or_else(PoisonError::into_inner);
    let Outcome { replies, series, retries } = std::mem::replace(&mut *outcome, empty);
    let (rows, all) = series.rows();
    let started = started.as_millis() as u64;
    Ok(Driven { replies, rows, all, started, took, retries, late, latest })
}

/// Each caller takes the next number when it has its answer.
async fn closed(shared: &Arc<Shared>, asker: &Asker, workers: u64, count: u64) {
    let next = Arc::new(AtomicU64::new(0));
    let mut all = JoinSet::new();
    for _ in 0..workers {
        let (shared, asker, next) = (Arc::clone(shared), asker.clone(), Arc::clone(&next));
        all.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return;
                }
                shared.call(&asker, number, Instant::now()).await;
            }
        });
    }
    while all.join_next().await.is_some() {}
}

/// Each call begins at its time, and its time counts from then, however late it really began.
async fn at_rate(
    shared: &Arc<Shared>,
    asker: &Asker,
    rate: u64,
    count: u64,
    in_flight: usize,
    begun: Instant,
) -> (u64, Duration) {
    let room = Arc::new(Semaphore::new(in_flight.max(1)));
    let (mut late, mut latest) = (0, Duration::ZERO);
    let mut all = JoinSet::new();
    let mut starts = starts(begun, rate, count);
    while let Some((number, due)) = starts.recv().await {
        let Ok(turn) = Arc::clone(&room).acquire_owned().await else { break };
        let behind = due.elapsed();
        late += u64::from(behind > LATE);
        latest = latest.max(behind);
        let (shared, asker) = (Arc::clone(shared), asker.clone());
        all.spawn(async move {
            shared.call(&asker, number, due).await;
            drop(turn);
        });
        while all.try_join_next().is_some() {}
    }
    while all.join_next().await.is_some() {}
    (late, latest)
}

/// When each call is to begin, told at that time. By a thread that sleeps: the runtime's clock has
/// ticks of 1 ms, and all calls of one would begin at its end.
fn starts(begun: Instant, rate: u64, count: u64) -> mpsc::UnboundedReceiver<(u64, Instant)> {
    let (sender, starts) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for number in 0..count {
            let due = begun + Duration::from_secs_f64(number as f64 / rate.max(1) as f64);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if sender.send((number, due)).is_err() {
                return;
            }
        }
    });
    starts
}

async fn tell(shared: Arc<Shared>, count: u64) {
    loop {
        eprintln!("progress {} {count}", shared.done.load(Ordering::Relaxed));
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_begin_when_they_are_due_and_not_before() {
        let begun = Instant::now();
        let mut starts = starts(begun, 1_000, 20);
        for expected in 0..20 {
            let (number, due) = starts.recv().await.expect("a start");
            assert_eq!((number, due - begun), (expected, Duration::from_millis(expected)));
            assert!(due <= Instant::now());
        }
        assert!(starts.recv().await.is_none());
    }
}
