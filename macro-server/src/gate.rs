//! Who is being served, since when nobody is, and when the server has to end.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Ended;

/// How often a server that does nothing looks at itself.
const LOOK: Duration = Duration::from_millis(500);

/// Counts expansions; one per process.
#[derive(Debug)]
pub(crate) struct Gate {
    idle: Duration,
    memory: u64,
    workers: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    working: usize,
    last: Instant,
}

impl Gate {
    pub(crate) fn new(idle: Duration, memory: u64, workers: usize) -> Self {
        let state = Mutex::new(State { working: 0, last: Instant::now() });
        Self { idle, memory, workers: workers.max(1), state, changed: Condvar::new() }
    }

    /// Waits for a turn. The turn ends when what is returned is dropped.
    pub(crate) fn enter(&self) -> Turn<'_> {
        let mut state = self.state();
        while state.working >= self.workers {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.working += 1;
        state.last = Instant::now();
        Turn(self)
    }

    /// Somebody came.
    pub(crate) fn touch(&self) {
        self.state().last = Instant::now();
    }

    /// Waits until the server has to end.
    pub(crate) fn wait(&self) -> Ended {
        loop {
            std::thread::sleep(LOOK.min(self.idle));
            let state = self.state();
            if state.working == 0 && state.last.elapsed() >= self.idle {
                return Ended::Idle;
            }
            drop(state);
            if used_memory().is_some_and(|used| used > self.memory) {
                return Ended::Large;
            }
        }
    }

    /// Waits until nobody works any more, but not for ever.
    pub(crate) fn drain(&self, patience: Duration) {
        let begin = Instant::now();
        while self.state().working > 0 && begin.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the numbers whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Turn<'a>(&'a Gate);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.working -= 1;
        state.last = Instant::now();
        drop(state);
        self.0.changed.notify_one();
    }
}

/// Bytes of memory that this process has in use: the second number of `statm`, in pages.
#[cfg(target_os = "linux")]
fn used_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    pages.checked_mul(rustix::param::page_size() as u64)
}

#[cfg(not(target_os = "linux"))]
fn used_memory() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn it_ends_when_nobody_comes_and_not_before() {
        let gate = Arc::new(Gate::new(Duration::from_millis(40), u64::MAX, 2));
        let turn = gate.enter();
        let other = Arc::clone(&gate);
        let waiting = std::thread::spawn(move || other.wait());
        std::thread::sleep(Duration::from_millis(200));
        assert!(!waiting.is_finished(), "somebody is being served");
        drop(turn);
        assert_eq!(waiting.join().unwrap(), Ended::Idle);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn it_ends_when_it_is_too_large() {
        let gate = Gate::new(Duration::from_millis(10), 1, 2);
        let _turn = gate.enter();
        assert_eq!(gate.wait(), Ended::Large);
    }

    #[test]
    fn no_more_work_than_there_are_workers() {
        let gate = Arc::new(Gate::new(Duration::from_secs(9), u64::MAX, 1));
        let turn = gate.enter();
        let other = Arc::clone(&gate);
        let second = std::thread::spawn(move || drop(other.enter()));
        std::thread::sleep(Duration::from_millis(50));
        assert!(!second.is_finished());
        drop(turn);
        second.join().unwrap();
    }
}
