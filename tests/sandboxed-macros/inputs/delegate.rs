use delegate::delegate;
struct S { inner: Vec<u8>, other: Box<S> }
impl S { delegate! { to self.inner { pub fn len(&self) -> usize; } } }
impl S { delegate! { to self.other.inner { pub fn push(&mut self, value: u8); } } }
impl S { delegate! { to (self.other) { #[call(clear)] fn empty(&mut self); } } }
impl S { delegate! { to self.0 { #[inline(never)] pub fn first(&self) -> Option<&u8>; } } }
impl S { delegate! { to self.a.b() { #[into] pub fn get(&self, i: usize) -> u16; } } }
impl S { delegate! { to &self.a { #[try_into] fn try_get(&self) -> Result<u8, E>; } } }
impl S { delegate! { to self.map.lock().unwrap() { #[unwrap] fn un(&self) -> u8; } } }
impl S { delegate! { to self.inner { #[through(Trait)] fn thr(&self); } } }
impl S { delegate! { to self.other.inner { async fn later(&self) -> u8; } } }
impl S { delegate! { to (self.other) { #[await(false)] async fn not(&self); } } }
impl S { delegate! { to self.0 { fn generic<T: Clone, const N: usize>(&self, #[into] a: T, #[as_ref] b: &str, #[newtype] c: W) -> [T; N] where T: Copy; } } }
impl S { delegate! { to self.a.b() { #[const(Trait::X)] fn c(&self) -> u8; } } }
impl S { delegate! { to &self.a { #[expr(*$.unwrap())] fn e(&self) -> u8; } } }
impl S { delegate! { to self.map.lock().unwrap() { #[field] fn f(&self) -> u8; } } }
impl S { delegate! { to self.inner { #[field(&name)] fn g(&self) -> &u8; } } }
impl S { delegate! { to self.other.inner { fn h(&self, [self.x], r#type: u8); } } }
impl S { delegate! { to (self.other) { #[doc = "Documented"] fn documented(self: Box<Self>) -> Self; } } }
impl S { delegate! { to self.0 { unsafe fn u(&self, p: *const u8); } } }
impl S { delegate! { to self.a.b() { pub(crate) const fn k(self) -> u8; } } }
impl S { delegate! { to &self.a { fn life<'a>(&'a self, x: &'a str) -> &'a str; } } }
impl S { delegate! { to match self { A(a) => a, B(b) => b } { fn m(&self) -> u8; } } }
impl S { delegate! { to Self { fn stat(x: u8) -> u8; } } }
impl S { delegate! { #[inline] to self.a { fn a(&self); } to self.b { fn b(&self); fn c(&mut self); } } }
impl S { delegate! { #[append_args(1, 2)] to self.b { fn b(&self); } } }
impl S { delegate! {} }
impl S { delegate! { to self.a {} } }
impl S { delegate! { to self.a { fn wrong(&self) {} } } }
impl S { delegate! { self.a {} } }
impl S { delegate! { to self.a { #[into] #[into] fn a(&self) -> u8; } } }
impl S { delegate! { to self.a { fn (); } } }
impl S { delegate! { to self.a { fn pat(&self, (a, b): (u8, u8)); } } }
impl S { delegate! { to |x: u8| self.f(x) { fn bad(); } } }
