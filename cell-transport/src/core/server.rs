//! The end that is called.

use std::collections::{BTreeSet, HashMap, VecDeque};

use cell_model::frame::{Format, Header, Kind, Trace};
use cell_model::hello::Hello;
use cell_model::{Channel, Code, Fault};

use super::assembly::{Added, Assembly, Message, too_large};
use super::outbox::Outbox;
use super::reader::{Frame, Reader};
use super::{Limits, STREAM_WINDOW, Time, give_back};

/// A call that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// Its number on this connection.
    pub id: u64,
    /// What it is about.
    pub channel: Channel,
    /// The method's number.
    pub method: u32,
    /// How the arguments are written, and the answer is to be.
    pub format: Format,
    /// When nobody waits for the answer any more.
    pub deadline: Option<Time>,
    /// What it is part of.
    pub trace: Option<Trace>,
    /// Does nobody wait at all?
    pub fire: bool,
    /// The arguments.
    pub payload: Vec<u8>,
}

/// What happened to a connection or a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerEvent {
    /// A client says who it is: to be answered with [`Server::accept`] or [`Server::refuse`].
    Hello(Hello),
    /// A call, to be answered with [`Server::reply`], or [`Server::item`] and [`Server::finish`].
    Call(Incoming),
    /// Nobody waits for the answer of this call any more.
    Cancelled(u64),
    /// There may be room for more items of this stream.
    More(u64),
    /// The client will make no more calls.
    Bye,
    /// The connection is over. Its calls have been cancelled before.
    Ended(Fault),
}

/// Why an item of a stream was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Nobody wants it any more.
    Gone,
    /// The client has to read first: [`ServerEvent::More`] says when.
    Full,
}

enum State {
    Greeting { until: Time, heard: bool },
    Open { closing: bool },
    Ended,
}

struct Call {
    channel: u8,
    format: Format,
    deadline: Option<Time>,
    bytes: usize,
    fire: bool,
    /// Items that were sent, and that may still be.
    items: u32,
    credit: u32,
}

/// The cell's end of a connection.
pub struct Server {
    limits: Limits,
    state: State,
    reader: Reader,
    assembly: Assembly,
    outbox: Outbox,
    calls: HashMap<u64, Call>,
    deadlines: BTreeSet<(Time, u64)>,
    /// The last call that began. Clients count up, so a smaller number was there already.
    last_id: u64,
    bytes: usize,
    events: VecDeque<ServerEvent>,
    /// Streams that had to wait until more of what there is was written.
    waiting: BTreeSet<u64>,
    stalled: Option<Time>,
}

impl Server {
    /// The end of a connection that was just made.
    #[must_use]
    pub fn new(limits: Limits, now: Time) -> Self {
        Self {
            limits,
            state: State::Greeting { until: now.saturating_add(limits.greeting), heard: false },
            reader: Reader::default(),
            assembly: Assembly::new(limits.message, limits.bytes as usize),
            outbox: Outbox::default(),
            calls: HashMap::new(),
            deadlines: BTreeSet::new(),
            last_id: 0,
            bytes: 0,
            events: VecDeque::new(),
            waiting: BTreeSet::new(),
            stalled: None,
        }
    }

    /// Answers the hello; `reply.formats` is the chosen one alone. Limits are filled in.
    pub fn accept(&mut self, reply: Hello, now: Time) {
        if matches!(self.state, State::Greeting { heard: true, .. }) {
            let Limits { bytes, calls, .. } = self.limits;
            let reply = Hello { bytes, calls, ..reply };
            self.outbox.control(Header::new(Kind::Hello, 0, 0), reply.encode());
            self.stalled.get_or_insert(now);
            self.state = State::Open { closing: false };
        }
    }

    /// Ends the connection, and says why.
    pub fn refuse(&mut self, why: Fault, now: Time) {
        self.say(0, 0, &why, now);
        self.end(why);
    }

