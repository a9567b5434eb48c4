//! What a cell's process takes, measured from outside, whatever its clients do.

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use cell_model::frame::{FRAME_PAYLOAD, Format, HEADER, Header, Kind, flags};
use cell_transport::Limits;

use crate::process::{Process, reached};
use crate::service::{BYTES, COUNT, ECHO, SLEEP, hello, request};

const MIB: usize = 1 << 20;
/// Connections that do nothing.
pub(crate) const IDLE: usize = 1_000;

/// The limits of the cells that are attacked: small, so that what goes beyond them stands out.
pub(crate) fn limits() -> Limits {
    Limits {
        connections: 8,
        calls: 64,
        bytes: 2 << 20,
        message: MIB / 2,
        unwritten: MIB / 2,
        patience: Duration::from_secs(60),
        ..Limits::default()
    }
}

/// The most that a cell may take for its connections.
fn most(limits: &Limits) -> usize {
    // A buffer that grows is up to twice as large as what is in it.
    let twice = |bytes: usize| 2 * bytes;
    // One frame that is not whole; calls of which parts came; those that are at work.
    let came = twice(FRAME_PAYLOAD) + twice(limits.bytes as usize) + twice(limits.bytes as usize);
    // Answers wait until so many bytes do, and with them the one that was too many; then what is
    // being written.
    let answers = twice(limits.unwritten) + limits.message + twice(64 * 1024 + FRAME_PAYLOAD);
    // Tasks, entries of lists and maps, faults: a few KiB for each call, and for each connection
    // those frames of one read that are no calls.
    let entries = limits.calls as usize * 4096 + 64 * 1024 / HEADER * 256;
    limits.connections * (came + answers + entries)
}

/// A client of ill will. What it says is written as far as the cell takes it.
struct Attacker(UnixStream);

impl Attacker {
    fn new(folder: &Path) -> Self {
        let stream = UnixStream::connect(folder.join("test.sock")).expect("the cell listens");
        stream.set_nonblocking(true).expect("a mode");
        let attacker = Self(stream);
        let hello = hello(Format::Rkyv).encode();
        attacker.write(&frame(Header::new(Kind::Hello, 0, 0), &hello));
        // Calls are taken when the hello is answered. Those who wait for their turn are not.
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(1) && attacker.read() == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        attacker
    }

