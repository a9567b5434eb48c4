//# an argument that there is not
#[Twin::table(nmae = "a")]
pub struct Item { #[Twin::key] pub id: u64 }
//# an argument of another type
#[Twin::table(name = 7)]
pub struct Item { #[Twin::key] pub id: u64 }
//# an argument without a value
#[Twin::table(name)]
pub struct Item { #[Twin::key] pub id: u64 }
//# an argument that ends early
#[Twin::table(name = )]
pub struct Item { #[Twin::key] pub id: u64 }
//# a comma that is missing
#[Twin::table(name = "a" rows = 3)]
pub struct Item { #[Twin::key] pub id: u64 }
//# an argument twice, two errors
#[Twin::table(name = "a", rows = 1, name = "b")]
pub struct Item { #[Twin::key] pub id: u64 }
//# a number that is too large
#[Twin::table(name = "a", rows = 99999999999)]
pub struct Item { #[Twin::key] pub id: u64 }
//# a negative number
#[Twin::table(name = "a", rows = -1)]
pub struct Item { #[Twin::key] pub id: u64 }
//# an empty name
#[Twin::table(name = "")]
pub struct Item { #[Twin::key] pub id: u64 }
//# a missing argument is said of the whole attribute
#[Twin::table(rows = 3)]
pub struct Item { #[Twin::key] pub id: u64 }
//# no arguments at all
    #[Twin::table]
    pub struct Item { #[Twin::key] pub id: u64 }
//# brackets instead of parentheses
#[Twin::table[name = 1]]
pub struct Item { #[Twin::key] pub id: u64 }
//# an argument that is a group
#[Twin::table((name = "a"))]
pub struct Item { #[Twin::key] pub id: u64 }
//# a raw identifier as an argument
#[Twin::table(r#name = "a", r#type = 3)]
pub struct Item { #[Twin::key] pub id: u64 }
//# a lifetime as an argument
#[Twin::table('a = "a")]
pub struct Item { #[Twin::key] pub id: u64 }
//# a keyword as an argument
#[Twin::table(struct = "a")]
pub struct Item { #[Twin::key] pub id: u64 }
//# arguments on several lines
#[Twin::table(
    name = "a",
    rows =
        "three",
)]
pub struct Item { #[Twin::key] pub id: u64 }
//# letters of two and three bytes before the mistake
#[Twin::table(name = "äöü 文字", größe = 3)]
pub struct Item { #[Twin::key] pub id: u64 }
//# a tab before the mistake
	#[Twin::table(	name	=	3)]
	pub struct Item { #[Twin::key] pub id: u64 }
//# an enum
#[Twin::table(name = "a")]
pub enum Item { A }
//# a function, of which all is wrong
#[Twin::table(name = "a")]
pub fn item(x: u64) -> u64 {
    x
}
//# a union
#[Twin::table(name = "a")]
pub union Item { pub id: u64 }
//# a constant with a doc comment
/// What it is.
#[Twin::table(name = "a")]
pub const ITEM: u8 = 1;
//# a tuple struct
#[Twin::table(name = "a")]
pub struct Item(pub u64, pub String);
//# a unit struct
#[Twin::table(name = "a")]
pub struct Item;
//# no key
#[Twin::table(name = "a")]
pub struct Item { pub id: u64 }
//# a key twice
#[Twin::table(name = "a")]
pub struct Item {
    #[Twin::key] pub id: u64,
    #[Twin::key] pub other: u64,
}
//# a key with arguments
#[Twin::table(name = "a")]
pub struct Item { #[Twin::key(first)] pub id: u64 }
//# references, three errors and bad arguments
#[Twin::table(naem = "a")]
pub struct Item<'a> {
    #[Twin::key] pub id: &'a u64,
    /// A column.
    pub other: &'a str,
    pub r#type: &'static [u8],
}
//# a raw name of an item
#[Twin::table(name = "a")]
pub struct r#match { pub r#fn: u64 }
//# behind other attributes and comments
// A comment.
/** A block. */
#[derive(Clone)]
#[allow(dead_code)]
/* Another. */ #[Twin::table(rows = "x")] // And one more.
pub struct Item { #[Twin::key] pub id: u64 }
//# by cfg_attr
#[cfg_attr(all(), Twin::table(nmae = "a"))]
pub struct Item { #[Twin::key] pub id: u64 }
//# by a bare import
use crate::Twin::table;
#[table(nmae = "a")]
pub struct Item { pub id: u64 }
//# by an import under another name
use crate::Twin::table as columns;
#[columns(rows = 1)]
pub struct Item { pub id: u64 }
//# a function that is not async
#[Twin::handler]
pub fn item(x: u64) -> u64 { x }
//# a handler with all mistakes at once
#[Twin::handler(now)]
pub unsafe fn item<'a, T: Clone>(
    a: &'a T,
    b: impl Fn(u8) -> u8,
    c: u8,
    d: [u8; 4],
    e: (),
) -> !
where
    T: Copy,
{
    loop {}
}
//# a handler that begins with a macro
#[Twin::handler]
pub async fn item() { std::println!("x"); }
//# a handler that is no function
#[Twin::handler]
pub struct Item { pub id: u64 }
//# a member of an impl
pub struct Item;
impl Item {
    #[Twin::handler]
    pub fn member(&self) {}
}
//# a member of an impl that takes self
pub struct Item;
impl Item {
    /// Says nothing.
    #[Twin::handler]
    pub async fn member(mut self) {}
}
//# a member of a trait without a body
pub trait Item {
    #[Twin::handler]
    fn member(&self);
}
//# a member of an extern block
unsafe extern "C" {
    #[Twin::handler]
    fn member(x: u8) -> u8;
}
//# a trait as a service
#[Twin::service]
pub trait Item {
    const LIMIT: u8 = 3;
    type Other;
    fn one(&self);
    async fn two(self) where Self: Sized;
}
//# an impl as a service
pub struct Item;
#[Twin::service]
impl Item {
    pub const LIMIT: u8 = 3;
    pub async fn one<T>(&self, _: T) {}
    pub fn two(&self) {}
}
//# the impl of a trait as a service
pub struct Item;
#[Twin::service]
impl Iterator for Item {
    type Item = u8;
    fn next(&mut self) -> Option<u8> { None }
}
//# a module as a service
#[Twin::service]
pub mod inside { pub fn one() {} }
//# the end of a module
#[Twin::same(error)]
pub mod inside { pub fn one() {} }
//# the end of a use
#[Twin::same(error)]
pub use std::fmt::Debug;
//# the end of a macro_rules
#[Twin::same(error)]
macro_rules! made { () => {}; }
//# the end of a macro call
macro_rules! made { () => {}; }
#[Twin::same(error)]
made! { }
//# the end of a static
#[Twin::same(error)]
pub static ITEM: &str = "x";
//# the end of a type
#[Twin::same(error)]
pub type Item = Vec<u8>;
//# the end of a trait alias's neighbour
#[Twin::same(error)]
pub trait Item: Send + 'static {}
//# the end of an extern block
#[Twin::same(error)]
unsafe extern "C" { fn member(x: u8) -> u8; }
//# the end of an extern crate
#[Twin::same(error)]
extern crate core as kernel;
//# an associated type of an impl
pub struct Item;
impl Iterator for Item {
    #[Twin::same(error)]
    type Item = u8;
    fn next(&mut self) -> Option<u8> { None }
}
//# an associated constant of a trait
pub trait Item {
    #[Twin::same(error)]
    const LIMIT: u8 = 3;
}
//# a function in a function
pub fn item() {
    #[Twin::same(error)]
    fn inner() {}
    inner();
}
//# a plant that there is not
#[Twin::plant(mismach, call)]
pub struct Item;
//# a place that there is not
#[Twin::plant(mismatch, nowhere)]
pub struct Item;
//# all of some tokens
#[Twin::plant(whole, here(a::b<'c, [D; 2]> + 7))]
pub struct Item;
//# all of tokens on several lines
#[Twin::plant(whole, here(
    one
        two { three }
    four
))]
pub struct Item;
//# compile_error at the call
#[Twin::plant(compile_error, call)]
pub struct Item;
//# compile_error at the mixed site
#[Twin::plant(compile_error, mixed)]
pub struct Item;
//# compile_error at a token of the user
#[Twin::plant(compile_error, here(there))]
pub struct Item;
//# compile_error at the name
#[Twin::plant(compile_error, name)]
pub struct Item;
//# a function that rustc cannot read, at the call
#[Twin::plant(open, call)]
pub struct Item;
//# a function that rustc cannot read, at a token
#[Twin::plant(open, here(there))]
pub struct Item;
//# a constant that rustc cannot read
#[Twin::plant(half, name)]
pub struct Item;
//# a semicolon too much
#[Twin::plant(extra, name)]
pub struct Item;
//# a derive on an enum
#[derive(Twin::Model)]
pub enum Item { A, B }
//# a derive on a union
#[derive(Twin::Model)]
pub union Item { pub a: u8, pub b: i8 }
//# a derive on a unit struct
#[derive(Clone, Twin::Model)]
pub struct Item;
//# a helper that there is not
#[derive(Twin::Model)]
pub struct Item { #[cell(skipp)] pub a: u8 }
//# a helper with a value of another type
#[derive(Twin::Model)]
pub struct Item { #[cell(rename = 3)] pub a: u8 }
//# a helper without its value
#[derive(Twin::Model)]
pub struct Item { #[cell(rename)] pub a: u8 }
//# a helper with too much
#[derive(Twin::Model)]
pub struct Item { #[cell(skip(now))] pub a: u8 }
//# helpers that exclude each other
#[derive(Twin::Model)]
pub struct Item { #[cell(skip, rename = "b")] pub a: u8 }
//# several wrong helpers
#[derive(Twin::Model)]
pub struct Item {
    #[cell(skipp)] pub a: u8,
    pub b: u8,
    #[cell(rename = 'c')] pub c: u8,
    #[cell()] pub d: u8,
    #[cell(= "x")] pub e: u8,
}
//# two names, at a type and at the name of the item
#[derive(Twin::Model)]
pub struct Item {
    #[cell(rename = "b")] pub a: u8,
    pub b: std::collections::BTreeMap<u8, Vec<u8>>,
}
//# a derive in a tuple struct
#[derive(Twin::Model)]
pub struct Item(pub u8, #[cell(rename = "0")] pub [u8; 3]);
//# a helper as a word
#[derive(Twin::Model)]
pub struct Item { #[cell] pub a: u8 }
//# a parse error in an expression
pub fn item() -> usize { Twin::pairs! { a => 1, b = 2 }.len() }
//# a parse error in brackets in an expression
pub fn item() -> usize {
    Twin::pairs! {
        a => [1, 2,, 3],
    }.len()
}
//# a key twice in an expression
pub fn item() -> usize {
    let all = Twin::pairs! { a => 1, b => 2, a => 3 };
    all.len()
}
//# an expression that rustc's parser would refuse
pub fn item() -> usize { Twin::pairs! { a => 1 + } .len() }
//# an input that ends early
pub fn item() -> usize { Twin::pairs!(a =>).len() }
//# a parse error in a type
pub fn item(x: Twin::uint!(sixteen)) -> u8 { 0 }
//# a wrong number in a type
pub struct Item { pub a: Option<Twin::uint!(17)> }
//# too much in a type
pub type Item = Twin::uint!(8 16);
//# a parse error in a pattern
pub fn item(x: u8) -> bool { match x { Twin::choice!(1, two) => true, _ => false } }
//# a pattern with a string
pub fn item(x: u8) -> bool { matches!(x, Twin::choice!("1")) }
//# a parse error among items
Twin::functions! {
    fn one { 1 }
    fn two [ 2 ]
}
//# a parse error in a block among items
Twin::functions! {
    pub fn one { let x = 1 x }
}
//# a struct among functions
Twin::functions!(pub struct One;);
//# a parse error among statements
pub fn item() -> i32 {
    Twin::functions! { fn one = 1; fn two = ; }
    1
}
//# errors at all depths
Twin::tokens! { mod a { fn b() { [error]; (@ 13, { error }) } } }
//# a closing delimiter
Twin::tokens! {
    pub fn item() { let _ = [
    ]; }
}
//# an expression made of a literal
pub fn item() -> u8 { Twin::tokens!(13) }
//# a lifetime among tokens, then an error
Twin::tokens! { pub fn item<'a>(x: &'a str) { 'error: loop { break 'error } } }
//# an attribute on what macro_rules made
macro_rules! make { ($name:ident, $ty:ty) => {
    #[Twin::table(name = "a")]
    pub struct $name { pub id: $ty }
} }
make!(Item, u64);
//# arguments from macro_rules
macro_rules! make { ($($arguments:tt)*) => {
    #[Twin::table($($arguments)*)]
    pub struct Item { #[Twin::key] pub id: u64 }
} }
make!(name = "a", rows = none);
//# an argument of macro_rules itself
macro_rules! make { ($name:literal) => {
    #[Twin::table(name = $name, rows = 1.5)]
    pub struct Item { #[Twin::key] pub id: u64 }
} }
make!("a");
//# a literal fragment of another type
macro_rules! make { ($name:expr) => {
    #[Twin::table(name = $name)]
    pub struct Item { #[Twin::key] pub id: u64 }
} }
make!(3);
//# a meta fragment
macro_rules! make { ($(#[$meta:meta])* $name:ident) => {
    $(#[$meta])*
    pub struct $name { pub id: u64 }
} }
make!(#[Twin::table(nmae = "a")] Item);
//# a derive on what macro_rules made
macro_rules! make { ($ty:ty) => {
    #[derive(Twin::Model)]
    pub struct Item { pub a: $ty, #[cell(rename = "a")] pub b: $ty }
} }
make!(Vec<u8>);
//# a function-like macro in macro_rules
macro_rules! make { ($($pairs:tt)*) => { Twin::pairs! { $($pairs)* , z => } } }
pub fn item() -> usize { make!(a => 1).len() }
//# a visibility fragment
macro_rules! make { ($vis:vis $name:ident) => {
    #[Twin::handler]
    $vis fn $name() {}
} }
make!(pub(crate) item);
//# a macro in a macro in a macro
macro_rules! outer { ($name:ident) => { inner!($name); } }
macro_rules! inner { ($name:ident) => { #[Twin::plant(whole, here($name))] pub struct $name; } }
outer!(Item);
//# on an expression
pub fn item() -> u8 { #[Twin::same] 1 }
//# on a let
pub fn item() { #[Twin::same] let x = 1; }
//# on an expression that is a statement
pub fn item() { #[Twin::same] println!("x"); }
//# on a block
pub fn item() { #[Twin::same] { } }
//# on a field
pub struct Item { #[Twin::same] pub a: u8 }
//# on a variant
pub enum Item { #[Twin::same] A }
//# on a parameter
pub fn item(#[Twin::same] a: u8) {}
//# on an arm
pub fn item(x: u8) { match x { #[Twin::same] _ => {} } }
//# on a generic parameter
pub fn item<#[Twin::same] T>(x: T) {}
//# on a field of an expression
pub struct Item { pub a: u8 }
pub fn item() -> Item { Item { #[Twin::same] a: 1 } }
//# in a module, of it
pub mod inner { #![Twin::same] }
//# two macros on one item, both wrong
#[Twin::table(nmae = "a")]
#[Twin::plant(mismach, call)]
pub struct Item { #[Twin::key] pub id: u64 }
//# the second of two macros, at its arguments
#[Twin::same]
#[Twin::table(rows = -1)]
pub struct Item { #[Twin::key] pub id: u64 }
//# the second of two macros, at its call
#[Twin::plant(unused, call)]
#[Twin::table]
pub struct Item { #[Twin::key] pub id: u64 }
//# three macros and a derive, all wrong
#[Twin::table(name = 1)]
#[derive(Clone, Twin::Model)]
#[Twin::plant(compile_error, call)]
#[Twin::handler]
pub struct Item { #[cell(skipp)] #[Twin::key] pub id: u64 }
