//! The end that calls.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use cell_model::frame::{Format, Header, Kind, Trace};
use cell_model::hello::{Formats, Hello};
use cell_model::{Channel, Code, Fault};

use super::assembly::{Added, Assembly, Message, too_large};
use super::outbox::Outbox;
use super::reader::{Frame, Reader};
use super::{Limits, STREAM_WINDOW, Time, give_back};

/// A call that is to be made.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// What it is about.
    pub channel: Channel,
    /// The method's number; see [`cell_model::schema::method_number`].
    pub method: u32,
    /// How the arguments are written.
    pub format: Format,
    /// How long to wait for the answer, all of it.
    pub timeout: Option<Duration>,
    /// What the call is part of.
    pub trace: Option<Trace>,
    /// The arguments.
    pub payload: Vec<u8>,
}

/// What happened to a connection or a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientEvent {
    /// The cell answered the hello: calls can be made, in this format.
    Connected {
        /// What it says of itself.
        peer: Hello,
        /// The format of both sides.
        format: Format,
    },
    /// The cell takes no new calls, and finishes those that it has.
    Closing,
    /// The connection is over. All calls have ended before.
    Ended(Fault),
    /// A call ended.
    Done {
        /// Which.
        id: u64,
        /// Its value, or why there is none. For a stream that ended well: no bytes.
        outcome: Result<(Format, Vec<u8>), Fault>,
    },
    /// An item of a stream.
    Item {
        /// Of which call.
        id: u64,
        /// How it is written.
        format: Format,
        /// The item.
        payload: Vec<u8>,
    },
}

enum State {
    Greeting { until: Time },
    Open { peer: Hello, closing: bool },
    Ended(Fault),
}

struct Call {
    deadline: Option<Time>,
    /// Bytes of its arguments.
    bytes: usize,
    /// Items that came, and that may still come before more are asked for.
    items: u32,
    credit: u32,
}

/// The client's end of a connection.
pub struct Client {
    limits: Limits,
    hello: Hello,
    state: State,
    reader: Reader,
    assembly: Assembly,
    outbox: Outbox,
    calls: HashMap<u64, Call>,
    deadlines: BTreeSet<(Time, u64)>,
    last_id: u64,
    /// Bytes of arguments of all calls.
    bytes: usize,
    events: VecDeque<ClientEvent>,
    /// When something came.
    heard: Time,
    /// When the question went out that nobody has answered.
    asked: Option<Time>,
    /// Since when nothing of what waits was written.
    stalled: Option<Time>,
    told_closing: bool,
}

impl Client {
    /// Begins a connection: the hello is the first thing to transmit.
    #[must_use]
    pub fn new(limits: Limits, hello: Hello, now: Time) -> Self {
        let mut outbox = Outbox::default();
        outbox.control(Header::new(Kind::Hello, 0, 0), hello.encode());
        Self {
            limits,
            hello,
            state: State::Greeting { until: now.saturating_add(limits.greeting) },
            reader: Reader::default(),
            // Answers may be as large as all arguments together.
            assembly: Assembly::new(limits.message, limits.bytes as usize),
            outbox,
            calls: HashMap::new(),
            deadlines: BTreeSet::new(),
            last_id: 0,
            bytes: 0,
            events: VecDeque::new(),
            heard: now,
            asked: None,
            stalled: Some(now),
            told_closing: false,
        }
    }

    /// Begins a call and returns its number.
    ///
    /// # Errors
    /// `NotReady` before [`ClientEvent::Connected`], `Overloaded` if the cell takes no more at the
    /// moment, `TooLarge`, `Closing`, and why the connection ended. The call is given back.
    pub fn call(&mut self, call: Outgoing, now: Time) -> Result<u64, (Fault, Outgoing)> {
        if let Err(fault) = self.would_begin(&call) {
            return Err((fault, call));
        }
        let id = self.number();
        let deadline = call.timeout.map(|timeout| now.saturating_add(timeout));
        let bytes = call.payload.len();
        self.deadlines.extend(deadline.map(|deadline| (deadline, id)));
        self.calls.insert(id, Call { deadline, bytes, items: 0, credit: STREAM_WINDOW });
        self.bytes += bytes;
        self.send(Kind::Request, id, call, now);
        Ok(id)
    }

