use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::value::{Maker, Value};
use super::*;
use crate::fuzz::Random;
use crate::message::{decode, encode};
use crate::schema::strategy::schema;
use crate::schema::{Content, Named, Type, read};

const TABLES: &str = "\
cell-schema 1
service Tables
method drop(table: string) -> unit
method rows(table: string) -> stream string at compile time
method table(name: string, part: option<Part> or default, limit: u8) -> result<Table, Refused> at compile time

struct Column
  bits: u16
  name: string
  keys: set<Id> or default

type Id = u64

enum Part
  Whole
  Rows(u32, u32)
  Named(string)
  Of with
    column: string

enum Refused
  None
  Other or default

struct Table
  columns: list<Column>
  notes: map<string, Unit>
  bytes: bytes
  parts: list<Part>
  raw: list<u8>
  big: u128
  small: i128
  sign: char
  ratio: f32
  exact: f64
  pair: tuple<bool, array<i8, 2>>
  deep: list<Table>
  maybe: option<option<unit>> or default

struct Unit
";

/// The same in Rust.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Table {
    columns: Vec<Column>,
    notes: BTreeMap<String, Unit>,
    bytes: Vec<u8>,
    parts: Vec<Part>,
    raw: Vec<u8>,
    big: u128,
    small: i128,
    sign: char,
    ratio: f32,
    exact: f64,
    pair: (bool, [i8; 2]),
    deep: Vec<Table>,
    maybe: Option<Option<()>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Column {
    bits: u16,
    name: String,
    #[serde(default)]
    keys: BTreeSet<Id>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Id(u64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Part {
    Whole,
    Rows(u32, u32),
    Named(String),
    Of { column: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Refused {
    None,
    #[serde(other)]
    Other,
}

#[derive(Serialize)]
struct Takes {
    name: String,
    part: Option<Part>,
    limit: u8,
}

pub(crate) type Reply = Result<Table, Refused>;

pub(crate) fn of(text: &str) -> Schema {
    read(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

pub(crate) fn tables() -> Schema {
    of(TABLES)
}

pub(crate) fn table() -> Table {
    let column = |name: &str, keys: &[u64]| Column {
        bits: 300,
        name: name.to_owned(),
        keys: keys.iter().copied().map(Id).collect(),
    };
    Table {
        columns: vec![column("id", &[1, 1 << 40]), column("né", &[])],
        notes: BTreeMap::from([("a".to_owned(), Unit {}), ("b".to_owned(), Unit {})]),
        bytes: vec![1, 200],
        parts: vec![
            Part::Whole,
            Part::Rows(1, 2),
            Part::Named("x".to_owned()),
            Part::Of { column: "id".to_owned() },
        ],
        raw: Vec::new(),
        big: u128::MAX,
        small: i128::MIN,
        sign: 'é',
        ratio: 0.5,
        exact: -0.1,
        pair: (true, [-1, 2]),
        deep: Vec::new(),
        maybe: None,
    }
}

#[test]
fn a_method_is_found_by_its_name() {
    let tables = tables();
    let other = of("cell-schema 1\nservice Other\nmethod size() -> u8 at compile time\n\
                    method table() -> u8 at compile time\n");
    let says = |schemas: &[&Schema], function: &str| {
        find(schemas.iter().copied(), function)
            .map(|asked| asked.full_name())
            .map_err(|error| error.to_string())
    };
    let both = [&tables, &other];
    assert_eq!(says(&[&tables], "table"), Ok("Tables::table".to_owned()));
    assert_eq!(says(&both, "size"), Ok("Other::size".to_owned()));
    assert_eq!(says(&both, "Other::table"), Ok("Other::table".to_owned()));
    let refused = |function: &str, text: &str| {
        assert_eq!(says(&both, function), Err(text.to_owned()), "{function}");
    };
    refused(
        "table",
        "`table` is a method of several services: write `Tables::table` or `Other::table`",
    );
    let known = "macros may ask `Tables::table`, `size`, `Other::table`";
    refused("tabel", &format!("there is no method `tabel`; {known}"));
    refused("Nobody::size", &format!("there is no method `Nobody::size`; {known}"));
    refused("a\n::`b", &format!("there is no method `a\\n::`b`; {known}"));
    refused("drop", "`Tables::drop` is not marked `#[compile_time]`, so macros may not ask it");
    refused("rows", "`Tables::rows` is a stream, which is no answer");
    assert_eq!(
        says(&[], "f"),
        Err("there is no method `f`, and none that macros may ask".to_owned())
    );
    let secret = of(&TABLES.replace("type Id", "secret type Id"));
    assert_eq!(
        says(&[&secret], "table"),
        Err("macros may not ask `Tables::table`: its value holds the secret type `Id`, through \
             `Table.columns`, `Column.keys`"
            .to_owned())
    );
}

fn asked<T>(test: impl FnOnce(Asked<'_>) -> T) -> T {
    let schema = tables();
    test(find([&schema], "table").expect("a question"))
}

#[test]
fn what_rust_writes_is_what_the_schema_says() {
    asked(|asked| {
        let parts = [None, Some(Part::Whole), Some(Part::Rows(0, u32::MAX))];
        for part in parts {
            let takes = Takes { name: String::new(), part, limit: 255 };
            asked.check_arguments(&encode(&takes).unwrap()).unwrap();
        }
        let deep =
            Table { deep: vec![table(), Table { deep: vec![table()], ..table() }], ..table() };
        for reply in [Ok(table()), Ok(deep), Err(Refused::None), Err(Refused::Other)] {
            let bytes = encode(&reply).unwrap();
            asked.check_reply(&bytes).unwrap();
            assert_eq!(decode::<Reply>(&bytes), Ok(reply));
        }
    });
}

/// Changes a reply as a map of MessagePack, and says what is then wrong with it.
fn changed(change: impl FnOnce(&mut Vec<(&'static str, Value)>)) -> String {
    let fine = |name, value| (name, value);
    let text = |text: &str| Value::Text(text.to_owned());
    let column = |bits: Value| Value::Struct(vec![fine("bits", bits), fine("name", text("id"))]);
    let bits = || Value::Unsigned(Basic::U64, 8);
    use crate::schema::Basic;
    let mut table = vec![
        fine("columns", Value::List(vec![column(bits()), column(bits())])),
        fine("notes", Value::Map(vec![(text("a"), Value::UnitStruct)])),
        fine("bytes", Value::List(vec![])),
        fine("parts", Value::List(vec![Value::UnitVariant("Whole")])),
        fine("raw", Value::List(vec![bits()])),
        fine("big", bits()),
        fine("small", Value::Signed(Basic::I64, -5)),
        fine("sign", text("x")),
        fine("ratio", Value::F32(0.5)),
        fine("exact", Value::F32(0.5)),
        fine("pair", Value::Tuple(vec![Value::Bool(true), Value::List(vec![bits(), bits()])])),
        fine("deep", Value::List(vec![])),
    ];
    // Numbers that are no bytes: a list of them is written as one.
    table[10].1 = Value::Tuple(vec![Value::Bool(true), Value::Tuple(vec![bits(), bits()])]);
    change(&mut table);
    let bytes = encode(&Value::NewVariant("Ok", Value::Struct(table).into())).unwrap();
    asked(|asked| {
        asked.check_reply(&bytes).map_or_else(|error| error.to_string(), |()| "fine".into())
    })
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    use crate::schema::Basic;
    let text = |text: &str| Value::Text(text.to_owned());
    let set = |name: &'static str, value: Value| {
        changed(|table| {
            table
                .iter_mut()
                .filter(|field| field.0 == name)
                .for_each(|field| field.1 = value.clone());
        })
    };
    let number = |number: i64| Value::Signed(Basic::I64, number);
    assert_eq!(changed(|_| {}), "fine");
    assert_eq!(set("sign", text("xy")), "`Ok.sign`: expected char, found \"xy\"");
    assert_eq!(set("big", number(-1)), "`Ok.big`: expected u128, found -1");
    assert_eq!(set("ratio", Value::F64(0.5)), "`Ok.ratio`: expected f32, found 0.5");
    assert_eq!(set("exact", number(1)), "`Ok.exact`: expected f64, found 1");
    assert_eq!(set("bytes", text("é\n")), "`Ok.bytes`: expected bytes, found \"é\\n\"");
    assert_eq!(set("deep", Value::Nothing), "`Ok.deep`: expected list<Table>, found nil");
    assert_eq!(
        set("raw", Value::Set(vec![number(1), number(256)])),
        "`Ok.raw[1]`: expected u8, found 256"
    );
    let column = Value::Struct(vec![("bits", number(1)), ("name", number(7))]);
    assert_eq!(
        set("columns", Value::List(vec![column])),
        "`Ok.columns[0].name`: expected string, found 7"
    );
    let column = Value::Struct(vec![("bits", number(1))]);
    assert_eq!(
        set("columns", Value::List(vec![column])),
        "`Ok.columns[0]`: the field `name` is missing"
    );
    let keys = Value::Set(vec![number(4), number(5), number(4)]);
    let column = Value::Struct(vec![("bits", number(1)), ("name", text("")), ("keys", keys)]);
    assert_eq!(
        set("columns", Value::List(vec![column])),
        "`Ok.columns[0].keys[2]`: 4 is there twice"
    );
    let twice = Value::Map(vec![(text("a"), Value::UnitStruct), (text("a"), Value::UnitStruct)]);
    assert_eq!(set("notes", twice), "`Ok.notes[key]`: \"a\" is there twice");
    assert_eq!(
        set("notes", Value::Map(vec![(text("a"), number(1))])),
        "`Ok.notes[\"a\"]`: expected a map of fields, found 1"
    );
    let part = |value: Value| set("parts", Value::List(vec![value]));
    assert_eq!(part(text("Hole")), "`Ok.parts[0]`: Part has no variant `Hole`");
    assert_eq!(part(text("Rows")), "`Ok.parts[0]::Rows`: what this variant holds is missing");
    assert_eq!(
        part(Value::NewVariant("Whole", Value::Unit.into())),
        "`Ok.parts[0]::Whole`: this variant holds nothing"
    );
    assert_eq!(
        part(Value::TupleVariant("Rows", vec![number(1), text("2")])),
        "`Ok.parts[0]::Rows.1`: expected u32, found \"2\""
    );
    assert_eq!(
        part(Value::TupleVariant("Rows", vec![number(1)])),
        "`Ok.parts[0]::Rows`: expected a list of 2, found a list of 1"
    );
    assert_eq!(
        part(Value::StructVariant("Of", vec![("column", number(1))])),
        "`Ok.parts[0]::Of.column`: expected string, found 1"
    );
    assert_eq!(part(number(0)), "`Ok.parts[0]`: expected a variant of Part, found 0");
    let pair = |count| {
        let inside = Value::Tuple(vec![number(1); count]);
        set("pair", Value::Tuple(vec![Value::Bool(true), inside]))
    };
    assert_eq!(pair(3), "`Ok.pair.1`: expected array<i8, 2>, found a list of 3");
    assert_eq!(pair(1), "`Ok.pair.1`: expected array<i8, 2>, found a list of 1");
    assert_eq!(
        set("pair", Value::Tuple(vec![])),
        "`Ok.pair`: expected tuple<bool, array<i8, 2>>, found a list of 0"
    );
    assert_eq!(
        changed(|table| table.push(table[0].clone())),
        "`Ok`: the field `columns` is there twice"
    );
}

/// A cell that was built later says more than the schema; a macro does not.
#[test]
fn names_that_are_not_known() {
    let more = || ("more", Value::List(vec![Value::Map(vec![(Value::Nothing, Value::Unit)])]));
    assert_eq!(changed(|table| table.insert(3, more())), "fine");
    asked(|asked| {
        let name = ("name", Value::Text("a".to_owned()));
        let limit = ("limit", Value::Unsigned(crate::schema::Basic::U8, 1));
        let check = |fields: Vec<(&'static str, Value)>| {
            let bytes = encode(&Value::Struct(fields)).unwrap();
            asked.check_arguments(&bytes).map_err(|error| error.to_string())
        };
        assert_eq!(check(vec![limit.clone(), name.clone()]), Ok(()));
        assert_eq!(check(vec![name.clone()]).unwrap_err(), "the field `limit` is missing");
        let refused = "there is no field `more`: `name`, `part`, `limit`";
        assert_eq!(check(vec![name, limit, more()]).unwrap_err(), refused);
        let reply = |value: Value| asked.check_reply(&encode(&value).unwrap());
        let refusal = |value: Value| Value::NewVariant("Err", value.into());
        // As serde reads it: what stands for others holds nothing.
        assert_eq!(reply(refusal(Value::UnitVariant("Newer"))), Ok(()));
        let error = reply(refusal(Value::NewVariant("Newer", Value::Unit.into()))).unwrap_err();
        assert_eq!(error.to_string(), "`Err`: Refused has no variant `Newer`");
        let error = reply(Value::NewVariant("Fine", Value::Unit.into())).unwrap_err();
        assert_eq!(error.to_string(), "expected `Ok` or `Err`, found \"Fine\"");
        let error = asked.check_arguments(&[0x90]).unwrap_err();
        assert_eq!(error.to_string(), "expected a map of fields, found a list of 0");
    });
}

/// What is deep ends, be it in bytes or in types, and so does what is said of it.
#[test]
fn depth_is_bounded() {
    let text = "cell-schema 1\nservice S\nmethod a() -> T at compile time\n\
                method b() -> Loop at compile time\nmethod c() -> Maybe at compile time\n\
                method d() -> Open at compile time\n\n\
                type Loop = Loop\n\ntype Maybe = option<Maybe>\n\n\
                struct Open\n\ntype T = list<T>\n";
    let schema = of(text);
    let reply = |method: &str, bytes: &[u8]| {
        let asked = find([&schema], method).expect("a question");
        asked.check_reply(bytes).map_err(|error| error.to_string())
    };
    let nested = |depth: usize| [vec![0x91; depth], vec![0x90]].concat();
    assert_eq!(reply("a", &nested(126)), Ok(()));
    let error = reply("a", &nested(127)).unwrap_err();
    assert!(error.ends_with("[0]`: it nests more than 127 deep"), "{error}");
    assert!(error.chars().count() < 400, "{error}");
    assert!(reply("a", &nested(1_000_000)).is_err());
    assert!(reply("b", &[0xc0]).unwrap_err().contains("without end"));
    assert_eq!(reply("c", &[0xc0]), Ok(()));
    assert!(reply("c", &[1]).is_err());
    // In what is skipped too.
    let skipped = |depth| [b"\x81\xa1x".to_vec(), nested(depth)].concat();
    assert_eq!(reply("d", &skipped(125)), Ok(()));
    assert!(reply("d", &skipped(1_000_000)).unwrap_err().contains("127 deep"));
}

fn small(ty: &mut Type) {
    match ty {
        Type::Basic(_) | Type::Named(_) => {}
        Type::Array(inside, length) => {
            *length %= 4;
            small(inside);
        }
        Type::Option(inside) | Type::List(inside) | Type::Set(inside) => small(inside),
        Type::Map(one, other) | Type::Result(one, other) => {
            small(one);
            small(other);
        }
        Type::Tuple(types) => types.iter_mut().for_each(small),
    }
}

/// With arrays of which there are values, and methods that may all be asked.
fn asked_schema() -> impl Strategy<Value = Schema> {
    schema().prop_map(|mut schema| {
        schema.secret.clear();
        for method in schema.methods.values_mut() {
            (method.compile_time, method.streams) = (true, false);
            method.arguments.iter_mut().for_each(|field| small(&mut field.ty));
            small(&mut method.returns);
        }
        for named in schema.types.values_mut() {
            match named {
                Named::Wrapper(inside) => small(inside),
                Named::Struct(fields) => fields.iter_mut().for_each(|field| small(&mut field.ty)),
                Named::Enum(variants) => {
                    variants.iter_mut().for_each(|variant| match &mut variant.content {
                        Content::Unit => {}
                        Content::Tuple(types) => types.iter_mut().for_each(small),
                        Content::Struct(fields) => {
                            fields.iter_mut().for_each(|field| small(&mut field.ty));
                        }
                    })
                }
            }
        }
        schema
    })
}

/// Arguments and a value of each method, as bytes; with a mistake, if it is told and there was room.
fn bytes_of(
    schema: &Schema,
    seed: u64,
    wrong: Option<usize>,
    mut see: impl FnMut(Asked<'_>, bool, &[u8]),
) {
    for name in schema.methods.keys() {
        let asked = find([schema], name).expect("a question");
        let maker = || Maker { schema, random: Random::new(seed), wrong, left: 500 };
        let arguments = maker().fields(&asked.method().arguments, 5).map(Value::Struct);
        let reply = maker().value(&asked.method().returns, 5);
        for (value, is_reply) in [(arguments, false), (reply, true)] {
            // A mistake may have stood in something that turned out to have no value.
            let made = |value: &Value| wrong.is_none() || format!("{value:?}").contains("Mistake(");
            // What is no list of bytes may begin as one, and is not written then.
            let bytes = value.filter(made).and_then(|value| encode(&value).ok());
            if let Some(bytes) = bytes {
                see(asked, is_reply, &bytes);
            }
        }
    }
}

fn check(asked: Asked<'_>, is_reply: bool, bytes: &[u8]) -> Result<(), Mismatch> {
    if is_reply { asked.check_reply(bytes) } else { asked.check_arguments(bytes) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn values_are_accepted_whole_and_alone(schema in asked_schema(), seed: u64) {
        bytes_of(&schema, seed, None, |asked, is_reply, bytes| {
            let fine = check(asked, is_reply, bytes);
            assert_eq!(fine, Ok(()), "{} {} {bytes:x?}\n{schema}", asked.name(), is_reply);
            let step = bytes.len() / 50 + 1;
            for at in (0..bytes.len()).step_by(step).chain(bytes.len().checked_sub(1)) {
                assert!(check(asked, is_reply, &bytes[..at]).is_err(), "cut at {at}");
            }
            let longer = [bytes, &[0xc0]].concat();
            let error = check(asked, is_reply, &longer).expect_err("more than a value");
            assert_eq!(error.to_string(), "1 bytes follow the value");
        });
    }

    #[test]
    fn a_mistake_is_found_wherever_it_is(schema in asked_schema(), seed: u64, at in 0usize..12) {
        bytes_of(&schema, seed, Some(at), |asked, is_reply, bytes| {
            assert!(check(asked, is_reply, bytes).is_err(), "{} {bytes:x?}\n{schema}", asked.name());
        });
    }
}
