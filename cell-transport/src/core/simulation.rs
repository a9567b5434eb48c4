//! Clients and a cell over a network of random numbers: the shipped protocol, with time, loss,
//! delay, order, repetition, partitions and clocks chosen by a seed. A failing seed is printed, and
//! `CELL_SIMULATION_SEED` runs it alone.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use cell_model::frame::{FRAME_PAYLOAD, Format, HEADER, Header};
use cell_model::hello::{Formats, Hello};
use cell_model::schema::SchemaHash;
use cell_model::{Channel, Code, Fault};

use super::random::Random;
use super::*;

/// How bytes travel.
struct Network {
    /// Frames one by one, each with its own fate; else bytes in order, cut anywhere, as sockets do.
    by_frames: bool,
    loss: u64,
    repeated: u64,
    /// Microseconds, at least and more.
    delay: (u64, u64),
    /// When nothing arrives.
    partitions: Vec<(u64, u64)>,
    /// When bytes in order end: the connection breaks.
    breaks: Option<u64>,
}

impl Network {
    fn new(random: &mut Random) -> Self {
        let by_frames = random.is(50);
        let bad = random.is(70);
        let percent = |random: &mut Random, most: u64| if bad { random.below(most) } else { 0 };
        let (loss, repeated) = (percent(random, 20), percent(random, 20));
        let delay = (random.below(500), 1 + if bad { random.below(50_000) } else { 100 });
        let partitions = (0..if bad { random.below(3) } else { 0 })
            .map(|_| (random.below(END), random.below(400_000)))
            .map(|(from, length)| (from, from + length))
            .collect();
        let breaks = (bad && random.is(40)).then(|| random.below(END));
        Self { by_frames, loss, repeated, delay, partitions, breaks }
    }

    /// Does every byte arrive, in time?
    fn is_good(&self) -> bool {
        !self.by_frames && self.partitions.is_empty() && self.breaks.is_none()
    }

    fn drops(&self, at: u64) -> bool {
        self.partitions.iter().any(|(from, to)| (*from..*to).contains(&at))
    }
}

/// Clients begin calls for so long, in microseconds.
const END: u64 = 2_000_000;
/// By then all has ended: deadlines are shorter.
const LAST: u64 = 60_000_000;

/// An end's clock, which may be ahead, late, fast or slow, and jump ahead: the machine slept, or the
/// process was stopped.
struct Clock {
    offset: u64,
    /// Per thousand.
    rate: u64,
    /// When it jumps, and by how much.
    jumps: Vec<(u64, u64)>,
}

impl Clock {
    fn new(random: &mut Random, jumps: bool) -> Self {
        let (offset, rate) = (random.below(1_000_000), 800 + random.below(400));
        let count = if jumps && random.is(50) { random.below(3) } else { 0 };
        let jumps = (0..count).map(|_| (random.below(2 * END), random.below(15_000_000))).collect();
        Self { offset, rate, jumps }
    }

    fn at(&self, now: u64) -> Time {
        let jumped: u64 = self.jumps.iter().filter(|(at, _)| *at <= now).map(|(_, by)| by).sum();
        Duration::from_micros(self.offset + now * self.rate / 1000 + jumped)
    }

    /// When this clock will show that time, or more.
    fn when(&self, time: Time) -> u64 {
        let (mut early, mut late) = (0, 2 * LAST);
        while early < late {
            let middle = early.midpoint(late);
            if self.at(middle) < time { early = middle + 1 } else { late = middle }
        }
        late
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum To {
    Client(usize),
    Server(usize),
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    Bytes(To, Vec<u8>),
    /// The handler of this call is done.
    Handled(usize, u64),
    /// A client begins a call, or gives one up.
    Acts(usize),
    /// Somebody's time may have come.
    Look(To),
}

struct World {
    random: Random,
    network: Network,
    now: u64,
    count: u64,
    queue: BinaryHeap<Reverse<(u64, u64, Happens)>>,
    clients: Vec<Caller>,
    servers: Vec<Callee>,
    /// Bytes in order must not overtake each other.
    last: BTreeMap<To, u64>,
    /// When each end looks next.
    looks: BTreeMap<To, u64>,
    ended: [u64; 2],
}

struct Caller {
    client: Client,
    clock: Clock,
    /// Calls under way: what they must yield, and by when.
    open: BTreeMap<u64, (Expected, Time)>,
    items: BTreeMap<u64, u32>,
    next: u64,
    over: bool,
}

struct Callee {
    server: Server,
    clock: Clock,
    /// What each call asked for.
    open: BTreeMap<u64, Expected>,
    sent: BTreeMap<u64, u32>,
    seen: Vec<Vec<u8>>,
}

/// What a call asks for. It is in the arguments, and in all that comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Expected {
    tag: Vec<u8>,
    length: usize,
    /// 0 a value, 1 a fault, 2 nothing ever, else a stream of so many items.
    what: u8,
}

impl Expected {
    fn payload(&self) -> Vec<u8> {
        let head = [&self.tag[..], &[self.what], &(self.length as u32).to_le_bytes()].concat();
        [&head[..], &vec![self.what; self.length]].concat()
    }

