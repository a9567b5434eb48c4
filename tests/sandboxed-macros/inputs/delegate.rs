use delegate::delegate;
struct S { inner: Vec<u8>, other: Box<S> }
impl S { delegate! { to self.inner { pub fn len(&self) -> usize; pub fn push(&mut self, value: u8); #[call(clear)] fn empty(&mut self); #[inline(never)] pub fn first(&self) -> Option<&u8>; } } }
impl S { delegate! { to self.other.inner { #[into] pub fn get(&self, i: usize) -> u16; #[try_into] fn try_get(&self) -> Result<u8, E>; #[unwrap] fn un(&self) -> u8; #[through(Trait)] fn thr(&self); } to (self.other) { async fn later(&self) -> u8; #[await(false)] async fn not(&self); fn generic<T: Clone, const N: usize>(&self, #[into] a: T, #[as_ref] b: &str, #[newtype] c: W) -> [T; N] where T: Copy; } } }
impl S { delegate! { to match self { A(a) => a, B(b) => b } { fn m(&self) -> u8; } to Self { fn stat(x: u8) -> u8; } to |x: u8| self.f(x) { fn bad(); } } }
impl S { delegate! { to self.a { #[const(Trait::X)] fn c(&self) -> u8; #[expr(*$.unwrap())] fn e(&self) -> u8; #[field] fn f(&self) -> u8; #[field(&name)] fn g(&self) -> &u8; fn h(&self, [self.x], r#type: u8); } } }
impl S { delegate! { #[inline] to self.a { fn a(&self); } #[append_args(1, 2)] to self.b { fn b(&self); } } }
impl S { delegate! { to self.a { fn wrong(&self) {} } } } impl S { delegate! { self.a {} } } impl S { delegate! { to self.a { #[into] #[into] fn a(&self) -> u8; fn (); } } }
impl S { delegate! { to self.a { fn pat(&self, (a, b): (u8, u8)); } } }
