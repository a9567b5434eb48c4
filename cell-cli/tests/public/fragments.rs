//! Items that `macro_rules!` puts together: groups without delimiters, `$crate`, and names of more
//! than one hygiene context.

use crate::source::{ASYNC_TRAIT, Derive, Source};

/// Where `@` stands come all derives.
const ITEMS: &[&str] = &[
    "macro_rules! m { ($n:ident, $t:ty) => { @ struct $n($t); } } m!(Type, Vec<u8>);",
    "macro_rules! m { ($n:ident, $t:ty) => { @ struct $n<'a, T> { a: &'a $t, b: Option<$t>, inner: $t } } } m!(Types, dyn Fn() -> T + 'a);",
    "macro_rules! m { ($v:vis $n:ident $e:expr) => { @ $v struct $n { $v a: [u8; $e], b: [u8; $e * 2] } } } m!(pub(crate) Visible 1 + 2);",
    "macro_rules! m { ($l:literal, $($t:tt)*) => { @ #[error($l)] #[display($l)] #[debug($l)] struct Literal { $($t)* } } } m!(\"{a} {}\", a: u8, b: String);",
    "macro_rules! m { ($($n:ident($t:ty) = $m:literal),*) => { @ enum Variants { $(#[error($m)] #[display($m)] $n(#[from] $t)),* } } } m!(A(std::io::Error) = \"a: {0}\", B(std::fmt::Error) = \"b\");",
    "macro_rules! m { ($p:path, $lt:lifetime) => { @ #[error(transparent)] struct Path<$lt>(#[source] $p, core::marker::PhantomData<&$lt $p>); } } m!(std::io::Error, 'a);",
    "macro_rules! m { ($i:item) => { $i } } m!(@ struct Whole { a: u8 });",
    "macro_rules! m { ($(#[$m:meta])* $n:ident) => { @ $(#[$m])* enum $n { #[error(\"x\")] A { x: u8 }, #[error(\"y\")] B(u8) } } } m!(#[doc = \"d\"] #[repr(u8)] Metas);",
    "macro_rules! m { ($e:expr) => { @ #[error(\"{}\", $e)] #[display(\"{}\", $e)] #[debug(\"{}\", $e)] struct Expression(u8); } } m!(1 + 2 * 3);",
    "macro_rules! m { () => { @ struct Crate($crate::Type, u8); } } m!();",
    "macro_rules! m { ($t:ty) => { m! { inner $t, [u8; 2] } }; (inner $t:ty, $u:ty) => { @ enum Nested { A($t), B($u, $t), C { c: ($t, $u) } } } } m!(&'static str);",
    "macro_rules! m { ($($g:tt)*) => { @ struct Generics<$($g)*>(A, B) where A: Clone; } } m!(A, B: Iterator<Item = A>);",
];

/// The same for `async_trait`, written out.
const TRAITS: &[&str] = &[
    "macro_rules! m { ($t:ty, $e:expr) => { #[public::async_trait] impl Trait for $t { async fn f(&self, x: $t) -> $t { $e * 2 } } } } m!(Vec<u8>, 1 + 2);",
    "macro_rules! m { ($n:ident $b:block) => { #[public::async_trait(?Send)] trait Trait { async fn $n(&mut self) $b async fn g<'a>(self: &'a Self) -> &'a str; } } } m!(f { self.x().await });",
    "macro_rules! m { ($p:pat, $t:ty) => { #[public::async_trait] pub trait Trait<T: Send> where Self: Sync { async fn f(&self, $p: $t) -> T { $crate::f(a, b) } } } } m!((a, b), (u8, &str));",
    "macro_rules! m { ($($i:item)*) => { $($i)* } } m!(#[public::async_trait] impl<T> Trait for T { async fn f() { let x = |y| async move { y }; } });",
    "macro_rules! m { ($s:stmt) => { #[public::async_trait] impl Trait for u8 { async unsafe fn f(mut self) { $s; self.g().await } } } } m!(let x = 1);",
    "#[public::async_trait] struct NoTrait { a: u8 }",
    "#[public::async_trait(Send)] trait WrongArguments { async fn f(); }",
    "#[public::async_trait] fn function() {}",
    "#[public::async_trait] trait Empty {}",
    "#[public::async_trait] impl Inherent { async fn f(&self) {} }",
    "#[public::async_trait] impl<'a, T: ?Sized + 'a, const N: usize> Trait<'a> for &'a mut [T; N] where for<'b> &'b T: Send { type A = (); const C: u8 = { 1 }; async fn f(self: Box<Self>, (a, mut b): (u8, &u8), &c: &u8, ref d: u8) -> Self::A where T: 'static { Self::g(a, *b, <Self as Other>::h::<N>()).await; println!(\"{self:?}\"); } }",
    "#[public::async_trait] pub unsafe trait Qualified: Send + 'static { async unsafe extern \"C\" fn f(&self) -> impl Sized; #[must_use] #[doc = \"x\"] async fn g(self: std::pin::Pin<&mut Self>, x: impl Fn(&str) -> u8); fn h(&self); }",
];

/// One line each.
pub(crate) fn source(derives: &[Derive]) -> Source {
    let mut source = Source::default();
    let names: Vec<_> = derives.iter().map(|derive| format!("public::{}", derive.name)).collect();
    let attribute = format!("#[derive({})] #[public::gone]", names.join(", "));
    for item in ITEMS {
        let paths = derives.iter().map(|derive| derive.path.clone());
        source.line(paths, &item.replacen('@', &attribute, 1));
    }
    for item in TRAITS {
        source.line([ASYNC_TRAIT.to_owned()], item);
    }
    source
}
