//! One client and one server, bytes carried by hand.

use std::time::Duration;

use cell_model::frame::{FRAME_PAYLOAD, Format, Header, Kind, flags};
use cell_model::hello::{Formats, Hello};
use cell_model::schema::SchemaHash;
use cell_model::{Channel, Code, Fault};
use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn hello(schema: u8) -> Hello {
    let schema = SchemaHash::from_bytes([schema; 32]);
    Hello { formats: Formats::ALL, bytes: 1 << 20, calls: 4, schema, service: "Ledger".into() }
}

/// The limits of the tests: small enough to reach.
fn limits() -> Limits {
    Limits {
        calls: 4,
        bytes: 1 << 20,
        message: 600 << 10,
        unwritten: 64 << 10,
        ..Limits::default()
    }
}

struct Pair {
    client: Client,
    server: Server,
    now: Time,
}

impl Pair {
    fn new() -> Self {
        let (client, server) =
            (Client::new(limits(), hello(1), Time::ZERO), Server::new(limits(), Time::ZERO));
        Self { client, server, now: Time::ZERO }
    }

    /// Connected, with all events taken.
    fn open() -> Self {
        let mut pair = Self::new();
        pair.carry();
        assert_eq!(pair.server.event(), Some(ServerEvent::Hello(hello(1))));
        let formats = Formats::only(Format::Rkyv);
        pair.server.accept(Hello { formats, ..hello(1) }, pair.now);
        pair.carry();
        assert!(matches!(
            pair.client.event(),
            Some(ClientEvent::Connected { format: Format::Rkyv, .. })
        ));
        pair
    }

    /// Carries bytes until neither side has any.
    fn carry(&mut self) {
        while self.client.has_output() || self.server.has_output() {
            let mut bytes = Vec::new();
            self.client.transmit(&mut bytes, usize::MAX, self.now);
            self.server.receive(&bytes, self.now);
            bytes.clear();
            self.server.transmit(&mut bytes, usize::MAX, self.now);
            self.client.receive(&bytes, self.now);
        }
    }

    fn call(&mut self, payload: &[u8], timeout: Option<Duration>) -> u64 {
        self.client.call(outgoing(payload, timeout), self.now).unwrap()
    }

    /// The next call that the server has.
    fn incoming(&mut self) -> Incoming {
        match self.server.event() {
            Some(ServerEvent::Call(call)) => call,
            other => panic!("{other:?}"),
        }
    }

    fn outcome(&mut self) -> (u64, Result<Vec<u8>, Code>) {
        match self.client.event() {
            Some(ClientEvent::Done { id, outcome }) => {
                (id, outcome.map(|(_, payload)| payload).map_err(|fault| fault.code))
            }
            other => panic!("{other:?}"),
        }
    }

    fn later(&mut self, by: Duration) {
        self.now += by;
        self.client.tick(self.now);
        self.server.tick(self.now);
    }
}

fn outgoing(payload: &[u8], timeout: Option<Duration>) -> Outgoing {
    let payload = payload.to_vec();
    Outgoing {
        channel: Channel::App,
        method: 7,
        format: Format::Rkyv,
        timeout,
        trace: None,
        payload,
    }
}

#[test]
fn a_call_is_answered() {
    let mut pair = Pair::open();
    let one = pair.call(b"one", Some(SECOND));
    let two = pair.call(b"two", None);
    pair.carry();
    let (first, second) = (pair.incoming(), pair.incoming());
    assert_eq!((first.id, &first.payload[..], first.method), (one, &b"one"[..], 7));
    assert_eq!((first.deadline, second.deadline), (Some(SECOND), None));
    // In another order than they came.
    pair.server.reply(two, Ok(b"2".to_vec()), pair.now);
    pair.server.reply(one, Err(Fault::new(Code::Denied, "no")), pair.now);
    pair.carry();
    let outcomes = [pair.outcome(), pair.outcome()];
    assert!(outcomes.contains(&(two, Ok(b"2".to_vec()))));
    assert!(outcomes.contains(&(one, Err(Code::Denied))));
    assert!(pair.client.is_idle() && pair.server.is_idle());
}

#[test]
fn long_payloads_come_whole() {
    let mut pair = Pair::open();
    let long: Vec<u8> = (0..2 * FRAME_PAYLOAD + 77).map(|n| n as u8).collect();
    let id = pair.call(&long, None);
    pair.carry();
    assert!(pair.incoming().payload == long);
    pair.server.reply(id, Ok(long.clone()), pair.now);
    pair.carry();
    assert!(pair.outcome() == (id, Ok(long)));
}

