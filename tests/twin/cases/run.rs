//# a plain struct
#[Twin::table(name = "accounts", rows = 0x1F)]
pub struct Item { #[Twin::key] pub id: u64, pub owner: String }
pub fn run() -> String {
    let item = Item { id: 7, owner: "Ada".into() };
    format!("{} {} {} {}", Item::TABLE, Item::ROWS, item.key_of_item(), item.owner) + &item.by_type().to_string()
}
//# one generic
#[Twin::table(name = "a")]
pub struct Item<T> { #[Twin::key] pub id: T }
pub fn run() -> String { format!("{} {}", Item { id: "x" }.by_type(), Item { id: 3u8 }.key_of_item()) }
//# generics with defaults and bounds
#[Twin::table(name = "a")]
pub struct Item<T: Clone + Default = u8, U: IntoIterator<Item = T> = Vec<T>> { #[Twin::key] pub id: T, pub all: U }
pub fn run() -> String { Item::<u8> { id: 4, all: vec![1] }.key_of_item().to_string() }
//# lifetimes
#[Twin::table(name = "a")]
pub struct Item<'a, 'b: 'a> { #[Twin::key] pub id: std::borrow::Cow<'a, str>, pub other: std::borrow::Cow<'b, str> }
pub fn run() -> String { let text = String::from("owned"); Item { id: text.as_str().into(), other: "x".into() }.key_of_item().to_string() }
//# a where-clause
#[Twin::table(name = "a")]
pub struct Item<T, F> where T: Copy, F: for<'a> Fn(&'a T) -> T { #[Twin::key] pub id: T, pub then: F }
pub fn run() -> String { let item = Item { id: 2, then: |x: &i32| x + 1 }; format!("{}", (item.then)(item.key_of_item())) }
//# a where-clause with an associated type
#[derive(Twin::Model)]
pub struct Item<I> where I: Iterator + Clone, <I as Iterator>::Item: Clone { pub all: I, pub last: Option<I::Item> }
pub fn run() -> String { format!("{:?} {:?}", Item::<std::ops::Range<u8>>::MODEL, Item { all: 0..3, last: Some(1) }.last) }
//# const generics
#[Twin::table(name = "a")]
#[derive(Twin::Model, Clone)]
pub struct Item<const N: usize, const B: bool = { 1 < 2 }> { #[Twin::key] pub id: [u8; N], #[cell(skip)] pub flag: [(); 3] }
pub fn run() -> String { format!("{:?} {:?}", Item::<3>::MODEL, Item::<2, false> { id: [1, 2], flag: [(); 3] }.by_type()) }
//# fields that are configured away
#[derive(Twin::Model)]
#[Twin::table(name = "a")]
pub struct Item {
    #[cfg(all())] #[Twin::key] pub id: u64,
    #[cfg(any())] pub gone: NoSuchType,
    #[cfg(not(any()))] #[cfg_attr(all(), cell(rename = "kept"))] pub there: u8,
}
pub fn run() -> String { format!("{:?} {}", Item::MODEL, Item { id: 1, there: 2 }.there) }
//# an item that is configured away
#[cfg(any())]
#[Twin::table(wrong = 1)]
pub struct Item;
#[cfg_attr(any(), Twin::table(wrong = 1))]
pub struct Other(pub u8);
pub fn run() -> String { Other(3).0.to_string() }
//# raw identifiers
#[Twin::table(name = "r#type")]
#[derive(Twin::Model)]
pub struct r#match { #[Twin::key] pub r#type: u64, pub r#fn: r#enum<r#struct> }
#[allow(non_camel_case_types)] #[derive(Clone)] pub struct r#enum<T>(pub T);
#[allow(non_camel_case_types)] #[derive(Clone)] pub struct r#struct;
pub fn run() -> String { format!("{:?} {}", r#match::MODEL, r#match { r#type: 5, r#fn: r#enum(r#struct) }.key_of_match()) }
//# a raw function
#[Twin::traced]
pub fn r#loop(r#in: u8) -> u8 { r#in + 1 }
pub fn run() -> String { r#loop(1).to_string() }
//# nested types
#[derive(Twin::Model, Clone)]
pub struct Item<'a> {
    pub a: Option<Vec<Result<std::collections::BTreeMap<u8, [(&'a str, fn(u8) -> u8); 2]>, ()>>>,
    pub b: (u8, (), (u8,), *const u8, &'a [&'a dyn Fn(u8) -> u8]),
}
pub fn run() -> String { format!("{:?}", Item::MODEL) }
//# doc comments of all kinds
/// A line with "quotes", a \ and `code`.
/** A block
    * with stars. */
#[doc = "An attribute."]
#[Twin::table(name = "a")]
/// After it.
pub struct Item {
    /// Of the key.
    #[Twin::key]
    /** More of it. */
    pub id: u64, // No doc comment.
}
pub fn run() -> String { Item { id: 8 }.key_of_item().to_string() }
//# inner doc comments
#[Twin::same]
pub mod inside {
    //! Of the module.
    /*! More. */
    #![allow(dead_code)]
    pub const N: u8 = 9;
}
pub fn run() -> String { inside::N.to_string() }
//# visibilities
mod a { pub mod b {
    #[allow(unused_imports)] use crate::Twin;
    #[Twin::table(name = "a")]
    pub(in super::super) struct Item { #[Twin::key] pub(super) id: u64, pub(crate) x: u8, pub(self) y: u8 }
    #[derive(Twin::Model)] pub(crate) struct Other(pub(super) u8, u8);
    pub fn new() -> u8 { let item = Item { id: 1, x: 2, y: 3 }; Other(item.x, item.y).1 }
} }
pub fn run() -> String { format!("{} {:?} {}", a::b::Item::TABLE, a::b::Other::MODEL, a::b::new()) }
//# a private struct
#[Twin::table(name = "a")]
struct Item { #[Twin::key] id: u64 }
pub fn run() -> String { Item { id: 3 }.key_of_item().to_string() }
//# a tuple struct
#[derive(Twin::Model)]
pub struct Item<T: Clone>(pub u8, #[cell(rename = "second")] pub T, #[cell(skip)] pub std::marker::PhantomData<T>);
pub fn run() -> String { format!("{:?}", Item::<u8>::MODEL) }
//# a trailing comma or none
#[derive(Twin::Model)] pub struct A { pub a: u8, }
#[derive(Twin::Model)] pub struct B { pub a: u8 }
#[derive(Twin::Model,)] pub struct C(pub u8,);
pub fn run() -> String { format!("{:?} {:?} {:?}", A::MODEL, B::MODEL, C::MODEL) }
//# an empty struct
#[derive(Twin::Model)] pub struct A {}
#[derive(Twin::Model)] pub struct B();
pub fn run() -> String { format!("{:?} {:?}", A::MODEL, B::MODEL) }
//# an async function
#[Twin::traced]
pub async fn item<T: Into<u64>>(x: T) -> u64 { std::future::ready(x.into()).await + 1 }
pub fn run() -> String {
    let mut future = std::pin::pin!(item(3u8));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    format!("{:?}", std::future::Future::poll(future.as_mut(), &mut context))
}
//# an async handler in an impl
pub struct Item(pub u8);
impl Item {
    /// Doc.
    #[Twin::handler]
    #[must_use]
    pub async fn get(&self, add: u8, (a, _): (u8, u8)) -> Result<u8, ()> { Ok(self.0 + add + a) }
}
pub fn run() -> String {
    let item = Item(1);
    let mut future = std::pin::pin!(item.get(2, (3, 4)));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    format!("{:?}", std::future::Future::poll(future.as_mut(), &mut context))
}
//# an unsafe function
#[Twin::same]
pub unsafe fn item(x: *const u8) -> u8 { unsafe { *x } }
pub fn run() -> String { unsafe { item(&5) }.to_string() }
//# a const function
#[Twin::traced]
pub const fn item<const N: usize>() -> [usize; N] { [N; N] }
pub const ITEM: [usize; 2] = item();
pub fn run() -> String { format!("{ITEM:?}") }
//# extern ABIs
#[Twin::same]
pub extern "C" fn a(x: u8) -> u8 { x + 1 }
#[Twin::same]
pub unsafe extern "system" fn b(x: u8) -> u8 { x + 2 }
#[Twin::same]
pub extern fn c(x: u8) -> u8 { x + 3 }
pub fn run() -> String { let f: extern "C" fn(u8) -> u8 = a; format!("{} {} {}", f(1), unsafe { b(1) }, c(1)) }
//# an extern block and its members
#[Twin::same]
unsafe extern "C" {
    #[Twin::same]
    safe fn abs(x: i32) -> i32;
    #[Twin::same]
    #[link_name = "labs"]
    pub fn other(x: std::ffi::c_long) -> std::ffi::c_long;
}
pub fn run() -> String { format!("{} {}", abs(-3), unsafe { other(-4) }) }
//# variadic in an extern block
unsafe extern "C" {
    #[Twin::same]
    pub fn snprintf(to: *mut u8, size: usize, format: *const std::ffi::c_char, ...) -> i32;
}
pub fn run() -> String { unsafe { snprintf(std::ptr::null_mut(), 0, c"%d!".as_ptr(), 42) }.to_string() }
//# a union
#[Twin::same]
#[derive(Clone, Copy)]
#[repr(C)]
pub union Item { pub a: u32, pub b: [u8; 4] }
pub fn run() -> String { format!("{:?}", unsafe { Item { a: 0x01010101 }.b }) }
//# an enum with everything
#[Twin::same]
#[derive(Debug, Clone, PartialEq)]
#[repr(i8)]
pub enum Item<'a, T> where T: 'a { Unit = -1, Tuple(T, &'a T) = 2, Named { x: Option<T> } = 3, r#Raw }
pub fn run() -> String { format!("{:?} {:?} {:?}", Item::<u8>::Unit, Item::Tuple(1, &2), Item::Named { x: None::<u8> }) }
//# statics and constants
#[Twin::same]
pub static ITEM: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(1);
#[Twin::same]
pub const TEXT: &str = concat!("a", "b", 'c', 1.5, true);
#[Twin::same]
const _: () = assert!(TEXT.len() > 3);
pub fn run() -> String { format!("{ITEM:?} {TEXT}") }
//# type aliases and uses
#[Twin::same]
pub type Item<T = u8> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync + 'static>>;
#[Twin::same]
use std::{collections::{BTreeMap as Map, *}, fmt::{self, Write as _}};
#[Twin::same]
extern crate core as kernel;
pub fn run() -> String { let mut s = String::new(); write!(s, "{:?} {:?}", Map::<u8, u8>::new(), BTreeSet::<u8>::new()).unwrap(); let _: fmt::Result = Ok(()); let item: Item = Ok(kernel::u8::MAX); format!("{s} {:?}", item.ok()) }
//# a trait with all members
#[Twin::same]
pub trait Item<'a, T: ?Sized = Self>: Sized + 'a where T: 'a {
    #[Twin::same] const N: usize = 3;
    #[Twin::same] type Other: Default + std::fmt::Debug;
    #[Twin::same] fn one(&'a self) -> Self::Other;
    #[Twin::same] fn two(self: Box<Self>, n: impl Into<u8>) -> u8 { n.into() }
}
pub struct S;
#[Twin::same]
impl<'a> Item<'a> for S {
    #[Twin::same] const N: usize = 4;
    #[Twin::same] type Other = Vec<u8>;
    #[Twin::same] fn one(&'a self) -> Vec<u8> { vec![1; <Self as Item<'a>>::N] }
}
pub fn run() -> String { format!("{:?} {}", S.one(), Box::new(S).two(5)) }
//# an impl with all members
pub struct Item<T>(pub T);
#[Twin::same]
impl<T> Item<T> where T: Clone {
    #[Twin::same] pub const N: usize = std::mem::size_of::<T>();
    #[Twin::traced] #[inline] pub fn get(&self) -> T { self.0.clone() }
    #[Twin::traced] pub(crate) fn set(&mut self, #[allow(unused)] x: T) -> &mut Self { self.0 = x; self }
    #[Twin::same] pub unsafe fn raw(self: &std::rc::Rc<Self>) -> *const T { &self.0 }
}
pub fn run() -> String { let mut item = Item(1u16); format!("{} {} {}", item.set(9).get(), Item::<u16>::N, unsafe { *std::rc::Rc::new(Item(2)).raw() }) }
//# an unsafe trait and its impl
#[Twin::same]
pub unsafe trait Item { fn n(&self) -> u8 { 1 } }
#[Twin::same]
unsafe impl Item for u8 {}
pub fn run() -> String { 3u8.n().to_string() }
//# a macro_rules and a macro call
#[Twin::same]
macro_rules! made { ($($x:ident = $y:expr),* $(,)?) => { $(pub const $x: i32 = $y * 2;)* } }
#[Twin::same]
made! { A = 1 + 2, B = 3 }
pub fn run() -> String { format!("{A} {B}") }
//# a module in a module
#[Twin::same]
pub(crate) mod a { #[allow(unused_imports)] use crate::Twin; #[Twin::same] pub mod b { pub fn c() -> &'static str { module_path!() } } }
pub fn run() -> String { a::b::c().rsplit("::").next().unwrap().to_string() }
//# items in a function
pub fn run() -> String {
    #[Twin::table(name = "inner")]
    struct Item { #[Twin::key] id: u8 }
    #[derive(Twin::Model)]
    struct Other { _a: u8 }
    #[Twin::traced]
    fn inner(x: &str) -> String { x.to_uppercase() }
    Twin::functions! { fn one { let x = 20; x + 1 } }
    format!("{} {:?} {} {}", Item { id: 1 }.key_of_item(), Other::MODEL, inner(Item::TABLE), one())
}
//# a function-like macro as an item
Twin::functions! { /// Doc.
    pub fn one { if true { 1 } else { 2 } } pub(crate) fn two = 1 + 1; }
Twin::functions!();
Twin::functions![fn three = 3;];
pub fn run() -> String { format!("{} {} {}", one(), two(), three()) }
//# a function-like macro as a member
pub struct Item;
impl Item { Twin::tokens! { pub const N: u8 = 6; pub fn n(&self) -> u8 { Self::N } } }
pub trait Both { Twin::tokens! { fn m(&self) -> u8 { 7 } } }
impl Both for Item { Twin::tokens!(); }
unsafe extern "C" { Twin::tokens! { safe fn abs(x: i32) -> i32; } }
pub fn run() -> String { format!("{} {} {}", Item.n(), Item.m(), abs(-8)) }
//# a function-like macro as an expression
pub fn run() -> String {
    let all: [(&str, Vec<u8>); 2] = Twin::pairs! { a => 1 + 1, b => [2, { let x = 3; x }, u8::MAX] };
    let n = Twin::tokens!(1 + 2) * 3 + Twin::tokens![4];
    format!("{all:?} {n} {}", if Twin::tokens!(n > 3) { Twin::tokens! { "yes" } } else { "no" })
}
//# a function-like macro as statements
pub fn run() -> String {
    Twin::tokens! { let x = 1; let y = x + 1; }
    Twin::tokens!(let mut z = 0;);
    Twin::tokens! { for n in 0..3 { z += n; } }
    Twin::tokens!(z += 1;);
    format!("{x} {y} {z}")
}
//# a function-like macro as a pattern
pub fn run() -> String {
    let f = |x: u8| match x { Twin::choice!(1, 0x2, 3u8) => "low", Twin::choice![4] | 5 => "five", _ => "high" };
    let Twin::tokens!((a, b)) = (1, 2) else { return String::new() };
    let g = |Twin::tokens!([x, .., y]): [u8; 3]| x + y;
    format!("{}{}{} {a}{b}{}", f(2), f(4), f(6), g([1, 9, 2]))
}
//# a function-like macro as a type
pub struct Item<T = Twin::uint!(16)> { pub a: Vec<Twin::uint!(8)>, pub b: T }
impl Item { pub fn c(self) -> (Twin::uint!(32), Twin::tokens!([Twin::uint!(64); 2])) { (self.b as Twin::uint!(32), [1, 2]) } }
pub fn run() -> String { format!("{:?} {}", Item { a: vec![1], b: 2u16 }.c(), std::mem::size_of::<Twin::uint!(128)>()) }
//# macros by example in front: types, expressions, visibilities
macro_rules! make { ($(#[$meta:meta])* $vis:vis struct $name:ident<$l:lifetime> { $($field:ident: $ty:ty = $value:expr),* $(,)? }) => {
    $(#[$meta])* #[derive(Twin::Model)] $vis struct $name<$l> { $(pub $field: $ty),*, #[cell(skip)] pub l: &$l () }
    pub fn values() -> impl std::fmt::Debug { ($($value * 2),*) }
} }
pub fn run() -> String { format!("{:?} {:?}", values(), Item::MODEL) }
make! { pub(crate) struct Item<'x> { id: fn() -> u8 = 1 + 2, other: Box<fn(&str)> = 4 } }
//# macros by example in front: an attribute on generic parts
macro_rules! make { ($name:ident, $ty:ty, $body:block, $e:expr, $p:pat, $lit:literal, $path:path) => {
    #[Twin::traced]
    pub fn $name(x: &$ty) -> (u8, i32, bool, &'static str, $path) { ($body, $e, matches!(x(), $p), $lit, Default::default()) }
} }
make!(item, (dyn Fn() -> u8 + Send), { 1 + 1 }, 3 + 4, 1 | 2, "text", std::vec::Vec<u8>);
pub fn run() -> String { format!("{:?}", item(&|| 2)) }
//# macros by example in front: expressions in function-like macros
macro_rules! make { ($($key:ident: $value:expr),*) => { Twin::pairs! { $($key => $value * 2),* } } }
pub fn run() -> String { let x = 5; format!("{:?}", make!(a: 1 + 2, b: x - 1)) }
//# macros by example in front: $crate and nested
macro_rules! outer { ($name:ident $($rest:tt)*) => { inner! { $name { $crate::Twin::uint!(8) } $($rest)* } } }
macro_rules! inner { ($name:ident { $ty:ty } $($rest:tt)*) => { #[Twin::table(name = "nested")] pub struct $name { #[Twin::key] pub id: $ty, $($rest)* } } }
outer!(Item pub other: u8);
pub fn run() -> String { format!("{} {}", Item { id: 255, other: 1 }.key_of_item(), Item::TABLE) }
//# hygiene: the macro's own names and the user's
#[Twin::traced]
pub fn item(_entered: u8) -> String { format!("{_entered}") }
pub fn run() -> String { let x = 1; let y = Twin::tokens!({ let x = 2; x }); format!("{} {x} {y}", item(3)) }
//# literals of all kinds
pub fn run() -> String {
    format!("{:?}", Twin::tokens!(((1_000u64, 0b11, 0o17, 0xFFu8, 1e3, 1.5f32, 'x', '\'', '\u{1F600}', b'a'), ("a\"\n\
        b", r#"raw "x""#, b"bytes", br"\x", c"c", -1, !0u8, "文字"))))
}
//# operators and lifetimes of all kinds
pub fn run() -> String {
    Twin::tokens! {
        fn f<'a: 'static, T>(x: &'a mut T, y: &&u8) -> bool where for<'b> &'b T: PartialOrd<&'b u8> { let _ = x; **y <= 1 && !false || 1 << 2 >> 1 != 3 }
        let r = 'outer: loop { let mut a = 1; a <<= 2; a >>= 1; a ^= 3; a |= 8; a &= !1; a %= 7; break 'outer (a, 0..=a, ..a) };
    }
    let _ = f::<u8>;
    format!("{r:?}")
}
//# a self type and its path
#[derive(Twin::Model, Clone)]
pub struct Item { pub next: Option<Box<Self>>, pub other: fn(&Self) -> Vec<Self> }
pub fn run() -> String { format!("{:?}", Item::MODEL) }
