use async_trait::async_trait;
#[async_trait] trait A { async fn a(&self); async fn b(&mut self, x: &str) -> usize { x.len() } fn c(); async fn d() -> u8 where Self: Sized; }
#[async_trait(?Send)] pub trait B<'a, T: 'a>: Sized { async fn a(self, t: &'a T) -> &'a T; async fn b(self: Box<Self>, (x, mut y): (u8, u8), _: u8) -> u8 { y += x; y } #[must_use] async unsafe fn c(&self, r#type: impl Fn(&str)) {} }
struct S<T>(T);
#[async_trait] impl<T: Send + Sync> A for S<T> where T: Clone { async fn a(&self) { let me = self.0.clone(); Self::d().await; println!("{self:?}"); } async fn b(&mut self, x: &str) -> usize { let f = |y: &str| async move { y.len() }; f(x).await } fn c() {} async fn d() -> u8 { return 1; } }
#[async_trait] impl B<'static, u8> for &'_ str { async fn a(self, t: &'static u8) -> &'static u8 { async { t }.await } async fn b(self: Box<Self>, (x, mut y): (u8, u8), _: u8) -> u8 { let Self = self; loop { break y } } }
macro_rules! m { ($t:ty, $e:expr, $b:block) => { #[async_trait] impl C for $t { async fn f(&self, x: $t) -> $t { $e } async fn g() $b } } } m!(Vec<u8>, 1 + 2, { x.await });
#[async_trait(Send)] trait Wrong1 {} #[async_trait] fn wrong2() {} #[async_trait] struct Wrong3;
