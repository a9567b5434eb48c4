//! The encoding is that of cells, both ways, and takes any bytes.

use cell_model::message;
use macro_guest_sdk::wire::{read, write};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::both;
use crate::cells::{self, all};

proptest! {
    #[test]
    fn bytes_are_those_of_a_cell_both_ways(value in all()) {
        let bytes = message::encode(&value).unwrap();
        let ours = read::<both::All>(&bytes);
        let ours = ours.unwrap_or_else(|misfit| panic!("{misfit}: {value:?}"));
        prop_assert_eq!(&write(&ours), &bytes);
        prop_assert_eq!(message::decode::<cells::All>(&write(&ours)).unwrap(), value);
    }

    #[test]
    fn fractions_too(small in any::<u32>(), large in any::<u64>()) {
        let value = cells::Fraction { small: f32::from_bits(small), large: f64::from_bits(large) };
        let bytes = message::encode(&value).unwrap();
        let ours: both::Fraction = read(&bytes).unwrap();
        // Which of the values that are no number it is means nothing.
        let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
        prop_assert!(same(ours.large, value.large) && same(ours.small.into(), value.small.into()));
        prop_assert_eq!(write(&ours).len(), bytes.len());
    }

    #[test]
    fn what_was_cut_or_changed_is_a_value_or_an_error(
        value in all(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        length in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = message::encode(&value).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cut {
            bytes.truncate(length.index(bytes.len()));
        }
        if let Ok(ours) = read::<both::All>(&bytes) {
            prop_assert_eq!(read(&write(&ours)), Ok(ours));
        }
    }

    #[test]
    fn any_bytes_are_a_value_or_an_error(bytes in vec(any::<u8>(), 0..200)) {
        let _ = read::<both::All>(&bytes);
        let _ = read::<both::Shape>(&bytes);
        let _ = read::<Vec<Option<Result<char, f64>>>>(&bytes);
        if let Ok(list) = read::<Vec<u8>>(&bytes) {
            prop_assert_eq!(message::decode::<Vec<u8>>(&bytes), Ok(list));
        }
    }

    #[test]
    fn numbers_are_read_in_all_forms_that_a_cell_reads(bytes in vec(any::<u8>(), 0..6)) {
        if let Ok(list) = message::decode::<Vec<Option<i16>>>(&bytes) {
            prop_assert_eq!(read(&bytes), Ok(list));
        }
        if let Ok(number) = message::decode::<i128>(&bytes) {
            prop_assert_eq!(read(&bytes), Ok(number));
        }
    }
}

/// The same value as a cell writes it and as we do, and both read both.
fn same<T>(value: T)
where
    T: serde::Serialize + macro_guest_sdk::wire::Read + macro_guest_sdk::wire::Write,
    T: PartialEq + std::fmt::Debug,
{
    let bytes = message::encode(&value).unwrap();
    assert_eq!(write(&value), bytes, "{value:?}");
    assert_eq!(read(&bytes), Ok(value));
}

#[test]
fn numbers_and_lengths_are_right_where_their_marks_change() {
    for power in 0..64 {
        for near in [-1, 0, 1] {
            let number = (1i128 << power) + near;
            same(number as u64);
            same(number as i64);
            same((-number) as i64);
            same((number as u8, number as u16, number as u32));
            same((number as i8, number as i16, number as i32));
            same((-number as i8, -number as i16, -number as i32));
            same(number);
            same(number as u128);
        }
    }
    for length in [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536] {
        same("x".repeat(length));
        same(vec![7u8; length]);
        same(vec![true; length]);
        same((0..length as u32).map(|key| (key, ())).collect::<std::collections::BTreeMap<_, _>>());
        same((0..length as u32).collect::<std::collections::BTreeSet<_>>());
    }
}

/// What a newer cell says.
#[derive(serde::Serialize)]
struct Newer<T> {
    bits: u16,
    more: T,
}

#[test]
fn what_is_not_known_is_skipped() {
    #[derive(serde::Serialize)]
    enum ColumnType<T> {
        Number(Newer<T>),
        Decimal(T),
        Date,
    }
    let more = (vec![1u8; 300], "text", Some([1.5f64; 2]), -70_000, u64::MAX, Some([[(); 3]; 20]));
    let read = |value: &ColumnType<_>| read(&message::encode(value).unwrap());
    use crate::bank::ColumnType as Known;
    let number = ColumnType::Number(Newer { bits: 8, more: more.clone() });
    assert_eq!(read(&number), Ok(Known::Number { bits: 8 }));
    assert_eq!(read(&ColumnType::Decimal(more)), Ok(Known::Other));
    assert_eq!(read(&ColumnType::Date), Ok(Known::Other));
}

#[test]
fn what_may_be_missing_may_be_missing() {
    let bytes = message::encode(&std::collections::BTreeMap::from([("from", 7u8)])).unwrap();
    let named = [&[0x81, 0xa5][..], b"Named", &bytes].concat();
    let expected = both::Shape::Named { from: 7, held: None, self_: None };
    assert_eq!(read(&named), Ok(expected.clone()));
    assert_eq!(write(&expected).len(), named.len() + "held".len() + 2, "an option is written");
}

#[test]
fn a_misfit_says_what_and_where() {
    let said = |bytes: &[u8]| read::<both::All>(bytes).unwrap_err().to_string();
    assert_eq!(said(&[]), "the bytes end too early");
    assert_eq!(said(&[0x90]), "a map is expected, found a list");
    assert_eq!(said(&[0x80]), "`numbers`: it is missing");
    assert_eq!(said(&[0x80, 0xc0]), "`numbers`: it is missing");
    assert_eq!(said(&[0x81, 0x01, 0x01]), "a text is expected, found an integer");
    let list = [&[0x81, 0xa3][..], b"ids", &[0x92, 1, 0xa1, b'x']].concat();
    assert_eq!(said(&list), "`ids[1]`: an integer is expected, found a text");
    let twice = [&[0x82, 0xa3][..], b"yes", &[0xc3, 0xa3], b"yes", &[0xc3]].concat();
    assert_eq!(said(&twice), "`yes`: it is there twice");
    let said = |bytes: &[u8]| read::<both::Shape>(bytes).unwrap_err().to_string();
    let variant = |name: &str, held: &[u8]| {
        let head = [0x81, 0xa0 | name.len() as u8];
        [&head[..], name.as_bytes(), held].concat()
    };
    assert_eq!(said(&variant("Nothing", &[7])), "`Nothing`: nothing is expected, found an integer");
    assert_eq!(said(&variant("Two", &[0x91, 1])), "`Two`: it is missing");
    let deep = variant("Deep", &[&[0x91][..], &variant("One", &[0xc2])].concat());
    assert_eq!(said(&deep), "`Deep[0].One`: a text is expected, found a truth value");
    let result: Result<Result<u8, ()>, _> = read(&variant("Perhaps", &[7]));
    let said = result.unwrap_err().to_string();
    assert_eq!(said, "`Perhaps`: `Ok` or `Err` with a value is expected");
    assert_eq!(read::<u8>(&[0xcd, 1, 0]).unwrap_err().to_string(), "an integer that is no `u8`");
    assert_eq!(read::<u8>(&[1, 1]).unwrap_err().to_string(), "something follows the value");
}

#[test]
fn depth_is_bounded_and_lengths_are_not_believed() {
    type Shape = both::Shape;
    let deep = |depth: usize| {
        let one = [&[0x81, 0xa4][..], b"Deep", &[0x91]].concat();
        [&one.repeat(depth)[..], &[0xa7], b"Nothing"].concat()
    };
    assert!(read::<Shape>(&deep(120)).is_ok());
    let said = read::<Shape>(&deep(100_000)).unwrap_err().to_string();
    assert!(said.ends_with("it nests too deep") && said.len() < 2_000, "{said}");
    let lie = [0xdd, 0xff, 0xff, 0xff, 0xff];
    assert!(read::<Vec<both::Id>>(&lie).is_err() && read::<Vec<u8>>(&lie).is_err());
    // What is skipped may nest as it likes.
    let unknown = [&[0x81, 0xa1, b'x'][..], &[0x91; 100_000], &[0xc0]].concat();
    assert_eq!(read(&unknown), Ok(Shape::Other));
}
