//! Code that the output policy does not let pass.

use macro_guest_sdk::bindings::exports::cell::macros::expander::Expansion;
use macro_guest_sdk::support::component::encode;

use crate::Crime;

macro_rules! crimes {
    ($($name:literal $code:literal)*) => {
        /// What each adds is its doc.
        pub(crate) const CRIMES: &[Crime] = &[$(($name, $code, |_| code($code)),)*];
    };
}

crimes! {
    "denied_unsafe_block" "fn f() { unsafe {} }"
    "denied_unsafe_fn" "unsafe fn f() {}"
    "denied_unsafe_impl" "unsafe impl Send for S {}"
    "denied_unsafe_raw" "fn f() { r#unsafe!() }"
    "denied_extern_crate" "extern crate std as other;"
    "denied_extern_block" "extern \"C\" { fn f(); }"
    "denied_extern_fn" "extern \"C\" fn f() {}"
    "denied_include" "include!(\"/etc/hostname\");"
    "denied_include_str" "const A: &str = ::core::include_str!(\"/etc/hostname\");"
    "denied_include_bytes" "const A: &[u8] = std::include_bytes!(\"/etc/hostname\");"
    "denied_include_renamed" "use std::include_str as harmless;"
    "denied_env" "const A: &str = env!(\"HOME\");"
    "denied_option_env" "const A: Option<&str> = option_env!(\"HOME\");"
    "denied_no_mangle" "#[no_mangle] pub fn f() {}"
    "denied_no_mangle_cfg" "#[cfg_attr(all(), no_mangle)] pub fn f() {}"
    "denied_export_name" "#[unsafe(export_name = \"malloc\")] pub fn f() {}"
    "denied_link_section" "#[link_section = \".init_array\"] pub static A: fn() = f;"
    "denied_link" "#[link(name = \"evil\")] mod m {}"
    "denied_used" "#[used] static A: u8 = 0;"
    "denied_global_allocator" "#[global_allocator] static A: B = B;"
    "denied_path" "#[path = \"/etc/hostname\"] mod m;"
    "denied_mod" "mod other_file;"
    "denied_asm" "fn f() { core::arch::asm!(\"nop\") }"
    "denied_global_asm" "core::arch::global_asm!(\"nop\");"
    "denied_nested" "macro_rules! m { () => { unsafe {} } }"
    "allowed_mod" "mod inline { pub fn f() -> u8 { 1 } }"
    "allowed_words" "const A: &str = \"unsafe extern include!\";"
}

fn code(text: &str) -> Expansion {
    let tokens: macro_guest_sdk::proc_macro2::TokenStream = text.parse().expect(text);
    encode(tokens.into())
}
