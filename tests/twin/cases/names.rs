//# a name that there is not, at the call
#[Twin::plant(unknown_name, call)]
pub struct Item;
//# a name that there is not, at the mixed site
#[Twin::plant(unknown_name, mixed)]
pub struct Item;
//# a name that there is not, at a token
#[Twin::plant(unknown_name, here('a))]
pub struct Item;
//# a type that there is not, at the call
#[Twin::plant(unknown_type, call)]
pub struct Item;
//# a type that there is not, at the name
#[Twin::plant(unknown_type, name)]
pub struct r#Item;
//# an item twice
#[Twin::plant(twice, call)]
pub struct Item;
//# an impl of what is no trait
#[Twin::plant(not_a_trait, here(String))]
pub struct Item;
//# a member that is missing
#[Twin::plant(missing_member, name)]
pub struct Item;
//# a member that is missing, at the call
#[Twin::plant(missing_member, call)]
pub struct Item;
//# a lifetime that there is not, at the call
#[Twin::plant(lifetime, call)]
pub struct Item;
//# a lifetime that there is not, at a token
#[Twin::plant(lifetime, here('there))]
pub struct Item;
//# an import that there is not
#[Twin::plant(unknown_import, name)]
pub struct Item;
//# an import that there is not, at the call
#[Twin::plant(unknown_import, call)]
pub struct Item;
//# an item with a wrong type beside a macro
#[Twin::table(name = "a")]
pub struct Item { #[Twin::key] pub id: NoSuchType, pub other: String }
//# a field with a type that there is not
#[derive(Twin::Model)]
pub struct Item { pub a: NoSuchType }
//# a signature with a type that there is not
#[Twin::traced]
pub fn item(a: NoSuchType) -> AndNoOther { a }
//# a name of the macro that the body does not see
#[Twin::traced]
pub fn item() -> &'static str { entered }
//# a member that is not of the trait
pub struct Item;
impl Default for Item {
    #[Twin::same]
    fn defualt() -> Self { Item }
}
//# a name among pairs that there is not
pub fn item() -> usize { Twin::pairs! { a => [no_such_name, 2] }.len() }
//# a type that there is not
pub fn item(x: Twin::uint!(24)) {}
//# items twice
Twin::functions! { pub fn one { 1 } pub fn one = 2; }
//# hygiene: a local of the user
pub fn item() -> u8 { let x = 1u8; Twin::tokens!(x + y) }
//# in macro_rules, a type
macro_rules! make { ($ty:ty) => {
    #[Twin::table(name = "a")]
    pub struct Item { #[Twin::key] pub id: $ty }
} }
make!(NoSuchType);