    fn of(payload: &[u8]) -> Self {
        let length = u32::from_le_bytes([payload[17], payload[18], payload[19], payload[20]]);
        Self { tag: payload[..16].to_vec(), what: payload[16], length: length as usize }
    }

    fn value(&self) -> Vec<u8> {
        [&self.tag[..], &vec![!self.what; self.length]].concat()
    }

    fn item(&self, index: u32) -> Vec<u8> {
        [&self.tag[..], &index.to_le_bytes()].concat()
    }
}

fn limits() -> Limits {
    Limits { calls: 8, bytes: 4 << 20, message: 1 << 20, unwritten: 1 << 20, ..Limits::default() }
}

fn hello() -> Hello {
    let schema = SchemaHash::from_bytes([1; 32]);
    Hello { formats: Formats::ALL, bytes: 0, calls: 0, schema, service: "Simulated".into() }
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let network = Network::new(&mut random);
        let count = 1 + random.below(4) as usize;
        let (mut clients, mut servers) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let jumps = !network.is_good();
            let (one, other) = (Clock::new(&mut random, jumps), Clock::new(&mut random, jumps));
            clients.push(Caller {
                client: Client::new(limits(), hello(), one.at(0)),
                clock: one,
                open: BTreeMap::new(),
                items: BTreeMap::new(),
                next: 0,
                over: false,
            });
            servers.push(Callee {
                server: Server::new(limits(), other.at(0)),
                clock: other,
                open: BTreeMap::new(),
                sent: BTreeMap::new(),
                seen: Vec::new(),
            });
        }
        let queue = BinaryHeap::new();
        let (last, looks, ended) = (BTreeMap::new(), BTreeMap::new(), [0, 0]);
        Self { random, network, now: 0, count: 0, queue, clients, servers, last, looks, ended }
    }

    fn at(&mut self, time: u64, what: Happens) {
        self.count += 1;
        self.queue.push(Reverse((time.max(self.now), self.count, what)));
    }

    fn run(mut self) -> [u64; 2] {
        for index in 0..self.clients.len() {
            self.at(0, Happens::Acts(index));
            self.after(To::Client(index));
            self.after(To::Server(index));
        }
        while let Some(Reverse((time, _, what))) = self.queue.pop() {
            if time > LAST {
                break;
            }
            self.now = time;
            self.happens(what);
        }
        for (index, caller) in self.clients.iter().enumerate() {
            assert!(caller.open.is_empty(), "client {index} still waits for {:?}", caller.open);
        }
        for callee in &mut self.servers {
            callee.seen.sort();
            let all = callee.seen.len();
            callee.seen.dedup();
            assert_eq!(callee.seen.len(), all, "a handler saw a call twice");
        }
        if self.network.is_good() {
            assert_eq!(self.ended[1], 0, "faults, though nothing was lost");
        }
        self.ended
    }

    fn happens(&mut self, what: Happens) {
        match what {
            Happens::Bytes(To::Client(index), bytes) => {
                let caller = &mut self.clients[index];
                caller.client.receive(&bytes, caller.clock.at(self.now));
                self.after(To::Client(index));
            }
            Happens::Bytes(To::Server(index), bytes) => {
                let callee = &mut self.servers[index];
                callee.server.receive(&bytes, callee.clock.at(self.now));
                self.after(To::Server(index));
            }
            Happens::Handled(index, id) => self.handled(index, id),
            Happens::Acts(index) => self.acts(index),
            // It looked meanwhile, or does so later.
            Happens::Look(to) if self.looks.get(&to) != Some(&self.now) => {}
            Happens::Look(to) => {
                self.looks.remove(&to);
                match to {
                    To::Client(index) => {
                        let caller = &mut self.clients[index];
                        caller.client.tick(caller.clock.at(self.now));
                    }
                    To::Server(index) => {
                        let callee = &mut self.servers[index];
                        callee.server.tick(callee.clock.at(self.now));
                    }
                }
                self.after(to);
            }
        }
    }

    /// A client does something, and will do something else later.
    fn acts(&mut self, index: usize) {
        let (now, tag) = (self.now, self.random.next());
        let length = match self.random.below(20) {
            0 => self.random.below(3 * FRAME_PAYLOAD as u64) as usize,
            _ => self.random.below(200) as usize,
        };
        let what = self.random.below(if self.network.is_good() { 2 } else { 6 }) as u8;
        // A stream, now and then a long one.
        let what = if self.random.is(20) { 3 + self.random.below(90) as u8 } else { what.min(2) };
        let timeout = Duration::from_micros(match self.network.is_good() {
            true => 20_000_000,
            false => 1 + self.random.below(3_000_000),
        });
        let gives_up = !self.network.is_good() && self.random.is(10);
        let caller = &mut self.clients[index];
        let time = caller.clock.at(now);
        let open = caller.open.keys().next().copied();
        if let Some(id) = open.filter(|_| gives_up) {
            caller.client.cancel(id, time);
            caller.open.remove(&id);
        } else {
            caller.next += 1;
            let tag = [caller.next.to_le_bytes(), tag.to_le_bytes()].concat();
            let expected = Expected { tag, length, what };
            let call = Outgoing {
                channel: Channel::App,
                method: 1,
                format: Format::Rkyv,
                timeout: Some(timeout),
                trace: None,
                payload: expected.payload(),
            };
            match caller.client.call(call, time) {
                Ok(id) => drop(caller.open.insert(id, (expected, time + timeout))),
                Err((fault, _)) => assert!(
                    matches!(
                        fault.code,
                        Code::NotReady
                            | Code::Overloaded
                            | Code::Disconnected
                            | Code::BadFrame
                            | Code::Incompatible
                    ),
                    "{fault}"
                ),
            }
        }
        let later = now + 1 + self.random.below(100_000);
        if later < END {
            self.at(later, Happens::Acts(index));
        }
        self.after(To::Client(index));
    }

    /// A handler answers.
    fn handled(&mut self, index: usize, id: u64) {
        let callee = &mut self.servers[index];
        let time = callee.clock.at(self.now);
        let Some(expected) = callee.open.get(&id).cloned() else { return };
        match expected.what {
            0 => callee.server.reply(id, Ok(expected.value()), time),
            1 => callee.server.reply(id, Err(Fault::new(Code::Denied, "as asked")), time),
            2 => return,
            items => {
                let sent = callee.sent.entry(id).or_default();
                while *sent < u32::from(items) {
                    match callee.server.item(id, expected.item(*sent), time) {
                        Ok(()) => *sent += 1,
                        Err((Refused::Full, _)) => return self.after(To::Server(index)),
                        Err((Refused::Gone, _)) => break,
                    }
                }
                callee.server.finish(id, time);
            }
        }
        callee.open.remove(&id);
        self.after(To::Server(index));
    }

    /// Takes the events of an end, sends what it has, and looks again when it asks for it.
    fn after(&mut self, end: To) {
        match end {
            To::Client(index) => self.after_client(index),
            To::Server(index) => self.after_server(index),
        }
    }

    fn after_client(&mut self, index: usize) {
        let caller = &mut self.clients[index];
        let now = caller.clock.at(self.now);
        while let Some(event) = caller.client.event() {
            assert!(!caller.over, "{event:?} after the end");
            match event {
                ClientEvent::Connected { format, .. } => assert_eq!(format, Format::Rkyv),
                ClientEvent::Closing => {}
                ClientEvent::Ended(_) => {
                    caller.over = true;
                    assert!(caller.open.is_empty(), "calls outlive their connection");
                }
                ClientEvent::Item { id, payload, .. } => {
                    let (expected, _) = &caller.open[&id];
                    let next = caller.items.entry(id).or_default();
                    assert_eq!(payload, expected.item(*next), "another item");
                    *next += 1;
                    caller.client.more(id, 1, now);
                }
                ClientEvent::Done { id, outcome } => {
                    let (expected, deadline) =
                        caller.open.remove(&id).expect("a call that is open");
                    let items = caller.items.remove(&id).unwrap_or(0);
                    let as_asked = match (&outcome, expected.what) {
                        (Ok((_, payload)), 0) => *payload == expected.value(),
                        (Ok((_, payload)), what) => {
                            what > 2 && payload.is_empty() && items == u32::from(what)
                        }
                        (Err(fault), 1) if fault.code == Code::Denied => true,
                        (Err(fault), _) => {
                            assert!(fault.code != Code::Denied, "another call's fault");
                            self.ended[1] += 1;
                            true
                        }
                    };
                    assert!(as_asked, "asked for {expected:?}, got {outcome:?}");
                    self.ended[0] += 1;
                    // Unless its clock jumped over it just now.
                    let before = caller.clock.at(self.now.saturating_sub(1));
                    let grace = Duration::from_millis(5);
                    assert!(before <= deadline + grace, "{:?} after its deadline", now - deadline);
                }
            }
        }
        caller.client.check();
        let mut bytes = Vec::new();
        caller.client.transmit(&mut bytes, usize::MAX, now);
        let wake = caller.client.wake().map(|time| caller.clock.when(time));
        self.travel(To::Server(index), bytes);
        self.look(To::Client(index), wake);
    }

    fn after_server(&mut self, index: usize) {
        let mut later = Vec::new();
        let callee = &mut self.servers[index];
        let now = callee.clock.at(self.now);
        while let Some(event) = callee.server.event() {
            match event {
                ServerEvent::Hello(_) => {
                    let formats = Formats::only(Format::Rkyv);
                    callee.server.accept(Hello { formats, ..hello() }, now);
                }
                ServerEvent::Call(call) => {
                    callee.seen.push(call.payload[..16].to_vec());
                    callee.open.insert(call.id, Expected::of(&call.payload));
                    assert!(callee.open.len() <= limits().calls as usize, "more than it takes");
                    later.push(call.id);
                }
                ServerEvent::Cancelled(id) => {
                    callee.open.remove(&id);
                    callee.sent.remove(&id);
                }
                ServerEvent::More(id) => later.push(id),
                ServerEvent::Bye | ServerEvent::Ended(_) => {}
            }
        }
        callee.server.check();
        let mut bytes = Vec::new();
        callee.server.transmit(&mut bytes, usize::MAX, now);
        let wake = callee.server.wake().map(|time| callee.clock.when(time));
        self.travel(To::Client(index), bytes);
        for id in later {
            let done = self.now + self.random.below(20_000);
            self.at(done, Happens::Handled(index, id));
        }
        self.look(To::Server(index), wake);
    }

    /// An end wants to look at that time.
    fn look(&mut self, to: To, wake: Option<u64>) {
        let Some(wake) = wake.map(|wake| wake.max(self.now)).filter(|wake| *wake <= LAST) else {
            return;
        };
        if self.looks.get(&to).is_none_or(|look| wake < *look) {
            self.looks.insert(to, wake);
            self.at(wake, Happens::Look(to));
        }
    }

    /// Sends bytes on their way.
    fn travel(&mut self, to: To, bytes: Vec<u8>) {
        let (least, more) = self.network.delay;
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let at = self.now + least + self.random.below(more);
            if self.network.by_frames {
                let header =
                    Header::decode(rest.first_chunk().expect("a header")).expect("a frame");
                let (frame, after) = rest.split_at(HEADER + header.length as usize);
                rest = after;
                let copies = 1 + u64::from(self.random.is(self.network.repeated));
                for copy in 0..copies {
                    let at = at + copy * self.random.below(50_000);
                    if !self.random.is(self.network.loss) && !self.network.drops(at) {
                        self.at(at, Happens::Bytes(to, frame.to_vec()));
                    }
                }
                continue;
            }
            let length = (1 + self.random.below(2 * FRAME_PAYLOAD as u64) as usize).min(rest.len());
            let (piece, after) = rest.split_at(length);
            rest = after;
            // Held up by a partition, until it is over; nothing overtakes.
            let held =
                self.network.partitions.iter().filter(|(from, to)| (*from..*to).contains(&at));
            let at = held.map(|(_, to)| *to).max().unwrap_or(at);
            let at = at.max(self.last.get(&to).copied().unwrap_or(0));
            self.last.insert(to, at);
            if self.network.breaks.is_none_or(|breaks| at < breaks) {
                self.at(at, Happens::Bytes(to, piece.to_vec()));
            }
        }
    }
}

