use ptr_meta_derive::pointee;
#[pointee] trait A {} #[pointee] pub(crate) trait B<'a, T: ?Sized + 'a>: Send where T: Clone { fn a(&self) -> &'a T; } #[pointee(x)] unsafe trait C { type D; const E: u8 = 1; }
#[pointee] struct F { a: u8, b: [u8] } #[pointee] struct G<T: ?Sized>(u8, T); #[pointee] enum H { A }
macro_rules! m { ($n:ident) => { #[pointee] trait $n {} } } m!(Made);
