//! Is this the text of an identifier or a literal? rustc panics on what is not, and a guest may
//! send anything.

/// Words that cannot be written with `r#`.
const NEVER_RAW: [&str; 6] = ["_", "self", "Self", "super", "crate", "$crate"];

/// An identifier as `proc_macro::Ident::new` takes it: keywords and `_` included.
#[must_use]
pub fn is_ident(text: &str) -> bool {
    // Nearly all are ASCII, and hosts are unoptimised: a plain loop over bytes.
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let letter = matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'_');
        if !letter && (at == 0 || !byte.is_ascii_digit()) {
            break;
        }
        at += 1;
    }
    if at == bytes.len() {
        return at > 0;
    }
    let mut chars = text.chars();
    let starts = chars.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c));
    starts && chars.all(unicode_ident::is_xid_continue)
}

/// An identifier that may stand behind `r#`.
#[must_use]
pub fn is_raw_ident(text: &str) -> bool {
    is_ident(text) && !NEVER_RAW.contains(&text)
}

/// The name of a cell or a macro: an identifier in which hyphens may stand, so never a path, and
/// always one word in the files that the host writes.
#[must_use]
pub fn is_name(text: &str) -> bool {
    !text.starts_with('-') && is_ident(&text.replace('-', "_"))
}

/// A word of a file: something, without blanks, control characters and escapes.
#[must_use]
pub fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\')
}

/// A character that `proc_macro::Punct` takes.
#[must_use]
pub fn is_punct(ch: char) -> bool {
    matches!(
        ch,
        '=' | '<'
            | '>'
            | '!'
            | '~'
            | '+'
            | '-'
            | '*'
            | '/'
            | '%'
            | '^'
            | '&'
            | '|'
            | '@'
            | '.'
            | ','
            | ';'
            | ':'
            | '#'
            | '$'
            | '?'
            | '\''
    )
}

/// A sort of literal, with the text between quotes if it has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Literal<'a> {
    /// An integer; its digits (if plain decimal) and suffix.
    Integer {
        /// Digits with prefix and underscores.
        digits: &'a str,
        /// Empty, or `u8` and the like.
        suffix: &'a str,
    },
    /// A float.
    Float,
    /// `"..."`: what is between the quotes, still escaped.
    Str(&'a str),
    /// Raw, byte, C strings, characters and bytes.
    Other,
}

/// Reads one whole literal, suffix included; `None` if rustc's lexer would see anything else.
/// A leading minus is not part of a literal.
#[must_use]
pub fn literal(text: &str) -> Option<Literal<'_>> {
    let first = *text.as_bytes().first()?;
    if first.is_ascii_digit() {
        return number(text);
    }
    if let Some(body) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))
        && is_plain(body)
    {
        return Some(Literal::Str(body));
    }
    let (prefix, quoted) = split_prefix(text)?;
    match (prefix, quoted.as_bytes().first()?) {
        ("" | "b" | "c", b'"') => {
            let end = string_end(quoted, '"')?;
            check_escapes(&quoted[1..end], prefix, false)?;
            is_suffix(&quoted[end + 1..]).then_some(())?;
            Some(match prefix {
                "" if end + 1 == quoted.len() => Literal::Str(&quoted[1..end]),
                _ => Literal::Other,
            })
        }
        ("" | "b", b'\'') => {
            let end = string_end(quoted, '\'')?;
            check_escapes(&quoted[1..end], prefix, true)?;
            is_suffix(&quoted[end + 1..]).then_some(Literal::Other)
        }
        ("r" | "br" | "cr", _) => raw(quoted, prefix),
        _ => None,
    }
}

/// Printable ASCII that means itself between double quotes.
pub(crate) fn is_plain(body: &str) -> bool {
    let bytes = body.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if !matches!(byte, b' '..=b'~') || matches!(byte, b'"' | b'\\') {
            return false;
        }
        at += 1;
    }
    true
}

