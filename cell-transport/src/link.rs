//! A protocol's end and its pipe, shared by everybody who uses the connection.
//!
//! Who has something to say writes it at once, if it fits: handing it to another task would cost a
//! wake-up, which is most of what a call takes. Where much is under way it is the other way round:
//! what many have to say is written together ([`Write::Soon`]). One task for each connection
//! ([`Link::drive`]) does that, reads, writes what did not fit, and watches the clock.

use std::cell::RefCell;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::core::{Client, Server, Time};
use crate::pipe::Pipe;

/// Bytes that are written at once.
const WRITE: usize = 64 << 10;
/// Bytes of a buffer that is kept though nothing is in it.
const KEPT: usize = 4 << 10;
/// Bytes that are read at once.
const READ: usize = 64 << 10;

thread_local! {
    /// One for each thread, not for each connection: most connections are idle most of the time.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What both ends of the protocol have.
pub(crate) trait End: Send + 'static {
    fn receive(&mut self, bytes: &[u8], now: Time);
    fn transmit(&mut self, out: &mut Vec<u8>, most: usize, now: Time);
    fn hung_up(&mut self);
    fn wake(&self) -> Option<Time>;
    fn tick(&mut self, now: Time);
    fn wants_input(&self) -> bool;
    fn has_event(&self) -> bool;
    /// The other side takes no more bytes at the moment; it took some since it was said last.
    fn blocked(&mut self, some: bool, now: Time);
}

macro_rules! end {
    ($end:ident, $wants_input:expr) => {
        impl End for $end {
            fn receive(&mut self, bytes: &[u8], now: Time) {
                self.receive(bytes, now);
            }

            fn transmit(&mut self, out: &mut Vec<u8>, most: usize, now: Time) {
                self.transmit(out, most, now);
            }

            fn hung_up(&mut self) {
                self.hung_up();
            }

            fn wake(&self) -> Option<Time> {
                self.wake()
            }

            fn tick(&mut self, now: Time) {
                self.tick(now);
            }

            fn wants_input(&self) -> bool {
                $wants_input(self)
            }

            fn has_event(&self) -> bool {
                self.has_event()
            }

            fn blocked(&mut self, some: bool, now: Time) {
                self.blocked(some, now);
            }
        }
    };
}

end!(Client, |_: &Client| true);
end!(Server, Server::wants_input);

/// Who acts on what happens to an end.
pub(crate) trait Driver<E>: Send {
    /// Something may have happened. Says whether to go on. The end is locked: nothing here may wait,
    /// or use the link.
    fn events(&mut self, end: &mut E, now: Time) -> bool;

    /// Does what follows, with the end free again. Says whether it did something.
    fn act(&mut self) -> bool;
}

/// When to write what there is to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// At once.
    Now,
    /// When whoever else is ready to run has said something too.
    Soon,
    /// The driver does it, which is what is running.
    Driver,
}

impl Write {
    /// With so many calls under way.
    pub(crate) fn when(under_way: usize) -> Self {
        if under_way > FEW { Self::Soon } else { Self::Now }
    }
}

/// Calls under way that are not worth collecting: each is written at once.
const FEW: usize = 4;

/// An end and its pipe.
pub(crate) struct Link<E, P> {
    inner: Mutex<Inner<E>>,
    pipe: P,
    /// The driver has to look again: more is to be written, the pipe broke, or it has to wake earlier.
    look: Notify,
    start: Instant,
}

struct Inner<E> {
    end: E,
    /// Frames that did not fit into the pipe, and how much of them did.
    out: Vec<u8>,
    written: usize,
    /// When the driver will wake by itself.
    sleeps_until: Option<Time>,
    broken: bool,
    /// The driver was told that there is something to write.
    soon: bool,
}

impl<E: End, P: Pipe> Link<E, P> {
    pub(crate) fn new(make: impl FnOnce(Time) -> E, pipe: P) -> Self {
        let (out, written, sleeps_until) = (Vec::new(), 0, None);
        let (broken, soon) = (false, false);
        let inner = Inner { end: make(Time::ZERO), out, written, sleeps_until, broken, soon };
        Self { inner: Mutex::new(inner), pipe, look: Notify::new(), start: Instant::now() }
    }

    pub(crate) fn now(&self) -> Time {
        self.start.elapsed()
    }

