//! Both ends of the protocol fed with valid bytes, damaged ones and others, in pieces, while whoever
//! drives them does this and that: no panic, no memory beyond the limits, nothing that does not add
//! up. On stable, with numbers that depend on the round alone: a small budget in every test run, a
//! large one with `SLOW_TESTS=1`. A failing round is printed; `CELL_FUZZ_ROUND` runs it alone.

use std::time::Duration;

use cell_model::frame::{FRAME_PAYLOAD, Format, HEADER, Header, Kind, Trace};
use cell_model::hello::{Formats, Hello};
use cell_model::schema::SchemaHash;
use cell_model::{Channel, Code, Fault};

use super::random::Random;
use super::*;

fn limits() -> Limits {
    Limits { calls: 6, bytes: 2 << 20, message: 1 << 20, unwritten: 256 << 10, ..Limits::default() }
}

fn hello() -> Hello {
    let schema = SchemaHash::from_bytes([1; 32]);
    Hello { formats: Formats::ALL, bytes: 0, calls: 0, schema, service: "Fuzzed".into() }
}

/// The most that comes between two looks at events, as in the link.
const PIECE: usize = 16 << 10;

/// What one end may keep: buffers may be twice as large as what is in them.
fn most(limits: &Limits) -> usize {
    // A frame that is not whole, and what calls brought: whole, or in parts.
    let came = 2 * (FRAME_PAYLOAD + 2 * limits.bytes as usize);
    // Answers: until nothing more is read, and the one that was too much. Faults have a text.
    let frames = PIECE / HEADER;
    let answers = 2 * limits.unwritten + limits.message + frames * (Fault::TEXT + 2 * HEADER);
    // Events of the frames of one piece, and entries of calls.
    let entries = frames * size_of::<ServerEvent>().max(size_of::<ClientEvent>());
    came + answers + entries + limits.calls as usize * 1_000
}

fn rounds(usual: u64, body: impl Fn(&mut Random) + std::panic::RefUnwindSafe) {
    let slow = if std::env::var_os("SLOW_TESTS").is_some() { 200 } else { 1 };
    let only = std::env::var("CELL_FUZZ_ROUND").ok().and_then(|round| round.parse().ok());
    for round in only.map_or(1..usual * slow + 1, |only: u64| only..only + 1) {
        let run = std::panic::catch_unwind(|| body(&mut Random::new(round)));
        assert!(run.is_ok(), "round {round}: set CELL_FUZZ_ROUND={round}");
    }
}

fn outgoing(random: &mut Random) -> Outgoing {
    let length = match random.below(30) {
        0 => random.index(3 * FRAME_PAYLOAD),
        _ => random.index(200),
    };
    Outgoing {
        channel: Channel::ALL[random.index(4)],
        method: random.number() as u32,
        format: Format::Rkyv,
        timeout: random.is(50).then(|| Duration::from_micros(random.number() >> 20)),
        trace: random.is(20).then_some(Trace { trace: 1, span: 2, flags: 1 }),
        payload: vec![random.next() as u8; length],
    }
}

/// Frames of a conversation in which nothing is wrong: the client's, then the cell's.
fn conversation(random: &mut Random) -> [Vec<Vec<u8>>; 2] {
    let mut now = Time::ZERO;
    let (mut client, mut server) =
        (Client::new(limits(), hello(), now), Server::new(limits(), now));
    let mut said = [Vec::new(), Vec::new()];
    for _ in 0..random.below(40) + 2 {
        now += Duration::from_millis(random.below(50));
        if random.is(40) {
            let _ = client.call(outgoing(random), now);
        } else if random.is(10) {
            let _ = client.fire(outgoing(random), now);
        } else if random.is(10) {
            client.cancel(random.below(6), now);
        }
        let mut bytes = Vec::new();
        client.transmit(&mut bytes, 1 + random.index(PIECE), now);
        server.receive(&bytes, now);
        said[0].extend(frames(&bytes));
        serve(&mut server, random, now);
        bytes.clear();
        server.transmit(&mut bytes, 1 + random.index(PIECE), now);
        client.receive(&bytes, now);
        said[1].extend(frames(&bytes));
        listen(&mut client, now);
    }
    said
}

fn frames(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while let Some(head) = bytes.first_chunk() {
        let header = Header::decode(head).expect("our own frame");
        let (frame, rest) = bytes.split_at(HEADER + header.length as usize);
        found.push(frame.to_vec());
        bytes = rest;
    }
    found
}