/// The letters before the first quote or `#`, if they are a prefix of a literal.
fn split_prefix(text: &str) -> Option<(&str, &str)> {
    let at = text.find(['"', '\'', '#'])?;
    let (prefix, rest) = text.split_at(at);
    ["", "b", "c", "r", "br", "cr"].contains(&prefix).then_some((prefix, rest))
}

/// The byte offset of the closing quote of `"...` or `'...`.
fn string_end(quoted: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, ch) in quoted.char_indices().skip(1) {
        match ch {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if ch == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// Are all escapes those that this sort of literal has, and is there one character where only one
/// may be?
fn check_escapes(body: &str, prefix: &str, single: bool) -> Option<()> {
    let mut chars = body.chars().peekable();
    let mut count = 0usize;
    while let Some(ch) = chars.next() {
        count += 1;
        match ch {
            '\\' => match chars.next()? {
                'n' | 'r' | 't' | '\\' | '\'' | '"' => {}
                '0' if prefix != "c" => {}
                'x' => {
                    let high = chars.next()?.to_digit(16)?;
                    let low = chars.next()?.to_digit(16)?;
                    (!prefix.is_empty() || high < 8).then_some(())?;
                    (prefix != "c" || high + low > 0).then_some(())?;
                }
                'u' if prefix != "b" => {
                    let value = unicode_escape(&mut chars)?;
                    (prefix != "c" || value != '\0').then_some(())?;
                }
                '\n' if !single => {
                    while chars.next_if(|c| matches!(c, ' ' | '\t' | '\n' | '\r')).is_some() {}
                }
                _ => return None,
            },
            '\r' => return None,
            '\n' | '\t' | '\'' if single => return None,
            '\0' if prefix == "c" => return None,
            _ if prefix == "b" && !ch.is_ascii() => return None,
            _ => {}
        }
    }
    (!single || count == 1).then_some(())
}

/// `{1F600}` after `\u`.
fn unicode_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    (chars.next()? == '{').then_some(())?;
    let (mut value, mut digits) = (0u32, 0);
    loop {
        match chars.next()? {
            '}' if digits > 0 => return char::from_u32(value),
            '_' if digits > 0 => {}
            digit => {
                value = value * 16 + digit.to_digit(16)?;
                digits += 1;
                (digits <= 6).then_some(())?;
            }
        }
    }
}

/// `#..."..."#...` after the prefix.
fn raw<'a>(quoted: &'a str, prefix: &str) -> Option<Literal<'a>> {
    let hashes = quoted.bytes().take_while(|b| *b == b'#').count();
    (hashes <= 255).then_some(())?;
    let body = quoted[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", &quoted[..hashes]);
    let end = body.find(&close)?;
    let (body, suffix) = (&body[..end], &body[end + close.len()..]);
    let fits = match prefix {
        "br" => body.is_ascii(),
        "cr" => !body.contains('\0'),
        _ => true,
    };
    (fits && !body.contains('\r') && is_suffix(suffix)).then_some(Literal::Other)
}

/// Nothing, or an identifier; `_` alone is no suffix.
fn is_suffix(text: &str) -> bool {
    text.is_empty() || (text != "_" && is_ident(text))
}

