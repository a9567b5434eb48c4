//! `extern` and assembly.

use super::{Emission, PLAIN};
use crate::output::PartKind::{Item, Items};

pub(super) const ALL: &[Emission] = &[
    Emission {
        name: "extern_block",
        trick: "functions of the C library",
        parts: &[(Items, "~extern \"C\" { pub fn abs(n: i32) -> i32; }")],
        words: &["extern"],
        found: "extern",
        proof: "unsafe { abs(-7) == 7 }",
        ..PLAIN
    },
    Emission {
        name: "extern_safe",
        trick: "the same, callable without `unsafe`",
        parts: &[(Items, "~unsafe extern \"C\" { pub safe fn abs(n: i32) -> i32; }")],
        words: &["unsafe", "extern"],
        found: "unsafe",
        proof: "abs(-7) == 7",
        ..PLAIN
    },
    Emission {
        name: "extern_crate_as",
        trick: "a crate under a name of the macro's choice",
        parts: &[(
            Items,
            "~extern crate std as hidden; pub fn f() -> usize { hidden::mem::size_of::<u16>() }",
        )],
        words: &["extern"],
        found: "extern",
        proof: "f() == 2",
        ..PLAIN
    },
    Emission {
        name: "extern_in_an_invisible_group",
        trick: "word and ABI in groups without delimiters",
        parts: &[(Items, "⟦~extern ⟦\"C\"⟧⟧ { pub fn abs(n: i32) -> i32; }")],
        words: &["extern"],
        found: "extern",
        proof: "unsafe { abs(-7) == 7 }",
        ..PLAIN
    },
    Emission {
        name: "extern_as_an_argument",
        trick: "the word is handed to a macro that puts a block behind it",
        parts: &[(
            Items,
            "macro_rules! m { ($t:tt) => { $t \"C\" { pub fn abs(n: i32) -> i32; } } } m!(~extern);",
        )],
        words: &["extern"],
        found: "extern",
        proof: "unsafe { abs(-7) == 7 }",
        ..PLAIN
    },
    Emission {
        name: "extern_by_reference",
        trick: "the user's own word, with functions of the macro's choice",
        item: "extern \"C\" { fn labs(n: i64) -> i64; }",
        parts: &[(Item, "~@0 * 2 { pub fn abs(n: i32) -> i32; }")],
        words: &["extern"],
        found: "extern",
        proof: "unsafe { abs(-7) == 7 }",
        ..PLAIN
    },
    Emission {
        name: "extern_in_a_generic_default",
        trick: "as the default of a type parameter",
        parts: &[(Items, "pub struct G<T = ~extern \"C\" fn()>(pub Option<T>);")],
        words: &["extern"],
        found: "extern",
        proof: "{ let g: G = G(None); g.0.is_none() }",
        ..PLAIN
    },
    Emission {
        name: "extern_method",
        trick: "a method with an ABI of its own",
        parts: &[(Items, "impl User { pub ~extern \"C\" fn f(n: i32) -> i32 { n } }")],
        words: &["extern"],
        found: "extern",
        proof: "User::f(7) == 7",
        ..PLAIN
    },
    Emission {
        name: "global_asm_through_a_glob",
        trick: "assembly behind a glob import",
        parts: &[(
            Items,
            "use core::arch::*; ~global_asm!(\".globl cell_try_global\", \"cell_try_global: ret\");",
        )],
        words: &["asm"],
        found: "global_asm",
        proof: "{ extern \"C\" { fn cell_try_global(); } unsafe { cell_try_global() }; true }",
        ..PLAIN
    },
    Emission {
        name: "global_asm_renamed",
        trick: "assembly under another name",
        parts: &[(
            Items,
            "use core::arch::{~global_asm as harmless}; \
             harmless!(\".globl cell_try_renamed\", \"cell_try_renamed: ret\");",
        )],
        words: &["asm"],
        found: "global_asm",
        proof: "{ extern \"C\" { fn cell_try_renamed(); } unsafe { cell_try_renamed() }; true }",
        ..PLAIN
    },
    Emission {
        name: "global_asm_as_an_argument",
        trick: "the name of the macro is handed to another",
        parts: &[(
            Items,
            "macro_rules! m { ($n:ident) => { core::arch::$n!(\".globl cell_try_named\", \
             \"cell_try_named: ret\"); } } m!(~global_asm);",
        )],
        words: &["asm"],
        found: "global_asm",
        proof: "{ extern \"C\" { fn cell_try_named(); } unsafe { cell_try_named() }; true }",
        ..PLAIN
    },
    Emission {
        name: "asm_renamed",
        trick: "assembly in a function, under another name",
        parts: &[(
            Items,
            "use core::arch::~asm as harmless; pub fn f() { unsafe { harmless!(\"nop\") } }",
        )],
        words: &["asm", "unsafe"],
        found: "asm",
        proof: "{ f(); true }",
        ..PLAIN
    },
    Emission {
        name: "naked_fn",
        trick: "a function of nothing but assembly",
        parts: &[(
            Items,
            "#[unsafe(naked)] pub ~extern \"C\" fn f() { core::arch::naked_asm!(\"ret\") }",
        )],
        words: &["extern", "asm", "linkage", "unsafe"],
        found: "extern",
        proof: "{ f(); true }",
        ..PLAIN
    },
];