/// What a cell does, or forgets to do.
fn serve(server: &mut Server, random: &mut Random, now: Time) {
    while let Some(event) = server.event() {
        match event {
            ServerEvent::Hello(_) if random.is(98) => {
                server.accept(Hello { formats: Formats::only(Format::Rkyv), ..hello() }, now);
            }
            ServerEvent::Hello(_) => server.refuse(Fault::new(Code::Denied, "no"), now),
            ServerEvent::Call(call) => answer(server, call.id, random, now),
            ServerEvent::More(id) => answer(server, id, random, now),
            ServerEvent::Cancelled(id) if random.is(5) => answer(server, id, random, now),
            ServerEvent::Cancelled(_) | ServerEvent::Bye | ServerEvent::Ended(_) => {}
        }
    }
    if random.is(1) {
        server.bye(now);
    }
}

fn answer(server: &mut Server, id: u64, random: &mut Random, now: Time) {
    // As the driver, which begins no call while much is unread.
    if !server.wants_input() {
        return;
    }
    let length = match random.below(20) {
        0 => random.index(limits().message + 2),
        _ => random.index(300),
    };
    match random.below(6) {
        0 | 1 => server.reply(id, Ok(vec![1; length]), now),
        2 => server.reply(id, Err(Fault::new(Code::Denied, "x".repeat(length.min(2_000)))), now),
        3 => while server.wants_input() && server.item(id, vec![2; length], now).is_ok() {},
        4 => server.finish(id, now),
        _ => {}
    }
}

fn listen(client: &mut Client, now: Time) {
    while let Some(event) = client.event() {
        if let ClientEvent::Item { id, .. } = event {
            client.more(id, 1, now);
        }
    }
}

/// A conversation as it never was: frames that are gone, twice, in another order, of other calls, of
/// no kind, damaged, and bytes that are nothing.
fn disturbed(mut frames: Vec<Vec<u8>>, random: &mut Random) -> Vec<u8> {
    for _ in 0..random.below(12) {
        let (at, to) = (random.index(frames.len()), random.index(frames.len()));
        if frames.is_empty() {
            break;
        }
        match random.below(9) {
            0 => drop(frames.remove(at)),
            1 => frames.insert(to, frames[at].clone()),
            2 => frames.swap(at, to),
            3 => random.damage(&mut frames[at]),
            4 => frames.insert(at, (0..random.below(80)).map(|_| random.next() as u8).collect()),
            // A frame that is one, and says something else.
            _ => {
                let Some(head) = frames[at].first_chunk::<HEADER>() else { continue };
                let Ok(mut header) = Header::decode(head) else { continue };
                match random.below(6) {
                    0 => header.kind = Kind::ALL[random.index(12)],
                    1 => header.channel = random.number() as u8,
                    2 => header.flags = random.below(8) as u8,
                    3 => header.id = random.number(),
                    4 => header.deadline = random.number(),
                    _ => header.argument = random.number() as u32,
                }
                let count = if random.is(5) { 1_000 } else { 1 };
                frames[at][..HEADER].copy_from_slice(&header.encode());
                let frame = frames[at].clone();
                if frame.len() < 1_000 {
                    // Numbers that count up, so that each is a call of its own.
                    let many = (0..count).flat_map(|more: u64| {
                        let id = header.id.wrapping_add(more);
                        [&Header { id, ..header }.encode()[..], &frame[HEADER..]].concat()
                    });
                    frames[at] = many.collect();
                }
            }
        }
    }
    frames.concat()
}

/// In pieces as a socket gives them.
fn pieces(bytes: &[u8], random: &mut Random) -> Vec<Vec<u8>> {
    let (mut rest, mut pieces) = (bytes, Vec::new());
    let largest = if random.is(20) { 40 } else { PIECE };
    while !rest.is_empty() && pieces.len() < 400 {
        let (piece, after) = rest.split_at((1 + random.index(largest)).min(rest.len()));
        pieces.push(piece.to_vec());
        rest = after;
    }
    pieces
}

