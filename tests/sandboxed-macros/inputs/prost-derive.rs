use prost::{Enumeration, Message, Oneof};
use std::collections::{BTreeMap, HashMap};

#[derive(Clone, PartialEq, Message)] pub struct Empty {}
#[derive(Clone, PartialEq, Message)] pub struct Unit;
#[derive(Clone, PartialEq, Message)] pub struct Scalars {
    #[prost(double, tag = "1")] pub a: f64, #[prost(float, tag = "2")] pub b: f32, #[prost(int32, tag = "3")] pub c: i32,
    #[prost(int64, tag = "4")] pub d: i64, #[prost(uint32, tag = "5")] pub e: u32, #[prost(uint64, tag = "6")] pub f: u64,
    #[prost(sint32, tag = "7")] pub g: i32, #[prost(sint64, tag = "8")] pub h: i64, #[prost(fixed32, tag = "9")] pub i: u32,
    #[prost(fixed64, tag = "10")] pub j: u64, #[prost(sfixed32, tag = "11")] pub k: i32, #[prost(sfixed64, tag = "12")] pub l: i64,
    #[prost(bool, tag = "13")] pub m: bool, #[prost(string, tag = "14")] pub n: String, #[prost(bytes = "vec", tag = "15")] pub o: Vec<u8>,
    #[prost(bytes = "bytes", tag = "16")] pub p: Bytes,
}
#[derive(Clone, PartialEq, Message)] pub struct Optional { #[prost(string, optional, tag = "1")] pub a: Option<String>, #[prost(int32, optional, tag = "2")] pub b: Option<i32> }
#[derive(Clone, PartialEq, Message)] pub struct Repeated { #[prost(string, repeated, tag = "1")] pub a: Vec<String>, #[prost(int32, repeated, packed = "false", tag = "2")] pub b: Vec<i32>, #[prost(fixed64, repeated, packed, tag = "3")] pub c: Vec<u64> }
#[derive(Clone, PartialEq, Message)] pub struct Required { #[prost(string, required, tag = "1", default = "x")] pub a: String, #[prost(sint32, required, tag = "2", default = "-3")] pub b: i32 }
#[derive(Clone, PartialEq, Message)] pub struct Nested { #[prost(message, optional, tag = "1")] pub a: Option<Scalars>, #[prost(message, repeated, tag = "2")] pub b: Vec<Empty>, #[prost(message, required, boxed, tag = "3")] pub c: Box<Nested> }
#[derive(Clone, PartialEq, Message)] pub struct Maps { #[prost(map = "string, int32", tag = "1")] pub a: HashMap<String, i32>, #[prost(btree_map = "sint32, message", tag = "2")] pub b: BTreeMap<i32, Empty>, #[prost(map = "uint64, enumeration(Kind)", tag = "3")] pub c: HashMap<u64, i32> }
#[derive(Clone, PartialEq, Message)] pub struct Group { #[prost(group, optional, tag = "1")] pub a: Option<Empty>, #[prost(group, repeated, tag = "2")] pub b: Vec<Empty> }
#[derive(Clone, PartialEq, Message)] pub struct WithKind { #[prost(enumeration = "Kind", tag = "1")] pub a: i32, #[prost(enumeration = "Kind", optional, tag = "2", default = "B")] pub b: Option<i32>, #[prost(enumeration = "Kind", repeated, tag = "3")] pub c: Vec<i32> }
#[derive(Clone, PartialEq, Message)] pub struct WithChoice { #[prost(oneof = "Choice", tags = "1, 2, 3")] pub a: Option<Choice>, #[prost(int32, tag = "4")] pub b: i32 }
#[derive(Clone, PartialEq, Message)] pub struct Tuple(#[prost(string, tag = "5")] pub String, #[prost(int32)] pub i32);
#[derive(Clone, PartialEq, Message)] pub struct Untagged { #[prost(int32)] pub a: i32, #[prost(string)] pub b: String }
#[derive(Clone, PartialEq, Message)] #[prost(skip_debug)] pub struct Quiet { #[prost(int32, tag = "1")] pub r#type: i32 }
#[derive(Clone, PartialEq, Message)] pub struct Generic<T> where T: Clone { #[prost(message, optional, tag = "1")] pub a: Option<T> }
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enumeration)] #[repr(i32)] pub enum Kind { A = 0, B = 1, C = -5 }
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enumeration)] pub enum One { #[allow(dead_code)] Only = 7 }
#[derive(Clone, PartialEq, Oneof)] pub enum Choice { #[prost(string, tag = "1")] A(String), #[prost(message, tag = "2")] B(Empty), #[prost(enumeration = "Kind", tag = "3")] C(i32) }
#[derive(Clone, PartialEq, Oneof)] pub enum Bytewise { #[prost(bytes, tag = "9")] Raw(Vec<u8>), #[prost(bool, tag = "8")] Flag(bool) }
#[derive(Clone, PartialEq, Message)] #[deprecated] pub struct Documented { /// What it is.
    #[prost(string, tag = "1")] #[doc = "said"] pub a: String, #[prost(bytes, optional, tag = "536870911")] pub(crate) b: Option<Vec<u8>> }
#[derive(Clone, PartialEq, Message)] pub struct Defaults { #[prost(double, tag = "1", default = "1.5e3")] pub a: f64, #[prost(bool, tag = "2", default = "true")] pub b: bool, #[prost(bytes, tag = "3", default = "b\"x\\x00\"")] pub c: Vec<u8>, #[prost(uint64, optional, tag = "4", default = "18446744073709551615")] pub d: Option<u64> }
#[derive(Clone, PartialEq, Message)] pub struct Raw { #[prost(oneof = "r#mod::Choice", tags = "1")] pub r#use: Option<r#mod::Choice>, #[prost(map = "bool, bytes", tag = "2")] pub r#fn: HashMap<bool, Vec<u8>> }
#[derive(Clone, PartialEq, Oneof)] pub enum Grouped { #[prost(group, tag = "1")] A(Empty), #[prost(double, tag = "2")] B(f64), #[prost(message, boxed, tag = "3")] C(Box<Nested>) }
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enumeration)] #[repr(i32)] pub enum Wide { Least = i32::MIN, Sum = 1 + 2, Hex = 0x7f }
#[derive(Clone, PartialEq, Message)] pub struct Twice { #[prost(int32, tag = "1")] pub a: i32, #[prost(int32, tag = "1")] pub b: i32 }
#[derive(Clone, PartialEq, Message)] pub struct Unknown { #[prost(int33, tag = "1")] pub a: i32 }
#[derive(Clone, PartialEq, Message)] pub struct Bare { pub a: i32 }
#[derive(Clone, PartialEq, Message)] pub enum NoStruct { A }
#[derive(Clone, PartialEq, Enumeration)] pub enum NoNumber { A, B }
#[derive(Clone, PartialEq, Enumeration)] pub struct NoEnum;
#[derive(Clone, PartialEq, Oneof)] pub enum NoTag { #[prost(string)] A(String) }
