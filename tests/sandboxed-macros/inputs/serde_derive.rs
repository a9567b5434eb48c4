use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap, marker::PhantomData};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Renamed { pub first_name: String, #[serde(rename = "ID")] r#type: u8, #[serde(alias = "a", alias = "b")] last_name: Option<String> }

#[derive(Serialize, Deserialize)]
#[serde(rename_all(serialize = "kebab-case", deserialize = "SCREAMING_SNAKE_CASE"))]
struct TwoWays { one_field: u8, #[serde(rename(serialize = "x", deserialize = "y"))] other_field: u8 }

#[derive(Serialize, Deserialize)]
#[serde(default)]
struct Defaults { #[serde(default = "one")] a: u8, #[serde(default)] b: Vec<u8>, #[serde(skip_serializing_if = "Option::is_none")] c: Option<u8> }
fn one() -> u8 { 1 }

#[derive(Serialize, Deserialize)]
struct Skips { #[serde(skip)] a: u8, #[serde(skip_serializing)] b: u8, #[serde(skip_deserializing, default = "one")] c: u8 }

#[derive(Serialize, Deserialize)]
struct Borrows<'a> { #[serde(borrow)] a: Cow<'a, str>, b: &'a str, #[serde(borrow = "'a")] c: Option<Cow<'a, [u8]>>, d: &'a [u8] }

#[derive(Serialize, Deserialize)]
struct Flat { a: u8, #[serde(flatten)] rest: BTreeMap<String, String>, #[serde(flatten)] inner: Defaults }

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Transparent<T> { value: T, #[serde(skip)] mark: PhantomData<T> }

#[derive(Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
struct Through(String);

#[derive(Deserialize)]
#[serde(try_from = "u8")]
struct Tried(u8);

#[derive(Serialize, Deserialize)]
#[serde(bound = "T: Clone", bound(deserialize = "T: Default"))]
struct Bounds<T> { #[serde(bound(serialize = "T: Copy"))] a: T }

#[derive(Serialize, Deserialize)]
struct With { #[serde(with = "module")] a: u8, #[serde(serialize_with = "ser", deserialize_with = "de")] b: u8, #[serde(getter = "get")] c: u8 }

#[derive(Serialize, Deserialize)]
#[serde(remote = "std::time::Duration")]
struct Remote { #[serde(getter = "std::time::Duration::as_secs")] secs: u64, #[serde(getter = "std::time::Duration::subsec_nanos")] nanos: u32 }

#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
enum Internal { Unit, Newtype(Defaults), Struct { a: u8 }, #[serde(rename = "x")] Other { #[serde(rename = "y")] b: u8 } }

#[derive(Serialize, Deserialize)]
#[serde(tag = "t", content = "c", rename_all = "snake_case", rename_all_fields = "camelCase")]
enum Adjacent<'a, T> where T: Clone { UnitOne, NewType(T), TupleTwo(T, &'a str), StructThree { some_field: T } }

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "something")]
enum Untagged { Number(i64), Text(String), Pair(u8, u8), Map { a: u8 } }

#[derive(Serialize, Deserialize)]
enum External { #[serde(other)] Unknown, #[serde(skip)] Skipped, #[serde(alias = "z")] A, #[serde(with = "module")] B(u8), #[serde(untagged)] C(String) }

#[derive(Deserialize)]
#[serde(variant_identifier, rename_all = "lowercase")]
enum Variant { One, Two, #[serde(other)] Rest }

#[derive(Deserialize)]
#[serde(field_identifier)]
enum Field { Secs, Nanos, Other(String) }

#[derive(Serialize, Deserialize)]
#[serde(crate = "other::serde", rename = "Another", into = "u8")]
struct OtherCrate;

#[derive(Serialize, Deserialize)]
struct Tuple(u8, #[serde(skip)] u8, #[serde(default)] String);

#[derive(Serialize, Deserialize)]
struct Lifetimes<'a, 'b: 'a, T: ?Sized + 'a, const N: usize>(&'a [u8; N], PhantomData<(&'b (), Box<T>)>);

// What it does not want.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "no such case", unknown, tag = 1)]
struct Wrong1 { #[serde(rename)] a: u8, #[serde(skip_serializing_if = "1 + 1")] b: u8 }
#[derive(Serialize, Deserialize)]
#[serde(tag = "a", untagged)]
enum Wrong2 { A(u8, u8) }
#[derive(Serialize, Deserialize)]
#[serde(tag = "a")]
enum Wrong3 { A(u8, u8), #[serde(rename = "a")] #[serde(rename = "b")] B }
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Wrong4 { a: u8, b: u8 }
#[derive(Serialize, Deserialize)]
struct Wrong5<'a> { #[serde(borrow = "'b")] a: &'a str, #[serde(flatten, skip)] b: u8, #[serde(with = "x", serialize_with = "y")] c: u8 }