#[test]
fn a_deadline_ends_the_call_on_both_sides() {
    let mut pair = Pair::open();
    let id = pair.call(b"x", Some(SECOND));
    pair.carry();
    assert_eq!(pair.incoming().id, id);
    assert_eq!((pair.client.wake(), pair.server.wake()), (Some(SECOND), Some(SECOND)));
    pair.later(SECOND);
    assert_eq!(pair.outcome(), (id, Err(Code::DeadlineExceeded)));
    assert_eq!(pair.server.event(), Some(ServerEvent::Cancelled(id)));
    // Whatever the handler says now, and whatever is on its way, nobody sees.
    pair.server.reply(id, Ok(vec![1]), pair.now);
    pair.carry();
    assert_eq!((pair.client.event(), pair.server.event()), (None, None));
}

#[test]
fn a_cancelled_call_is_told_to_the_handler() {
    let mut pair = Pair::open();
    let id = pair.call(b"x", None);
    pair.carry();
    pair.incoming();
    pair.client.cancel(id, pair.now);
    pair.carry();
    assert_eq!(pair.server.event(), Some(ServerEvent::Cancelled(id)));
    assert_eq!(pair.client.event(), None);
    // One that never began to be written is not written at all.
    let id = pair.call(b"y", None);
    pair.client.cancel(id, pair.now);
    assert!(!pair.client.has_output());
    assert_eq!(pair.server.event(), None);
}

#[test]
fn a_stream_waits_for_its_reader() {
    let mut pair = Pair::open();
    let id = pair.call(b"x", None);
    pair.carry();
    pair.incoming();
    for item in 0..STREAM_WINDOW {
        assert_eq!(pair.server.item(id, vec![item as u8], pair.now), Ok(()));
    }
    assert_eq!(pair.server.item(id, vec![9], pair.now), Err((Refused::Full, vec![9])));
    pair.carry();
    for item in 0..STREAM_WINDOW {
        let Some(ClientEvent::Item { payload, .. }) = pair.client.event() else { panic!() };
        assert_eq!(payload, [item as u8]);
    }
    pair.client.more(id, 2, pair.now);
    pair.carry();
    assert_eq!(pair.server.event(), Some(ServerEvent::More(id)));
    assert_eq!(pair.server.item(id, vec![9], pair.now), Ok(()));
    pair.server.finish(id, pair.now);
    assert_eq!(pair.server.item(id, vec![9], pair.now), Err((Refused::Gone, vec![9])));
    pair.carry();
    assert!(matches!(pair.client.event(), Some(ClientEvent::Item { .. })));
    assert_eq!(pair.outcome(), (id, Ok(Vec::new())));
}

#[test]
fn an_item_that_is_lost_ends_its_stream() {
    let mut pair = Pair::open();
    let id = pair.call(b"x", None);
    let item = |argument| Header { argument, ..Header::new(Kind::Item, 0, id) }.encode();
    pair.client.receive(&item(0), pair.now);
    assert!(matches!(pair.client.event(), Some(ClientEvent::Item { .. })));
    pair.client.receive(&item(2), pair.now);
    assert_eq!(pair.outcome(), (id, Err(Code::BadFrame)));
}

#[test]
fn items_that_nobody_asked_for_end_their_stream() {
    let mut pair = Pair::open();
    let id = pair.call(b"x", None);
    pair.carry();
    let item = |argument| Header { argument, ..Header::new(Kind::Item, 0, id) }.encode();
    pair.client.more(id, 1, pair.now);
    for number in 0..=STREAM_WINDOW {
        pair.client.receive(&item(number), pair.now);
        assert!(matches!(pair.client.event(), Some(ClientEvent::Item { .. })));
    }
    pair.client.receive(&item(STREAM_WINDOW + 1), pair.now);
    assert_eq!(pair.outcome(), (id, Err(Code::BadFrame)));
}

#[test]
fn parts_of_calls_are_counted_as_calls() {
    let mut pair = Pair::open();
    let begin = |id| Header { flags: flags::MORE, ..Header::new(Kind::Request, 0, id) }.encode();
    for id in 1..=4 {
        pair.server.receive(&begin(id), pair.now);
    }
    assert!(!pair.server.has_output());
    pair.server.receive(&begin(5), pair.now);
    let mut bytes = Vec::new();
    pair.server.transmit(&mut bytes, usize::MAX, pair.now);
    let header = Header::decode(bytes.first_chunk().unwrap()).unwrap();
    assert_eq!((header.kind, header.id), (Kind::Fault, 5));
    assert_eq!(Code::from_number(header.argument), Code::Overloaded);
    // Those that there are can go on.
    let rest = Header { flags: flags::REST, argument: 1, ..Header::new(Kind::Request, 0, 2) };
    pair.server.receive(&rest.encode(), pair.now);
    assert_eq!(pair.incoming().id, 2);
}