    /// Writes, and says whether all of it was taken. It is not, when nothing was for a while.
    fn write(&self, mut bytes: &[u8]) -> bool {
        let mut progress = Instant::now();
        while !bytes.is_empty() {
            match (&self.0).write(bytes) {
                Ok(count) => (bytes, progress) = (&bytes[count..], Instant::now()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if progress.elapsed() > Duration::from_secs(1) {
                        return false;
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(_) => return false,
            }
        }
        true
    }

    /// Reads and drops what there is, and says how much that was.
    fn read(&self) -> usize {
        let (mut buffer, mut all) = (vec![0; 64 << 10], 0);
        while let Ok(count) = (&self.0).read(&mut buffer)
            && count > 0
        {
            all += count;
        }
        all
    }
}

fn frame(header: Header, payload: &[u8]) -> Vec<u8> {
    let header = Header { length: payload.len() as u32, ..header };
    [&header.encode()[..], payload].concat()
}

fn call(method: u32, id: u64) -> Header {
    Header { argument: method, format: Format::Rkyv, ..Header::new(Kind::Request, 0, id) }
}

/// Attacks a cell from several connections at once, and says what it took at most, beside what it
/// takes anyway.
async fn attacked(what: &str, attack: fn(&Path) -> Vec<Attacker>) {
    let outer = tempfile::tempdir().expect("a folder");
    let folder = outer.path().join("run");
    let cell = Process::start("bounded cell", &folder);
    drop(reached(&folder).await);
    let before = cell.memory("VmRSS");
    let attackers: Vec<_> = (0..limits().connections)
        .map(|_| {
            let folder = folder.clone();
            tokio::task::spawn_blocking(move || attack(&folder))
        })
        .collect();
    let mut held = Vec::new();
    for attacker in attackers {
        held.extend(attacker.await.expect("an attacker"));
    }
    // What it was sent last may still be on its way.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let took = cell.memory("VmHWM").saturating_sub(before);
    let most = most(&limits());
    eprintln!("{what}: {} MiB of {} MiB", took / MIB, most / MIB);
    assert!(took < most, "{what}: {took} bytes, {most} are allowed");
    // And it serves whoever comes then.
    drop(held);
    let synapse = reached(&folder).await;
    assert_eq!(synapse.call(request(ECHO, b"x")).await.as_deref(), Ok(&b"x"[..]), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_nobody_reads_are_bounded() {
    attacked("answers that nobody reads", |folder| {
        let attacker = Attacker::new(folder);
        let size = (MIB as u32 / 4).to_le_bytes();
        // All in one piece: the cell has them before the first answer is written.
        let calls = (1..=10_000).flat_map(|id| frame(call(BYTES, id), &size));
        assert!(!attacker.write(&calls.collect::<Vec<u8>>()), "the cell read on");
        vec![attacker]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_nobody_reads_are_bounded() {
    attacked("streams that nobody reads", |folder| {
        let attacker = Attacker::new(folder);
        for id in 1..=u64::from(limits().calls) {
            let [count, size] = [u32::MAX, 64 << 10].map(u32::to_le_bytes);
            attacker.write(&frame(call(COUNT, id), &[count, size].concat()));
        }
        // More and more is asked for.
        for _ in 0..1_000 {
            for id in 1..=u64::from(limits().calls) {
                let credit = Header { argument: u32::MAX, ..Header::new(Kind::Credit, 0, id) };
                if !attacker.write(&credit.encode()) {
                    return vec![attacker];
                }
            }
        }
        vec![attacker]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn announced_lengths_are_not_believed() {
    attacked("lengths that are announced", |folder| {
        // The largest that there is, and nothing of it; one that there is not.
        let lengths = [FRAME_PAYLOAD as u32, u32::MAX].into_iter();
        let attackers = lengths.map(|length| {
            let attacker = Attacker::new(folder);
            attacker.write(&Header { length, ..call(ECHO, 1) }.encode());
            attacker
        });
        attackers.collect()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_never_end_are_bounded() {
    attacked("messages that never end", |folder| {
        let attacker = Attacker::new(folder);
        let part = vec![7; FRAME_PAYLOAD];
        for number in 0..5 {
            for id in 1..=u64::from(limits().calls) {
                let mut header = call(ECHO, id);
                header.flags = flags::MORE;
                if number > 0 {
                    (header.flags, header.argument) = (flags::MORE | flags::REST, number);
                }
                attacker.write(&frame(header, &part));
                attacker.read();
            }
        }
        vec![attacker]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_of_calls_are_bounded() {
    attacked("calls that take for ever", |folder| {
        let attacker = Attacker::new(folder);
        let payload = [&600_000u32.to_le_bytes()[..], &[0; 60_000]].concat();
        for id in 1..1_000 {
            if !attacker.write(&frame(call(SLEEP, id), &payload)) {
                break;
            }
            attacker.read();
        }
        vec![attacker]
    })
    .await;
    attacked("beginnings without content", |folder| {
        let attacker = Attacker::new(folder);
        for block in 0..40 {
            let ids = (1..=10_000).map(|id| block * 10_000 + id);
            let frames = ids.flat_map(|id| {
                let header = Header { flags: flags::MORE, ..call(ECHO, id) };
                // Nothing comes back for it that would stop the cell.
                Header { kind: Kind::Fire, ..header }.encode()
            });
            if !attacker.write(&frames.collect::<Vec<u8>>()) {
                break;
            }
        }
        vec![attacker]
    })
    .await;
    attacked("pings without end", |folder| {
        let attacker = Attacker::new(folder);
        let pings = Header::new(Kind::Ping, 0, 0).encode().repeat(10_000);
        for _ in 0..100 {
            if !attacker.write(&pings) {
                break;
            }
        }
        vec![attacker]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_connections_are_bounded() {
    attacked("many connections", |folder| {
        // Each with what one may have; the cell takes a few at a time, and those that wait are the
        // kernel's.
        let attackers = (0..3).map(|_| {
            let attacker = Attacker::new(folder);
            let header = Header { flags: flags::MORE, ..call(ECHO, 1) };
            attacker.write(&frame(header, &vec![7; FRAME_PAYLOAD]));
            attacker
        });
        attackers.collect()
    })
    .await;
}

/// Not a bound: a figure, for those who want to know.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_are_cheap() {
    let outer = tempfile::tempdir().expect("a folder");
    let folder = outer.path().join("run");
    let cell = Process::start("cell", &folder);
    drop(reached(&folder).await);
    let before = cell.memory("VmRSS");
    let client = Process::start("idle client", &folder);
    let begin = Instant::now();
    let mut alone = usize::MAX;
    while !folder.join("connected").exists() {
        assert!(begin.elapsed() < Duration::from_secs(60), "it does not connect");
        alone = alone.min(client.memory("VmRSS"));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let each = |bytes: usize, before: usize| bytes.saturating_sub(before) / IDLE;
    let (server, client) =
        (each(cell.memory("VmRSS"), before), each(client.memory("VmRSS"), alone));
    eprintln!("idle connections: {server} bytes each for the cell, {client} for the client");
    // A buffer for each would be more.
    assert!(server < 32 << 10, "{server} bytes");
}
