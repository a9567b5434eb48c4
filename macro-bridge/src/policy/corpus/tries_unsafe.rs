//! `unsafe`, in every place of a program.

use super::{Emission, PLAIN};
use crate::output::PartKind::{Attribute, Body, Field, Item, Items, Parameter};

/// No word of Rust can be put together from parts, so each must be found.
pub(super) const ALL: &[Emission] = &[
    Emission {
        name: "unsafe_block",
        trick: "in plain sight",
        parts: &[(Items, "pub fn f() -> u8 { ~unsafe { *(&7u8 as *const u8) } }")],
        words: &["unsafe"],
        found: "unsafe",
        proof: "f() == 7",
        ..PLAIN
    },
    Emission {
        name: "unsafe_in_a_closure",
        trick: "in a closure",
        parts: &[(Items, "pub fn f() -> u8 { (|n: &u8| ~unsafe { *(n as *const u8) })(&7) }")],
        words: &["unsafe"],
        found: "unsafe",
        proof: "f() == 7",
        ..PLAIN
    },
    Emission {
        name: "unsafe_in_a_const_block",
        trick: "runs while the program is compiled",
        parts: &[(Items, "pub fn f() -> u8 { const { ~unsafe { *(&7u8 as *const u8) } } }")],
        words: &["unsafe"],
        found: "unsafe",
        proof: "f() == 7",
        ..PLAIN
    },
    Emission {
        name: "unsafe_in_an_array_length",
        trick: "in a type, as the length of an array",
        parts: &[(Items, "pub static A: [u8; ~unsafe { *(&3usize as *const usize) }] = [0; 3];")],
        words: &["unsafe"],
        found: "unsafe",
        proof: "A.len() == 3",
        ..PLAIN
    },
    Emission {
        name: "unsafe_in_a_discriminant",
        trick: "as the value of a variant",
        parts: &[(Items, "#[repr(u8)] pub enum E { A = ~unsafe { *(&7u8 as *const u8) } }")],
        words: &["unsafe"],
        found: "unsafe",
        proof: "E::A as u8 == 7",
        ..PLAIN
    },
    Emission {
        name: "unsafe_in_a_generic_default",
        trick: "as the default of a const parameter",
        parts: &[(
            Items,
            "pub struct G<const N: usize = { ~unsafe { *(&3usize as *const usize) } }>; \
             impl<const N: usize> G<N> { pub const M: usize = N; }",
        )],
        words: &["unsafe"],
        found: "unsafe",
        proof: "<G>::M == 3",
        ..PLAIN
    },
    Emission {
        name: "unsafe_in_a_generic_argument",
        trick: "as an argument in the head of an impl",
        parts: &[(
            Items,
            "pub trait T<const N: u8> { const M: u8 = N; } \
             impl T<{ ~unsafe { *(&7u8 as *const u8) } }> for u8 {}",
        )],
        words: &["unsafe"],
        found: "unsafe",
        proof: "<u8 as T<7>>::M == 7",
        ..PLAIN
    },
    Emission {
        name: "unsafe_in_a_where_clause",
        trick: "as a type in a where-clause",
        parts: &[(Items, "pub fn f() -> bool where ~unsafe fn(): Sized { true }")],
        words: &["unsafe"],
        found: "unsafe",
        proof: "f()",
        ..PLAIN
    },
    Emission {
        name: "unsafe_in_async",
        trick: "in a future",
        parts: &[(
            Items,
            "pub fn f() -> impl core::future::Future<Output = u8> \
             { async { ~unsafe { *(&7u8 as *const u8) } } }",
        )],
        words: &["unsafe"],
        found: "unsafe",
        proof: "{ drop(f()); true }",
        ..PLAIN
    },
    Emission {
        name: "unsafe_in_a_match_guard",
        trick: "in the guard of a match",
        parts: &[(
            Items,
            "pub fn f(n: &u8) -> bool { match n { n if ~unsafe { *(n as *const u8) } == 7 => true, \
             _ => false } }",
        )],
        words: &["unsafe"],
        found: "unsafe",
        proof: "f(&7)",
        ..PLAIN
    },
    Emission {
        name: "unsafe_impl",
        trick: "promises what is not so",
        parts: &[(Items, "pub struct P(*const u8); ~unsafe impl Send for P {}")],
        words: &["unsafe"],
        found: "unsafe",
        proof: "{ fn sent<T: Send>() {} sent::<P>(); true }",
        ..PLAIN
    },
    Emission {
        name: "unsafe_fn",
        trick: "all of a body at once",
        parts: &[(Items, "pub ~unsafe fn f(n: *const u8) -> u8 { *n }")],
        words: &["unsafe"],
        found: "unsafe",
        proof: "unsafe { f(&7) == 7 }",
        ..PLAIN
    },
    Emission {
        name: "unsafe_in_a_text",
        trick: "as what a text is formatted with",
        parts: &[(
            Items,
            "pub fn f() -> String { format!(\"{}\", ~unsafe { *(&7u8 as *const u8) }) }",
        )],
        words: &["unsafe"],
        found: "unsafe",
        proof: "f() == \"7\"",
        ..PLAIN
    },
    Emission {
        name: "unsafe_in_macro_rules",
        trick: "what the macro's own macro stands for",
        parts: &[(
            Items,
            "macro_rules! m { ($($t:tt)*) => { ~unsafe { $($t)* } } } \
             pub fn f() -> u8 { m!(*(&7u8 as *const u8)) }",
        )],
        words: &["unsafe"],
        found: "unsafe",
        proof: "f() == 7",
        ..PLAIN
    },
    Emission {
        name: "unsafe_as_an_argument",
        trick: "the word is handed to a macro that puts a block behind it",
        parts: &[(
            Items,
            "macro_rules! m { ($t:tt) => { $t { *(&7u8 as *const u8) } } } \
             pub fn f() -> u8 { m!(~unsafe) }",
        )],
        words: &["unsafe"],
        found: "unsafe",
        proof: "f() == 7",
        ..PLAIN
    },
    Emission {
        name: "unsafe_by_reference",
        trick: "the user's own word, before a block of the macro's",
        item: "pub fn user() -> u8 { unsafe { 1 } }",
        parts: &[(Items, "pub fn f() -> u8 { ~@unsafe { *(&7u8 as *const u8) } }")],
        words: &["unsafe"],
        found: "unsafe",
        proof: "f() == 7 && user() == 1",
        ..PLAIN
    },
    Emission {
        name: "unsafe_in_an_invisible_group",
        trick: "in a group without delimiters, which the parser looks through",
        parts: &[(Items, "pub fn f() -> u8 { ⟦⟦~unsafe⟧⟧ { *(&7u8 as *const u8) } }")],
        words: &["unsafe"],
        found: "unsafe",
        proof: "f() == 7",
        ..PLAIN
    },
    Emission {
        name: "unsafe_before_the_users_head",
        trick: "the user's item, and one word more",
        item: "fn user() -> u8 { 7 }",
        parts: &[(Item, "pub ~unsafe @0 * 7")],
        words: &["unsafe"],
        found: "unsafe",
        proof: "{ let f: unsafe fn() -> u8 = user; unsafe { f() == 7 } }",
        ..PLAIN
    },
    Emission {
        name: "unsafe_head_with_another_body",
        trick: "the head of the user's unsafe fn, and a body that the user never saw",
        item: "unsafe fn user() -> u8 { 1 }",
        parts: &[(Item, "~@0 * 7 { *(&7u8 as *const u8) }")],
        words: &["unsafe"],
        found: "unsafe",
        proof: "unsafe { user() == 7 }",
        ..PLAIN
    },
    Emission {
        name: "unsafe_head_on_another_item",
        trick: "the user's word where the user's head does not stand",
        item: "unsafe fn user() -> u8 { 1 }",
        parts: &[(Item, "@0 * 8 pub ~@0 fn f(n: *const u8) -> u8 { *n }")],
        words: &["unsafe"],
        found: "unsafe",
        proof: "unsafe { user() == 1 && f(&7) == 7 }",
        ..PLAIN
    },
    Emission {
        name: "unsafe_around_a_body",
        trick: "code around the body of an unsafe fn is in an unsafe fn",
        item: "unsafe fn user() -> u8 { 1 }",
        parts: &[(Body, "let before = *(&7u8 as *const u8); before + @body")],
        words: &["unsafe"],
        found: "code in an unsafe fn",
        proof: "unsafe { user() == 8 }",
        ..PLAIN
    },
    Emission {
        name: "unsafe_in_what_stands_around",
        trick: "the body in a block of the macro's",
        item: "pub fn user() -> u8 { 1 }",
        parts: &[(Body, "let n = ~unsafe { *(&7u8 as *const u8) }; n + @body")],
        words: &["unsafe"],
        found: "unsafe",
        proof: "user() == 8",
        ..PLAIN
    },
    Emission {
        name: "unsafe_in_a_field",
        trick: "a field that is added, in the length of its type",
        item: "pub struct User { one: u8 }",
        parts: &[(Field, "pub extra: [u8; ~unsafe { *(&3usize as *const usize) }]")],
        words: &["unsafe"],
        found: "unsafe",
        proof: "core::mem::size_of::<User>() == 4",
        ..PLAIN
    },
    Emission {
        name: "unsafe_in_a_parameter",
        trick: "a parameter that is added, in the length of its type",
        item: "pub fn user() -> u8 { 1 }",
        parts: &[(Parameter, "extra: [u8; ~unsafe { *(&3usize as *const usize) }]")],
        words: &["unsafe"],
        found: "unsafe",
        proof: "user([0; 3]) == 1",
        ..PLAIN
    },
    Emission {
        name: "unsafe_attribute",
        trick: "an attribute that is added, in the spelling of edition 2024",
        item: "pub fn cell_try_unsafe_attribute() -> u8 { 7 }",
        parts: &[(Attribute, "#[cfg_attr(all(), ~unsafe(no_mangle))]")],
        words: &["unsafe", "linkage"],
        found: "unsafe",
        proof: "{ extern \"Rust\" { #[link_name = \"cell_try_unsafe_attribute\"] fn linked() -> u8; } \
                unsafe { linked() == 7 } }",
        ..PLAIN
    },
];
