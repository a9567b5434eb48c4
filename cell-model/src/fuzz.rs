//! Readers of untrusted bytes with random and damaged input, on stable and with numbers that depend
//! on the round alone: a small budget in every test run, a large one with `SLOW_TESTS=1`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::coordination::{self, Component, Description};
use crate::fault::{Code, Fault};
use crate::frame::{HEADER, Header, Kind, Trace};
use crate::hello::{Formats, Hello};
use crate::message::{decode, encode};
use crate::ops::{self, Health};
use crate::question::find;
use crate::question::tests::{Refused, Reply, table, tables};
use crate::schema::compatible::compare;
use crate::schema::{SchemaHash, read};

/// xorshift64*: the same numbers everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub(crate) fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most)).map(|_| self.next() as u8).collect()
    }

    /// Flips bits, cuts, repeats, moves, or puts in words that mean something.
    fn damage(&mut self, bytes: &mut Vec<u8>, words: &[&[u8]]) {
        for _ in 0..=self.below(4) {
            let (at, to) = (self.below(bytes.len() + 1), self.below(bytes.len() + 1));
            let (at, to) = (at.min(to), at.max(to));
            match self.below(7) {
                0 | 1 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                2 => drop(bytes.drain(at..to)),
                3 => {
                    let copy = bytes[at..to].to_vec();
                    bytes.splice(at..at, copy);
                }
                4 => bytes.truncate(at),
                5 => {
                    let other = self.bytes(9);
                    bytes.splice(at..at, other);
                }
                _ if !words.is_empty() => {
                    let word = words[self.below(words.len())];
                    bytes.splice(at..at, word.iter().copied());
                }
                _ => {}
            }
        }
    }
}

fn rounds(usual: u64, body: impl Fn(&mut Random)) {
    let slow = if std::env::var_os("SLOW_TESTS").is_some() { 300 } else { 1 };
    for round in 1..=usual * slow {
        body(&mut Random(0x9e37_79b9_7f4a_7c15u64.wrapping_mul(round)));
    }
}

#[test]
fn headers_and_traces() {
    let good = Header { deadline: 7, argument: 9, ..Header::new(Kind::Request, 3, 1) }.encode();
    let trace = Trace { trace: 1 << 100, span: 2, flags: 1 };
    rounds(20_000, |random| {
        let mut bytes = good.to_vec();
        random.damage(&mut bytes, &[]);
        bytes.resize(HEADER, 0);
        let bytes = *bytes.first_chunk().expect("a header's bytes");
        if let Ok(header) = Header::decode(&bytes) {
            assert_eq!(header.encode(), bytes);
        }
        if let Some(trace) = Trace::decode(&bytes) {
            assert_eq!(Trace::from_parent(&trace.parent()), Some(trace));
        }
        let mut text = trace.parent().into_bytes();
        random.damage(&mut text, &[b"-", b"0", b"ff", "é".as_bytes()]);
        if let Some(trace) = Trace::from_parent(&String::from_utf8_lossy(&text)) {
            assert_eq!(Trace::decode(&trace.encode()), Some(trace));
        }
    });
}

#[test]
fn hellos_and_faults() {
    let schema = SchemaHash::from_bytes([7; 32]);
    let hello =
        Hello { formats: Formats::ALL, bytes: 1, calls: 2, schema, service: "Ledger".into() };
    let good = hello.encode();
    rounds(20_000, |random| {
        let mut bytes = good.clone();
        random.damage(&mut bytes, &[b"CELL", b"\xff\xff"]);
        match Hello::decode(&bytes) {
            // What follows the name is skipped, and a name is cut where it gets too long for one.
            Ok(hello) if hello.service.len() <= crate::schema::NAME => {
                assert_eq!(Hello::decode(&hello.encode()), Ok(hello));
            }
            Ok(_) => {}
            Err(fault) => assert!(matches!(fault.code, Code::BadFrame | Code::OldVersion)),
        }
        // As the reader of a fault does.
        let text = random.bytes(3 * Fault::TEXT);
        let fault = Fault::new(
            Code::from_number(random.next() as u32 >> random.below(32)),
            String::from_utf8_lossy(&text),
        );
        assert!(fault.text.len() <= Fault::TEXT);
        assert!(fault.text.capacity() <= 3 * Fault::TEXT, "what was cut off is kept");
    });
}

/// Whatever is read means the same when it is written again.
fn messages<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(good: &[T]) {
    // Lengths that are lies, depths, and types that belong elsewhere.
    let words: [&[u8]; 8] = [
        b"\xdd\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\x91",
        b"\xc0",
        b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xdb\x7f\xff\xff\xff",
        b"\xc9\xff\xff\xff\xff\x01",
    ];
    let good: Vec<Vec<u8>> = good.iter().map(|one| encode(one).expect("a message")).collect();
    rounds(4_000, |random| {
        let mut bytes = good[random.below(good.len())].clone();
        if random.below(4) == 0 {
            // Two halves of two messages.
            let other = &good[random.below(good.len())];
            bytes.truncate(random.below(bytes.len() + 1));
            bytes.extend_from_slice(&other[random.below(other.len() + 1)..]);
        }
        random.damage(&mut bytes, &words);
        match decode::<T>(&bytes) {
            Ok(message) => {
                let again = encode(&message).expect("a message that was read");
                assert_eq!(decode(&again), Ok(message));
            }
            Err(fault) => assert_eq!(fault.code, Code::BadPayload),
        }
    });
}

