//! Literals taken apart as rust-analyzer's protocol has them: kind, what is between the quotes, suffix.

use std::fmt;

/// A literal, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// Its number in the protocol.
    pub(crate) kind: u8,
    /// `#` on each side of a raw one.
    pub(crate) hashes: u8,
    /// What is between the quotes, escapes as they were written; a number without its suffix.
    pub(crate) content: String,
    pub(crate) suffix: Option<String>,
}

const BYTE: u8 = 1;
const CHAR: u8 = 2;
const INTEGER: u8 = 3;
const FLOAT: u8 = 4;
const TEXT: u8 = 5;
/// The highest kind there is.
pub(crate) const LAST_KIND: u8 = 10;

/// Kinds with quotes by what stands before the quote; a raw one has the next number.
const QUOTED: [(&str, char, u8); 5] =
    [("b", '\'', BYTE), ("", '\'', CHAR), ("", '"', TEXT), ("b", '"', 7), ("c", '"', 9)];

impl Literal {
    /// A string of this text. Escaped as the compiler escapes the text of a doc comment.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { kind: TEXT, hashes: 0, content: text.escape_debug().to_string(), suffix: None }
    }

    /// Takes a literal apart that a lexer has found.
    #[must_use]
    pub fn read(source: &str) -> Option<Self> {
        if source.starts_with(|first: char| first.is_ascii_digit()) {
            return Some(number(source));
        }
        let start = source.find(['\'', '"'])?;
        let (before, quoted) = source.split_at(start);
        let quote = quoted.chars().next()?;
        let hashes = before.bytes().filter(|byte| *byte == b'#').count();
        let prefix = before.trim_end_matches('#');
        let raw = prefix.ends_with('r');
        let plain = prefix.strip_suffix('r').unwrap_or(prefix);
        let (_, _, kind) =
            QUOTED.into_iter().find(|(before, q, _)| *before == plain && *q == quote)?;
        let closing = format!("{quote}{}", "#".repeat(hashes));
        // A suffix has no quotes.
        let end = quoted.rfind(&closing).filter(|end| *end > 0)?;
        let suffix = &quoted[end + closing.len()..];
        Some(Self {
            kind: kind + u8::from(raw),
            hashes: u8::try_from(hashes).ok()?,
            content: quoted[1..end].to_owned(),
            suffix: Some(suffix.to_owned()).filter(|suffix| !suffix.is_empty()),
        })
    }
}

fn number(source: &str) -> Literal {
    let bytes = source.as_bytes();
    let digits = |from: usize, is: fn(&u8) -> bool| {
        from + bytes[from..].iter().take_while(|byte| is(byte) || **byte == b'_').count()
    };
    let mut kind = INTEGER;
    let end = match bytes.get(..2) {
        Some(b"0x") => digits(2, u8::is_ascii_hexdigit),
        Some(b"0o" | b"0b") => digits(2, u8::is_ascii_digit),
        _ => {
            let mut end = digits(0, u8::is_ascii_digit);
            if bytes.get(end) == Some(&b'.') {
                kind = FLOAT;
                end = digits(end + 1, u8::is_ascii_digit);
            }
            if matches!(bytes.get(end), Some(b'e' | b'E')) {
                let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
                let exponent = digits(end + 1 + sign, u8::is_ascii_digit);
                if exponent > end + 1 + sign {
                    (kind, end) = (FLOAT, exponent);
                }
            }
            end
        }
    };
    let (content, suffix) = source.split_at(end);
    let suffix = Some(suffix.to_owned()).filter(|suffix| !suffix.is_empty());
    Literal { kind, hashes: 0, content: content.to_owned(), suffix }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, hashes, content, suffix } = self;
        let suffix = suffix.as_deref().unwrap_or_default();
        let plain = QUOTED.into_iter().find(|(_, _, found)| found == kind);
        let raw = QUOTED.into_iter().find(|(_, quote, found)| *quote == '"' && found + 1 == *kind);
        match (plain, raw) {
            (Some((prefix, quote, _)), _) => write!(f, "{prefix}{quote}{content}{quote}{suffix}"),
            (None, Some((prefix, quote, _))) => {
                let hashes = "#".repeat(usize::from(*hashes));
                write!(f, "{prefix}r{hashes}{quote}{content}{quote}{hashes}{suffix}")
            }
            (None, None) => write!(f, "{content}{suffix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_taken_apart_and_put_together() {
        let cases = [
            ("1", INTEGER, 0, "1", None),
            ("1_000u64", INTEGER, 0, "1_000", Some("u64")),
            ("0xffu8", INTEGER, 0, "0xff", Some("u8")),
            ("0b1010_u8", INTEGER, 0, "0b1010_", Some("u8")),
            ("1f32", INTEGER, 0, "1", Some("f32")),
            ("1.", FLOAT, 0, "1.", None),
            ("1.5e-3f64", FLOAT, 0, "1.5e-3", Some("f64")),
            ("2e5", FLOAT, 0, "2e5", None),
            ("b'a'", BYTE, 0, "a", None),
            ("'\"'", CHAR, 0, "\"", None),
            (r#""a\"b""#, TEXT, 0, r#"a\"b"#, None),
            (r##"r#"a"b"#"##, 6, 1, "a\"b", None),
            (r#"b"x""#, 7, 0, "x", None),
            (r##"br#"x"#"##, 8, 1, "x", None),
            (r#"c"x""#, 9, 0, "x", None),
            (r#"cr"x""#, LAST_KIND, 0, "x", None),
            (r#""a"suffix"#, TEXT, 0, "a", Some("suffix")),
        ];
        for (source, kind, hashes, content, suffix) in cases {
            let expected = Literal {
                kind,
                hashes,
                content: content.to_owned(),
                suffix: suffix.map(str::to_owned),
            };
            assert_eq!(Literal::read(source), Some(expected.clone()), "{source}");
            assert_eq!(expected.to_string(), source);
        }
    }

    #[test]
    fn comments_are_escaped_as_the_compiler_does() {
        assert_eq!(Literal::text(" it's \"so\"").to_string(), r#"" it\'s \"so\"""#);
    }
}
