//# a type of a value, at the call
#[Twin::plant(mismatch, call)]
pub struct Item;
//# a type of a value, at the mixed site
#[Twin::plant(mismatch, mixed)]
pub struct Item;
//# a type of a value, at the name
#[Twin::plant(mismatch, name)]
pub struct Item;
//# a type of a value, at a token of the arguments
#[Twin::plant(mismatch, here(there))]
pub struct Item;
//# a type of a value, at a span of two parts
#[Twin::plant(mismatch, joined)]
pub struct Item;
//# a type of a value, on a function
    #[Twin::plant(mismatch, name)]
    pub fn item() {}
//# a method that there is not, at the call
#[Twin::plant(unknown_method, call)]
pub struct Item;
//# a method that there is not, at a raw identifier
#[Twin::plant(unknown_method, here(r#fn))]
pub struct Item;
//# a field that there is not
#[Twin::plant(unknown_field, name)]
pub struct Item { pub a: u8 }
//# a field that there is not, at the mixed site
#[Twin::plant(unknown_field, mixed)]
pub struct Item { pub a: u8 }
//# a bound that does not hold, of the user's tokens
#[Twin::plant(not_clone, here(Vec<String>))]
pub struct Item;
//# a bound that does not hold, at the call
#[Twin::plant(not_clone, call)]
pub struct Item;
//# too many arguments, at the call
#[Twin::plant(arity, call)]
pub struct Item;
//# too many arguments, at a token
#[Twin::plant(arity, here(7))]
pub struct Item;
//# an arm that is missing, at the call
#[Twin::plant(arms, call)]
pub struct Item;
//# an arm that is missing, at a token
#[Twin::plant(arms, here("text"))]
pub struct Item;
//# a pointer that is followed, at the call
#[Twin::plant(not_safe, call)]
pub struct Item;
//# a pointer that is followed, at the name
#[Twin::plant(not_safe, name)]
pub struct Item;
//# a private field, at the call
#[Twin::plant(private, call)]
pub struct Item;
//# a private field, at a token
#[Twin::plant(private, here(there))]
pub struct Item;
//# a generic struct whose generics are used otherwise
#[Twin::table(name = "a")]
pub struct Item<T> { #[Twin::key] pub id: T, pub other: u8 }
pub fn item(item: Item<u8>) -> String { item.by_type() }
//# a getter that there is not
#[Twin::table(name = "a")]
pub struct Item { #[Twin::key] pub id: u64 }
pub fn item(item: &Item) -> &u64 { item.key_of_itme() }
//# a constant of another type
#[Twin::table(name = "a", rows = 7)]
pub struct Item { #[Twin::key] pub id: u64 }
pub const ROWS: &str = Item::ROWS;
//# a field that is not Clone
pub struct Closed;
#[derive(Twin::Model)]
pub struct Item { pub a: u8, pub b: Closed }
//# a type on several lines that is not Clone
pub struct Closed;
#[derive(Twin::Model)]
pub struct Item { pub a: Option<
    Closed
> }
//# a generic that is not Clone
#[derive(Twin::Model)]
pub struct Item<T> { pub a: T }
//# a body that the macro did not touch, borrowed
#[Twin::same]
pub fn item() -> usize { let mut v = vec![1]; let first = &v[0]; v.push(2); *first }
//# a body with a statement before it
#[Twin::traced]
pub fn item() -> u8 { "text" }
//# a statement of another type
#[Twin::traced(u8)]
pub fn item() -> u8 { 1 }
//# a statement of a type on several lines
#[Twin::traced(
    Vec<
        u8
    >
)]
pub fn item() -> u8 { 1 }
//# a body with a value that is moved
#[Twin::traced]
pub fn item(s: String) -> String { drop(s); s }
//# a body with lifetimes
#[Twin::traced]
pub fn item<'a, 'b>(a: &'a str, b: &'b str) -> &'a str { b }
//# an async body
#[Twin::traced]
pub async fn item() -> u8 { std::future::ready("text").await }
//# a member of another type
pub struct Item;
impl Item {
    #[Twin::same]
    pub fn member(&self) -> u8 { self.no_such_field }
}
//# a member of a trait of another type
pub trait Item {
    #[Twin::same]
    fn member(&self) -> u8 { "text" }
}
//# a value among pairs of another type
pub fn item() -> [(&'static str, Vec<u8>); 2] { Twin::pairs! { a => 1, b => "text" } }
//# the whole expression of another type
pub fn item() -> String { Twin::pairs! { a => 1 } }
//# a value for a type
pub const ITEM: Twin::uint!(8) = 256u16;
//# a pattern of another type
pub fn item(x: &str) -> bool { match x { Twin::choice!(1, 2) => true, _ => false } }
//# patterns that are not all
pub fn item(x: u8) -> u8 { match x { Twin::choice!(1, 2) => 1 } }
//# items of another type
Twin::functions! { pub fn one { "text" } }
//# statements of another type
pub fn item() -> i32 { Twin::functions! { fn one = 1u8; } one() }
//# tokens that mean nothing
Twin::tokens! { pub fn item(x: u8) -> u8 { x + "text" } }
//# tokens as a statement
pub fn item() { Twin::tokens! { let x: u8 = "text"; } }
//# tokens as an expression with a block
pub fn item() -> u8 { Twin::tokens!({ let x = 1u16; x }) }
//# in macro_rules, an expression
macro_rules! make { ($value:expr) => {
    #[Twin::same]
    pub fn item() -> u8 { $value * 2 }
} }
make!("text");
//# in macro_rules, a body
macro_rules! make { ($body:block) => {
    #[Twin::traced]
    pub fn item() -> u8 $body
} }
make!({ let x = 1u16; x });
//# in macro_rules, a derive
pub struct Closed;
macro_rules! make { ($($ty:ty),*) => {
    #[derive(Twin::Model)]
    pub struct Item($(pub $ty),*);
} }
make!(u8, Closed);
//# in macro_rules, a function-like macro
macro_rules! make { ($($value:expr),*) => { Twin::pairs! { $(a => $value),* } } }
pub fn item() -> [(&'static str, Vec<u8>); 1] { make!("text") }
//# in macro_rules, a plant at its own token
macro_rules! make { ($name:ident) => {
    #[Twin::plant(mismatch, here(there))]
    pub struct $name;
} }
make!(Item);
//# in macro_rules, a plant at the caller's token
macro_rules! make { ($name:ident) => {
    #[Twin::plant(mismatch, name)]
    pub struct $name;
} }
make!(Item);
//# in macro_rules, at the call
macro_rules! make { ($name:ident) => {
    #[Twin::plant(mismatch, call)]
    pub struct $name;
} }
make!(Item);
//# moved, at the call
#[Twin::plant(moved, call)]
pub struct Item;
//# moved, at the mixed site
#[Twin::plant(moved, mixed)]
pub struct Item;
//# moved, at a token
#[Twin::plant(moved, here(there))]
pub struct Item;
//# borrowed, at the call
#[Twin::plant(borrowed, call)]
pub struct Item;
//# borrowed, at the name
#[Twin::plant(borrowed, name)]
pub struct Item;
//# mutated, at the call
#[Twin::plant(mutated, call)]
pub struct Item;
//# mutated, at a token
#[Twin::plant(mutated, here(=>))]
pub struct Item;
//# dangling, at the call
#[Twin::plant(dangling, call)]
pub struct Item;
//# dangling, at the name
#[Twin::plant(dangling, name)]
pub struct Item;
//# overflow, at the call
#[Twin::plant(overflow, call)]
pub struct Item;
//# overflow, at a token
#[Twin::plant(overflow, here((group)))]
pub struct Item;
//# a body that the macro did not touch
#[Twin::handler]
pub async fn item() -> u8 { "text" }