    /// Ends a call: its value, or why there is none. Of a stream, only the latter.
    pub fn reply(&mut self, id: u64, outcome: Result<Vec<u8>, Fault>, now: Time) {
        let Some(call) = self.take(id) else { return };
        if call.fire {
            return;
        }
        let outcome = outcome.and_then(|payload| match payload.len() {
            length if length > self.limits.message => Err(too_large(length, self.limits.message)),
            _ => Ok(payload),
        });
        match outcome {
            Ok(payload) => {
                let header = Header::new(Kind::Response, call.channel, id);
                self.outbox.message(Header { format: call.format, ..header }, None, payload);
                self.stalled.get_or_insert(now);
            }
            Err(fault) => {
                // What was not written of a stream's items is of no use.
                self.outbox.forget(id);
                self.say(call.channel, id, &fault, now);
            }
        }
    }

    /// Sends an item of a stream.
    ///
    /// # Errors
    /// [`Refused`]; the payload is given back.
    pub fn item(&mut self, id: u64, payload: Vec<u8>, now: Time) -> Result<(), (Refused, Vec<u8>)> {
        let Some(call) = self.calls.get_mut(&id) else { return Err((Refused::Gone, payload)) };
        if call.credit == 0 {
            return Err((Refused::Full, payload));
        }
        // Many streams that nobody reads are not to be kept, however much was asked for of each.
        if self.outbox.bytes() >= self.limits.unwritten {
            self.waiting.insert(id);
            return Err((Refused::Full, payload));
        }
        if payload.len() > self.limits.message {
            let fault = too_large(payload.len(), self.limits.message);
            self.reply(id, Err(fault), now);
            return Err((Refused::Gone, payload));
        }
        let header = Header::new(Kind::Item, call.channel, id);
        let header = Header { format: call.format, argument: call.items, ..header };
        call.items += 1;
        call.credit -= 1;
        self.outbox.message(header, None, payload);
        self.stalled.get_or_insert(now);
        Ok(())
    }

    /// Ends a stream that has no more items.
    pub fn finish(&mut self, id: u64, now: Time) {
        let Some(call) = self.take(id) else { return };
        let header = Header { argument: call.items, ..Header::new(Kind::End, call.channel, id) };
        // Behind the items, which are not control frames.
        self.outbox.message(header, None, Vec::new());
        self.stalled.get_or_insert(now);
    }

    /// Takes no new calls. The connection can be closed when [`Server::is_idle`].
    pub fn bye(&mut self, now: Time) {
        if let State::Open { closing } = &mut self.state
            && !*closing
        {
            *closing = true;
            self.control(Kind::Bye, now);
        }
    }

