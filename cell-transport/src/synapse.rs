//! The client's side: one connection, shared by all who call through it.

use std::collections::HashMap;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use cell_model::frame::{Format, Trace};
use cell_model::hello::Hello;
use cell_model::{Channel, Code, Fault};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::core::{Client, ClientEvent, Limits, Outgoing, STREAM_WINDOW, Time};
use crate::link::{Driver, Link, Write};
use crate::pipe::Pipe;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Request {
    /// What it is about.
    pub channel: Channel,
    /// The method's number.
    pub method: u32,
    /// How long to wait for the answer, all of it, and for room to ask.
    pub timeout: Option<Duration>,
    /// What it is part of.
    pub trace: Option<Trace>,
    /// The arguments, in the connection's format.
    pub payload: Vec<u8>,
}

/// On this machine: a call reaches the cell or fails at once, and nobody else sees it.
#[derive(Clone, Copy, Debug)]
pub enum Local {}

/// Somewhere else: a call may be lost on the way, and its outcome unknown.
#[derive(Clone, Copy, Debug)]
pub enum Remote {}

/// A connection to a cell. Clones share it; it ends when the last one is dropped. Where the cell is
/// stands in the type: what is cheap and certain for a [`Local`] one is neither for a [`Remote`] one.
pub struct Synapse<Where = Local> {
    shared: Arc<Shared>,
    place: PhantomData<fn() -> Where>,
}

impl<Where> Clone for Synapse<Where> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), place: PhantomData }
    }
}

struct Shared {
    end: Box<dyn Calls>,
    peer: Hello,
    format: Format,
    /// The connection's task ends with this.
    _alive: mpsc::Sender<()>,
    over: watch::Receiver<Option<Fault>>,
}

/// A link without its type of pipe.
trait Calls: Send + Sync {
    fn call(&self, call: Outgoing, waiter: Waiter) -> Result<u64, NotBegun>;
    fn fire(&self, call: Outgoing) -> Result<(), Fault>;
    fn cancel(&self, id: u64);
    fn more(&self, id: u64, items: u32);
    fn room(&self) -> &Notify;
}

/// A call that was not begun, and why.
type NotBegun = Box<(Fault, Outgoing, Waiter)>;

/// Who waits for a call.
enum Waiter {
    Value(oneshot::Sender<Result<Vec<u8>, Fault>>),
    Stream(mpsc::UnboundedSender<Result<Vec<u8>, Fault>>),
}

struct Connection<P> {
    link: Link<Client, P>,
    waiters: Mutex<HashMap<u64, Waiter>>,
    /// A call ended, so another one may begin.
    room: Notify,
}

impl<P> Connection<P> {
    fn waiters(&self) -> MutexGuard<'_, HashMap<u64, Waiter>> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Pipe> Calls for Connection<P> {
    fn call(&self, call: Outgoing, waiter: Waiter) -> Result<u64, NotBegun> {
        self.link.with_when(|client, now| {
            let begun = match client.call(call, now) {
                Ok(id) => {
                    // Before the call is written: its answer may be here before this returns.
                    self.waiters().insert(id, waiter);
                    Ok(id)
                }
                Err((fault, call)) => Err(Box::new((fault, call, waiter))),
            };
            (begun, Write::when(client.under_way()))
        })
    }

    fn fire(&self, call: Outgoing) -> Result<(), Fault> {
        self.link.with(|client, now| client.fire(call, now).map_err(|(fault, _)| fault))
    }

    fn cancel(&self, id: u64) {
        if self.waiters().remove(&id).is_some() {
            self.link.with(|client, now| client.cancel(id, now));
            self.room.notify_one();
        }
    }

    fn more(&self, id: u64, items: u32) {
        self.link.with(|client, now| client.more(id, items, now));
    }

    fn room(&self) -> &Notify {
        &self.room
    }
}

/// What the connection's task does about events.
struct Calling<P> {
    connection: Arc<Connection<P>>,
    greeted: Option<oneshot::Sender<Result<(Hello, Format), Fault>>>,
    over: watch::Sender<Option<Fault>>,
    /// What happened, told to those who wait when the end is free again.
    told: Vec<ClientEvent>,
}

impl<P: Pipe> Driver<Client> for Calling<P> {
    fn events(&mut self, client: &mut Client, _now: Time) -> bool {
        let mut go_on = true;
        while let Some(event) = client.event() {
            go_on &= !matches!(event, ClientEvent::Ended(_));
            self.told.push(event);
        }
        go_on
    }

    fn act(&mut self) -> bool {
        let mut told = std::mem::take(&mut self.told);
        told.drain(..).for_each(|event| self.tell(event));
        self.told = told;
        // Nothing that was told changes the end.
        false
    }
}

