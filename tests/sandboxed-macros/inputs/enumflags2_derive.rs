use enumflags2::bitflags;
#[bitflags] #[repr(u8)] #[derive(Clone, Copy)] enum A { X = 1, Y = 2, Z = 4 }
#[bitflags] #[repr(u16)] #[derive(Clone, Copy, Debug, PartialEq)] pub enum B { X = 0b1, Y = 0x10, Z = 1 << 8 }
#[bitflags(default = X | Y)] #[repr(u8)] #[derive(Clone, Copy)] enum C { X = 1, Y = 2 }
#[bitflags] #[repr(u64)] #[derive(Clone, Copy)] /** doc */ pub(crate) enum D { /// one
    First, /// two
    Second, #[cfg(all())] Third = 1 << 40 }
#[bitflags] #[repr(u32)] #[derive(Clone, Copy)] enum E { r#Self_ = 1, Ü = 2 }
#[bitflags] #[repr(u128)] #[derive(Clone, Copy)] enum F { A = 1 << 100 }
#[bitflags] #[repr(i8)] #[derive(Clone, Copy)] enum G { A = 1 }
#[bitflags] #[derive(Clone, Copy)] enum NoRepr { A = 1 }
#[bitflags] #[repr(u8)] #[derive(Clone, Copy)] enum Zero { A = 0 }
#[bitflags] #[repr(u8)] #[derive(Clone, Copy)] enum Two { A = 3 }
#[bitflags] #[repr(u8)] #[derive(Clone, Copy)] enum Same { A = 1, B = 1 }
#[bitflags] #[repr(u8)] #[derive(Clone, Copy)] enum Large { A = 1 << 9 }
#[bitflags] #[repr(u8)] #[derive(Clone, Copy)] enum Many { A, B, C, D, E, F, G, H, I }
#[bitflags] #[repr(u8)] #[derive(Clone, Copy)] enum Data { A(u8) }
#[bitflags(default = )] #[repr(u8)] enum Default1 { A = 1 }
#[bitflags(default = Q)] #[repr(u8)] enum Default2 { A = 1 }
#[bitflags(other)] #[repr(u8)] enum Other { A = 1 }
#[bitflags] struct NoEnum;
#[bitflags] #[repr(u8)] #[derive(Clone, Copy)] enum Calls { A = const_fn(), B = u8::MAX }
macro_rules! m { ($n:ident $e:expr) => { #[bitflags] #[repr(u8)] #[derive(Clone, Copy)] enum $n { A = $e, B = 1 } } }
m!(Made 1 << 1);
