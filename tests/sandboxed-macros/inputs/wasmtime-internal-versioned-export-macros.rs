use wasmtime_internal_versioned_export_macros::{versioned_export, versioned_link, versioned_stringify_ident, versioned_suffix};
#[versioned_export] pub unsafe extern "C" fn a(x: *const u8) -> u8 { 1 }
#[versioned_export] static B: u8 = 1;
#[versioned_export] #[inline(never)] extern "C" fn c() {}
extern "C" { #[versioned_link] fn d(x: u8); #[versioned_link] static E: u8; #[versioned_link] pub fn r#type(); }
const F: &str = versioned_stringify_ident!(some_name);
const G: &str = versioned_suffix!();
const H: &str = concat!("a", versioned_stringify_ident!(r#fn), versioned_suffix!());
#[versioned_export(x)] fn i() {}
#[versioned_export] struct J;
#[versioned_link] mod k {}
const L: &str = versioned_stringify_ident!(1);
const M: &str = versioned_suffix!(a);