fn number(text: &str) -> Option<Literal<'_>> {
    let bytes = text.as_bytes();
    let radix = match bytes.get(..2) {
        Some(b"0x") => 16,
        Some(b"0o") => 8,
        Some(b"0b") => 2,
        _ => 10,
    };
    if radix != 10 {
        let body = &text[2..];
        let end = body
            .find(|c: char| c != '_' && !c.is_digit(if radix == 16 { 16 } else { 10 }))
            .unwrap_or(body.len());
        let good = body[..end].chars().any(|c| c != '_')
            && body[..end].chars().all(|c| c == '_' || c.is_digit(radix));
        let suffix = &body[end..];
        // `0b1e3` and `0o1e3` are floats of a base that has none; `0x1.5` never gets here.
        let exponent = radix != 16 && suffix.starts_with(['e', 'E']);
        return (good && !exponent && is_suffix(suffix))
            .then_some(Literal::Integer { digits: &text[..2 + end], suffix });
    }
    let digits = |from: usize| {
        from + bytes[from..].iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count()
    };
    let whole = digits(0);
    let mut end = whole;
    let mut float = false;
    if bytes.get(end) == Some(&b'.') {
        // `1.` is a float; `1.e3` and `1.f` are a field access, `1..` a range.
        let next = bytes.get(end + 1);
        match next {
            None => return Some(Literal::Float),
            Some(b) if b.is_ascii_digit() => {
                float = true;
                end = digits(end + 1);
            }
            Some(_) => return None,
        }
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let from = end + 1 + sign;
        let to = if from <= bytes.len() { digits(from) } else { from };
        if bytes.get(from..to).is_some_and(|d| d.iter().any(u8::is_ascii_digit)) {
            float = true;
            end = to;
        } else {
            return None;
        }
    }
    let suffix = &text[end..];
    is_suffix(suffix).then_some(())?;
    Some(if float { Literal::Float } else { Literal::Integer { digits: &text[..whole], suffix } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_that_rustc_takes() {
        for text in [
            "0",
            "1_000",
            "7u16",
            "1f32",
            "0xfF_u8",
            "0b1010",
            "0o17i64",
            "1.5",
            "1.",
            "1.0e-7f64",
            "1e10",
            "1E+3",
            r#""""#,
            r#""a\n\x7f\u{1F600}\0""#,
            "\"a\\\n   b\"",
            r#""x"suffix"#,
            "'a'",
            r"'\''",
            r"'\u{41}'",
            "b'a'",
            r"b'\xff'",
            r#"b"\xff""#,
            r#"c"\xff""#,
            r##"r#"a "quoted" word"#"##,
            r##"br#"x"#"##,
            r#"cr"x""#,
            "'é'",
            "\"tab\there\"",
        ] {
            assert!(literal(text).is_some(), "{text}");
        }
    }

    #[test]
    fn texts_that_are_no_literal() {
        for text in [
            "",
            "-1",
            "a",
            "1 ",
            " 1",
            "1.e3",
            "1.f32",
            "1..2",
            "0x",
            "0b2",
            "0b1e3",
            "1e",
            "1e+",
            "\"",
            "\"a",
            "\"a\"b\"",
            r#""\q""#,
            r#""\x80""#,
            r#""\u{110000}""#,
            "''",
            "'ab'",
            "'",
            "b'é'",
            "b\"é\"",
            "c\"\\0\"",
            "c\"\0\"",
            "r#\"x\"",
            "r\"x\"#",
            "rb\"x\"",
            "\"a\rb\"",
            "1_u8_é ",
            "\"x\" /* c */",
            "1//",
            "'\n'",
            "1u8+2",
            "\"x\"_",
        ] {
            assert_eq!(literal(text), None, "{text:?}");
        }
    }

    #[test]
    fn identifiers() {
        for text in ["_", "a", "é", "self", "fn", "r", "_0", "名"] {
            assert!(is_ident(text), "{text}");
        }
        for text in ["", "0a", "a b", "a-b", "r#a", "$crate", "'a", "a\u{0}"] {
            assert!(!is_ident(text), "{text:?}");
        }
        assert!(is_raw_ident("fn") && !is_raw_ident("self") && !is_raw_ident("_"));
    }

    #[test]
    fn names_are_no_paths_and_no_options() {
        for text in ["ledger", "my-ledger", "_", "a1", "größe"] {
            assert!(is_name(text) && is_word(text), "{text}");
        }
        for text in ["", ".", "..", "a/b", "a.b", "-f", "--force", "a b", "a\nb", "a::b", "C:"] {
            assert!(!is_name(text), "{text:?}");
        }
        for text in ["", "a b", "a\tb", "a\nb", "a\\b", "a\u{1b}", "a\u{2028}b"] {
            assert!(!is_word(text), "{text:?}");
        }
    }
}