#[test]
fn a_server_takes_anything() {
    rounds(400, |random| {
        let [said, _] = conversation(random);
        let bytes = disturbed(said, random);
        let mut now = Time::ZERO;
        let mut server = Server::new(limits(), now);
        // Some clients never read.
        let reads = random.is(80);
        for piece in pieces(&bytes, random) {
            if server.wants_input() {
                server.receive(&piece, now);
            }
            assert!(server.check() <= most(&limits()), "{} bytes", server.check());
            serve(&mut server, random, now);
            assert!(server.check() <= most(&limits()), "{} bytes", server.check());
            if reads {
                // Whatever it says, it says in frames.
                let mut out = Vec::new();
                server.transmit(&mut out, PIECE, now);
                frames(&out);
            }
            now += Duration::from_micros(random.number() >> 30);
            if server.wake().is_some_and(|wake| wake <= now) {
                server.tick(now);
                assert!(server.wake().is_none_or(|wake| wake > now), "it never sleeps");
            }
        }
        server.hung_up();
        while server.event().is_some() {}
        server.transmit(&mut Vec::new(), usize::MAX, now);
        assert!(server.is_idle() && server.check() < 2 * (FRAME_PAYLOAD + limits().bytes as usize));
    });
}

#[test]
fn a_client_takes_anything() {
    rounds(400, |random| {
        let [_, said] = conversation(random);
        let bytes = disturbed(said, random);
        let mut now = Time::ZERO;
        let mut client = Client::new(limits(), hello(), now);
        let mut open = std::collections::BTreeSet::new();
        let reads = random.is(80);
        for piece in pieces(&bytes, random) {
            client.receive(&piece, now);
            // The cell may allow more calls than it takes.
            if open.len() < 6
                && random.is(50)
                && let Ok(id) = client.call(outgoing(random), now)
            {
                assert!(open.insert(id), "one number twice");
            }
            assert!(client.check() <= most(&limits()), "{} bytes", client.check());
            let mut over = false;
            while let Some(event) = client.event() {
                assert!(!over, "{event:?} after the end");
                match event {
                    ClientEvent::Item { id, .. } => {
                        assert!(open.contains(&id), "an item of no call");
                        client.more(id, random.number() as u32 % 3, now);
                    }
                    ClientEvent::Done { id, .. } => assert!(open.remove(&id), "ended twice"),
                    ClientEvent::Ended(_) => {
                        over = true;
                        assert!(open.is_empty(), "calls outlive their connection");
                    }
                    ClientEvent::Connected { .. } | ClientEvent::Closing => {}
                }
            }
            if random.is(10) {
                let id = random.below(8);
                client.cancel(id, now);
                open.remove(&id);
            }
            if reads {
                let mut out = Vec::new();
                client.transmit(&mut out, PIECE, now);
                frames(&out);
            }
            now += Duration::from_micros(random.number() >> 30);
            if client.wake().is_some_and(|wake| wake <= now) {
                client.tick(now);
                assert!(client.wake().is_none_or(|wake| wake > now), "it never sleeps");
            }
        }
        client.hung_up();
        let ended = std::iter::from_fn(|| client.event());
        let done = ended.filter(|event| matches!(event, ClientEvent::Done { .. })).count();
        assert_eq!(done, open.len(), "calls that never end");
        client.check();
    });
}

/// What a client of ill will does to keep a cell's memory busy, without one frame that is wrong.
#[test]
fn floods_of_good_frames_are_bounded() {
    for kind in [Kind::Request, Kind::Fire, Kind::Ping, Kind::Cancel, Kind::Credit, Kind::Bye] {
        for flags in [0, cell_model::frame::flags::MORE] {
            for channel in [0, 0x7f] {
                if flags != 0 && !kind.may_be_long() {
                    continue;
                }
                let mut server = Server::new(limits(), Time::ZERO);
                let first = hello().encode();
                let header =
                    Header { length: first.len() as u32, ..Header::new(Kind::Hello, 0, 0) };
                server.receive(&[&header.encode()[..], &first].concat(), Time::ZERO);
                server.event();
                server
                    .accept(Hello { formats: Formats::only(Format::Rkyv), ..hello() }, Time::ZERO);
                let mut id = 0;
                for _ in 0..20 {
                    if !server.wants_input() {
                        break;
                    }
                    let frames = (0..PIECE / HEADER).flat_map(|_| {
                        id += 1;
                        Header { flags, argument: 1, ..Header::new(kind, channel, id) }.encode()
                    });
                    let bytes: Vec<u8> = frames.collect();
                    server.receive(&bytes, Time::ZERO);
                    assert!(server.check() <= most(&limits()), "{kind:?}: {}", server.check());
                    // The handlers are at work for ever.
                    while server.event().is_some() {}
                }
                assert!(server.check() <= most(&limits()), "{kind:?}: {}", server.check());
            }
        }
    }
}
