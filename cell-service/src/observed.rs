//! A call as it is counted, traced and bounded while its handler works on it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use cell_model::frame::Trace;
use cell_model::{Code, Fault};
use cell_transport::{Answer, Call, Reply};
use tokio::time::Sleep;
use tracing::Span;

use crate::metrics::{Numbers, Outcome};
use crate::trace;

/// What is known of a method before it is called.
pub(crate) struct Method {
    pub(crate) cell: Arc<str>,
    pub(crate) numbers: Arc<Numbers>,
    /// For calls whose caller waits for ever.
    pub(crate) deadline: Option<Duration>,
}

/// The answer to a call, observed until it is there or nobody wants it any more.
pub(crate) struct Observed {
    answer: Answer,
    watch: Watch,
    bound: Option<Bound>,
}

/// A deadline of ours. Most calls are answered before a timer is needed.
struct Bound {
    after: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

/// Says how the call ended, whatever ended it.
struct Watch {
    numbers: Arc<Numbers>,
    began: Instant,
    timeout: Option<Duration>,
    span: Span,
    trace: Option<Trace>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waits,
    /// Stays so if the handler panics.
    Works,
    Done,
}

impl Observed {
    /// Begins a call: `answer` makes its future.
    pub(crate) fn begin(
        method: &Method,
        call: Call,
        answer: impl FnOnce(Call) -> Answer,
    ) -> Answer {
        let trace = call.trace.map(trace::child);
        let numbers = Arc::clone(&method.numbers);
        let span = span(&method.cell, &numbers, trace.zip(call.trace));
        numbers.begin();
        let (began, timeout, state) = (Instant::now(), call.timeout, State::Works);
        let mut watch = Watch { numbers, began, timeout, span, trace, state };
        let bound = method.deadline.filter(|_| timeout.is_none());
        let bound = bound.map(|after| Bound { after, timer: None });
        let answer = watch.work(|| answer(call));
        Box::pin(Self { answer, watch, bound })
    }
}

impl Future for Observed {
    type Output = Result<Reply, Fault>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { answer, watch, bound } = &mut *self;
        let mut outcome = watch.work(|| answer.as_mut().poll(context));
        if let (Poll::Pending, Some(bound)) = (&outcome, bound) {
            outcome = bound.poll(context).map(Err);
        }
        if let Poll::Ready(outcome) = &outcome {
            watch.end(outcome.into());
        }
        outcome
    }
}

impl Bound {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Fault> {
        let after = self.after;
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(after)));
        timer.as_mut().poll(context).map(|()| {
            let text = format!("the cell ends calls without a deadline after {after:?}");
            Fault::new(Code::DeadlineExceeded, text)
        })
    }
}

impl Watch {
    /// Runs a part of the handler.
    fn work<T>(&mut self, part: impl FnOnce() -> T) -> T {
        let _entered = self.span.enter();
        self.state = State::Works;
        let result = match self.trace {
            Some(trace) => trace::CURRENT.sync_scope(trace, part),
            None => part(),
        };
        self.state = State::Waits;
        result
    }

    fn end(&mut self, outcome: Outcome) {
        self.state = State::Done;
        self.numbers.end(outcome, self.began.elapsed());
        self.span.record("outcome", outcome.word());
    }
}

/// The clocks of both sides run out at about the same time, and either may end the call.
const ABOUT: Duration = Duration::from_millis(5);

impl Drop for Watch {
    fn drop(&mut self) {
        if self.state == State::Done {
            return;
        }
        let took = self.began.elapsed();
        let late = |timeout: &Duration| took >= *timeout - ABOUT.min(*timeout / 4);
        self.end(Outcome::Fault(match self.state {
            State::Works => Code::HandlerPanicked,
            _ if self.timeout.as_ref().is_some_and(late) => Code::DeadlineExceeded,
            _ => Code::Cancelled,
        }));
    }
}

/// The span of a call; nothing is written or looked up if nobody wants it.
fn span(cell: &str, numbers: &Numbers, trace: Option<(Trace, Trace)>) -> Span {
    use tracing::field::Empty;
    let (service, method) = (numbers.service(), numbers.method());
    let Some((ours, parent)) = trace else {
        return tracing::info_span!(
            target: "cell", parent: None, "call", cell, service, method, outcome = Empty
        );
    };
    tracing::info_span!(
        target: "cell", parent: None, "call", cell, service, method,
        trace_id = %format_args!("{:032x}", ours.trace),
        span_id = %format_args!("{:016x}", ours.span),
        parent_id = %format_args!("{:016x}", parent.span),
        outcome = Empty,
    )
}