#[test]
fn whatever_the_network_does_calls_end_once_and_in_time() {
    if let Some(seed) =
        std::env::var("CELL_SIMULATION_SEED").ok().and_then(|seed| seed.parse().ok())
    {
        World::new(seed).run();
        return;
    }
    let seeds = if std::env::var_os("SLOW_TESTS").is_some() { 100_000 } else { 1_000 };
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let [calls, faults] = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|first| {
                let some = (first..seeds).step_by(threads as usize);
                scope.spawn(move || {
                    some.map(run).fold([0, 0], |all, one| [0, 1].map(|n| all[n] + one[n]))
                })
            })
            .collect();
        let ended = threads.into_iter().map(|thread| thread.join().expect("all seeds hold"));
        ended.fold([0, 0], |all, one| [0, 1].map(|n| all[n] + one[n]))
    });
    eprintln!("{seeds} seeds: {calls} calls, {faults} of them ended with a fault");
    // The seeds are worth something: much happens, and not only mishaps.
    assert!(calls > 20 * seeds && faults > seeds && faults < calls / 3 * 2);
}

/// Calls that ended, and how many of them with a fault that nobody had asked for.
fn run(seed: u64) -> [u64; 2] {
    let run = std::panic::catch_unwind(|| World::new(seed).run());
    run.unwrap_or_else(|_| panic!("seed {seed}: set CELL_SIMULATION_SEED={seed}"))
}
