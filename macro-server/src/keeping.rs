//! What was expanded is kept by a thread of its own: the compiler has its reply and asks for the next
//! expansion, which does not wait for a file to be written.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use macro_bridge::expansion::Expansion;
use macro_bridge::request::Request;

/// So many bytes of replies may wait to be written. Who makes more than the disk takes writes itself.
const WAITING: usize = 16 << 20;

/// An expansion to be kept, with what it is the expansion of.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) request: Request,
    pub(crate) expansion: Expansion,
    /// Size of the reply, which is never empty: what it costs to have it wait.
    pub(crate) bytes: usize,
}

type Save = Box<dyn Fn(&Made) + Send + Sync>;

/// A queue and its thread, which ends with the process.
pub(crate) struct Keeping(Arc<Shared>);

struct Shared {
    save: Save,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Made>,
    /// Of those that wait and the one that is being written.
    bytes: usize,
}

impl Keeping {
    pub(crate) fn start(save: impl Fn(&Made) + Send + Sync + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            save: Box::new(save),
            queue: Mutex::default(),
            changed: Condvar::new(),
        });
        let its = Arc::clone(&shared);
        std::thread::Builder::new().name("keep".to_owned()).spawn(move || its.run())?;
        Ok(Self(shared))
    }

    /// Keeps it soon; at once if too much waits already.
    pub(crate) fn keep(&self, made: Made) {
        let mut queue = self.0.queue();
        if queue.bytes + made.bytes > WAITING {
            drop(queue);
            return self.0.saved(&made);
        }
        queue.bytes += made.bytes;
        queue.waiting.push_back(made);
        drop(queue);
        self.0.changed.notify_all();
    }

    /// Waits until everything is written, but not for ever.
    pub(crate) fn finish(&self, patience: Duration) {
        let busy = |queue: &mut Queue| queue.bytes > 0;
        let _ = self.0.changed.wait_timeout_while(self.0.queue(), patience, busy);
    }
}

impl Shared {
    fn run(&self) {
        loop {
            let empty = |queue: &mut Queue| queue.waiting.is_empty();
            let waited = self.changed.wait_while(self.queue(), empty);
            let made = waited.unwrap_or_else(PoisonError::into_inner).waiting.pop_front();
            let Some(made) = made else { continue };
            self.saved(&made);
            self.queue().bytes -= made.bytes;
            self.changed.notify_all();
        }
    }

    /// A panic costs this entry and none that comes after it.
    fn saved(&self, made: &Made) {
        let _ = catch_unwind(AssertUnwindSafe(|| (self.save)(made)));
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use macro_bridge::request::{MacroKind, Place};
    use macro_bridge::table::Table;

    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    fn made(bytes: usize) -> Made {
        let request = Request {
            form: MacroKind::Attribute,
            calls: Vec::new(),
            place: Place::default(),
            table: Table::default(),
        };
        Made { request, expansion: Expansion::default(), bytes }
    }

    /// Size and thread of what was saved.
    type Said = (usize, Option<String>);

    /// Says what was saved by which thread, and waits for `go` before each.
    fn gated() -> (Keeping, Sender<()>, Receiver<Said>) {
        let (go, wait) = channel();
        let (say, said) = channel();
        let (wait, say) = (Mutex::new(wait), Mutex::new(say));
        let keeping = Keeping::start(move |made| {
            let thread = std::thread::current().name().map(str::to_owned);
            if thread.as_deref() == Some("keep") {
                let _ = wait.lock().unwrap().recv();
            }
            let _ = say.lock().unwrap().send((made.bytes, thread));
        });
        (keeping.unwrap(), go, said)
    }

    #[test]
    fn nobody_waits_for_the_disk_and_the_end_does() {
        let (keeping, go, said) = gated();
        keeping.keep(made(1));
        keeping.keep(made(2));
        keeping.finish(Duration::from_millis(20));
        assert!(said.try_recv().is_err(), "it is still being written");
        go.send(()).unwrap();
        go.send(()).unwrap();
        keeping.finish(LONG);
        let saved: Vec<_> = said.try_iter().map(|(bytes, _)| bytes).collect();
        assert_eq!(saved, [1, 2]);
    }

    #[test]
    fn who_makes_more_than_can_wait_writes_itself() {
        let (keeping, go, said) = gated();
        keeping.keep(made(WAITING));
        keeping.keep(made(3));
        let (bytes, thread) = said.recv_timeout(LONG).unwrap();
        assert_eq!(bytes, 3);
        assert_ne!(thread.as_deref(), Some("keep"));
        go.send(()).unwrap();
        assert_eq!(said.recv_timeout(LONG).unwrap().0, WAITING);
    }

    #[test]
    fn a_panic_costs_one_entry() {
        let (say, said) = channel();
        let say = Mutex::new(say);
        let keeping = Keeping::start(move |made| {
            assert_ne!(made.bytes, 1, "on purpose");
            say.lock().unwrap().send(made.bytes).unwrap();
        });
        let keeping = keeping.unwrap();
        keeping.keep(made(1));
        keeping.keep(made(2));
        assert_eq!(said.recv_timeout(LONG).unwrap(), 2);
    }
}
