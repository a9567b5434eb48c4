//! Work on a thread of its own, with a stack of known size, that can ask its caller for things.
//!
//! A guest may use all the stack that it is given and the compiler needs a lot in unoptimised
//! builds; what rustc's thread has left is not known, and running out of stack there ends rustc.
//! Asking the caller, instead of borrowing from it, keeps the caller's data out of wasmtime's
//! stores, which hold only `'static` data.
//!
//! Threads are kept for the next work: making one, with its stack and what allocators keep for each
//! thread, and taking it apart costs a sixth of a small expansion.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use macro_bridge::failure::{Failure, texts::engine as texts};

/// The end of the worker: sends questions to the caller's thread.
pub(crate) struct Asker<Q, A>(Arc<Mutex<Ends<Q, A>>>);

struct Ends<Q, A> {
    question: Box<dyn Fn(Q) -> bool + Send>,
    answer: Receiver<A>,
}

impl<Q, A> Clone for Asker<Q, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Q, A> Asker<Q, A> {
    /// Asks and waits. `None` if the caller is gone, which only its own panic can cause.
    pub(crate) fn ask(&self, question: Q) -> Option<A> {
        let ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (ends.question)(question).then(|| ends.answer.recv().ok()).flatten()
    }
}

type Work = Box<dyn FnOnce() + Send>;
type Panic = Box<dyn Any + Send>;

/// What a worker says to its caller.
enum Said<Q, T> {
    Question(Q),
    Done(Result<Result<T, Failure>, Panic>),
}

/// Threads with a stack of known size. Those that wait for work end with it.
pub(crate) struct Workers {
    stack: usize,
    idle: Mutex<Vec<Sender<Work>>>,
}

impl Workers {
    pub(crate) fn new(stack: usize) -> Self {
        Self { stack, idle: Mutex::default() }
    }

    /// Runs `work` on a thread of its own and answers its questions with `answer` on this one.
    ///
    /// # Errors
    /// What `work` returns; `Internal` if it panics or no thread can be had.
    pub(crate) fn run<Q, A, T>(
        &self,
        work: impl FnOnce(Asker<Q, A>) -> Result<T, Failure> + Send + 'static,
        mut answer: impl FnMut(Q) -> A,
    ) -> Result<T, Failure>
    where
        Q: Send + 'static,
        A: Send + 'static,
        T: Send + 'static,
    {
        let (to_caller, from_worker) = channel();
        let (to_worker, answers) = channel();
        let questions = Sender::clone(&to_caller);
        let question = Box::new(move |question| questions.send(Said::Question(question)).is_ok());
        let asker = Asker(Arc::new(Mutex::new(Ends { question, answer: answers })));
        let work: Work = Box::new(move || {
            let done = catch_unwind(AssertUnwindSafe(|| work(asker)));
            // Nobody listens any more if the caller panicked.
            let _ = to_caller.send(Said::Done(done));
        });
        let worker = self.start(work)?;
        // Ends without a word only if the thread was ended from outside.
        for said in from_worker {
            match said {
                Said::Question(question) => {
                    // The worker waits for this, unless it is about to say that it panicked.
                    let _ = to_worker.send(answer(question));
                }
                Said::Done(Ok(result)) => {
                    self.idle().push(worker);
                    return result;
                }
                // Whatever state that thread is in, it is not used again.
                Said::Done(Err(panic)) => return Err(panicked(panic.as_ref())),
            }
        }
        Err(texts::internal("the engine's thread is gone", ""))
    }

    /// Hands work to a thread that has none.
    fn start(&self, mut work: Work) -> Result<Sender<Work>, Failure> {
        loop {
            let Some(worker) = self.idle().pop() else { break };
            match worker.send(work) {
                Ok(()) => return Ok(worker),
                Err(back) => work = back.0,
            }
        }
        let (worker, works) = channel::<Work>();
        thread::Builder::new()
            .name("cell-macro".to_owned())
            .stack_size(self.stack)
            .spawn(move || works.into_iter().for_each(|work| work()))
            .map_err(|e| texts::internal("the machine gives no thread", &e.to_string()))?;
        let lost = |_| texts::internal("the engine's thread is gone", "");
        worker.send(work).map_err(lost).map(|()| worker)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Sender<Work>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Failure {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text");
    texts::internal("the engine panicked", text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use macro_bridge::failure::Kind;

    fn workers() -> Workers {
        Workers::new(1 << 20)
    }

    /// The thread that work runs on.
    fn place(workers: &Workers) -> thread::ThreadId {
        workers.run(|_: Asker<(), ()>| Ok(thread::current().id()), |()| ()).unwrap()
    }

    #[test]
    fn questions_are_answered_on_the_callers_thread() {
        let here = thread::current().id();
        let sum = workers().run(
            move |asker: Asker<u32, u32>| {
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
    fn a_thread_is_used_again_and_never_by_two() {
        let workers = workers();
        let first = place(&workers);
        assert_eq!(place(&workers), first);
        let inner = workers.run(
            |asker: Asker<(), thread::ThreadId>| {
                Ok((thread::current().id(), asker.ask(()).expect("an answer")))
            },
            |()| place(&workers),
        );
        let (outer, inner) = inner.unwrap();
        assert_eq!(outer, first);
        assert_ne!(inner, first);
        assert_eq!(workers.idle().len(), 2);
    }

    #[test]
    fn a_panic_of_the_worker_is_a_failure_and_ends_its_thread() {
        let workers = workers();
        let first = place(&workers);
        let work = |_: Asker<(), ()>| -> Result<(), Failure> { panic!("no luck") };
        let failure = workers.run(work, |()| ()).unwrap_err();
        assert_eq!(failure.kind, Kind::Internal);
        assert_eq!(failure.source.as_deref(), Some("no luck"));
        assert_ne!(place(&workers), first);
    }

    #[test]
    fn a_panic_of_the_caller_does_not_leave_the_worker_waiting() {
        let workers = workers();
        let (done, ended) = channel();
        let result = catch_unwind(AssertUnwindSafe(|| {
            let work = move |asker: Asker<(), ()>| {
                let answer = asker.ask(());
                let _ = done.send(answer.is_none());
                Ok(())
            };
            workers.run(work, |()| panic!("the caller's"))
        }));
        assert!(result.is_err());
        assert_eq!(ended.recv(), Ok(true));
        assert!(workers.idle().is_empty());
    }
}
