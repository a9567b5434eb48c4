//! The two decoders of values, fed with damaged bytes: on stable, with numbers that depend on the
//! round alone, a small budget in every test run and a large one with `SLOW_TESTS=1`.
#![allow(missing_docs, reason = "rkyv's derives make public types of these")]

use std::collections::{BTreeMap, BTreeSet};

use cell_model::Code;
use cell_model::frame::Format;
use cell_service::__private::{decode, encode};
use rkyv::{Archive, Deserialize, Serialize};

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

    /// Flips bits, writes numbers where others were, cuts, repeats and moves.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let (at, to) = (self.below(bytes.len() + 1), self.below(bytes.len() + 1));
            let (at, to) = (at.min(to), at.max(to));
            match self.below(7) {
                0 | 1 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                // Offsets and lengths of archives are words.
                2 if at / 4 * 4 + 4 <= bytes.len() => {
                    let words = [0, 1, u32::MAX, 1 << 31, self.next() as u32 >> self.below(32)];
                    let word = words[self.below(5)].to_le_bytes();
                    bytes[at / 4 * 4..at / 4 * 4 + 4].copy_from_slice(&word);
                }
                3 => drop(bytes.drain(at..to)),
                4 => bytes.extend_from_within(at..to),
                5 => bytes.truncate(at),
                _ => {
                    let other: Vec<u8> = (0..self.below(9)).map(|_| self.next() as u8).collect();
                    bytes.splice(at..at, other);
                }
            }
        }
    }
}

#[derive(
    Clone, Debug, PartialEq, Archive, Serialize, Deserialize, serde::Serialize, serde::Deserialize,
)]
struct Shapes {
    numbers: (u8, i16, u32, i64, u128),
    small: Option<i8>,
    text: String,
    letter: char,
    yes: bool,
    bytes: Vec<u8>,
    lists: Vec<Vec<u16>>,
    texts: BTreeSet<String>,
    named: BTreeMap<String, Variants>,
    fixed: [u32; 3],
    outcome: Result<Variants, String>,
    nothing: (),
}

#[derive(
    Clone, Debug, PartialEq, Archive, Serialize, Deserialize, serde::Serialize, serde::Deserialize,
)]
enum Variants {
    Unit,
    Tuple(u64, String),
    Struct { first: Option<Vec<String>>, second: [u8; 5] },
}

fn example() -> Shapes {
    let structure = Variants::Struct {
        first: Some(vec!["é".into(), "long enough to lie elsewhere".into()]),
        second: [9; 5],
    };
    Shapes {
        numbers: (1, -2, 3, -4, 1 << 100),
        small: Some(-1),
        text: "a text that does not fit into its place".into(),
        letter: '\u{1f980}',
        yes: true,
        bytes: vec![0, 127, 255],
        lists: vec![vec![], vec![1, 2], vec![3; 20]],
        texts: ["a".to_owned(), "b".to_owned()].into(),
        named: BTreeMap::from([
            ("one".to_owned(), Variants::Unit),
            ("two".to_owned(), Variants::Tuple(7, "x".into())),
            ("three".to_owned(), structure.clone()),
        ]),
        fixed: [1, 2, 3],
        outcome: Ok(structure),
        nothing: (),
    }
}

#[test]
fn damaged_values_are_values_or_faults() {
    let rounds = if std::env::var_os("SLOW_TESTS").is_some() { 2_000_000 } else { 10_000 };
    for format in [Format::Rkyv, Format::MessagePack] {
        let good = encode(format, &example()).expect("a value");
        assert_eq!(decode::<Shapes>(format, &good), Ok(example()));
        let mut read = 0;
        for round in 1..=rounds {
            let mut random = Random(0x9e37_79b9_7f4a_7c15u64.wrapping_mul(round));
            let mut bytes = good.clone();
            random.damage(&mut bytes);
            match decode::<Shapes>(format, &bytes) {
                Ok(value) => {
                    read += 1;
                    let again = encode(format, &value).expect("a value that was read");
                    assert_eq!(decode::<Shapes>(format, &again), Ok(value), "round {round}");
                }
                Err(fault) => assert_eq!(fault.code, Code::BadPayload, "round {round}"),
            }
        }
        // Damage that nobody notices is there too: not all of it is refused at the door.
        assert!(read > rounds / 200, "{format:?}: {read} values of {rounds}");
    }
}
