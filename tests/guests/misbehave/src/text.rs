//! Crimes of texts: bytes that are none, places that are not in them, words that are no tokens.

use macro_guest_sdk::bindings::exports::cell::macros::expander::Expansion;

use crate::{Crime, answer, row};

const IDENT: u8 = 0;
const LITERAL: u8 = 2;

pub(crate) const CRIMES: &[Crime] = &[
    ("text_not_utf8", "text that is not UTF-8", |_| not_utf8()),
    ("text_past_end", "an identifier that ends after the text", |_| placed("name", 0, 5)),
    ("text_after_end", "an identifier that begins after the text", |_| placed("name", 9, 1)),
    ("text_overflow", "an identifier whose end overflows", |_| placed("name", u32::MAX, 2)),
    ("text_inside", "an identifier that begins inside a character", |_| placed("aéb", 2, 2)),
    ("text_half", "an identifier that ends inside a character", |_| placed("aéb", 0, 2)),
    ("ident_empty", "an identifier without letters", |_| word(IDENT, 0, "")),
    ("ident_digit", "the identifier `1x`", |_| word(IDENT, 0, "1x")),
    ("ident_space", "the identifier `a b`", |_| word(IDENT, 0, "a b")),
    ("ident_tokens", "the identifier `a; unsafe {}`", |_| word(IDENT, 0, "a; unsafe {}")),
    ("ident_comment", "the identifier `a/**/`", |_| word(IDENT, 0, "a/**/")),
    ("ident_prefix", "the identifier `r#a`", |_| word(IDENT, 0, "r#a")),
    ("ident_quote", "the identifier `'a`", |_| word(IDENT, 0, "'a")),
    ("ident_unicode", "the identifier `€`", |_| word(IDENT, 0, "€")),
    ("ident_crate", "the identifier `$crate`, which is no token of the input", |_| {
        word(IDENT, 0, "$crate")
    }),
    ("raw_self", "the identifier `r#self`", |_| word(IDENT, 1, "self")),
    ("raw_underscore", "the identifier `r#_`", |_| word(IDENT, 1, "_")),
    ("literal_empty", "a literal without characters", |_| word(LITERAL, 0, "")),
    ("literal_ident", "the literal `name`", |_| word(LITERAL, 0, "name")),
    ("literal_bool", "the literal `true`, which is an identifier", |_| word(LITERAL, 0, "true")),
    ("literal_two", "the literal `1 2`", |_| word(LITERAL, 0, "1 2")),
    ("literal_open", "the literal `\"a`", |_| word(LITERAL, 0, "\"a")),
    ("literal_tokens", "the literal `\"a\"; unsafe {}`", |_| word(LITERAL, 0, "\"a\"; unsafe {}")),
    ("literal_comment", "the literal `1/**/`", |_| word(LITERAL, 0, "1/**/")),
    ("literal_space", "the literal ` 1`", |_| word(LITERAL, 0, " 1")),
    ("literal_negative", "the literal `-1`, which is two tokens", |_| word(LITERAL, 0, "-1")),
    ("literal_escape", "the literal `\"\\q\"`", |_| word(LITERAL, 0, "\"\\q\"")),
    ("literal_doc", "the literal `/// a`", |_| word(LITERAL, 0, "/// a")),
];

fn word(kind: u8, sub: u8, text: &str) -> Expansion {
    answer(text.into(), vec![row(kind, sub, 0, text.len() as u32)])
}

fn placed(text: &str, offset: u32, length: u32) -> Expansion {
    answer(text.into(), vec![row(IDENT, 0, offset, length)])
}

fn not_utf8() -> Expansion {
    let bytes = vec![b'a', 0xff, b'b'];
    #[allow(unsafe_code, reason = "the crime")]
    // SAFETY: none. The text is only copied out of the component, where the host has to find it.
    let text = unsafe { String::from_utf8_unchecked(bytes) };
    answer(text, vec![row(IDENT, 0, 0, 3)])
}
