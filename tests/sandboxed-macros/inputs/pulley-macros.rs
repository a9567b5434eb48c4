use pulley_macros::interp_disable_if_cfg;
#[interp_disable_if_cfg(all())] fn a(&mut self, x: u8) -> Flow { self.x = x; Flow::Continue }
#[interp_disable_if_cfg(any())] fn b() -> u8 { 1 }
#[interp_disable_if_cfg(feature = "x")] pub(crate) unsafe fn c<T: Copy>(value: T) -> T where T: Send { value }
struct S; impl S { #[interp_disable_if_cfg(not(test))] fn d(&mut self, _: &u8, (x, y): (u8, u8)) -> u8 { x + y } /** doc */ #[interp_disable_if_cfg(all(unix, not(windows)))] #[inline] fn e(self) -> Self { self } }
#[interp_disable_if_cfg] fn f() {}
#[interp_disable_if_cfg(1 +)] fn g() {}
#[interp_disable_if_cfg(all())] struct H;
#[interp_disable_if_cfg(target_os = "none")] fn i(a: u8) -> u8 { if a > 1 { return 2; } a }
#[interp_disable_if_cfg(all(any(), not(any())))] fn j<'a>(a: &'a str) -> &'a str { a }
#[interp_disable_if_cfg(debug_assertions)] #[must_use] fn k() -> Option<u8> { None }
#[interp_disable_if_cfg(panic = "abort")] pub fn l(x: [u8; 2]) { let [_a, _b] = x; }
#[interp_disable_if_cfg(unix)] const fn m() -> u8 { const { 1 } }
#[interp_disable_if_cfg(windows)] fn n(r#type: u8) -> u8 { r#type }
impl S { #[interp_disable_if_cfg(any(unix, windows))] fn o(&self, f: impl Fn(u8)) { f(1) } #[interp_disable_if_cfg(feature = "a")] fn p(&mut self) -> Result<(), ()> { Err(())? } #[interp_disable_if_cfg(not(feature = "a"))] fn q(self: Box<Self>) {} }
#[interp_disable_if_cfg(all())] fn r() { struct Inner; impl Inner { fn a() {} } }
#[interp_disable_if_cfg(any())] unsafe fn s(x: *const u8) -> u8 { unsafe { *x } }
#[interp_disable_if_cfg(test)] async fn t() { std::future::ready(1).await; }
macro_rules! make { ($n:ident $b:block $c:meta) => { #[interp_disable_if_cfg($c)] fn $n() -> u8 $b } }
make!(u { 1 } unix); make!(v { let x = 1; x } not(windows));
