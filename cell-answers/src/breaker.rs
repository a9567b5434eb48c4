//! What is known of cells that did not answer: they are not waited for again at once.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::refusal::Why;

/// For how long a cell is taken for what it was.
pub(crate) const REST: Duration = Duration::from_secs(5);

/// Which file a socket is. A cell that is started puts a new one in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Socket {
    file: u64,
    device: u64,
    changed: (i64, i64),
}

impl Socket {
    /// The one at this path, if there is any.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        let found = fs::symlink_metadata(path).ok()?;
        let changed = (found.ctime(), found.ctime_nsec());
        Some(Self { file: found.ino(), device: found.dev(), changed })
    }
}

/// Whether a cell is asked. What a build found out holds for that build: each waits once.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Vec<Tripped>);

#[derive(Debug)]
struct Tripped {
    why: Why,
    socket: Option<Socket>,
    build: u32,
    since: Instant,
}

/// What a breaker says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Ask,
    /// Somebody else has the name now: what was known, and the connection, are of no use.
    AskAnew,
    Refuse(Why),
}

impl Breaker {
    /// May the cell be asked by this build, whose socket is this one now?
    pub(crate) fn says(&mut self, socket: Option<Socket>, build: u32, now: Instant) -> Says {
        if self.0.iter().any(|tripped| tripped.socket != socket) {
            self.0.clear();
            return Says::AskAnew;
        }
        self.0.retain(|tripped| now.saturating_duration_since(tripped.since) < REST);
        let known = self.0.iter().find(|tripped| tripped.build == build);
        known.map_or(Says::Ask, |tripped| Says::Refuse(tripped.why.clone()))
    }

    /// The cell with this socket did not answer this build.
    pub(crate) fn trip(&mut self, why: Why, socket: Option<Socket>, build: u32, now: Instant) {
        self.0.retain(|tripped| tripped.build != build);
        self.0.push(Tripped { why, socket, build, since: now });
    }

    /// It did.
    pub(crate) fn reset(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_rests_until_its_socket_is_another_one() {
        let (start, mut breaker) = (Instant::now(), Breaker::default());
        let socket = |file| Some(Socket { file, device: 1, changed: (1, 1) });
        assert_eq!(breaker.says(None, 1, start), Says::Ask);
        breaker.trip(Why::Silent, socket(1), 1, start);
        let late = start + REST - Duration::from_millis(1);
        assert_eq!(breaker.says(socket(1), 1, late), Says::Refuse(Why::Silent));
        assert_eq!(breaker.says(socket(2), 1, start), Says::AskAnew);
        assert_eq!(breaker.says(socket(1), 1, start), Says::Ask, "what was known is forgotten");
        breaker.trip(Why::Absent, None, 1, start);
        assert_eq!(breaker.says(None, 1, start), Says::Refuse(Why::Absent));
        assert_eq!(breaker.says(None, 1, start + REST), Says::Ask);
        breaker.trip(Why::Absent, None, 1, start);
        assert_eq!(breaker.says(socket(1), 1, start), Says::AskAnew);
        breaker.trip(Why::Absent, None, 1, start);
        assert_eq!(breaker.says(None, 2, start), Says::Ask, "another build tries itself");
        breaker.trip(Why::Silent, None, 2, start);
        assert_eq!(breaker.says(None, 1, start), Says::Refuse(Why::Absent));
        assert_eq!(breaker.says(None, 2, start), Says::Refuse(Why::Silent));
        breaker.reset();
        assert_eq!(breaker.says(None, 1, start), Says::Ask);
    }
}
