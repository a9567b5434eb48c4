//! What a long test says while it runs.

use std::io::Write as _;
use std::time::{Duration, Instant};

/// How often.
const NOW_AND_THEN: Duration = Duration::from_secs(5);

/// Says now and then how far a test is, if slow tests are asked for. It writes to the terminal
/// itself: what is printed in a test is kept back until the test ends.
#[derive(Debug)]
pub struct Progress {
    what: String,
    all: u64,
    begin: Instant,
    said: Instant,
    slow: bool,
}

impl Progress {
    /// Of `all` rounds, cases or whatever it is that takes long.
    #[must_use]
    pub fn new(what: impl Into<String>, all: u64) -> Self {
        let (now, slow) = (Instant::now(), std::env::var_os("SLOW_TESTS").is_some());
        Self { what: what.into(), all, begin: now, said: now, slow }
    }

    /// So many are done.
    pub fn done(&mut self, done: u64) {
        let last = done >= self.all;
        if !self.slow || (self.said.elapsed() < NOW_AND_THEN && !last) {
            return;
        }
        self.said = Instant::now();
        let Self { what, all, .. } = self;
        let took = self.begin.elapsed();
        let left = took.mul_f64(all.saturating_sub(done) as f64 / done.max(1) as f64);
        let (took, left) = (took.as_secs(), left.as_secs());
        let _ = writeln!(std::io::stderr(), "{what}: {done} of {all}, {took} s, {left} s to go");
    }
}
