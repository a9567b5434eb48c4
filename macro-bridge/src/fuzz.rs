//! Readers of untrusted bytes with random and damaged input, on stable and with fixed seeds: a
//! small budget in every test run, a large one with `SLOW_TESTS=1`.

use crate::answer::{Answer, Question, Source};
use crate::digest::Digest;
use crate::expansion::{Expansion, Output, file as expansions};
use crate::lock::Lock;
use crate::output::{self, Part, RawOutput, emulation};
use crate::policy;
use crate::request::strategy::request_of;
use crate::request::{Allowed, file as requests};
use crate::sealed::seal;
use crate::table::{SpanOp, Table, Token, kind, span};

/// xorshift64*: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Numbers of all sizes, the edges often.
    fn number(&mut self) -> u32 {
        match self.below(4) {
            0 => self.below(64) as u32,
            1 => span::FIRST_OPERATION.wrapping_add(self.below(5) as u32).wrapping_sub(2),
            2 => u32::MAX >> self.below(32),
            _ => self.next() as u32,
        }
    }

    /// Changes a few bytes, or moves, repeats or drops some.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        const WORDS: [&[u8]; 8] = [
            b"\n",
            b" ",
            b"4294967296",
            b"\\",
            b"\xff",
            b"\t",
            b"18446744073709551615",
            b"\xc3\xa9",
        ];
        for _ in 0..=self.below(3) {
            let (at, to) = (self.below(bytes.len() + 1), self.below(bytes.len() + 1));
            match self.below(5) {
                0 if at < bytes.len() => bytes[at] = self.next() as u8,
                1 => drop(bytes.drain(at.min(to)..at.max(to))),
                2 => {
                    let copy = bytes[at.min(to)..at.max(to)].to_vec();
                    bytes.splice(at..at, copy);
                }
                3 => bytes.truncate(at),
                _ => drop(bytes.splice(at..at, WORDS[self.below(8)].iter().copied())),
            }
        }
    }
}

/// Runs `body` with numbers that depend on the round only.
fn rounds(body: impl Fn(&mut Random)) {
    let count = if std::env::var_os("SLOW_TESTS").is_some() { 200_000 } else { 500 };
    for round in 1..=count {
        let mut random = Random(0x9e37_79b9_7f4a_7c15u64.wrapping_mul(round));
        body(&mut random);
    }
}

/// Damages `good`, with its seal made new half of the time: else the digest alone would refuse.
fn damaged(random: &mut Random, good: &str) -> Vec<u8> {
    let reseal = random.below(2) == 0;
    let end = good.rfind("sum ").unwrap_or(good.len());
    let mut bytes = good.as_bytes()[..if reseal { end } else { good.len() }].to_vec();
    random.damage(&mut bytes);
    match (reseal, String::from_utf8(bytes)) {
        (true, Ok(body)) => seal(body).into_bytes(),
        (_, Ok(text)) => text.into_bytes(),
        (_, Err(error)) => error.into_bytes(),
    }
}

fn example() -> crate::request::Request {
    let calls = [("ledger::cache", "seconds = ( 5 )"), ("ledger::table", "")];
    request_of(&calls, "# [ a ] pub struct A < 'a > { b : & 'a [ u8 ; { 3 } ] , c : $crate :: D }")
}

#[test]
fn tables() {
    let table = example().table;
    let good = table.encode(0..table.rows.len());
    rounds(|random| {
        let mut bytes = good.clone();
        random.damage(&mut bytes);
        if let Ok(table) = Table::decode(&bytes) {
            assert_eq!(table.encode(0..table.rows.len()), bytes);
            let _ = table.render(0..table.rows.len());
        }
    });
}

