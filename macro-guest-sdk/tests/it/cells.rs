//! The types of `all.schema` as a cell written in Rust has them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct All {
    numbers: Numbers,
    unit: (),
    yes: bool,
    letter: char,
    pub(crate) text: String,
    pub(crate) raw: Vec<u8>,
    ids: Vec<Id>,
    from: Option<Id>,
    set: BTreeSet<u8>,
    to: BTreeMap<Id, Vec<Shape>>,
    outcome: Result<(), Shape>,
    array: [u8; 3],
    points: [Id; 2],
    pair: (u8, String),
    six: (u8, u16, u32, i8, i16, i32),
    #[serde(default)]
    r#type: Shape,
    #[serde(default)]
    added: Vec<String>,
    nested: Option<Vec<Option<Id>>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Id(u64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Numbers {
    a: u8,
    b: u16,
    c: u32,
    d: u64,
    e: u128,
    f: i8,
    g: i16,
    h: i32,
    i: i64,
    j: i128,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) enum Shape {
    #[default]
    Nothing,
    One(String),
    Two(u8, Id),
    Raw(Vec<u8>),
    None(),
    Named {
        from: u8,
        held: Option<Id>,
        #[serde(default)]
        self_: Id,
    },
    Deep(Vec<Self>),
    #[serde(other)]
    Other,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fraction {
    pub(crate) small: f32,
    pub(crate) large: f64,
}

/// Numbers of all lengths.
fn number() -> impl Strategy<Value = i128> {
    (any::<i128>(), 0..128u32).prop_map(|(number, shift)| number >> shift)
}

fn id() -> impl Strategy<Value = Id> {
    number().prop_map(|number| Id(number as u64))
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..40)
}

fn text() -> impl Strategy<Value = String> {
    bytes().prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn shape() -> impl Strategy<Value = Shape> {
    let flat = prop_oneof![
        Just(Shape::Nothing),
        Just(Shape::None()),
        Just(Shape::Other),
        text().prop_map(Shape::One),
        (any::<u8>(), id()).prop_map(|(a, b)| Shape::Two(a, b)),
        bytes().prop_map(Shape::Raw),
        (any::<u8>(), proptest::option::of(id()), id())
            .prop_map(|(from, held, self_)| Shape::Named { from, held, self_ }),
    ];
    flat.prop_recursive(3, 10, 4, |inside| vec(inside, 0..4).prop_map(Shape::Deep))
}

fn numbers() -> impl Strategy<Value = Numbers> {
    proptest::array::uniform10(number()).prop_map(|[a, b, c, d, e, f, g, h, i, j]| Numbers {
        a: a as u8,
        b: b as u16,
        c: c as u32,
        d: d as u64,
        e: e as u128,
        f: f as i8,
        g: g as i16,
        h: h as i32,
        i: i as i64,
        j,
    })
}

pub(crate) fn all() -> impl Strategy<Value = All> {
    let first = (any::<(bool, char)>(), text(), bytes(), vec(id(), 0..20), numbers());
    let second = (
        proptest::option::of(id()),
        any::<BTreeSet<u8>>(),
        btree_map(id(), vec(shape(), 0..3), 0..4),
        prop_oneof![Just(Ok(())), shape().prop_map(Err)],
        any::<([u8; 3], [u64; 2])>(),
        (any::<u8>(), text()),
    );
    let third = (
        any::<(u8, u16, u32, i8, i16, i32)>(),
        shape(),
        vec(text(), 0..3),
        proptest::option::of(vec(proptest::option::of(id()), 0..4)),
    );
    (first, second, third).prop_map(|(first, second, third)| {
        let ((yes, letter), text, raw, ids, numbers) = first;
        let (from, set, to, outcome, (array, points), pair) = second;
        let (six, r#type, added, nested) = third;
        let (unit, points) = ((), points.map(Id));
        All {
            numbers,
            unit,
            yes,
            letter,
            text,
            raw,
            ids,
            from,
            set,
            to,
            outcome,
            array,
            points,
            pair,
            six,
            r#type,
            added,
            nested,
        }
    })
}
