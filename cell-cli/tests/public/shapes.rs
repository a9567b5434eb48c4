//! Items of every shape, each under every derive: what a derive cannot do with one is an input too.

use crate::source::{Derive, Source};

const SHAPES: &[&str] = &[
    "struct Unit;",
    "pub struct UnitBraces {}",
    "struct UnitParens();",
    "struct One(u8);",
    "pub(crate) struct OneNamed { value: std::string::String }",
    "struct Two(i32, pub i64);",
    "struct TwoNamed { pub x: i32, pub(in crate) y: i32, }",
    "struct Generic<T>(T);",
    "struct Bounded<'a, 'b: 'a, T: 'a + Clone + ?Sized, U = u8, const N: usize = 3>(&'a T, [&'b U; N]) where U: Copy, for<'c> &'c U: PartialEq;",
    "struct Where<T> where T: Iterator, T::Item: core::fmt::Debug { items: Vec<T::Item>, rest: Option<Box<T>>, }",
    "struct Raw { r#type: r#mod::r#Type, r#fn: fn(u8) -> u8 }",
    "struct Pointers(*const u8, &'static mut [u8], dyn Fn(&str) -> Result<(), ()> + Send);",
    "/// Documented\n/** twice */\nstruct Docs {\n    /// a field\n    a: (u8, (u16,), ()),\n    #[doc(hidden)] b: [[u8; 2]; 1 << 3],\n}",
    "#[display(\"{_0:>width$} and {}\", .0)] #[error(\"{0:?} {x}\", x = .1.len())] #[debug(\"{_1}\")] struct Formats(u8, #[debug(skip)] String);",
    "#[display(\"{name} {0} {}\", self.name)] #[error(\"{name:?}, {}\", .name.len())] struct FormatsNamed { name: &'static str, #[source] cause: std::io::Error, backtrace: Backtrace }",
    "#[error(transparent)] #[from(forward)] #[into(owned, ref, ref_mut)] #[as_ref(forward)] #[as_mut(str, [u8])] #[deref(forward)] struct Wrapper<T>(#[from] #[source] T);",
    "#[mul(forward)] #[add_assign(forward)] #[mul_assign(forward)] #[from(u8, u16)] #[into(i64, ref(i32))] struct Listed(#[as_ref] #[into_iterator(owned, ref, ref_mut)] #[deref] #[deref_mut] #[index] #[index_mut] Vec<i32>);",
    "enum Empty {}",
    "enum Units { A, B = 7, #[error(\"c\")] C }",
    "#[repr(u8)] #[try_from(repr)] #[from_str(rename_all = \"kebab-case\")] #[display(rename_all = \"snake_case\")] enum Repr { FirstOne = 1, SecondOne, r#Third = 0xff }",
    "#[try_into(owned, ref, ref_mut)] #[unwrap(owned, ref, ref_mut)] #[try_unwrap(ref)] #[is_variant(ignore)] enum Mixed { Unit, #[unwrap(ignore)] Tuple(u8, String), Struct { a: i32, b: i32 }, Same(i32, i32) }",
    "enum Errors { #[error(\"io: {0}\")] Io(#[from] std::io::Error), #[error(transparent)] Other(#[from] Box<dyn std::error::Error + Send + Sync>), #[error(\"{a} {b:?}\")] Named { a: String, #[source] b: core::num::ParseIntError }, #[error(\"{}\", code(.0))] Call(i32), #[error(fmt = demo::fmt)] Func }",
    "enum Generics<'a, T, E: std::error::Error + 'static> where T: core::fmt::Display { #[error(\"{0}\")] #[display(\"{_0}\")] A(T), #[error(\"e\")] #[display(\"e\")] B { #[from] source: E, }, #[error(\"c {0:?}\")] C(&'a [T]) }",
    "#[display(\"{_variant}!\")] enum Outer { #[display(\"one\")] One, Two(u8), #[display(\"{x}\")] #[debug(\"{x:?}\")] Three { x: f64 } }",
    "#[from(skip)] enum Skips { #[from] A(u8, u16), #[from(skip)] B(u8), #[from(forward)] C(T, U), D }",
    "union Union { a: u32, b: f32 }",
    "#[error(\"{\")] #[display(\"{\")] #[debug(\"{\")] struct BadFormat(u8);",
    "#[error(\"{nothing} {9}\")] #[display(\"{nothing} {_9}\")] #[debug(\"{nothing}\")] struct BadName(u8);",
    "#[error] #[display] #[debug] #[from] #[into] #[as_ref] #[try_into] #[deref] #[add] #[mul] struct BareAttributes(u8);",
    "#[error(a = b)] #[display(a = b)] #[debug(a = b)] #[from(a = b)] #[into(a = b)] #[as_ref(a = b)] #[try_into(a = b)] #[deref(a = b)] #[mul(a = b)] #[unwrap(a = b)] #[try_from(a = b)] #[from_str(a = b)] struct WrongAttributes(u8);",
    "#[error(\"a\")] #[error(\"b\")] #[display(\"a\")] #[display(\"b\")] #[debug(\"a\")] #[debug(\"b\")] #[from(u8)] #[from(forward)] struct Twice(#[source] #[source] u8, #[from] #[from] u8);",
    "struct Ünïcode { größe: u8, 名前: String }",
    "struct Defaults<T: Trait<Assoc = u8, X = Vec<T>> = Vec<u8>, const B: bool = { 1 < 2 }> { t: <T as Trait>::Assoc, f: for<'a> fn(&'a T) -> &'a T, #[cfg(all())] c: u8, #[cfg(any())] d: u8 }",
];

/// Every shape under every derive.
pub(crate) fn source(derives: &[Derive]) -> Source {
    let mut source = Source::default();
    let derives: Vec<_> = derives.iter().collect();
    for shape in SHAPES {
        source.derive(&derives, shape);
    }
    source
}