    /// Calls under way, with those of which not all frames came: they take memory too, even without
    /// payload.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.calls.len() + self.assembly.len()
    }

    /// Is no call under way, and nothing left to write?
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.calls.is_empty() && self.outbox.is_empty()
    }

    /// Should more be read? Not while the client does not read what is written for it.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        self.outbox.bytes() < self.limits.unwritten && !matches!(self.state, State::Ended)
    }

    /// Bytes came.
    pub fn receive(&mut self, bytes: &[u8], now: Time) {
        if matches!(self.state, State::Ended) {
            return;
        }
        let mut rest = bytes;
        while !matches!(self.state, State::Ended) {
            match self.reader.next(&mut rest) {
                Ok(Some(frame)) => self.frame(frame, now),
                Ok(None) => return,
                Err(error) => self.bad(&error, now),
            }
        }
    }

    /// The other side is gone.
    pub fn hung_up(&mut self) {
        self.end(Fault::new(Code::Disconnected, "the client hung up"));
    }

    /// Adds whole frames to `out` until it has `most` bytes or more.
    pub fn transmit(&mut self, out: &mut Vec<u8>, most: usize, now: Time) {
        self.outbox.transmit(out, most);
        self.stalled = (!self.outbox.is_empty()).then_some(now);
        if self.outbox.bytes() < self.limits.unwritten && !self.waiting.is_empty() {
            let waiting = std::mem::take(&mut self.waiting);
            self.events.extend(waiting.into_iter().map(ServerEvent::More));
        }
    }

    /// What was transmitted last waits: the client reads nothing at the moment. It read some of it since
    /// this was said before, if `some`.
    pub fn blocked(&mut self, some: bool, now: Time) {
        match some {
            true => self.stalled = Some(now),
            false => drop(self.stalled.get_or_insert(now)),
        }
    }

    /// Is there something to transmit? Also after the end: the client is told why.
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
    pub fn event(&mut self) -> Option<ServerEvent> {
        give_back(&mut self.events);
        self.events.pop_front()
    }

    /// When to call [`Server::tick`].
    #[must_use]
    pub fn wake(&self) -> Option<Time> {
        let greeting = match self.state {
            State::Greeting { until, .. } => Some(until),
            _ => None,
        };
        let call = self.deadlines.first().map(|(deadline, _)| *deadline);
        let stalled = self.stalled.map(|since| since.saturating_add(self.limits.patience));
        [greeting, call, stalled].into_iter().flatten().min()
    }

    /// Ends what took too long.
    pub fn tick(&mut self, now: Time) {
        while let Some((deadline, id)) = self.deadlines.first().copied() {
            if deadline > now {
                break;
            }
            self.deadlines.pop_first();
            let fault = Fault::new(Code::DeadlineExceeded, "the cell had no answer in time");
            self.reply(id, Err(fault), now);
            self.events.push_back(ServerEvent::Cancelled(id));
        }
        let Limits { patience, greeting, .. } = self.limits;
        if self.stalled.is_some_and(|since| now >= since.saturating_add(patience)) {
            let text = format!("the client has read nothing for {patience:?}");
            self.outbox = Outbox::default();
            self.stalled = None;
            return self.end(Fault::new(Code::Disconnected, text));
        }
        if let State::Greeting { until, .. } = self.state
            && now >= until
        {
            let text = format!("the client has not said who it is for {greeting:?}");
            self.refuse(Fault::new(Code::Disconnected, text), now);
        }
    }

    fn frame(&mut self, frame: Frame, now: Time) {
        let Header { kind, id, argument, .. } = frame.header;
        match (&mut self.state, kind) {
            (State::Ended, _) => {}
            (State::Greeting { heard, .. }, Kind::Hello) if !*heard => {
                match Hello::decode(&frame.payload) {
                    Ok(hello) => {
                        *heard = true;
                        self.events.push_back(ServerEvent::Hello(hello));
                    }
                    Err(fault) => self.refuse(fault, now),
                }
            }
            // Said twice.
            (_, Kind::Hello | Kind::Pong) => {}
            (State::Greeting { .. }, _) => self.bad(&"something before the hello", now),
            (_, Kind::Ping) => {
                self.outbox.pong();
                self.stalled.get_or_insert(now);
            }
            (_, Kind::Bye) => self.events.push_back(ServerEvent::Bye),
            (_, Kind::Cancel) => self.cancelled(id),
            (_, Kind::Credit) => {
                if let Some(call) = self.calls.get_mut(&id) {
                    // Whoever asks for more than there may be under way gets that.
                    call.credit = call.credit.saturating_add(argument).min(STREAM_WINDOW);
                    self.events.push_back(ServerEvent::More(id));
                }
            }
            (State::Open { closing }, Kind::Request | Kind::Fire) => {
                let closing = *closing;
                self.request(frame, closing, now);
            }
            (_, Kind::Response | Kind::Fault | Kind::Item | Kind::End) => {
                self.bad(&"a cell's frame from a client", now);
            }
        }
    }

    fn request(&mut self, frame: Frame, closing: bool, now: Time) {
        let Header { id, channel, kind, .. } = frame.header;
        let begins = !self.assembly.has(id);
        if begins && id <= self.last_id {
            // Said twice, or the rest of what was refused.
            return;
        }
        self.last_id = self.last_id.max(id);
        let answered = kind == Kind::Request;
        let fault = if Channel::from_number(channel).is_none() {
            Some(Fault::new(Code::UnknownChannel, format!("there is no channel {channel:#04x}")))
        } else if closing && begins {
            Some(Fault::new(Code::Closing, "the cell takes no new calls"))
        } else if begins && self.under_way() >= self.limits.calls as usize {
            Some(Fault::new(Code::Overloaded, format!("{} calls are under way", self.under_way())))
        } else {
            match self.assembly.add(frame) {
                Added::More => None,
                Added::Whole(message) => self.whole(message, now).err(),
                Added::Lost(fault) => Some(fault),
            }
        };
        if let Some(fault) = fault.filter(|_| answered) {
            self.say(channel, id, &fault, now);
        }
    }

    fn whole(&mut self, message: Message, now: Time) -> Result<(), Fault> {
        let Message { header, trace, payload } = message;
        let Header { id, kind, channel: number, format, deadline, argument: method, .. } = header;
        // It was looked at when the first frame came.
        let Some(channel) = Channel::from_number(number) else { return Ok(()) };
        let bytes = payload.len();
        if self.bytes + bytes > self.limits.bytes as usize {
            let text = format!("calls with {} bytes are under way", self.bytes);
            return Err(Fault::new(Code::Overloaded, text));
        }
        let fire = kind == Kind::Fire;
        let wait = std::time::Duration::from_micros(deadline);
        let deadline = (deadline > 0 && !fire).then(|| now.saturating_add(wait));
        self.deadlines.extend(deadline.map(|deadline| (deadline, id)));
        self.bytes += bytes;
        let (items, credit) = (0, STREAM_WINDOW);
        self.calls
            .insert(id, Call { channel: number, format, deadline, bytes, fire, items, credit });
        let call = Incoming { id, channel, method, format, deadline, trace, fire, payload };
        self.events.push_back(ServerEvent::Call(call));
        Ok(())
    }

    fn cancelled(&mut self, id: u64) {
        self.assembly.forget(id);
        self.outbox.forget(id);
        if self.take(id).is_some() {
            self.events.push_back(ServerEvent::Cancelled(id));
        }
    }

    /// Forgets a call. What is already said of it is still written.
    fn take(&mut self, id: u64) -> Option<Call> {
        let call = self.calls.remove(&id)?;
        self.bytes -= call.bytes;
        self.waiting.remove(&id);
        if let Some(deadline) = call.deadline {
            self.deadlines.remove(&(deadline, id));
        }
        Some(call)
    }

    fn say(&mut self, channel: u8, id: u64, fault: &Fault, now: Time) {
        let header = Header::new(Kind::Fault, channel, id);
        let header = Header { argument: fault.code as u32, ..header };
        self.outbox.control(header, fault.text.clone().into_bytes());
        self.stalled.get_or_insert(now);
    }

    fn control(&mut self, kind: Kind, now: Time) {
        self.outbox.control(Header::new(kind, 0, 0), Vec::new());
        self.stalled.get_or_insert(now);
    }

    fn bad(&mut self, why: &dyn std::fmt::Display, now: Time) {
        self.refuse(Fault::new(Code::BadFrame, format!("the client sent {why}")), now);
    }

    /// Asserts what always holds, and says how many bytes it keeps.
    #[cfg(test)]
    pub(super) fn check(&self) -> usize {
        assert_eq!(self.bytes, self.calls.values().map(|call| call.bytes).sum::<usize>());
        assert!(self.bytes <= self.limits.bytes as usize);
        assert!(self.under_way() <= self.limits.calls as usize);
        let deadlines = self.calls.iter().filter_map(|(id, call)| Some((call.deadline?, *id)));
        assert!(deadlines.collect::<BTreeSet<_>>() == self.deadlines);
        assert!(self.calls.values().all(|call| call.credit <= STREAM_WINDOW));
        assert!(self.waiting.iter().all(|id| self.calls.contains_key(id)));
        if matches!(self.state, State::Ended) {
            assert!(self.calls.is_empty(), "calls outlive their connection");
        }
        let payloads = self.events.iter().map(|event| match event {
            ServerEvent::Call(call) => call.payload.capacity(),
            _ => 0,
        });
        self.reader.check()
            + self.assembly.check()
            + self.outbox.check()
            + payloads.sum::<usize>()
            + self.events.len() * size_of::<ServerEvent>()
            + self.calls.len() * (size_of::<Call>() + 3 * size_of::<u64>())
    }

    /// Ends the connection, and before it all calls. What is to be written still is.
    fn end(&mut self, why: Fault) {
        if matches!(self.state, State::Ended) {
            return;
        }
        let mut ids: Vec<u64> = self.calls.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            self.take(id);
            self.events.push_back(ServerEvent::Cancelled(id));
        }
        self.state = State::Ended;
        self.events.push_back(ServerEvent::Ended(why));
    }
}