#[test]
fn messages_of_operations() {
    let schema = ops::Request::Schema { service: "Ledger".into() };
    messages(&[ops::Request::Health, ops::Request::Inspect, schema, ops::Request::Stop]);
    let why = vec!["no database".to_owned(), "é".repeat(40)];
    messages(&[
        ops::Reply::Health(Health::Degraded { why }),
        ops::Reply::Health(Health::Ready),
        ops::Reply::Schema("cell-schema 1\n".into()),
        ops::Reply::Metrics("# EOF\n".into()),
        ops::Reply::Stopping,
    ]);
}

#[test]
fn messages_of_macros() {
    let ask = coordination::Request::Ask {
        service: "Ledger".into(),
        method: "schema".into(),
        arguments: vec![0, 200, 255],
        hops: 1,
    };
    let component = coordination::Request::Component { digest: "ab".into(), from: 1 << 40 };
    messages(&[coordination::Request::Describe, ask, component]);
    let component = Component { digest: "ab".into(), length: 3, api: "0.1.0".into() };
    let description = Description {
        name: "ledger".into(),
        version: "0.1.0".into(),
        component: Some(component),
        questions: vec!["Ledger::schema".into()],
    };
    messages(&[
        coordination::Reply::Description(description),
        coordination::Reply::Piece { length: 9, bytes: vec![0; 300] },
        coordination::Reply::Answer(vec![192]),
    ]);
}

/// What the schema lets through, the type that has this schema can read.
#[test]
fn answers() {
    let schema = tables();
    let asked = find([&schema], "table").expect("a question");
    let replies: [Reply; 3] = [Ok(table()), Err(Refused::None), Err(Refused::Other)];
    let good = replies.map(|reply| encode(&reply).expect("a reply"));
    let words: [&[u8]; 12] = [
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\x91",
        b"\xc0",
        b"\xc4\x10",
        b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xd4\x01\x02",
        b"\xa5Other",
        b"\x81\xa2Ok",
        b"\xa4more\xc1",
        b"\xd9\x02\xff\xff",
    ];
    rounds(8_000, |random| {
        let mut bytes = good[random.below(good.len())].clone();
        if random.below(8) > 0 {
            random.damage(&mut bytes, &words);
        }
        let read = decode::<Reply>(&bytes);
        match asked.check_reply(&bytes) {
            Ok(()) => assert!(read.is_ok(), "{read:?} {bytes:x?}"),
            Err(error) => assert!(error.to_string().len() < 4_000, "{error}"),
        }
        if let Err(error) = asked.check_arguments(&bytes) {
            drop(error.to_string());
        }
    });
}

const SCHEMAS: [&str; 2] = [
    "cell-schema 1\nservice Ledger\n\
     method entries(account: u64, since: option<u64> or default) -> stream Entry\n\
     method open(owner: string) -> result<u64, Refused>\n\
     method tables() -> list<string> at compile time\n\n\
     struct Entry\n  amount: i64\n  note: option<string> or default\n\n\
     enum Refused\n  NoSuchAccount(u64)\n  Overdraft with\n    missing: u64\n  Other or default\n",
    "cell-schema 1\nservice Ledger\nmethod f(a: Tree) -> Loop\n\n\
     type Loop = map<Loop, tuple<Tree, array<u8, 4>>>\n\n\
     struct Tree\n  next: list<Tree>\n  leaf: set<bytes>\n",
];

#[test]
fn schemas() {
    let good = SCHEMAS.map(|text| read(text).expect("a schema"));
    let words: [&[u8]; 14] = [
        b"\n",
        b"  ",
        b"    ",
        b"list<",
        b">",
        b" or default",
        b" with",
        b"Tree",
        b"Loop",
        b"stream ",
        b"4294967296",
        b"u8",
        b", ",
        "é".as_bytes(),
    ];
    rounds(4_000, |random| {
        let mut bytes = SCHEMAS[random.below(2)].as_bytes().to_vec();
        match random.below(3) {
            0 => random.damage(&mut bytes, &words),
            // One line is another one, or is there twice, or is gone: often still a schema.
            _ => {
                let text = String::from_utf8(bytes).expect("a text");
                let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
                let other: Vec<&str> = SCHEMAS[random.below(2)].split_inclusive('\n').collect();
                for _ in 0..=random.below(2) {
                    let at = random.below(lines.len());
                    match random.below(3) {
                        0 => drop(lines.remove(at)),
                        1 => lines.insert(at, other[random.below(other.len())]),
                        _ => {
                            let to = random.below(lines.len());
                            lines.swap(at, to);
                        }
                    }
                }
                bytes = lines.concat().into_bytes();
                if random.below(2) == 0 {
                    random.damage(&mut bytes, &words);
                }
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(schema) = read(&text) {
            assert_eq!(schema.to_string(), text);
            assert_eq!(compare(&schema, &schema), []);
            for other in &good {
                let (there, back) = (compare(other, &schema), compare(&schema, other));
                // What differs does so from both sides.
                assert!(schema.hash() != other.hash() || there.is_empty() && back.is_empty());
                there.iter().chain(&back).for_each(|change| drop(change.to_string()));
            }
        }
    });
}

/// Types that lead to each other as often as there is room for, and in rings of different lengths, so
/// that nearly every type of one meets every type of the other.
#[test]
fn schemas_made_to_be_hard_are_compared() {
    let ring = |length: usize| {
        let mut text = "cell-schema 1\nservice S\nmethod f(a: T00000) -> T00000\n".to_owned();
        for number in 0..length {
            let next = (number + 1) % length;
            text += &format!("\nstruct T{number:05}\n  a: list<T{next:05}>\n");
        }
        read(&text).expect("a schema")
    };
    let (one, other) = (ring(20_000), ring(19_999));
    assert_eq!(compare(&one, &one), []);
    let changes = compare(&one, &other);
    assert_eq!(changes.len(), 1);
    assert!(changes[0].to_string().ends_with("too many types to compare"), "{}", changes[0]);
}