    /// Does something with the end, and writes what comes of it.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut E, Time) -> T) -> T {
        self.with_when(|end, now| (act(end, now), Write::Now))
    }

    /// Does something with the end, and says when to write what comes of it.
    pub(crate) fn with_when<T>(&self, act: impl FnOnce(&mut E, Time) -> (T, Write)) -> T {
        let mut inner = self.inner();
        let now = self.now();
        let (result, when) = act(&mut inner.end, now);
        let blocked = match when {
            Write::Now => inner.write(&self.pipe, now),
            Write::Soon => !std::mem::replace(&mut inner.soon, true),
            Write::Driver => return result,
        };
        let happened = inner.broken || inner.end.has_event();
        let earlier = match (inner.end.wake(), inner.sleeps_until) {
            (Some(wake), Some(sleeps)) => wake < sleeps,
            (Some(_), None) => true,
            (None, _) => false,
        };
        drop(inner);
        if blocked || earlier || happened {
            self.look.notify_one();
        }
        result
    }

    /// Reads, writes and watches the clock until `driver` says that it is over.
    pub(crate) async fn drive(&self, driver: &mut impl Driver<E>) {
        let sleep = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(sleep);
        let mut sleeps_until = Time::ZERO;
        // When the connection ended: the last words may still have to be written.
        let mut over = None;
        loop {
            // Who always has something to do leaves room for others now and then.
            tokio::task::consume_budget().await;
            let (wants_input, blocked) = {
                let mut inner = self.inner();
                inner.soon = false;
                let now = self.now();
                if inner.end.wake().is_some_and(|wake| wake <= now) {
                    inner.end.tick(now);
                }
                let mut go_on = driver.events(&mut inner.end, now);
                let blocked = inner.write(&self.pipe, now);
                if go_on {
                    // What was written leaves room; and what broke, the end has just heard of.
                    go_on = driver.events(&mut inner.end, now);
                }
                if !go_on {
                    over.get_or_insert(now);
                }
                let lingers = over.map(|over| over + LINGER);
                if lingers.is_some_and(|until| inner.broken || !blocked || now >= until) {
                    return;
                }
                let wake = inner.end.wake().into_iter().chain(lingers).min();
                // What is later than that is looked at again then.
                let wake = wake.unwrap_or(Time::MAX).min(now + FAR);
                // A timer that is too early costs a look; setting it anew for each frame costs more.
                if wake < sleeps_until || sleeps_until <= now {
                    sleeps_until = wake;
                    sleep.as_mut().reset(self.start + wake);
                }
                inner.sleeps_until = Some(sleeps_until);
                (inner.end.wants_input() && !inner.broken && over.is_none(), blocked)
            };
            if driver.act() {
                continue;
            }
            tokio::select! {
                biased;
                readable = self.pipe.readable(), if wants_input => {
                    if readable.is_err() || !self.read() {
                        self.hang_up();
                    }
                }
                writable = self.pipe.writable(), if blocked => {
                    if writable.is_err() {
                        self.hang_up();
                    }
                }
                () = self.look.notified() => {
                    if self.inner().soon {
                        tokio::task::yield_now().await;
                    }
                }
                () = &mut sleep => sleeps_until = Time::ZERO,
            }
        }
    }

    /// Reads once: what follows from it is done, and given back, before more comes. Is the other side
    /// still there?
    fn read(&self) -> bool {
        BUFFER.with_borrow_mut(|buffer| {
            buffer.resize(READ, 0);
            match self.pipe.try_read(buffer) {
                Ok(0) => false,
                Ok(count) => {
                    let now = self.now();
                    self.inner().end.receive(&buffer[..count], now);
                    true
                }
                Err(error) => error.kind() == io::ErrorKind::WouldBlock,
            }
        })
    }

    fn hang_up(&self) {
        let mut inner = self.inner();
        inner.broken = true;
        inner.end.hung_up();
    }
}

impl<P> Link<Server, P> {
    /// Is no call under way, and all that there was to say written?
    pub(crate) fn is_idle(&self) -> bool {
        let inner = self.inner();
        inner.end.is_idle() && inner.written == inner.out.len()
    }
}

impl<E, P> Link<E, P> {
    /// Does something with the end alone: nothing is written.
    pub(crate) fn with_end(&self, act: impl FnOnce(&mut E)) {
        act(&mut self.inner().end);
    }

    fn inner(&self) -> MutexGuard<'_, Inner<E>> {
        // The protocol does not panic; whoever else did held nothing half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long the last words of a connection may take, to somebody who does not read them.
const LINGER: Duration = Duration::from_secs(1);
/// When nothing is awaited.
const FAR: Duration = Duration::from_secs(24 * 60 * 60);

impl<E: End> Inner<E> {
    /// Writes until nothing is left, or nothing fits: then it returns true.
    fn write(&mut self, pipe: &impl Pipe, now: Time) -> bool {
        let mut some = false;
        loop {
            if self.written == self.out.len() {
                self.out.clear();
                self.written = 0;
                self.end.transmit(&mut self.out, WRITE, now);
                if self.out.is_empty() || self.broken {
                    if self.out.capacity() > KEPT {
                        // That was much at once; mostly it is little.
                        self.out = Vec::new();
                    }
                    return false;
                }
            }
            match pipe.try_write(&self.out[self.written..]) {
                Ok(count) => {
                    self.written += count;
                    some = true;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.end.blocked(some, now);
                    return true;
                }
                // Reading will find out, and what it finds still counts.
                Err(_) => {
                    self.broken = true;
                    self.end.hung_up();
                    return false;
                }
            }
        }
    }
}