#[test]
fn nobody_gets_more_credit_than_there_is() {
    let mut pair = Pair::open();
    let id = pair.call(b"x", None);
    pair.carry();
    pair.incoming();
    pair.client.more(id, u32::MAX, pair.now);
    pair.client.more(id, u32::MAX, pair.now);
    pair.carry();
    let taken = (0..1000).take_while(|_| pair.server.item(id, vec![1], pair.now).is_ok()).count();
    assert_eq!(taken, STREAM_WINDOW as usize);
}

#[test]
fn there_is_an_end_to_what_is_taken() {
    let mut pair = Pair::open();
    let code = |pair: &mut Pair, payload: &[u8]| {
        pair.client.call(outgoing(payload, None), pair.now).map_err(|(fault, _)| fault.code)
    };
    assert_eq!(code(&mut pair, &vec![0; (600 << 10) + 1]), Err(Code::TooLarge));
    assert!(code(&mut pair, &vec![0; 600 << 10]).is_ok());
    assert_eq!(code(&mut pair, &vec![0; 600 << 10]), Err(Code::Overloaded));
    for _ in 0..3 {
        assert!(code(&mut pair, b"").is_ok());
    }
    assert_eq!(code(&mut pair, b""), Err(Code::Overloaded));
    // A client that does not keep to it is told so, and the connection lives on.
    pair.carry();
    let request = Header { argument: 7, ..Header::new(Kind::Request, 0, 99) };
    pair.server.receive(&request.encode(), pair.now);
    let mut bytes = Vec::new();
    pair.server.transmit(&mut bytes, usize::MAX, pair.now);
    let header = Header::decode(bytes.first_chunk().unwrap()).unwrap();
    assert_eq!((header.kind, header.id), (Kind::Fault, 99));
    assert_eq!(Code::from_number(header.argument), Code::Overloaded);
    let large = pair.incoming().id;
    pair.server.reply(large, Ok(vec![0; (600 << 10) + 1]), pair.now);
    pair.carry();
    assert_eq!(pair.outcome(), (large, Err(Code::TooLarge)));
}

#[test]
fn who_ends_well_finishes_what_is_under_way() {
    let mut pair = Pair::open();
    let id = pair.call(b"x", None);
    pair.carry();
    pair.incoming();
    pair.server.bye(pair.now);
    pair.carry();
    assert_eq!(pair.client.event(), Some(ClientEvent::Closing));
    let (refused, _) = pair.client.call(outgoing(b"y", None), pair.now).unwrap_err();
    assert_eq!(refused.code, Code::Closing);
    assert!(!pair.server.is_idle());
    pair.server.reply(id, Ok(vec![1]), pair.now);
    pair.carry();
    assert_eq!(pair.outcome(), (id, Ok(vec![1])));
    assert!(pair.server.is_idle() && pair.client.is_idle());
    // Begun before the client heard of it.
    let mut pair = Pair::open();
    let id = pair.call(b"x", None);
    pair.server.bye(pair.now);
    pair.carry();
    assert_eq!(pair.client.event(), Some(ClientEvent::Closing));
    assert_eq!(pair.outcome(), (id, Err(Code::Closing)));
}

#[test]
fn schemas_that_differ_need_names() {
    let chosen = |formats: Formats, theirs: u8| {
        let mut pair = Pair::new();
        pair.carry();
        pair.server.event();
        pair.server.accept(Hello { formats, ..hello(theirs) }, pair.now);
        pair.carry();
        match pair.client.event() {
            Some(ClientEvent::Connected { format, .. }) => Ok(format),
            Some(ClientEvent::Ended(fault)) => Err(fault.code),
            other => panic!("{other:?}"),
        }
    };
    let (rkyv, names) = (Formats::only(Format::Rkyv), Formats::only(Format::MessagePack));
    assert_eq!(chosen(rkyv, 1), Ok(Format::Rkyv));
    assert_eq!(chosen(names, 2), Ok(Format::MessagePack));
    // A cell that is wrong, or lies: its archives are not read.
    assert_eq!(chosen(rkyv, 2), Err(Code::Incompatible));
    assert_eq!(chosen(Formats::ALL, 1), Err(Code::Incompatible));
}

