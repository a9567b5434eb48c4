//! Who is being served, since when nobody is, and when the server has to end.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Ended;

/// How often a server that does nothing looks at itself.
const LOOK: Duration = Duration::from_millis(500);
/// Whoever waited so long for a turn goes ahead: those who have the turns are at something long,
/// an endless loop say that only its fuel ends, and the system shares the cores justly.
const HASTE: Duration = Duration::from_millis(100);
/// So many go ahead. A build has no more compilers than cores, so they are of several builds.
const AHEAD: usize = 32;

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
    /// Requests that are being answered.
    visits: usize,
    /// Those of them that a guest runs for.
    working: usize,
    last: Instant,
    closing: bool,
}

impl Gate {
    pub(crate) fn new(idle: Duration, memory: u64, workers: usize) -> Self {
        let state = State { visits: 0, working: 0, last: Instant::now(), closing: false };
        let (state, changed) = (Mutex::new(state), Condvar::new());
        Self { idle, memory, workers: workers.max(1), state, changed }
    }

    /// A request came. It is answered when what is returned is dropped.
    pub(crate) fn visit(&self) -> Visit<'_> {
        let mut state = self.state();
        state.visits += 1;
        state.last = Instant::now();
        Visit(self)
    }

    /// Somebody came.
    pub(crate) fn touch(&self) {
        self.state().last = Instant::now();
    }

    /// Is the server about to end?
    pub(crate) fn is_closing(&self) -> bool {
        self.state().closing
    }

    /// Waits until the server has to end.
    pub(crate) fn wait(&self) -> Ended {
        loop {
            std::thread::sleep(LOOK.min(self.idle));
            let mut state = self.state();
            if state.visits == 0 && state.last.elapsed() >= self.idle {
                state.closing = true;
                return Ended::Idle;
            }
            if used_memory().is_some_and(|used| used > self.memory) {
                state.closing = true;
                return Ended::Large;
            }
        }
    }

    /// Waits until all are answered, but not for ever.
    pub(crate) fn drain(&self, patience: Duration) {
        let begin = Instant::now();
        while self.state().visits > 0 && begin.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Does what takes no processor, with somebody else having the turn meanwhile. To be called by
    /// who has a turn, which it has again afterwards: at once, since its guest waits for it.
    pub(crate) fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        struct Back<'a>(&'a Gate);
        impl Drop for Back<'_> {
            fn drop(&mut self) {
                self.0.state().working += 1;
            }
        }
        self.state().working -= 1;
        self.changed.notify_all();
        let _back = Back(self);
        work()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the numbers whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being answered.
pub(crate) struct Visit<'a>(&'a Gate);

impl Visit<'_> {
    /// Waits for a turn to compute. The turn ends when what is returned is dropped.
    pub(crate) fn turn(&self) -> Turn<'_> {
        let gate = self.0;
        let full = |state: &mut State| state.working >= gate.workers;
        let (mut state, waited) = gate
            .changed
            .wait_timeout_while(gate.state(), HASTE, full)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            let full = |state: &mut State| state.working >= gate.workers + AHEAD;
            state = gate.changed.wait_while(state, full).unwrap_or_else(PoisonError::into_inner);
        }
        state.working += 1;
        Turn(gate)
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.visits -= 1;
        state.last = Instant::now();
    }
}

pub(crate) struct Turn<'a>(&'a Gate);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state().working -= 1;
        // All: the one that is woken may be one that may not go ahead yet.
        self.0.changed.notify_all();
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

    const LONG: Duration = Duration::from_secs(9);

    #[test]
    fn it_ends_when_nobody_comes_and_not_before() {
        let gate = Arc::new(Gate::new(Duration::from_millis(40), u64::MAX, 2));
        let visit = gate.visit();
        let other = Arc::clone(&gate);
        let waiting = std::thread::spawn(move || other.wait());
        std::thread::sleep(Duration::from_millis(200));
        assert!(!waiting.is_finished(), "somebody is being served");
        drop(visit);
        assert_eq!(waiting.join().unwrap(), Ended::Idle);
        assert!(gate.is_closing());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn it_ends_when_it_is_too_large() {
        let gate = Gate::new(Duration::from_millis(10), 1, 2);
        let _visit = gate.visit();
        assert_eq!(gate.wait(), Ended::Large);
    }

    #[test]
    fn a_turn_is_waited_for() {
        let gate = Arc::new(Gate::new(LONG, u64::MAX, 1));
        let visit = gate.visit();
        let turn = visit.turn();
        let other = Arc::clone(&gate);
        let second = std::thread::spawn(move || drop(other.visit().turn()));
        std::thread::sleep(HASTE / 4);
        assert!(!second.is_finished());
        drop(turn);
        second.join().unwrap();
    }

    #[test]
    fn turns_that_last_stop_nobody() {
        let gate = Gate::new(LONG, u64::MAX, 2);
        let visit = gate.visit();
        let stuck = [visit.turn(), visit.turn()];
        let begin = Instant::now();
        drop(visit.turn());
        assert!(begin.elapsed() >= HASTE, "it waited for a while");
        drop(stuck);
        let free = gate.state().working;
        assert_eq!(free, 0);
    }

    #[test]
    fn who_waits_for_others_gives_its_turn_away() {
        let gate = Gate::new(LONG, u64::MAX, 1);
        let visit = gate.visit();
        let turn = visit.turn();
        gate.aside(|| drop(gate.visit().turn()));
        assert_eq!(gate.state().working, 1);
        drop(turn);
        assert_eq!(gate.state().working, 0);
    }

    #[test]
    fn it_is_drained_when_all_are_answered_and_some_time_later_anyhow() {
        let gate = Gate::new(LONG, u64::MAX, 1);
        gate.drain(LONG);
        let _visit = gate.visit();
        gate.drain(Duration::from_millis(20));
    }
}
