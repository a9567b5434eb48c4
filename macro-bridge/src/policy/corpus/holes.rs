//! What passes the policy and does what it would stop. `SECURITY.md` lists each under its title, with
//! what the macro gives as the example.

use super::{Emission, PLAIN};
use crate::output::PartKind::{Attribute, Item, Items};

pub(super) const ALL: &[Emission] = &[
    Emission {
        name: "hole_call",
        trick: "A call of whatever the crate can call",
        parts: &[(
            Items,
            "pub fn f() -> String { std::fs::read_to_string(\"secret.txt\").unwrap() }",
        )],
        proof: "f() == \"secret\"",
        ..PLAIN
    },
    Emission {
        name: "hole_trait",
        trick: "A trait that your own code uses without naming it",
        parts: &[(
            Items,
            "impl Drop for User { fn drop(&mut self) { RAN.store(true, Ordering::Relaxed) } }",
        )],
        around: "use std::sync::atomic::{AtomicBool, Ordering}; \
                 pub static RAN: AtomicBool = AtomicBool::new(false); HERE",
        proof: "{ drop(User); RAN.load(Ordering::Relaxed) }",
        ..PLAIN
    },
    Emission {
        name: "hole_name",
        trick: "An item with a name that your own code uses",
        parts: &[(Items, "fn drop<T>(value: T) { std::mem::forget(value) }")],
        around: "use std::sync::atomic::{AtomicBool, Ordering}; \
                 pub static RAN: AtomicBool = AtomicBool::new(false); pub struct Guard; \
                 impl Drop for Guard { fn drop(&mut self) { RAN.store(true, Ordering::Relaxed) } } HERE",
        proof: "{ drop(Guard); !RAN.load(Ordering::Relaxed) }",
        ..PLAIN
    },
    Emission {
        name: "hole_macro_name",
        trick: "The name of a macro, handed to a `macro_rules!` of its own",
        parts: &[(
            Items,
            "macro_rules! m { ($n:ident) => { pub const X: &str = $n!(\"CARGO_PKG_NAME\"); } } m!(env);",
        )],
        proof: "X == \"fixture\"",
        ..PLAIN
    },
    Emission {
        name: "hole_attribute_name",
        trick: "The name of an attribute, handed to a `macro_rules!` of its own",
        parts: &[(
            Items,
            "macro_rules! m { ($n:ident) => { #[$n] pub fn cell_hole() -> u8 { 7 } } } m!(no_mangle);",
        )],
        proof: "linked!(cell_hole)",
        ..PLAIN
    },
    Emission {
        name: "hole_other_macro",
        trick: "A macro of your crate, or of one that it depends on, that gives what is forbidden",
        parts: &[(Items, "pub const X: &str = embedded!(\"secret.txt\");")],
        around: "macro_rules! embedded { ($file:tt) => { include_str!($file) } } HERE",
        proof: "X == \"secret\"",
        ..PLAIN
    },
    Emission {
        name: "hole_renamed",
        trick: "A name that your crate gave to a forbidden macro",
        parts: &[(Items, "pub const X: &str = environment!(\"CARGO_PKG_NAME\");")],
        around: "use std::env as environment; HERE",
        proof: "X == \"fixture\"",
        ..PLAIN
    },
    Emission {
        name: "hole_other_cell",
        trick: "A macro of another cell, to which you granted more",
        parts: &[(Items, "pub const X: &str = ::cell::expand!(granted::package());")],
        proof: "X == \"fixture\"",
        ..PLAIN
    },
    Emission {
        name: "hole_in_unsafe",
        trick: "A macro that you call in an `unsafe` block: its code is in the block",
        item: "",
        parts: &[(Items, "*(&7u8 as *const u8)")],
        around: "pub fn f() -> u8 { unsafe { HERE } }",
        proof: "f() == 7",
        ..PLAIN
    },
    Emission {
        name: "hole_in_extern",
        trick: "A macro that you use in an `extern` block: it may declare other functions",
        item: "",
        parts: &[(Items, "pub fn abs(n: i32) -> i32;")],
        around: "extern \"C\" { HERE }",
        proof: "unsafe { abs(-7) == 7 }",
        ..PLAIN
    },
    Emission {
        name: "hole_own_group",
        trick: "A group of yours, handed back in another place",
        item: "pub fn user(n: &u8) -> u8 { unsafe { *(n as *const u8) } }",
        parts: &[(Items, "pub fn other(n: usize) -> u8 @11")],
        proof: "other(&7u8 as *const u8 as usize) == 7",
        ..PLAIN
    },
    Emission {
        name: "hole_unsafe_impl",
        trick: "Methods of your `unsafe impl` or `unsafe trait` that break what it promises",
        item: "unsafe impl Contract for u8 {}",
        parts: &[(Item, "@0 * 5 { fn seven(&self) -> u8 { 8 } }")],
        around: "pub unsafe trait Contract { fn seven(&self) -> u8 { 7 } } HERE",
        proof: "0u8.seven() == 8",
        ..PLAIN
    },
    Emission {
        name: "hole_layout",
        trick: "A change of a type that unsafe code of yours relies on",
        item: "pub struct User { pub one: u8, pub four: u32 }",
        parts: &[(Attribute, "#[repr(C, packed)]")],
        proof: "std::mem::size_of::<User>() == 5",
        ..PLAIN
    },
    Emission {
        name: "hole_docs",
        trick: "A text in documentation: `cargo test` runs it",
        parts: &[(
            Items,
            "#[doc = \"~~~\"] #[doc = \"assert!(unsafe { *(&7u8 as *const u8) } == 7);\"] \
             #[doc = \"~~~\"] pub struct Told;",
        )],
        proof: "true",
        ..PLAIN
    },
];

pub(super) const RECORDED: Emission = Emission {
    name: "hole_recorded",
    trick: "A recorded expansion that somebody changed by hand, together with its last line",
    item: "",
    parts: &[(Items, "env!(\"CARGO_PKG_NAME\")")],
    around: "pub fn f() -> &'static str { HERE }",
    proof: "f() == \"fixture\"",
    ..PLAIN
};
