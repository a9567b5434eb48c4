//! Items of many shapes: what a macro cannot do with one is an input too.

use macro_bridge::request::MacroKind;

use crate::crates::Crate;
use crate::inputs::alias;

/// `@` is where a derive stands.
const DATA: &[&str] = &[
    "@ struct Unit;",
    "@ pub struct UnitBraces {}",
    "@ struct One(u8);",
    "@ pub(crate) struct OneNamed { value: std::string::String }",
    "@ #[repr(transparent)] pub struct Wrapper<T: ?Sized>(pub Box<T>);",
    "@ #[repr(C)] #[derive(Clone, Copy)] struct Two { x: u32, pub y: i32 }",
    "@ struct TwoNamed { pub x: i32, pub(in crate) y: i32, }",
    "@ struct Generic<T>(T, Vec<T>);",
    "@ struct Bounded<'a, 'b: 'a, T: 'a + Clone + ?Sized, U = u8, const N: usize = 3>(&'a T, [&'b U; N]) where U: Copy, for<'c> &'c U: PartialEq;",
    "@ struct Where<T> where T: Iterator, T::Item: core::fmt::Debug { items: Vec<T::Item>, rest: Option<Box<T>>, }",
    "@ struct Raw { r#type: r#mod::r#Type, r#fn: fn(u8) -> u8 }",
    "@ struct Pointers<'a>(*const u8, &'a mut [u8], Box<dyn Fn(&str) -> Result<(), ()> + Send + 'a>);",
    "/// Documented\n/** twice */\n@\nstruct Docs {\n    /// a field\n    a: (u8, (u16,), ()),\n    #[doc(hidden)] b: [[u8; 2]; 1 << 3],\n}",
    "@ #[allow(dead_code)] #[non_exhaustive] pub struct Attributes { #[deprecated = \"x\"] pub a: u8, #[cfg(all())] b: u8, #[cfg(any())] c: u8 }",
    "@ enum Empty {}",
    "@ enum Units { A, B = 7, C }",
    "@ #[repr(u8)] #[derive(Clone, Copy, PartialEq, Eq)] enum Repr { /// first\n FirstOne = 1, SecondOne, r#Third = 0xff }",
    "@ enum Mixed { Unit, Tuple(u8, String), Struct { a: i32, b: Option<i32> }, Same(i32, i32) }",
    "@ pub enum Generics<'a, T, E: std::error::Error + 'static> where T: core::fmt::Display { A(T), B { source: E }, C(&'a [T]) }",
    "@ union Union { a: u32, b: f32 }",
    "@ struct Ünïcode { größe: u8, 名前: String }",
    "@ struct Defaults<T: Trait<Assoc = u8, X = Vec<T>> = Vec<u8>, const B: bool = { 1 < 2 }> { t: <T as Trait>::Assoc, f: for<'a> fn(&'a T) -> &'a T }",
    "macro_rules! m { ($v:vis $n:ident, $t:ty, $e:expr) => { @ $v struct $n { $v a: $t, b: [u8; $e] } } } m!(pub(crate) Visible, Vec<u8>, 1 + 2);",
    "macro_rules! m { ($($n:ident($t:ty)),*) => { @ enum Variants { $($n($t)),* } } } m!(A(std::io::Error), B(std::fmt::Error));",
];

/// `@` is where an attribute stands; it has each of these arguments in turn.
const ITEMS: &[&str] = &[
    "@ fn plain() {}",
    "@ pub(crate) fn arguments(a: u8, mut b: String, (c, d): (u8, &str), _: impl Fn(u8) -> u8) -> Result<u8, String> { if a > 1 { return Ok(a); } b.push('x'); Err(b)? }",
    "@ async fn later<'a, T: Send + 'a>(value: &'a T) -> &'a T { std::future::ready(value).await }",
    "@ pub unsafe extern \"C\" fn foreign(value: *const u8) -> u8 { unsafe { *value } }",
    "@ const fn constant<const N: usize>() -> [u8; N] { [0; N] }",
    "/// Documented\n@\n#[inline]\n#[must_use = \"because\"]\nfn documented<T>(value: T) -> T where T: Clone { value.clone() }",
    "struct S; impl S { @ fn method(&self) -> &Self { self } @ async fn other(self: Box<Self>, r#type: u8) -> u8 { r#type } @ fn new() -> Self { S } }",
    "@ trait Trait { fn a(&self); fn b(&mut self, x: &str) -> usize { x.len() } }",
    "@ pub trait Generic<'a, T: ?Sized + 'a, const N: usize>: Send + 'static where T: Sync { type Out: Clone; const C: u8 = { 1 }; async fn f(&'a self, x: &T) -> Self::Out; fn g<U: Into<T>>(self) -> U where Self: Sized, T: Sized; }",
    "struct S; @ impl S { pub fn new() -> Self { S } pub fn a(&self) -> u8 { 1 } }",
    "struct S; @ impl Iterator for S { type Item = u8; fn next(&mut self) -> Option<u8> { None } }",
    "@ struct Unit;",
    "@ pub struct Named<'a, T> { pub a: &'a T, /// doc\n b: Option<u8>, #[cfg(all())] r#type: String }",
    "@ #[derive(Clone)] struct Tuple(u8, pub Vec<String>);",
    "@ #[derive(Debug, Clone, Copy)] #[repr(u8)] enum Units { A = 1, B = 2, C = 4 }",
    "@ enum Mixed<T> { Unit, Tuple(T, String), Struct { a: i32 } }",
    "@ mod module { pub fn f() {} struct S; }",
    "@ static STATIC: u8 = 1;",
    "@ const CONST: &str = \"x\";",
    "@ type Alias<T> = Vec<T>;",
    "@ use std::fmt::Debug;",
    "macro_rules! m { ($n:ident $b:block $t:ty) => { @ fn $n(x: $t) -> $t $b } } m!(made { x * 2 } u8);",
];

/// What stands behind the name of an attribute.
const ARGUMENTS: &[&str] = &["", "(a, b = \"c\", d(e))"];

/// More than so many make rustc look for what errors could mean, for minutes.
const MOST: usize = 320;

/// A module for each macro with each shape, or with every second or third of them if these are many.
pub(crate) fn of(krate: Crate, macros: &[(String, MacroKind)]) -> String {
    let alias = alias(krate);
    let mut text = String::new();
    let step = (macros.len() * DATA.len()).div_ceil(MOST).max(1);
    let mut turn = 0;
    for (name, kind) in macros {
        let path = format!("::{alias}::{name}");
        match kind {
            MacroKind::Derive => {
                let direct = format!("#[derive({path})]");
                push(&mut text, name, DATA.iter().skip(turn % step).step_by(step), &direct);
                turn += 1;
            }
            MacroKind::Attribute => {
                for arguments in ARGUMENTS {
                    push(&mut text, name, ITEMS.iter(), &format!("#[{path}{arguments}]"));
                }
            }
            MacroKind::Function => {}
        }
    }
    text
}

fn push<'a>(
    text: &mut String,
    name: &str,
    items: impl Iterator<Item = &'a &'static str>,
    attribute: &str,
) {
    for item in items {
        let number = text.matches("mod shape_").count();
        let item = item.replace('@', attribute);
        text.push_str(&format!("mod shape_{number}_{name} {{ use super::*;\n{item}\n}}\n"));
    }
}
