//! The server's side: takes connections and hands calls to a [`Handler`].

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use cell_model::frame::{Format, Trace};
use cell_model::hello::Hello;
use cell_model::{Channel, Code, Fault};
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, JoinSet};

use crate::core::{Incoming, Limits, Refused, Server, ServerEvent, Time, give_back};
use crate::link::{Driver, Link, Write};
use crate::listener::Listener;
use crate::pipe::Pipe;

/// A call, as a handler sees it.
#[derive(Debug)]
pub struct Call {
    /// What it is about.
    pub channel: Channel,
    /// The method's number.
    pub method: u32,
    /// How the arguments are written, and the answer has to be.
    pub format: Format,
    /// What is left of the caller's patience, when the call came.
    pub timeout: Option<Duration>,
    /// What it is part of.
    pub trace: Option<Trace>,
    /// Does nobody wait for the answer?
    pub fire: bool,
    /// The arguments.
    pub payload: Vec<u8>,
    /// Takes the items, if the answer is a stream.
    pub items: Items,
}

/// A future that a handler is.
pub type Answer = Pin<Box<dyn Future<Output = Result<Reply, Fault>> + Send>>;

/// What a handler returns.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// A value.
    Value(Vec<u8>),
    /// The items were all sent to [`Call::items`].
    Stream,
}

/// What a cell does.
pub trait Handler: Send + Sync + 'static {
    /// Decides about a connection: the hello to answer with, its formats the chosen one alone.
    ///
    /// # Errors
    /// Why there will be no connection.
    fn hello(&self, hello: &Hello) -> Result<Hello, Fault>;

    /// Answers a call to the service that the connection's hello named. The future is dropped when
    /// nobody waits for it any more.
    fn call(&self, service: &str, call: Call) -> Answer;
}

/// Sends items of a stream, waiting for the client to read them.
#[derive(Clone)]
pub struct Items(Arc<TrySend>, Arc<Notify>);

type TrySend = dyn Fn(Vec<u8>) -> Result<(), (Refused, Vec<u8>)> + Send + Sync;

impl Items {
    /// Sends one, as soon as the client takes it.
    ///
    /// # Errors
    /// [`Code::Cancelled`] if nobody wants it any more.
    pub async fn send(&self, item: Vec<u8>) -> Result<(), Fault> {
        let mut item = item;
        loop {
            match (self.0)(item) {
                Ok(()) => {
                    // Clones wait for the same word, and there may be room for more than one.
                    self.1.notify_one();
                    return Ok(());
                }
                Err((Refused::Gone, _)) => {
                    return Err(Fault::new(Code::Cancelled, "nobody reads the stream any more"));
                }
                Err((Refused::Full, back)) => item = back,
            }
            self.1.notified().await;
        }
    }
}

impl std::fmt::Debug for Items {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Items")
    }
}

/// A cell that listens. Dropping it ends all connections, as soon as the runtime gets to it;
/// [`Membrane::stop`] lets calls end, and waits.
#[derive(Debug)]
pub struct Membrane {
    stop: watch::Sender<bool>,
    serving: tokio::task::JoinHandle<()>,
}

impl Membrane {
    /// Serves all who connect to `listener`.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn bind(listener: impl Listener, handler: Arc<dyn Handler>, limits: Limits) -> Self {
        let (stop, stopping) = watch::channel(false);
        let serving = tokio::spawn(serve(listener, handler, limits, stopping));
        Self { stop, serving }
    }

    /// Takes no new connections and calls, and waits until those that there are have ended, so long
    /// at most; the rest is given up. Says whether all have ended. The name is free afterwards.
    pub async fn stop(self, patience: Duration) -> bool {
        self.stop_until(tokio::time::sleep(patience)).await.is_none()
    }

    /// As [`Membrane::stop`], until `give_up` is done: what it said, if calls were given up.
    pub async fn stop_until<T>(mut self, give_up: impl Future<Output = T>) -> Option<T> {
        let _ = self.stop.send(true);
        let given_up = tokio::select! {
            _ = &mut self.serving => return None,
            given_up = give_up => given_up,
        };
        self.serving.abort();
        let _ = (&mut self.serving).await;
        Some(given_up)
    }
}

