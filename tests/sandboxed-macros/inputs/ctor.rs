use ctor::{ctor, dtor};
#[ctor] fn a() { println!("x"); } #[ctor] unsafe fn b() {} #[dtor] fn c() { } #[dtor] pub unsafe fn d() { let x = 1; }
#[ctor] pub static E: std::collections::HashMap<u8, &'static str> = { let mut m = std::collections::HashMap::new(); m.insert(1, "a"); m };
#[ctor] static F: u8 = 1 + 2; #[ctor] #[cfg(all())] /** doc */ #[allow(dead_code)] pub(crate) fn g() {} #[ctor(x)] fn h() {}
#[ctor] struct I; #[dtor] static J: u8 = 1; #[ctor] const K: u8 = 1; #[ctor] fn l(x: u8) {} #[ctor] fn r#type() {}