#[test]
fn locks() {
    let digest = Digest::of(b"x");
    let good = format!(
        "cell-lock 1\nmanifest {digest}\nprofile p\ncell a api 0.1.0\ncell a component {digest}\n\
         cell a grant call b::c\ncell a allow unsafe\ncell a limit fuel 7\n\
         cell a macro m attribute slot=0 wants=3 needs=b::n helper=h call=b::c\n"
    );
    assert!(Lock::parse(&good).is_ok());
    rounds(|random| {
        let mut bytes = good.clone().into_bytes();
        random.damage(&mut bytes);
        if let Ok(lock) = Lock::parse(&String::from_utf8_lossy(&bytes)) {
            // What it says survives being written again, in an order of its own.
            let again = Lock::parse(&lock.to_string()).expect("a lock that was read");
            assert_eq!(again.to_string(), lock.to_string());
        }
    });
}

#[test]
fn answers() {
    let question = Question { cell: "a".into(), function: "b".into(), arguments: vec![1, 2, 255] };
    let reply = Ok(b"reply\n\x00".to_vec());
    let good = Answer {
        question,
        reply,
        source: Source { schema: Some(Digest::of(b"s")), component: None },
    }
    .encode();
    rounds(|random| {
        if let Ok(answer) = Answer::decode(&damaged(random, &good)) {
            assert_eq!(Answer::decode(answer.encode().as_bytes()), Ok(answer));
        }
    });
}

#[test]
fn requests() {
    let good = requests::encode(&example());
    rounds(|random| {
        let bytes = damaged(random, &good);
        if let Ok(request) = requests::decode(&bytes) {
            assert_eq!(requests::encode(&request).as_bytes(), bytes);
            // Everything that is made of a request relies on what `decode` promises.
            let _ = (request.key(), request.title());
            for call in 0..request.calls.len() {
                let input = crate::compose::input(&request, call);
                assert!(input.table.is_top_level(0..input.split as usize));
                let _ = crate::compose::context(&request, call);
            }
        }
    });
}

#[test]
fn expansions() {
    let request = example();
    let text = "impl\"x\"";
    let token = |kind, span, a, b| Token { kind, sub: 0, span, a, b };
    let rows = vec![
        token(kind::RANGE, span::of_row(request.item().start as u32), 3, 0),
        token(kind::IDENT, span::FIRST_OPERATION, 0, 4),
        token(kind::GROUP, 0, 2, 0),
        token(kind::LITERAL, 1, 4, 3),
        token(kind::PUNCT, 0, '+' as u32, 0),
    ];
    let spans = vec![SpanOp { op: 0, a: 16, b: 1 }];
    let output = Output { text: text.into(), rows, spans };
    let key = request.key();
    let good = expansions::encode(&key, "a", &Expansion { output, ..Expansion::default() });
    rounds(|random| {
        if let Ok(Expansion { output, .. }) = expansions::decode(&damaged(random, &good), &key) {
            let Output { text, rows, spans } = output;
            let parts = vec![Part { kind: 0, rows: rows.len() as u32, name: String::new() }];
            emit_if_valid(
                &request.table,
                request.item().start,
                &RawOutput { text, rows, spans, parts },
            );
        }
    });
}

#[test]
fn outputs() {
    let request = example();
    rounds(|random| {
        let rows = (0..random.below(9)).map(|_| Token {
            kind: random.below(7) as u8,
            sub: random.below(5) as u8 * random.below(2) as u8,
            span: random.number(),
            a: random.number(),
            b: random.number() * random.below(2) as u32,
        });
        let rows: Vec<_> = rows.collect();
        let spans = (0..random.below(3)).map(|_| SpanOp {
            op: random.below(3) as u8,
            a: random.number(),
            b: random.number(),
        });
        let spans = spans.collect();
        let count = if random.below(3) == 0 { random.number() } else { rows.len() as u32 };
        let parts = vec![Part { kind: random.below(4) as u8, rows: count, name: "a".into() }];
        let text = "ab\"'1é".repeat(random.below(20));
        emit_if_valid(
            &request.table,
            request.item().start,
            &RawOutput { text, rows, spans, parts },
        );
    });
}

fn emit_if_valid(input: &Table, split: usize, output: &RawOutput) {
    if output::check(input, split, output, 10_000).is_ok() {
        let item = split..input.rows.len();
        let _ = policy::check(input, item, output, Allowed::default());
        emulation::emit(input, &output.text, &output.rows, &output.spans);
    }
}
