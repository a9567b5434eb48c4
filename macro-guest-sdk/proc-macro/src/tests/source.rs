//! Source text is read as `proc-macro2` reads it outside a compiler.

use super::properties::Random;
use super::*;

/// What texts are made of: all that a lexer has to tell apart, whole and in pieces.
#[rustfmt::skip]
const PIECES: [&str; 104] = [
    " ", "\n", "\r\n", "\r", "\t", "\u{2003}", "\u{200e}", "//", "///", "////", "//!", "/*", "/**",
    "/***", "/*!", "*/", "/**/", "/", "*", "!", "(", ")", "[", "]", "{", "}", "(/*ERROR*/)", "a",
    "_", "r", "b", "c", "e", "E", "x", "o", "self", "crate", "Self", "super", "$crate", "größe",
    "\u{b7}", "\u{301}", "日本", "é", "\u{1f600}", "r#", "r##", "br", "cr", "b'", "b\"", "c\"",
    "r\"", "r#\"", "br#\"", "cr\"", "\"#", "#", "\"", "'", "\\", "\\n", "\\r", "\\t", "\\0", "\\'",
    "\\\"", "\\\\", "\\x7f", "\\x80", "\\x00", "\\xfg", "\\u{41}", "\\u{d800}", "\\u{0}",
    "\\u{1_0}", "\\u{_1}", "\\u{0000041}", "\\\n", "\\\r\n", "\0", "0", "1", "9", "0x", "0b", "0o",
    "0xF", "1.5", ".", "..", "+", "-", "=", "&", "<", ",", ";", "@", "`", "\u{feff}", "f32",
];

/// Texts that are easily read otherwise.
#[rustfmt::skip]
const SPECIAL: &[&str] = &[
    "1.0e", "1.0e+", "1e+", "1e", "1.e1", "1..2", "1._a", "1.a", "1._", "0b12", "0b1a", "0o8",
    "0x_", "0x", "0b_1", "1_", "_1", "1f32", "0xfe1", "1e1e1", "1.5.5", "1·", "b'''", "'''",
    "'\n'", "'a", "'a'", "'ab'", "'r#a", "'r#self", "'a#", "b'é'", "b'\\u{41}'", "b\"é\"",
    "c\"\0\"", "c\"\\0\"", "c\"\\u{0}\"", "r\"\r\"", "r\"\r\n\"", "\"\\\r\"", "\"\\\n  \"",
    "\"\\\r\n \r\n x\"", "r#_", "r#crate", "r#a", "/**/1", "/***/1", "/** a */", "/*! a */",
    "/** \r */", "/// a\r\nb", "/// a\rb", "//! a", "/* /* */", "/*/", "\"a\"suffix", "'a'b",
    "b'a'c", "\u{feff}a", "a\u{feff}", "\u{feff}\u{feff}", "&'a", "=//", "=/*", "= /**/=",
    "-1", "-a", "- 1", "--1", "-1.5", "-\"a\"", "-0x1", "",
];

/// Every token on a line of its own, with what the host is told of it.
fn read(text: &str) -> Option<String> {
    let tokens: TokenStream = text.parse().ok()?;
    let mut lines = String::new();
    lines_of(tokens, &mut lines);
    Some(lines)
}

fn lines_of(tokens: TokenStream, lines: &mut String) {
    for tree in tokens {
        if let TokenTree::Group(group) = tree {
            lines.push_str(&format!("{:?}\n", group.delimiter()));
            lines_of(group.stream(), lines);
            lines.push_str("end\n");
        } else if let TokenTree::Punct(punct) = tree {
            lines.push_str(&format!("{} {:?}\n", punct.as_char(), punct.spacing()));
        } else {
            let kind = if let TokenTree::Ident(_) = tree { "ident" } else { "literal" };
            lines.push_str(&format!("{kind} {tree}\n"));
        }
    }
}

fn expected(text: &str) -> Option<String> {
    let mut lines = String::new();
    expected_of(text.parse().ok()?, &mut lines);
    Some(lines)
}

fn expected_of(tokens: lex::TokenStream, lines: &mut String) {
    for tree in tokens {
        if let lex::TokenTree::Group(group) = tree {
            lines.push_str(&format!("{:?}\n", group.delimiter()));
            expected_of(group.stream(), lines);
            lines.push_str("end\n");
        } else if let lex::TokenTree::Punct(punct) = tree {
            lines.push_str(&format!("{} {:?}\n", punct.as_char(), punct.spacing()));
        } else {
            let kind = if let lex::TokenTree::Ident(_) = tree { "ident" } else { "literal" };
            lines.push_str(&format!("{kind} {tree}\n"));
        }
    }
}

fn same(text: &str) {
    // In a comment it writes NUL before a digit in another way, for a lint.
    let nul =
        |lines: String| if text.contains('\0') { lines.replace("\\x00", "\\0") } else { lines };
    assert_eq!(read(text).map(nul), expected(text).map(nul), "{text:?}");
    let literal = text.parse::<Literal>().ok().map(|literal| literal.to_string());
    let upstream = text.parse::<lex::Literal>().ok().map(|literal| literal.to_string());
    assert_eq!(literal, upstream, "{text:?} as a literal");
}

#[test]
fn random_texts_are_read_as_upstream_reads_them() {
    let mut taken = 0;
    for seed in 1..=20_000u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let pieces = 1 + random.below(9);
        let text: String =
            (0..pieces).map(|_| PIECES[random.below(PIECES.len() as u64) as usize]).collect();
        same(&text);
        taken += u32::from(read(&text).is_some());
    }
    assert!(taken > 2_000, "most are no tokens, {taken} are");
}

#[test]
fn pieces_behind_one_another_are_read_as_upstream_reads_them() {
    for first in PIECES {
        same(first);
        for second in PIECES {
            same(&format!("{first}{second}"));
            for last in ["\"", "'", "1a", "#\n"] {
                same(&format!("{first}{second}{last}"));
            }
        }
    }
}

#[test]
fn this_crate_is_read_as_upstream_reads_it() {
    for text in [
        include_str!("../encode.rs"),
        include_str!("../literal.rs"),
        include_str!("../source.rs"),
        include_str!("../span.rs"),
        include_str!("../xid.rs"),
        include_str!("source.rs"),
        include_str!("tokens.rs"),
    ] {
        assert!(read(text).is_some());
        same(text);
        // Cut anywhere, most of it is no token stream; the same mistakes are seen.
        for end in (0..text.len()).step_by(997).filter(|end| text.is_char_boundary(*end)) {
            same(&text[..end]);
        }
    }
}

#[test]
fn what_upstream_reads_in_a_way_of_its_own() {
    for text in SPECIAL {
        same(text);
        same(&format!("{text} "));
        same(&format!(" {text}"));
    }
    let hashes = "#".repeat(256);
    same(&format!("r{hashes}\"a\"{hashes}"));
    same(&format!("r{0}\"a\"{0}", &hashes[1..]));
}