/// The connection's task is gone, be it with its runtime in the middle of everything: nobody may wait
/// for what it would have done, and nobody begins anything more.
impl<P> Drop for Calling<P> {
    fn drop(&mut self) {
        self.connection.link.with_end(Client::hung_up);
        let lost = Fault::new(Code::Disconnected, "the connection's task is gone");
        self.over.send_if_modified(|over| {
            let first = over.is_none();
            over.get_or_insert(lost);
            first
        });
        self.connection.waiters().clear();
        self.connection.room.notify_waiters();
    }
}

impl<P: Pipe> Calling<P> {
    fn tell(&mut self, event: ClientEvent) {
        match event {
            ClientEvent::Connected { peer, format } => {
                self.greeted.take().map(|greeted| greeted.send(Ok((peer, format))));
            }
            ClientEvent::Closing => {
                let fault = Fault::new(Code::Closing, "the cell takes no new calls");
                self.over.send_if_modified(|over| over.replace(fault).is_none());
            }
            ClientEvent::Ended(fault) => {
                self.greeted.take().map(|greeted| greeted.send(Err(fault.clone())));
                let _ = self.over.send_replace(Some(fault));
                self.connection.room.notify_waiters();
            }
            ClientEvent::Done { id, outcome } => {
                let waiter = self.connection.waiters().remove(&id);
                // Whoever waited may be gone.
                match (waiter, outcome) {
                    (Some(Waiter::Value(waiter)), outcome) => {
                        let _ = waiter.send(outcome.map(|(_, payload)| payload));
                    }
                    (Some(Waiter::Stream(waiter)), Err(fault)) => drop(waiter.send(Err(fault))),
                    (Some(Waiter::Stream(_)) | None, _) => {}
                }
                self.connection.room.notify_one();
            }
            ClientEvent::Item { id, payload, .. } => {
                if let Some(Waiter::Stream(waiter)) = self.connection.waiters().get(&id) {
                    let _ = waiter.send(Ok(payload));
                }
            }
        }
    }
}

impl<Where> Synapse<Where> {
    /// Greets the cell at the other end of `pipe`.
    ///
    /// # Errors
    /// Why the cell cannot be talked to: see [`Fault::code`].
    pub async fn over(pipe: impl Pipe, hello: Hello, limits: Limits) -> Result<Self, Fault> {
        let link = Link::new(|now| Client::new(limits, hello, now), pipe);
        let (waiters, room) = (Mutex::default(), Notify::new());
        let connection = Arc::new(Connection { link, waiters, room });
        let (greeted, greeting) = oneshot::channel();
        let (over, is_over) = watch::channel(None);
        let (alive, mut dropped) = mpsc::channel(1);
        let end = Arc::clone(&connection);
        tokio::spawn(async move {
            let (greeted, told) = (Some(greeted), Vec::new());
            let mut calling = Calling { connection: Arc::clone(&end), greeted, over, told };
            tokio::select! {
                () = end.link.drive(&mut calling) => {}
                _ = dropped.recv() => {}
            }
            // The last words.
            calling.act();
        });
        let lost = || Fault::new(Code::Disconnected, "the connection's task is gone");
        let (peer, format) = greeting.await.unwrap_or_else(|_| Err(lost()))?;
        let end = Box::new(Behind(connection));
        let shared = Arc::new(Shared { end, peer, format, _alive: alive, over: is_over });
        Ok(Self { shared, place: PhantomData })
    }

    /// What the cell says of itself.
    #[must_use]
    pub fn peer(&self) -> &Hello {
        &self.shared.peer
    }

    /// How payloads are written on this connection.
    #[must_use]
    pub fn format(&self) -> Format {
        self.shared.format
    }

    /// Why no more calls can be made, if so.
    #[must_use]
    pub fn is_over(&self) -> Option<Fault> {
        self.shared.over.borrow().clone()
    }

    /// Calls, and waits for the answer. Dropping the future cancels the call.
    ///
    /// # Errors
    /// What the call ended with.
    pub async fn call(&self, request: Request) -> Result<Vec<u8>, Fault> {
        self.begin_call(request).await?.await
    }

    /// Begins a call, whose answer is then awaited. Dropping that cancels the call.
    ///
    /// # Errors
    /// Why the call was not begun: nothing was sent.
    pub(crate) async fn begin_call(
        &self,
        request: Request,
    ) -> Result<impl Future<Output = Result<Vec<u8>, Fault>> + Send, Fault> {
        let (sender, answer) = oneshot::channel();
        let give_up = request.timeout.map(until);
        let id = self.begin(request, give_up, Waiter::Value(sender)).await?;
        let call = CancelOnDrop { shared: &self.shared, id, done: false };
        Ok(Awaited { answer, call })
    }

    /// Calls, and reads the items of a stream as they come.
    ///
    /// # Errors
    /// Why the call could not be begun.
    pub async fn stream(&self, request: Request) -> Result<Stream, Fault> {
        self.begin_stream(request, None).await
    }

