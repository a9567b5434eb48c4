use ctor::{ctor, dtor};
#[ctor] fn f0() {}
#[ctor] unsafe fn f1() { core::hint::black_box(1); }
#[ctor] pub fn f2() { println!("x"); }
#[ctor] pub unsafe fn f3() { let x = 1; drop(x) }
#[ctor] pub(crate) fn f4() { if true { return; } loop {} }
#[ctor] #[cfg(all())] fn f5() {}
#[ctor] /** doc */ #[allow(dead_code)] pub(crate) fn f6() { fn inner() {} inner() }
#[ctor] fn f7() { match 1 { 1 => (), _ => panic!("{}", 2) } }
#[ctor] #[cfg_attr(all(), inline(never))] fn f8() { struct S; impl Drop for S { fn drop(&mut self) {} } let _s = S; }
#[dtor] fn f9() {}
#[dtor] unsafe fn f10() { core::hint::black_box(1); }
#[dtor] pub fn f11() { println!("x"); }
#[dtor] pub unsafe fn f12() { let x = 1; drop(x) }
#[dtor] pub(crate) fn f13() { if true { return; } loop {} }
#[dtor] #[cfg(all())] fn f14() {}
#[dtor] /** doc */ #[allow(dead_code)] pub(crate) fn f15() { fn inner() {} inner() }
#[dtor] fn f16() { match 1 { 1 => (), _ => panic!("{}", 2) } }
#[dtor] #[cfg_attr(all(), inline(never))] fn f17() { struct S; impl Drop for S { fn drop(&mut self) {} } let _s = S; }
#[ctor] static f18: u8 = 1 + 2;
#[ctor] pub static f19: std::collections::HashMap<u8, &'static str> = { let mut m = std::collections::HashMap::new(); m.insert(1, "a"); m };
#[ctor] pub(crate) static f20: String = String::new();
#[ctor] static f21: Vec<fn(u8) -> u8> = vec![];
#[ctor] /** doc */ pub static f22: Option<Box<dyn Fn() + Send + Sync>> = None;
#[ctor(x)] fn f23() {}
#[ctor] struct f24;
#[dtor] static f25: u8 = 1;
#[ctor] const f26: u8 = 1;
#[ctor] fn f27(x: u8) {}
#[ctor] fn r#type() {}
#[ctor] fn f29() -> u8 { 1 }
#[dtor] fn f30<T>() {}