#[test]
fn a_refused_client_is_told_why() {
    let mut pair = Pair::new();
    pair.carry();
    pair.server.event();
    pair.server.refuse(Fault::new(Code::UnknownService, "no Ledger here"), pair.now);
    pair.carry();
    let ended = Some(ClientEvent::Ended(Fault::new(Code::UnknownService, "no Ledger here")));
    assert_eq!(pair.client.event(), ended);
    let (refused, _) = pair.client.call(outgoing(b"y", None), pair.now).unwrap_err();
    assert_eq!(refused.code, Code::UnknownService);
}

#[test]
fn an_unknown_channel_is_a_fault_of_that_call_alone() {
    let mut pair = Pair::open();
    let strange = Header { argument: 7, ..Header::new(Kind::Request, 0x7f, 1) };
    pair.server.receive(&strange.encode(), pair.now);
    let mut bytes = Vec::new();
    pair.server.transmit(&mut bytes, usize::MAX, pair.now);
    let header = Header::decode(bytes.first_chunk().unwrap()).unwrap();
    assert_eq!((header.kind, header.id, header.channel), (Kind::Fault, 1, 0x7f));
    assert_eq!(Code::from_number(header.argument), Code::UnknownChannel);
    assert_eq!(pair.server.event(), None);
    pair.call(b"", None);
    let id = pair.call(b"", None);
    pair.carry();
    assert_eq!(pair.incoming().id, id);
}

#[test]
fn what_is_no_frame_ends_the_connection_with_a_fault() {
    let mut pair = Pair::open();
    let id = pair.call(b"x", None);
    pair.carry();
    pair.incoming();
    pair.server.receive(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", pair.now);
    assert_eq!(pair.server.event(), Some(ServerEvent::Cancelled(id)));
    assert!(
        matches!(pair.server.event(), Some(ServerEvent::Ended(fault)) if fault.code == Code::BadFrame)
    );
    pair.carry();
    assert_eq!(pair.outcome(), (id, Err(Code::Disconnected)));
    assert!(
        matches!(pair.client.event(), Some(ClientEvent::Ended(fault)) if fault.code == Code::BadFrame)
    );
}

#[test]
fn who_is_silent_is_given_up() {
    // No hello.
    let mut pair = Pair::new();
    pair.later(limits().greeting);
    assert!(matches!(pair.client.event(), Some(ClientEvent::Ended(_))));
    assert!(matches!(pair.server.event(), Some(ServerEvent::Ended(_))));
    // Nothing after it: asked whether it is there, the cell says so, and later it does not.
    let mut pair = Pair::open();
    pair.later(limits().quiet);
    pair.carry();
    pair.later(limits().patience);
    assert_eq!(pair.client.event(), None);
    pair.later(limits().quiet);
    let mut lost = Vec::new();
    pair.client.transmit(&mut lost, usize::MAX, pair.now);
    assert!(!lost.is_empty());
    pair.later(limits().patience);
    assert!(
        matches!(pair.client.event(), Some(ClientEvent::Ended(fault)) if fault.code == Code::Disconnected)
    );
    assert_eq!(pair.client.wake(), None);
}

#[test]
fn who_does_not_read_is_given_up() {
    let mut pair = Pair::open();
    let id = pair.call(b"x", None);
    pair.carry();
    pair.incoming();
    pair.server.reply(id, Ok(vec![0; 100 << 10]), pair.now);
    assert!(!pair.server.wants_input());
    pair.later(limits().patience);
    assert!(matches!(pair.server.event(), Some(ServerEvent::Ended(_))));
    assert!(!pair.server.has_output());
}

proptest! {
    /// Any frames at any time: no panic, and an end to what is kept.
    #[test]
    fn anything_can_come(
        frames in prop::collection::vec(
            (0usize..12, 0u8..5, 0u8..4, 0u64..6, 0u64..3, 0u32..4, prop::collection::vec(any::<u8>(), 0..40)),
            0..40,
        ),
        garbage: Vec<u8>,
    ) {
        let mut pair = Pair::open();
        pair.call(b"x", Some(SECOND));
        for (kind, channel, flags, id, deadline, argument, payload) in frames {
            let header = Header {
                length: payload.len() as u32, kind: Kind::ALL[kind], channel, format: Format::Rkyv,
                flags, id, deadline, argument,
            };
            let bytes = [&header.encode()[..], &payload].concat();
            pair.client.receive(&bytes, pair.now);
            pair.server.receive(&bytes, pair.now);
            while pair.client.event().is_some() {}
            while let Some(event) = pair.server.event() {
                if let ServerEvent::Call(call) = event {
                    pair.server.reply(call.id, Ok(call.payload), pair.now);
                }
            }
            pair.later(Duration::from_millis(100));
        }
        pair.server.receive(&garbage, pair.now);
        pair.client.receive(&garbage, pair.now);
        pair.later(limits().patience * 9);
    }
}