    /// As [`Synapse::stream`], with a time after which there has to be room for the call.
    ///
    /// # Errors
    /// As [`Synapse::stream`].
    pub(crate) async fn begin_stream(
        &self,
        request: Request,
        give_up: Option<Instant>,
    ) -> Result<Stream, Fault> {
        let (sender, items) = mpsc::unbounded_channel();
        let give_up = give_up.or_else(|| request.timeout.map(until));
        let id = self.begin(request, give_up, Waiter::Stream(sender)).await?;
        Ok(Stream { shared: Arc::clone(&self.shared), id, items, used: 0 })
    }

    /// Sends a call that nothing comes back for.
    ///
    /// # Errors
    /// Why it could not be sent. That it was does not mean that it was read.
    pub fn fire(&self, method: u32, payload: Vec<u8>) -> Result<(), Fault> {
        self.fire_on_channel(Channel::App, method, payload)
    }

    /// As [`Synapse::fire`], on any channel.
    ///
    /// # Errors
    /// As [`Synapse::fire`].
    pub fn fire_on_channel(
        &self,
        channel: Channel,
        method: u32,
        payload: Vec<u8>,
    ) -> Result<(), Fault> {
        let request = Request { channel, method, timeout: None, trace: None, payload };
        self.shared.end.fire(self.outgoing(request))
    }

    fn outgoing(&self, request: Request) -> Outgoing {
        let Request { channel, method, timeout, trace, payload } = request;
        let format = match channel {
            Channel::App => self.shared.format,
            Channel::Consensus => Format::Raw,
            Channel::Ops | Channel::MacroCoordination => Format::MessagePack,
        };
        Outgoing { channel, method, format, timeout, trace, payload }
    }

    /// Begins a call, and waits for room if the cell takes no more at the moment.
    async fn begin(
        &self,
        request: Request,
        give_up: Option<Instant>,
        waiter: Waiter,
    ) -> Result<u64, Fault> {
        let end = &self.shared.end;
        let (mut call, mut waiter) = (self.outgoing(request), waiter);
        let mut waited = false;
        loop {
            let room = end.room().notified();
            let (fault, call_back, waiter_back) = match end.call(call, waiter) {
                Ok(id) => {
                    // One large call that ended may leave room for many small ones.
                    if waited {
                        end.room().notify_one();
                    }
                    return Ok(id);
                }
                Err(not_begun) => *not_begun,
            };
            waited = true;
            if fault.code != Code::Overloaded {
                return Err(fault);
            }
            (call, waiter) = (call_back, waiter_back);
            let Some(give_up) = give_up else {
                room.await;
                continue;
            };
            if tokio::time::timeout_at(give_up, room).await.is_err() {
                return Err(fault);
            }
            if call.timeout.is_some() {
                call.timeout = Some(give_up.saturating_duration_since(Instant::now()));
            }
        }
    }
}

/// When something that begins now is given up. What is longer than all programs run is for ever.
pub(crate) fn until(timeout: Duration) -> Instant {
    const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    Instant::now() + timeout.min(FOR_EVER)
}

/// The connection behind a trait object.
struct Behind<P>(Arc<Connection<P>>);

impl<P: Pipe> Calls for Behind<P> {
    fn call(&self, call: Outgoing, waiter: Waiter) -> Result<u64, NotBegun> {
        self.0.call(call, waiter)
    }

    fn fire(&self, call: Outgoing) -> Result<(), Fault> {
        self.0.fire(call)
    }

    fn cancel(&self, id: u64) {
        self.0.cancel(id);
    }

    fn more(&self, id: u64, items: u32) {
        self.0.more(id, items);
    }

    fn room(&self) -> &Notify {
        self.0.room()
    }
}

struct CancelOnDrop<'a> {
    shared: &'a Shared,
    id: u64,
    done: bool,
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.shared.end.cancel(self.id);
        }
    }
}

/// A call that waits for its answer.
struct Awaited<'a> {
    answer: oneshot::Receiver<Result<Vec<u8>, Fault>>,
    call: CancelOnDrop<'a>,
}

impl Future for Awaited<'_> {
    type Output = Result<Vec<u8>, Fault>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Poll::Ready(answer) = Pin::new(&mut self.answer).poll(context) else {
            return Poll::Pending;
        };
        self.call.done = true;
        let lost = |_| Err(Fault::new(Code::Disconnected, "the connection's task is gone"));
        Poll::Ready(answer.unwrap_or_else(lost))
    }
}

/// Items of a stream. Dropping it cancels the call.
pub struct Stream {
    shared: Arc<Shared>,
    id: u64,
    items: mpsc::UnboundedReceiver<Result<Vec<u8>, Fault>>,
    /// Items that were read and not yet told to the cell. No more than [`STREAM_WINDOW`] are in the
    /// channel, since the cell waits for that.
    used: u32,
}

impl Stream {
    /// The next item; `None` at the end. A fault is the last item.
    pub async fn next(&mut self) -> Option<Result<Vec<u8>, Fault>> {
        let item = self.items.recv().await?;
        self.used += 1;
        if self.used >= STREAM_WINDOW / 2 {
            self.shared.end.more(self.id, self.used);
            self.used = 0;
        }
        Some(item)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.shared.end.cancel(self.id);
    }
}