impl Drop for Membrane {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(
    mut listener: impl Listener,
    handler: Arc<dyn Handler>,
    limits: Limits,
    stopping: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    let mut stop = stopping.clone();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < limits.connections => match accepted {
                Ok(pipe) => {
                    let (handler, stopping) = (Arc::clone(&handler), stopping.clone());
                    connections.spawn(connection(pipe, handler, limits, stopping));
                }
                // Out of file descriptors, say: others end before long.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
            () = told(&mut stop) => break,
        }
    }
    // The name is free from here on.
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Waits until the cell is to stop, or is gone.
async fn told(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// Handlers that are at work for one connection.
#[derive(Default)]
struct Working {
    tasks: Mutex<HashMap<u64, Task>>,
}

struct Task {
    abort: AbortHandle,
    /// The client takes more items.
    more: Arc<Notify>,
}

async fn connection<P: Pipe>(
    pipe: P,
    handler: Arc<dyn Handler>,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
) {
    let link = Arc::new(Link::new(|now| Server::new(limits, now), pipe));
    let working = Arc::new(Working::default());
    let (calls, service) = (VecDeque::new(), String::new());
    let mut driver = Serving { link: Arc::clone(&link), working, handler, service, calls };
    let driven = link.drive(&mut driver);
    tokio::pin!(driven);
    tokio::select! {
        () = &mut driven => return,
        () = told(&mut stopping) => link.with(|server, now| server.bye(now)),
    }
    // Calls that are under way end; then the client sees that it is hung up on.
    while !link.is_idle() {
        tokio::select! {
            () = &mut driven => return,
            () = tokio::time::sleep(Duration::from_millis(2)) => {}
        }
    }
}

/// What a connection does about its events.
struct Serving<P> {
    link: Arc<Link<Server, P>>,
    working: Arc<Working>,
    handler: Arc<dyn Handler>,
    /// What the hello asked for.
    service: String,
    /// Calls that came and are not begun.
    calls: VecDeque<(Incoming, Option<Duration>)>,
}

/// Nobody waits for the answers any more. Not a matter of `Working`, which the handlers share.
impl<P> Drop for Serving<P> {
    fn drop(&mut self) {
        self.working.lock().values().for_each(|task| task.abort.abort());
    }
}

impl<P: Pipe> Driver<Server> for Serving<P> {
    fn events(&mut self, server: &mut Server, now: Time) -> bool {
        while let Some(event) = server.event() {
            match event {
                ServerEvent::Hello(hello) => match self.handler.hello(&hello) {
                    Ok(reply) => {
                        server.accept(reply, now);
                        self.service = hello.service;
                    }
                    Err(fault) => server.refuse(fault, now),
                },
                ServerEvent::Call(call) => {
                    let timeout = call.deadline.map(|deadline| deadline.saturating_sub(now));
                    self.calls.push_back((call, timeout));
                }
                ServerEvent::Cancelled(id) => {
                    self.calls.retain(|(call, _)| call.id != id);
                    let task = self.working.lock().remove(&id);
                    task.iter().for_each(|task| task.abort.abort());
                }
                ServerEvent::More(id) => {
                    self.working.lock().get(&id).iter().for_each(|task| task.more.notify_one());
                }
                ServerEvent::Bye => {}
                ServerEvent::Ended(_) => return false,
            }
        }
        true
    }

    fn act(&mut self) -> bool {
        let (begin, mut any) = (Instant::now(), false);
        // Not while the client has much to read: each answer would be more to keep for it.
        while self.takes_answers() {
            let Some((call, timeout)) = self.calls.pop_front() else { break };
            any = true;
            self.begin(call, timeout);
            // Handlers that take long hold up no answer that there is.
            if begin.elapsed() > TOGETHER {
                break;
            }
        }
        give_back(&mut self.calls);
        any
    }
}

/// Answers that are there in this time are written together.
const TOGETHER: Duration = Duration::from_micros(50);

impl<P: Pipe> Serving<P> {
    fn takes_answers(&self) -> bool {
        !self.calls.is_empty()
            && self.link.with_when(|server, _| (server.wants_input(), Write::Driver))
    }

    /// Begins a call. Most handlers have their answer at once: so it is asked for here, once, and
    /// only what has to wait becomes a task.
    fn begin(&self, call: Incoming, timeout: Option<Duration>) {
        let Incoming { id, channel, method, format, trace, fire, payload, .. } = call;
        let more = Arc::new(Notify::new());
        let link = Arc::clone(&self.link);
        let send = move |item| link.with(|server, now| server.item(id, item, now));
        let items = Items(Arc::new(send), Arc::clone(&more));
        let call = Call { channel, method, format, timeout, trace, fire, payload, items };
        let begun = catch_unwind(AssertUnwindSafe(|| self.handler.call(&self.service, call)));
        let Ok(answer) = begun else {
            return say(&self.link, id, Err(panicked()), |_| Write::Driver);
        };
        let mut answer = CatchPanic(answer);
        let mut nobody = Context::from_waker(Waker::noop());
        if let Poll::Ready(outcome) = Pin::new(&mut answer).poll(&mut nobody) {
            return say(&self.link, id, outcome, |_| Write::Driver);
        }
        // Whoever it waits for is told again, by the task's first poll.
        let (link, working) = (Arc::clone(&self.link), Arc::clone(&self.working));
        // Held until the task is in the list, so that it does not leave before it is there.
        let mut tasks = self.working.lock();
        let task = tokio::spawn(async move {
            let outcome = answer.await;
            working.lock().remove(&id);
            say(&link, id, outcome, |server| Write::when(server.under_way()));
        });
        tasks.insert(id, Task { abort: task.abort_handle(), more });
    }
}

/// Ends a call.
fn say<P: Pipe>(
    link: &Link<Server, P>,
    id: u64,
    outcome: Result<Reply, Fault>,
    when: impl FnOnce(&Server) -> Write,
) {
    link.with_when(|server, now| {
        match outcome {
            Ok(Reply::Value(payload)) => server.reply(id, Ok(payload), now),
            Ok(Reply::Stream) => server.finish(id, now),
            Err(fault) => server.reply(id, Err(fault), now),
        }
        ((), when(server))
    });
}

impl Working {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn panicked() -> Fault {
    Fault::new(Code::HandlerPanicked, "the handler panicked; the cell's log says more")
}

/// A handler whose panic is a fault of its call alone.
struct CatchPanic(Answer);

impl Future for CatchPanic {
    type Output = Result<Reply, Fault>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = self.0.as_mut();
        catch_unwind(AssertUnwindSafe(|| answer.poll(context)))
            .unwrap_or_else(|_| Poll::Ready(Err(panicked())))
    }
}
