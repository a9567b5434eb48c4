//! Attributes that change what is linked or run code before `main`.

use super::{Emission, PLAIN};
use crate::output::PartKind::{Attribute, Item, Items};

const LINKAGE: Emission = Emission { words: &["linkage"], found: "#[no_mangle]", ..PLAIN };

pub(super) const ALL: &[Emission] = &[
    Emission {
        name: "no_mangle",
        trick: "in plain sight",
        parts: &[(Items, "#[~no_mangle] pub fn cell_try_plain() -> u8 { 7 }")],
        proof: "linked!(cell_try_plain)",
        ..LINKAGE
    },
    Emission {
        name: "no_mangle_raw",
        trick: "as a raw identifier, which is the same name",
        parts: &[(Items, "#[~r#no_mangle] pub fn cell_try_raw() -> u8 { 7 }")],
        proof: "linked!(cell_try_raw)",
        ..LINKAGE
    },
    Emission {
        name: "export_name_under_conditions",
        trick: "behind conditions that always hold",
        parts: &[(
            Items,
            "#[cfg_attr(all(), cfg_attr(not(any()), inline, ~export_name = \"cell_try_nested\"))] \
             pub fn f() -> u8 { 7 }",
        )],
        found: "#[export_name]",
        proof: "linked!(cell_try_nested)",
        ..LINKAGE
    },
    Emission {
        name: "no_mangle_under_a_raw_condition",
        trick: "behind a condition with a raw name",
        parts: &[(
            Items,
            "#[r#cfg_attr(all(), ~no_mangle)] pub fn cell_try_raw_condition() -> u8 { 7 }",
        )],
        proof: "linked!(cell_try_raw_condition)",
        ..LINKAGE
    },
    Emission {
        name: "no_mangle_inside",
        trick: "as an inner attribute, in the body",
        parts: &[(Items, "pub fn cell_try_inside() -> u8 { #![~no_mangle] 7 }")],
        proof: "linked!(cell_try_inside)",
        ..LINKAGE
    },
    Emission {
        name: "no_mangle_in_a_body",
        trick: "on an item in the body of a function",
        parts: &[(Items, "pub fn f() { #[~no_mangle] pub fn cell_try_local() -> u8 { 7 } }")],
        proof: "linked!(cell_try_local)",
        ..LINKAGE
    },
    Emission {
        name: "no_mangle_in_a_const",
        trick: "on an item in a constant without a name",
        parts: &[(Items, "const _: () = { #[~no_mangle] pub fn cell_try_const() -> u8 { 7 } };")],
        proof: "linked!(cell_try_const)",
        ..LINKAGE
    },
    Emission {
        name: "export_name_of_a_method",
        trick: "on a method of the user's type",
        parts: &[(
            Items,
            "impl User { #[~export_name = \"cell_try_method\"] pub fn f() -> u8 { 7 } }",
        )],
        found: "#[export_name]",
        proof: "linked!(cell_try_method)",
        ..LINKAGE
    },
    Emission {
        name: "no_mangle_in_invisible_groups",
        trick: "each token in a group without delimiters",
        parts: &[(Items, "⟦#⟧ ⟦[⟦~no_mangle⟧]⟧ pub fn cell_try_invisible() -> u8 { 7 }")],
        proof: "linked!(cell_try_invisible)",
        ..LINKAGE
    },
    Emission {
        name: "no_mangle_behind_the_users_hash",
        trick: "the `#` is the user's",
        item: "#[inline] pub fn user() {}",
        parts: &[(Items, "@0 [~no_mangle] pub fn cell_try_hash() -> u8 { 7 }")],
        proof: "linked!(cell_try_hash)",
        ..LINKAGE
    },
    Emission {
        name: "no_mangle_by_reference",
        trick: "the name is the user's, from a place where it means nothing",
        item: "pub fn user(no_mangle: u8) {}",
        parts: &[(Items, "#[~@no_mangle] pub fn cell_try_reference() -> u8 { 7 }")],
        proof: "linked!(cell_try_reference)",
        ..LINKAGE
    },
    Emission {
        name: "no_mangle_on_the_users_item",
        trick: "an attribute that is added",
        item: "pub fn cell_try_added() -> u8 { 7 }",
        parts: &[(Attribute, "#[~no_mangle]")],
        proof: "linked!(cell_try_added)",
        ..LINKAGE
    },
    Emission {
        name: "no_mangle_in_the_item",
        trick: "before the user's item, which is replaced by itself",
        item: "pub fn cell_try_replaced() -> u8 { 7 }",
        parts: &[(Item, "#[~no_mangle] @0 * 8")],
        proof: "linked!(cell_try_replaced)",
        ..LINKAGE
    },
    Emission {
        name: "no_mangle_in_macro_rules",
        trick: "in what the macro's own macro stands for",
        parts: &[(
            Items,
            "macro_rules! m { ($n:ident) => { #[~no_mangle] pub fn $n() -> u8 { 7 } } } \
             m!(cell_try_rules);",
        )],
        proof: "linked!(cell_try_rules)",
        ..LINKAGE
    },
    Emission {
        name: "no_mangle_as_meta",
        trick: "as an attribute that a macro takes and puts elsewhere",
        parts: &[(
            Items,
            "macro_rules! m { (#[$m:meta]) => { #[$m] pub fn cell_try_meta() -> u8 { 7 } } } \
             m!(#[~no_mangle]);",
        )],
        proof: "linked!(cell_try_meta)",
        ..LINKAGE
    },
    Emission {
        name: "no_mangle_in_two_parts",
        trick: "the `#` in one part of the answer, the rest in the next",
        parts: &[(Items, "#"), (Items, "[~no_mangle] pub fn cell_try_parts() -> u8 { 7 }")],
        proof: "linked!(cell_try_parts)",
        ..LINKAGE
    },
    Emission {
        name: "no_mangle_behind_the_item",
        trick: "the `#` at the end of the item, the rest behind it",
        item: "pub fn user() {}",
        parts: &[(Items, "[~no_mangle] pub fn cell_try_behind() -> u8 { 7 }"), (Item, "@0 * 5 #")],
        proof: "linked!(cell_try_behind)",
        ..LINKAGE
    },
    Emission {
        name: "link_name",
        trick: "a foreign function under a harmless name",
        parts: &[(
            Items,
            "~extern \"C\" { #[link_name = \"abs\"] pub fn harmless(n: i32) -> i32; }",
        )],
        words: &["extern", "linkage"],
        found: "extern",
        proof: "unsafe { harmless(-7) == 7 }",
        ..LINKAGE
    },
    Emission {
        name: "link",
        trick: "a library that is linked",
        parts: &[(Items, "#[link(name = \"c\")] ~extern \"C\" {}")],
        words: &["extern", "linkage"],
        found: "extern",
        proof: "true",
        ..LINKAGE
    },
    Emission {
        name: "link_section",
        trick: "runs before `main`",
        parts: &[(
            Items,
            "pub static RAN: core::sync::atomic::AtomicBool = \
             core::sync::atomic::AtomicBool::new(false); \
             fn run() { RAN.store(true, core::sync::atomic::Ordering::Relaxed) } \
             #[~link_section = \".init_array\"] pub static START: fn() = run; \
             pub fn f() -> fn() { START }",
        )],
        found: "#[link_section]",
        proof: "{ f(); RAN.load(core::sync::atomic::Ordering::Relaxed) }",
        ..LINKAGE
    },
    Emission {
        name: "used",
        trick: "keeps what nothing refers to",
        parts: &[(Items, "#[cfg_attr(all(), ~used)] static KEPT: u8 = 7;")],
        found: "#[used]",
        proof: "true",
        ..LINKAGE
    },
    Emission {
        name: "global_allocator_renamed",
        trick: "an attribute that is a macro, under another name",
        parts: &[(
            Items,
            "use std::prelude::v1::~global_allocator as harmless; \
             #[harmless] static ALLOCATOR: std::alloc::System = std::alloc::System;",
        )],
        found: "global_allocator",
        proof: "true",
        ..LINKAGE
    },
    // A program has one allocator, and that is the one above.
    Emission {
        name: "global_allocator",
        trick: "all memory of the program",
        parts: &[(
            Items,
            "#[std::prelude::v1::~global_allocator] static A: std::alloc::System = \
             std::alloc::System;",
        )],
        found: "#[global_allocator]",
        ..LINKAGE
    },
    // These need a crate that tests here do not have.
    Emission {
        name: "ctor",
        trick: "runs before `main`, by another crate",
        parts: &[(Items, "#[::~ctor::ctor] fn start() {}")],
        found: "#[ctor]",
        ..LINKAGE
    },
    Emission {
        name: "dtor_renamed",
        trick: "runs behind `main`, by another crate, under another name",
        parts: &[(Items, "use dtor::{~dtor as harmless}; #[harmless] fn end() {}")],
        found: "dtor",
        ..LINKAGE
    },
];
