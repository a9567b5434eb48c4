use bytecheck::CheckBytes;
#[derive(CheckBytes)] #[repr(C)] struct A { a: u8, b: String } #[derive(CheckBytes)] #[repr(transparent)] struct B<T>(T);
#[derive(CheckBytes)] #[check_bytes(crate = other::bytecheck, bounds(__C: X))] #[repr(C)] struct C<T: Clone> where T: Copy { #[check_bytes(omit_bounds)] a: T, r#type: u8 }
#[derive(CheckBytes)] #[repr(u8)] enum D { A, B(u8, T), C { d: u8 } } #[derive(CheckBytes)] #[repr(i16)] enum E { A = 5, B, C = -1 }
#[derive(CheckBytes)] #[check_bytes(verify)] #[repr(C)] struct F(u8); #[derive(CheckBytes)] #[check_bytes(unknown)] struct G; #[derive(CheckBytes)] enum NoRepr { A }
