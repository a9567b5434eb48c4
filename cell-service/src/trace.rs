//! Which trace a handler works for, so that its calls of other cells belong to it too.

use std::cell::Cell;
use std::future::Future;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

pub use cell_model::frame::Trace;

tokio::task_local! {
    /// The trace of the call that is being answered, and the span of the answer.
    pub(crate) static CURRENT: Trace;
}

thread_local! {
    /// The keys come from the system, and nothing that leaves them says anything about the next.
    static RANDOM: (RandomState, Cell<u64>) = (RandomState::new(), Cell::new(0));
}

/// The trace that the handler which runs here works for. A [`Caller`](crate::Caller) goes on with it by
/// itself; a task that a handler spawns does not belong to its call unless it runs [`within`] this.
#[must_use]
pub fn current() -> Option<Trace> {
    CURRENT.try_with(|trace| *trace).ok()
}

/// A trace that begins here, to be recorded by all who take part in it.
#[must_use]
pub fn begin() -> Trace {
    let trace = u128::from(random()) << 64 | u128::from(random());
    Trace { trace, span: random(), flags: 1 }
}

/// Runs a future as a part of a trace: its calls go on with it.
pub async fn within<F: Future>(trace: Trace, future: F) -> F::Output {
    CURRENT.scope(trace, future).await
}

/// The next part of a trace, under the one that it has.
pub(crate) fn child(of: Trace) -> Trace {
    Trace { span: random(), ..of }
}

/// A number that nobody guesses and that is not 0: a keyed hash of a counter.
fn random() -> u64 {
    RANDOM.with(|(keys, counter)| {
        loop {
            counter.set(counter.get().wrapping_add(1));
            let mut hasher = keys.build_hasher();
            hasher.write_u64(counter.get());
            match hasher.finish() {
                0 => {}
                number => return number,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn traces_are_each_their_own_on_all_threads() {
        let many = || (0..1000).map(|_| begin()).collect::<Vec<Trace>>();
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(many)).collect();
        let all: Vec<Trace> = threads.into_iter().flat_map(|it| it.join().unwrap()).collect();
        let traces: BTreeSet<u128> = all.iter().map(|it| it.trace).collect();
        let spans: BTreeSet<u64> = all.iter().map(|it| it.span).collect();
        assert_eq!((traces.len(), spans.len()), (4000, 4000));
        assert!(!traces.contains(&0) && !spans.contains(&0));
    }

    #[tokio::test]
    async fn a_trace_is_there_while_its_future_runs() {
        let trace = begin();
        assert_eq!(current(), None);
        let found = within(trace, async {
            tokio::task::yield_now().await;
            (current(), tokio::spawn(async { current() }).await.unwrap())
        });
        assert_eq!(found.await, (Some(trace), None));
        assert_eq!(current(), None);
        let next = child(trace);
        assert_eq!((next.trace, next.flags), (trace.trace, trace.flags));
        assert_ne!(next.span, trace.span);
    }
}