    /// Sends a call that nothing comes back for.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn fire(&mut self, call: Outgoing, now: Time) -> Result<(), (Fault, Outgoing)> {
        // Nothing says when it has been read, so only what waits here can be counted.
        let waits = self.outbox.bytes() > self.limits.unwritten;
        let slow = || Fault::new(Code::Overloaded, "the cell reads slower than this is written");
        let checked =
            self.would_begin(&call).and_then(|()| if waits { Err(slow()) } else { Ok(()) });
        if let Err(fault) = checked {
            return Err((fault, call));
        }
        let id = self.number();
        self.send(Kind::Fire, id, call, now);
        Ok(())
    }

    /// Would this call begin?
    fn would_begin(&self, call: &Outgoing) -> Result<(), Fault> {
        let peer = match &self.state {
            State::Greeting { .. } => {
                return Err(Fault::new(Code::NotReady, "the cell has not answered yet"));
            }
            State::Open { closing: true, .. } => {
                return Err(Fault::new(Code::Closing, "the cell takes no new calls"));
            }
            State::Ended(fault) => return Err(fault.clone()),
            State::Open { peer, .. } => peer,
        };
        let length = call.payload.len();
        let most = self.limits.message.min(peer.bytes as usize);
        if length > most {
            return Err(too_large(length, most));
        }
        if self.calls.len() >= peer.calls as usize || self.bytes + length > peer.bytes as usize {
            let text =
                format!("{} calls with {} bytes are under way", self.calls.len(), self.bytes);
            return Err(Fault::new(Code::Overloaded, text));
        }
        Ok(())
    }

    fn number(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn send(&mut self, kind: Kind, id: u64, call: Outgoing, now: Time) {
        let Outgoing { channel, method, format, timeout, trace, payload } = call;
        // A deadline of less than a microsecond is one all the same.
        let deadline = timeout
            .map_or(0, |timeout| u64::try_from(timeout.as_micros()).unwrap_or(u64::MAX).max(1));
        let header = Header::new(kind, channel as u8, id);
        let header = Header { format, deadline, argument: method, ..header };
        self.outbox.message(header, trace, payload);
        self.queued(now);
    }

    /// Gives up a call: its answer is dropped, whenever it comes.
    pub fn cancel(&mut self, id: u64, now: Time) {
        if let Some((_, true)) = self.take(id) {
            self.control(Kind::Cancel, id, 0, now);
        }
    }

    /// Lets the cell send so many more items of a stream: those that were used up.
    pub fn more(&mut self, id: u64, items: u32, now: Time) {
        if let Some(call) = self.calls.get_mut(&id).filter(|_| items > 0) {
            call.credit = call.credit.saturating_add(items);
            self.control(Kind::Credit, id, items, now);
        }
    }

    /// Begins no more calls. The connection can be closed when [`Client::is_idle`].
    pub fn bye(&mut self, now: Time) {
        if let State::Open { closing, .. } = &mut self.state
            && !*closing
        {
            *closing = true;
            self.control(Kind::Bye, 0, 0, now);
        }
    }

    /// Calls under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.calls.len()
    }

    /// Is no call under way, and nothing left to write?
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.calls.is_empty() && self.outbox.is_empty()
    }

    /// Bytes came.
    pub fn receive(&mut self, bytes: &[u8], now: Time) {
        if matches!(self.state, State::Ended(_)) {
            return;
        }
        self.heard = now;
        self.asked = None;
        let mut rest = bytes;
        while !matches!(self.state, State::Ended(_)) {
            match self.reader.next(&mut rest) {
                Ok(Some(frame)) => self.frame(frame, now),
                Ok(None) => return,
                Err(error) => self.bad(&error),
            }
        }
    }

    /// The other side is gone.
    pub fn hung_up(&mut self) {
        self.end(Fault::new(Code::Disconnected, "the cell hung up"));
    }

    /// Adds whole frames to `out` until it has `most` bytes or more.
    pub fn transmit(&mut self, out: &mut Vec<u8>, most: usize, now: Time) {
        self.outbox.transmit(out, most);
        self.stalled = (!self.outbox.is_empty()).then_some(now);
    }

    /// What was transmitted last waits: the cell reads nothing at the moment. It read some of it since
    /// this was said before, if `some`.
    pub fn blocked(&mut self, some: bool, now: Time) {
        match some {
            true => self.stalled = Some(now),
            false => drop(self.stalled.get_or_insert(now)),
        }
    }

    /// Is there something to transmit?
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Did something happen?
    #[must_use]
    pub fn has_event(&self) -> bool {
        !self.events.is_empty()
    }

    /// What happened, the oldest first.
    pub fn event(&mut self) -> Option<ClientEvent> {
        give_back(&mut self.events);
        self.events.pop_front()
    }

    /// When to call [`Client::tick`].
    #[must_use]
    pub fn wake(&self) -> Option<Time> {
        let Limits { quiet, patience, .. } = self.limits;
        let state = match self.state {
            State::Ended(_) => return None,
            State::Greeting { until } => until,
            State::Open { .. } => match self.asked {
                Some(asked) => asked.saturating_add(patience),
                None => self.heard.saturating_add(quiet),
            },
        };
        let call = self.deadlines.first().map(|(deadline, _)| *deadline);
        let stalled = self.stalled.map(|since| since.saturating_add(patience));
        [call, stalled].into_iter().flatten().fold(state, Time::min).into()
    }

    /// Ends what took too long.
    pub fn tick(&mut self, now: Time) {
        while let Some((deadline, id)) = self.deadlines.first().copied() {
            if deadline > now {
                break;
            }
            self.deadlines.pop_first();
            let fault = Fault::new(Code::DeadlineExceeded, "there was no answer in time");
            if self.finish(id, Err(fault)) {
                self.control(Kind::Cancel, id, 0, now);
            }
        }
        let Limits { quiet, patience, greeting, .. } = self.limits;
        if self.stalled.is_some_and(|since| now >= since.saturating_add(patience)) {
            let text = format!("the cell has read nothing for {patience:?}");
            return self.end(Fault::new(Code::Disconnected, text));
        }
        match (&self.state, self.asked) {
            (State::Greeting { until }, _) if now >= *until => {
                let text = format!("the cell has said nothing for {greeting:?}");
                self.end(Fault::new(Code::Disconnected, text));
            }
            (State::Open { .. }, Some(asked)) if now >= asked.saturating_add(patience) => {
                let text =
                    format!("the cell has said nothing for {:?}", quiet.saturating_add(patience));
                self.end(Fault::new(Code::Disconnected, text));
            }
            (State::Open { .. }, None) if now >= self.heard.saturating_add(quiet) => {
                self.asked = Some(now);
                self.control(Kind::Ping, 0, 0, now);
            }
            _ => {}
        }
    }

    fn frame(&mut self, frame: Frame, now: Time) {
        let Header { kind, id, argument, .. } = frame.header;
        match (&self.state, kind) {
            (State::Ended(_), _) => {}
            (State::Greeting { .. }, Kind::Hello) => self.greeted(&frame.payload),
            (_, Kind::Fault) if id == 0 => self.end(fault(argument, &frame.payload)),
            (State::Greeting { .. }, _) => self.bad(&"something before the hello"),
            // Said twice.
            (_, Kind::Hello | Kind::Pong) => {}
            (_, Kind::Ping) => {
                self.outbox.pong();
                self.queued(now);
            }
            (_, Kind::Bye) => {
                if let State::Open { closing, .. } = &mut self.state
                    && !self.told_closing
                {
                    self.told_closing = true;
                    *closing = true;
                    self.events.push_back(ClientEvent::Closing);
                }
            }
            // Of a call that has ended, or of none.
            (_, Kind::Response | Kind::Item | Kind::End | Kind::Fault)
                if !self.calls.contains_key(&id) => {}
            (_, Kind::Fault) => drop(self.finish(id, Err(fault(argument, &frame.payload)))),
            (_, Kind::End) => self.ended(id, argument),
            (_, Kind::Response | Kind::Item) => match self.assembly.add(frame) {
                Added::More => {}
                Added::Whole(message) => self.message(message, now),
                Added::Lost(fault) => {
                    self.finish(id, Err(fault));
                    self.control(Kind::Cancel, id, 0, now);
                }
            },
            (_, Kind::Request | Kind::Fire | Kind::Cancel | Kind::Credit) => {
                self.bad(&"a client's frame from a cell");
            }
        }
    }

    fn greeted(&mut self, payload: &[u8]) {
        let peer = match Hello::decode(payload) {
            Ok(peer) => peer,
            Err(fault) => return self.end(fault),
        };
        let chosen = [Format::Rkyv, Format::MessagePack].into_iter().find(|format| {
            peer.formats == Formats::only(*format) && self.hello.formats.has(*format)
        });
        // Whatever the cell says: archived data of other types is not readable.
        let format =
            chosen.filter(|format| *format != Format::Rkyv || peer.schema == self.hello.schema);
        let Some(format) = format else {
            return self.end(Fault::incompatible(self.hello.schema, peer.schema));
        };
        self.state = State::Open { peer: peer.clone(), closing: false };
        self.events.push_back(ClientEvent::Connected { peer, format });
    }

    fn message(&mut self, message: Message, now: Time) {
        let Message { header: Header { kind, id, argument, format, .. }, payload, .. } = message;
        if kind == Kind::Response {
            self.finish(id, Ok((format, payload)));
            return;
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        match argument.cmp(&call.items) {
            // Said twice.
            std::cmp::Ordering::Less => {}
            // Whoever reads slowly shall not have to keep it all.
            std::cmp::Ordering::Equal if call.credit == 0 => {
                let text = "the cell sent more items than were asked for";
                self.finish(id, Err(Fault::new(Code::BadFrame, text)));
                self.control(Kind::Cancel, id, 0, now);
            }
            std::cmp::Ordering::Equal => {
                call.items += 1;
                call.credit -= 1;
                self.events.push_back(ClientEvent::Item { id, format, payload });
            }
            std::cmp::Ordering::Greater => {
                self.finish(id, Err(lost_item()));
                self.control(Kind::Cancel, id, 0, now);
            }
        }
    }

    fn ended(&mut self, id: u64, items: u32) {
        let all = self.calls.get(&id).is_some_and(|call| call.items == items);
        self.finish(id, if all { Ok((Format::Raw, Vec::new())) } else { Err(lost_item()) });
    }

    /// Ends a call. Says whether the cell may know of it.
    fn finish(&mut self, id: u64, outcome: Result<(Format, Vec<u8>), Fault>) -> bool {
        let taken = self.take(id);
        if taken.is_some() {
            self.events.push_back(ClientEvent::Done { id, outcome });
        }
        taken.is_some_and(|(_, begun)| begun)
    }

    /// Forgets a call. With it: may the cell know of it?
    fn take(&mut self, id: u64) -> Option<(Call, bool)> {
        let call = self.calls.remove(&id)?;
        self.bytes -= call.bytes;
        if let Some(deadline) = call.deadline {
            self.deadlines.remove(&(deadline, id));
        }
        self.assembly.forget(id);
        let begun = self.outbox.forget(id);
        Some((call, begun))
    }

    fn control(&mut self, kind: Kind, id: u64, argument: u32, now: Time) {
        self.outbox.control(Header { argument, ..Header::new(kind, 0, id) }, Vec::new());
        self.queued(now);
    }

    fn queued(&mut self, now: Time) {
        self.stalled.get_or_insert(now);
    }

    fn bad(&mut self, why: &dyn std::fmt::Display) {
        self.end(Fault::new(Code::BadFrame, format!("the cell sent {why}")));
    }

    /// Asserts what always holds, and says how many bytes it keeps.
    #[cfg(test)]
    pub(super) fn check(&self) -> usize {
        assert_eq!(self.bytes, self.calls.values().map(|call| call.bytes).sum::<usize>());
        let deadlines = self.calls.iter().filter_map(|(id, call)| Some((call.deadline?, *id)));
        assert!(deadlines.collect::<BTreeSet<_>>() == self.deadlines);
        assert!(self.assembly.len() <= self.calls.len(), "parts of no call's answer");
        if matches!(self.state, State::Ended(_)) {
            assert!(self.calls.is_empty(), "calls outlive their connection");
        }
        let payloads = self.events.iter().map(|event| match event {
            ClientEvent::Item { payload, .. }
            | ClientEvent::Done { outcome: Ok((_, payload)), .. } => payload.capacity(),
            _ => 0,
        });
        self.reader.check()
            + self.assembly.check()
            + self.outbox.check()
            + payloads.sum::<usize>()
            + self.events.len() * size_of::<ClientEvent>()
            + self.calls.len() * (size_of::<Call>() + 3 * size_of::<u64>())
    }

    /// Ends the connection, and before it all calls.
    fn end(&mut self, why: Fault) {
        if matches!(self.state, State::Ended(_)) {
            return;
        }
        let mut ids: Vec<u64> = self.calls.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            self.finish(id, Err(Fault::new(Code::Disconnected, why.text.clone())));
        }
        self.outbox = Outbox::default();
        self.stalled = None;
        self.state = State::Ended(why.clone());
        self.events.push_back(ClientEvent::Ended(why));
    }
}

fn lost_item() -> Fault {
    Fault::new(Code::BadFrame, "an item of the stream is missing")
}

fn fault(code: u32, text: &[u8]) -> Fault {
    Fault::new(Code::from_number(code), String::from_utf8_lossy(text))
}
