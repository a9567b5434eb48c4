//! Work on a thread of its own, with a stack of known size, that can ask its caller for things.
//!
//! A guest may use all the stack that it is given and the compiler needs a lot in unoptimised
//! builds; what rustc's thread has left is not known, and running out of stack there ends rustc.
//! Asking the caller, instead of borrowing from it, keeps the caller's data out of wasmtime's
//! stores, which hold only `'static` data.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use macro_bridge::failure::{Failure, texts::engine as texts};

/// The end of the worker: sends questions to the caller's thread.
pub(crate) struct Asker<Q, A>(Arc<Mutex<(Sender<Q>, Receiver<A>)>>);

impl<Q, A> Clone for Asker<Q, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Q, A> Asker<Q, A> {
    /// Asks and waits. `None` if the caller is gone, which only its own panic can cause.
    pub(crate) fn ask(&self, question: Q) -> Option<A> {
        let ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ends.0.send(question).ok()?;
        ends.1.recv().ok()
    }
}

/// Runs `work` on a new thread and answers its questions with `answer` on this one.
///
/// # Errors
/// What `work` returns; `Internal` if it panics or no thread can be had.
pub(crate) fn run<Q: Send, A: Send, T: Send>(
    stack: usize,
    work: impl FnOnce(Asker<Q, A>) -> Result<T, Failure> + Send,
    mut answer: impl FnMut(Q) -> A,
) -> Result<T, Failure> {
    thread::scope(|scope| {
        let (to_caller, questions) = channel();
        let (to_worker, answers) = channel();
        let asker = Asker(Arc::new(Mutex::new((to_caller, answers))));
        let worker = thread::Builder::new()
            .name("cell-macro".to_owned())
            .stack_size(stack)
            .spawn_scoped(scope, move || work(asker))
            .map_err(|e| texts::internal("the machine gives no thread", &e.to_string()))?;
        // Ends when the worker has dropped its asker, by returning or by panicking.
        for question in questions {
            if to_worker.send(answer(question)).is_err() {
                break;
            }
        }
        worker.join().unwrap_or_else(|panic| {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no text");
            Err(texts::internal("the engine panicked", text))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use macro_bridge::failure::Kind;

    #[test]
    fn questions_are_answered_on_the_callers_thread() {
        let here = thread::current().id();
        let sum = run(
            1 << 20,
            |asker: Asker<u32, u32>| {
                assert_ne!(thread::current().id(), here);
                Ok((0..10).filter_map(|n| asker.ask(n)).sum::<u32>())
            },
            |n| {
                assert_eq!(thread::current().id(), here);
                n * 2
            },
        );
        assert_eq!(sum.unwrap(), 90);
    }

    #[test]
    fn a_panic_of_the_worker_is_a_failure() {
        let result =
            run(1 << 20, |_: Asker<(), ()>| -> Result<(), Failure> { panic!("no luck") }, |()| ());
        let failure = result.unwrap_err();
        assert_eq!(failure.kind, Kind::Internal);
        assert_eq!(failure.source.as_deref(), Some("no luck"));
    }

    #[test]
    fn a_panic_of_the_caller_does_not_leave_the_worker_waiting() {
        let result = std::panic::catch_unwind(|| {
            run(1 << 20, |asker: Asker<(), ()>| Ok(asker.ask(())), |()| panic!("the caller's"))
        });
        assert!(result.is_err());
    }
}
