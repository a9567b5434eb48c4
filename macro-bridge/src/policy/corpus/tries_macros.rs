//! Files and variables that are read while a program is compiled.

use super::{Emission, PLAIN};
use crate::output::PartKind::{Body, Items};

const INCLUDE: Emission = Emission { words: &["include"], found: "include", ..PLAIN };
const INCLUDE_STR: Emission = Emission { found: "include_str", ..INCLUDE };
const ENV: Emission = Emission { words: &["env"], found: "env", ..PLAIN };
const PATH: Emission = Emission { words: &["path"], found: "mod secret;", ..PLAIN };

/// For `include` and `env`.
pub(super) const FILES: &[Emission] = &[
    Emission {
        name: "include",
        trick: "in plain sight",
        parts: &[(Items, "~include!(\"secret.rs\");")],
        proof: "SECRET == \"secret\"",
        ..INCLUDE
    },
    Emission {
        name: "include_raw",
        trick: "as a raw identifier, which is the same name",
        parts: &[(Items, "std::~r#include! { \"secret.rs\" }")],
        proof: "SECRET == \"secret\"",
        ..INCLUDE
    },
    Emission {
        name: "include_in_invisible_groups",
        trick: "name, mark and arguments in groups without delimiters, one of them empty",
        parts: &[(Items, "⟦~include⟧ ⟦⟧ ⟦⟦!⟧⟧ ⟦(\"secret.rs\")⟧;")],
        proof: "SECRET == \"secret\"",
        ..INCLUDE
    },
    Emission {
        name: "include_renamed",
        trick: "under another name, in a list of imports",
        parts: &[(Items, "use std::{~include as harmless}; harmless!(\"secret.rs\");")],
        proof: "SECRET == \"secret\"",
        ..INCLUDE
    },
    Emission {
        name: "include_exported",
        trick: "imported without another name, and called through that path",
        parts: &[(
            Items,
            "pub mod a { pub use std::include; } pub mod b { super::a::~include!(\"secret.rs\"); }",
        )],
        proof: "b::SECRET == \"secret\"",
        ..INCLUDE
    },
    Emission {
        name: "include_by_reference",
        trick: "the name is the user's, from a place where it means nothing",
        item: "pub fn user(include: u8) {}",
        parts: &[(Items, "~@include!(\"secret.rs\");")],
        proof: "SECRET == \"secret\"",
        ..INCLUDE
    },
    Emission {
        name: "include_in_two_parts",
        trick: "the name in one part of the answer, the call in the next",
        parts: &[(Items, "~include"), (Items, "!(\"secret.rs\");")],
        proof: "SECRET == \"secret\"",
        ..INCLUDE
    },
    Emission {
        name: "include_str",
        trick: "the text of a file",
        parts: &[(Items, "pub const TEXT: &str = core::~include_str!(\"secret.txt\");")],
        proof: "TEXT == \"secret\"",
        ..INCLUDE_STR
    },
    Emission {
        name: "include_str_through_a_crate",
        trick: "the crate under another name",
        parts: &[(
            Items,
            "use ::core as harmless; pub const TEXT: &str = harmless::~include_str!(\"secret.txt\");",
        )],
        proof: "TEXT == \"secret\"",
        ..INCLUDE_STR
    },
    Emission {
        name: "include_str_in_docs",
        trick: "as the documentation of an item",
        parts: &[(Items, "#[doc = ~include_str!(\"secret.txt\")] pub struct Told;")],
        proof: "true",
        ..INCLUDE_STR
    },
    Emission {
        name: "include_str_in_docs_under_conditions",
        trick: "as documentation, behind a condition that always holds",
        parts: &[(
            Items,
            "#[cfg_attr(all(), doc = ~include_str!(\"secret.txt\"))] pub struct Told;",
        )],
        proof: "true",
        ..INCLUDE_STR
    },
    Emission {
        name: "include_str_in_concat",
        trick: "as an argument of a macro that expands its arguments",
        parts: &[(Items, "pub const TEXT: &str = concat!(\"a \", ~include_str!(\"secret.txt\"));")],
        proof: "TEXT == \"a secret\"",
        ..INCLUDE_STR
    },
    Emission {
        name: "include_str_as_a_format",
        trick: "as the text that is formatted",
        parts: &[(Items, "pub fn f() -> String { format!(~include_str!(\"secret.txt\")) }")],
        proof: "f() == \"secret\"",
        ..INCLUDE_STR
    },
    Emission {
        name: "include_str_as_an_argument",
        trick: "the name of the macro is handed to another",
        parts: &[(
            Items,
            "macro_rules! m { ($n:ident) => { pub const TEXT: &str = $n!(\"secret.txt\"); } } \
             m!(~include_str);",
        )],
        proof: "TEXT == \"secret\"",
        ..INCLUDE_STR
    },
    Emission {
        name: "include_bytes_as_a_path",
        trick: "the path of the macro is handed to another",
        parts: &[(
            Items,
            "macro_rules! m { ($($n:tt)*) => { pub const BYTES: &[u8] = $($n)*!(\"secret.txt\"); } } \
             m!(::core::~include_bytes);",
        )],
        found: "include_bytes",
        proof: "BYTES.len() == 6",
        ..INCLUDE
    },
    Emission {
        name: "include_bytes_around_a_body",
        trick: "in what stands around the user's body",
        item: "pub fn user() -> usize { 1 }",
        parts: &[(Body, "let bytes = ~include_bytes!(\"secret.txt\"); bytes.len() + @body")],
        found: "include_bytes",
        proof: "user() == 7",
        ..INCLUDE
    },
    Emission {
        name: "debugger_visualizer",
        trick: "a file that debuggers run",
        parts: &[(Items, "#[~debugger_visualizer(gdb_script_file = \"secret.txt\")] pub mod m {}")],
        found: "#[debugger_visualizer]",
        proof: "true",
        ..INCLUDE
    },
    Emission {
        name: "debugger_visualizer_inside",
        trick: "the same as an inner attribute, behind a condition",
        parts: &[(
            Items,
            "pub mod m { #![cfg_attr(all(), \
             ~debugger_visualizer(gdb_script_file = \"secret.txt\"))] }",
        )],
        found: "#[debugger_visualizer]",
        proof: "true",
        ..INCLUDE
    },
    Emission {
        name: "env",
        trick: "in plain sight",
        parts: &[(Items, "pub const NAME: &str = ~env!(\"CARGO_PKG_NAME\");")],
        proof: "NAME == \"fixture\"",
        ..ENV
    },
    Emission {
        name: "env_in_an_array_length",
        trick: "in a type, as the length of an array",
        parts: &[(Items, "pub static A: [u8; ~env!(\"CARGO_PKG_NAME\").len()] = [0; 7];")],
        proof: "A.len() == 7",
        ..ENV
    },
    Emission {
        name: "env_renamed",
        trick: "under another name",
        parts: &[(
            Items,
            "use std::~env as harmless; pub const NAME: &str = harmless!(\"CARGO_PKG_NAME\");",
        )],
        proof: "NAME == \"fixture\"",
        ..ENV
    },
    Emission {
        name: "env_in_docs",
        trick: "in documentation, inside of another macro",
        parts: &[(Items, "#[doc = concat!(\"a \", ~env!(\"CARGO_PKG_NAME\"))] pub struct Told;")],
        proof: "true",
        ..ENV
    },
    Emission {
        name: "env_in_macro_rules",
        trick: "in a macro that the user's crate may call",
        parts: &[(Items, "macro_rules! m { ($n:literal) => { std::~env!($n) } }")],
        proof: "m!(\"CARGO_PKG_NAME\") == \"fixture\"",
        ..ENV
    },
    Emission {
        name: "option_env",
        trick: "one that need not be there, asked for in a const assertion",
        parts: &[(
            Items,
            "const _: () = assert!(core::~option_env!(\"CARGO_PKG_NAME\").is_some());",
        )],
        found: "option_env",
        proof: "true",
        ..ENV
    },
];

