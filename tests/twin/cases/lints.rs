//# unused, at a token
#[Twin::plant(unused, here(there))]
pub struct Item;
//# mutable for nothing, at the name
#[Twin::plant(unused_mut, name)]
pub struct Item;
//# an import that is not used, at a token
#[Twin::plant(unused_import, here(there))]
pub struct Item;
//# a result that is not used, at the call
#[Twin::plant(unused_result, call)]
pub struct Item;
//# a result that is not used, at the name
#[Twin::plant(unused_result, name)]
pub struct Item;
//# unreachable, at the call
#[Twin::plant(unreachable, call)]
pub struct Item;
//# unreachable, at a token
#[Twin::plant(unreachable, here(there))]
pub struct Item;
//# never called, at the name
#[Twin::plant(dead, name)]
pub struct Item;
//# deprecated, at the call
#[Twin::plant(old, call)]
pub struct Item;
//# deprecated, at a token
#[Twin::plant(old, here(there))]
pub struct Item;
//# a name of a function, at the name
#[Twin::plant(snake, name)]
pub struct Item;
//# a name of a type, at a token
#[Twin::plant(camel, here(there))]
pub struct Item;
//# a loop for ever, at the name
#[Twin::plant(always, name)]
pub struct Item;
//# a body that the macro did not touch
#[Twin::same]
pub fn item() { let x = 1; }
//# a body with a statement before it
#[Twin::traced]
pub fn item() { let x = 1; }
//# a struct that is not used, beside a macro
#[Twin::table(name = "a")]
struct Item { #[Twin::key] id: u64, other: u8 }
//# a deprecated type in a derive
#[deprecated] #[derive(Clone)] pub struct Old;
#[derive(Twin::Model)]
pub struct Item { pub old: Old }
//# items that are not used
Twin::functions! { fn one { let x = 1; 2 } }
//# an expression that is not used
pub fn item() { Twin::tokens!(1 + 1); }
//# a local in tokens
pub fn item() { Twin::tokens! { let x = 1; } }
//# in macro_rules
macro_rules! make { ($name:ident) => {
    #[Twin::same]
    pub fn item() { let $name = 1; }
} }
make!(x);
//# a lifetime for nothing
#[Twin::same]
pub fn item<'a>(x: &'a str) -> &'a str { let y = x; x }