/// For `path`: `mod` is followed by a name and braces, or refused.
pub(super) const MODULES: &[Emission] = &[
    Emission {
        name: "mod_in_a_file",
        trick: "in plain sight",
        parts: &[(Items, "pub ~mod secret;")],
        proof: "secret::SECRET == \"secret\"",
        ..PATH
    },
    Emission {
        name: "mod_with_a_raw_name",
        trick: "with a raw name",
        parts: &[(Items, "pub ~mod r#secret;")],
        proof: "secret::SECRET == \"secret\"",
        ..PATH
    },
    Emission {
        name: "mod_in_invisible_groups",
        trick: "each token in a group without delimiters",
        parts: &[(Items, "⟦pub⟧ ⟦~mod⟧ ⟦⟦secret⟧⟧ ⟦;⟧")],
        proof: "secret::SECRET == \"secret\"",
        ..PATH
    },
    Emission {
        name: "mod_in_macro_rules",
        trick: "the name comes from the call of a macro",
        parts: &[(Items, "macro_rules! m { ($n:ident) => { pub ~mod $n; } } m!(secret);")],
        found: "mod $n;",
        proof: "secret::SECRET == \"secret\"",
        ..PATH
    },
    Emission {
        name: "mod_with_a_semicolon_from_elsewhere",
        trick: "the semicolon comes from the call of a macro",
        parts: &[(Items, "macro_rules! m { ($t:tt) => { pub ~mod secret $t } } m!(;);")],
        found: "mod",
        proof: "secret::SECRET == \"secret\"",
        ..PATH
    },
    Emission {
        name: "mod_with_all_from_elsewhere",
        trick: "name and semicolon come from the call of a macro",
        parts: &[(Items, "macro_rules! m { ($($t:tt)*) => { pub ~mod $($t)* } } m!(secret;);")],
        found: "mod",
        proof: "secret::SECRET == \"secret\"",
        ..PATH
    },
    Emission {
        name: "mod_as_an_argument",
        trick: "the word is handed to a macro that puts the rest behind it",
        parts: &[(Items, "macro_rules! m { ($t:tt) => { pub $t secret; } } m!(~mod);")],
        found: "mod",
        proof: "secret::SECRET == \"secret\"",
        ..PATH
    },
    Emission {
        name: "mod_in_an_attribute",
        trick: "the word is handed on in what looks like an attribute",
        parts: &[(Items, "macro_rules! m { (#[$t:tt]) => { pub $t secret; } } m!(#[~mod]);")],
        found: "mod",
        proof: "secret::SECRET == \"secret\"",
        ..PATH
    },
    Emission {
        name: "mod_in_two_parts",
        trick: "the semicolon is in the next part of the answer",
        parts: &[(Items, "pub ~mod secret"), (Items, ";")],
        proof: "secret::SECRET == \"secret\"",
        ..PATH
    },
    Emission {
        name: "mod_by_reference",
        trick: "the user's own word, before another name",
        item: "mod user {}",
        parts: &[(Items, "pub ~@mod secret;")],
        proof: "secret::SECRET == \"secret\"",
        ..PATH
    },
    Emission {
        name: "path",
        trick: "a module from any folder",
        parts: &[(Items, "#[path = \"secret.rs\"] pub ~mod elsewhere;")],
        found: "mod elsewhere;",
        proof: "elsewhere::SECRET == \"secret\"",
        ..PATH
    },
    Emission {
        name: "path_of_a_module_in_place",
        trick: "where the modules in a module are looked for",
        parts: &[(Items, "#[~path = \"elsewhere\"] pub mod m { pub const N: u8 = 7; }")],
        found: "#[path]",
        proof: "m::N == 7",
        ..PATH
    },
    Emission {
        name: "path_under_conditions",
        trick: "behind conditions that always hold",
        parts: &[(
            Items,
            "#[cfg_attr(all(), allow(dead_code), cfg_attr(all(), ~path = \"elsewhere\"))] \
             pub mod m { pub const N: u8 = 7; }",
        )],
        found: "#[path]",
        proof: "m::N == 7",
        ..PATH
    },
];
