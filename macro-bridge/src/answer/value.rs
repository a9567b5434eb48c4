//! MessagePack as text that people read in a diff, and back to the same bytes.
//!
//! ```text
//! {
//!   "name": "accounts",
//!   "columns": [
//!     "id",
//!     b"\x00raw",
//!     1.5,
//!     null,
//!   ],
//! }
//! ```
//!
//! Every value stands on a line of its own, so that a change of one changes one line. Only what has
//! exactly one such text is written so: numbers, lengths and texts in their shortest form. Anything
//! else (other lengths, extensions, several values, no MessagePack) has none, and is kept as bytes.

use std::fmt::Write as _;

use crate::sealed::{escape, escape_bytes, unescape, unescape_bytes};

/// How deep values may nest; deeper ones are kept as bytes.
const DEPTH: usize = 64;

/// The lines of a value, each ending with a newline and beginning with `indent` blanks. `None` if the
/// bytes have no such text.
pub(super) fn to_text(bytes: &[u8], indent: usize) -> Option<String> {
    let mut reader = Reader(bytes);
    let mut out = String::new();
    reader.value(&mut out, Place { indent, depth: DEPTH, key: false })?;
    // Whatever is written in another than the shortest form has other bytes than its text has.
    let same = reader.0.is_empty() && to_bytes(out.lines(), indent).as_deref() == Some(bytes);
    same.then_some(out)
}

/// The bytes of such lines. `None` if they are no value.
pub(super) fn to_bytes<'a>(lines: impl Iterator<Item = &'a str>, indent: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut lines = lines.map(|line| line.get(indent..));
    let first = lines.next()??;
    let mut text = Text { lines: &mut lines };
    text.value(first, &mut out, DEPTH)?;
    lines.next().is_none().then_some(out)
}

struct Reader<'a>(&'a [u8]);

#[derive(Clone, Copy)]
struct Place {
    indent: usize,
    depth: usize,
    /// Behind a key, on its line, with a comma.
    key: bool,
}

impl Place {
    fn inside(self) -> Option<Self> {
        Some(Self { indent: self.indent + 2, depth: self.depth.checked_sub(1)?, key: false })
    }
}

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of `count` bytes, the greatest first.
    fn number(&mut self, count: usize) -> Option<u64> {
        Some(self.take(count)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    fn value(&mut self, out: &mut String, place: Place) -> Option<()> {
        if !place.key {
            out.extend(std::iter::repeat_n(' ', place.indent));
        }
        self.content(out, place)?;
        // Elements have a comma, the whole has none.
        if place.depth < DEPTH {
            out.push(',');
        }
        out.push('\n');
        Some(())
    }

    fn content(&mut self, out: &mut String, place: Place) -> Option<()> {
        let marker = self.number(1)? as u8;
        match marker {
            0x00..=0x7f | 0xe0..=0xff => show(out, i64::from(marker as i8)),
            0x80..=0x8f => self.map(out, usize::from(marker & 15), place)?,
            0x90..=0x9f => self.list(out, usize::from(marker & 15), place)?,
            0xa0..=0xbf => self.text(out, usize::from(marker & 31))?,
            0xc0 => out.push_str("null"),
            0xc2 => out.push_str("false"),
            0xc3 => out.push_str("true"),
            0xc4..=0xc6 => {
                let length = self.number(1 << (marker - 0xc4))? as usize;
                let bytes = escape_bytes(self.take(length)?).replace('"', "\\x22");
                show(out, format_args!("b\"{bytes}\""));
            }
            // Debug has the shortest digits that read back, and `.0` for whole numbers.
            0xca => {
                let value = f32::from_bits(self.number(4)? as u32);
                show(out, format_args!("{value:?}f32"));
            }
            0xcb => {
                let value = f64::from_bits(self.number(8)?);
                show(out, format_args!("{value:?}"));
            }
            0xcc..=0xcf => {
                let value = self.number(1 << (marker - 0xcc))?;
                show(out, value);
            }
            0xd0..=0xd3 => {
                let bytes = 1 << (marker - 0xd0);
                let value = self.number(bytes)?;
                let unused = 64 - 8 * bytes as u32;
                show(out, (value << unused) as i64 >> unused);
            }
            0xd9..=0xdb => {
                let length = self.number(1 << (marker - 0xd9))? as usize;
                self.text(out, length)?;
            }
            0xdc | 0xdd => {
                let length = self.number(2 << (marker - 0xdc))? as usize;
                self.list(out, length, place)?;
            }
            0xde | 0xdf => {
                let length = self.number(2 << (marker - 0xde))? as usize;
                self.map(out, length, place)?;
            }
            // Extensions, and what is no marker.
            0xc1 | 0xc7..=0xc9 | 0xd4..=0xd8 => return None,
        }
        Some(())
    }

    fn text(&mut self, out: &mut String, length: usize) -> Option<()> {
        let text = std::str::from_utf8(self.take(length)?).ok()?;
        show(out, format_args!("\"{}\"", escape(text).replace('"', "\\u{22}")));
        Some(())
    }

    fn list(&mut self, out: &mut String, length: usize, place: Place) -> Option<()> {
        if length == 0 {
            out.push_str("[]");
            return Some(());
        }
        out.push_str("[\n");
        let inside = place.inside()?;
        for _ in 0..length {
            self.value(out, inside)?;
        }
        out.extend(std::iter::repeat_n(' ', place.indent));
        out.push(']');
        Some(())
    }

    fn map(&mut self, out: &mut String, length: usize, place: Place) -> Option<()> {
        if length == 0 {
            out.push_str("{}");
            return Some(());
        }
        out.push_str("{\n");
        let inside = place.inside()?;
        for _ in 0..length {
            out.extend(std::iter::repeat_n(' ', inside.indent));
            // Keys on one line: lists and maps are none that people read.
            if matches!(self.0.first()?, 0x80..=0x9f | 0xdc..=0xdf) {
                return None;
            }
            self.content(out, inside)?;
            out.push_str(": ");
            self.value(out, Place { key: true, ..inside })?;
        }
        out.extend(std::iter::repeat_n(' ', place.indent));
        out.push('}');
        Some(())
    }
}

fn show(out: &mut String, value: impl std::fmt::Display) {
    // A `String` takes all.
    let _ = write!(out, "{value}");
}

struct Text<'l, L> {
    lines: &'l mut L,
}

impl<'a, L: Iterator<Item = Option<&'a str>>> Text<'_, L> {
    /// A value that begins with `line`, whose blanks and key are gone.
    fn value(&mut self, line: &'a str, out: &mut Vec<u8>, depth: usize) -> Option<()> {
        match line {
            "[" => self.children(b']', out, depth, |length| (0x90, 0xdc, length)),
            "{" => self.children(b'}', out, depth, |length| (0x80, 0xde, length)),
            _ => scalar(line, out),
        }
    }

    fn children(
        &mut self,
        end: u8,
        out: &mut Vec<u8>,
        depth: usize,
        head: fn(usize) -> (u8, u8, usize),
    ) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let mut inside = Vec::new();
        let mut length = 0;
        let indent = 2 * (DEPTH - depth - 1);
        loop {
            let line = self.lines.next()??;
            let mut rest = line.get(indent..)?;
            // Only the end has so few blanks.
            if rest.as_bytes().first() == Some(&end) {
                // The comma behind it was the caller's to see.
                let expected = if depth + 1 < DEPTH { &rest[1..] == "," } else { rest.len() == 1 };
                if !expected {
                    return None;
                }
                break;
            }
            rest = rest.strip_prefix("  ")?;
            if end == b'}' {
                let (key, value) = split_key(rest)?;
                scalar(key, &mut inside)?;
                rest = value;
            }
            match rest {
                "[" | "{" => self.value(rest, &mut inside, depth)?,
                _ => scalar(rest.strip_suffix(',')?, &mut inside)?,
            }
            length += 1;
        }
        let (short, long, length) = head(length);
        match length {
            0 => return None,
            1..16 => out.push(short | length as u8),
            16..0x1_0000 => {
                out.push(long);
                out.extend((length as u16).to_be_bytes());
            }
            _ => {
                out.push(long + 1);
                out.extend(u32::try_from(length).ok()?.to_be_bytes());
            }
        }
        out.append(&mut inside);
        Some(())
    }
}

/// `"key": rest`. A quote inside of a key is escaped.
fn split_key(line: &str) -> Option<(&str, &str)> {
    let quote = line.find('"').filter(|at| *at <= 1);
    let end = match quote {
        Some(quote) => quote + 2 + line.get(quote + 1..)?.find('"')?,
        None => line.find(':')?,
    };
    let (key, rest) = line.split_at_checked(end)?;
    Some((key, rest.strip_prefix(": ")?))
}

fn scalar(text: &str, out: &mut Vec<u8>) -> Option<()> {
    match text {
        "null" => out.push(0xc0),
        "false" => out.push(0xc2),
        "true" => out.push(0xc3),
        "[]" => out.push(0x90),
        "{}" => out.push(0x80),
        _ => {
            let quoted = |text: &str| Some(text.strip_suffix('"')?.to_owned());
            if let Some(rest) = text.strip_prefix('"') {
                let text = unescape(&quoted(rest)?)?;
                length(out, text.len(), &[(0xa0, 31)], 0xd9)?;
                out.extend(text.bytes());
            } else if let Some(rest) = text.strip_prefix("b\"") {
                let bytes = unescape_bytes(&quoted(rest)?)?;
                length(out, bytes.len(), &[], 0xc4)?;
                out.extend(bytes);
            } else {
                number(text, out)?;
            }
        }
    }
    Some(())
}

/// A length in its shortest form: in the marker itself up to `.1`, else in 1, 2 or 4 bytes.
fn length(out: &mut Vec<u8>, length: usize, short: &[(u8, usize)], long: u8) -> Option<()> {
    if let Some((marker, _)) = short.iter().find(|(_, most)| length <= *most) {
        out.push(marker | length as u8);
    } else if let Ok(length) = u8::try_from(length) {
        out.extend([long, length]);
    } else if let Ok(length) = u16::try_from(length) {
        out.push(long + 1);
        out.extend(length.to_be_bytes());
    } else {
        out.push(long + 2);
        out.extend(u32::try_from(length).ok()?.to_be_bytes());
    }
    Some(())
}

fn number(text: &str, out: &mut Vec<u8>) -> Option<()> {
    // `+1` and `01` read as well; the text is compared with its bytes' only text by who writes it.
    if let Some(text) = text.strip_suffix("f32") {
        out.push(0xca);
        out.extend(text.parse::<f32>().ok()?.to_bits().to_be_bytes());
    } else if text.contains(['.', 'e', 'i', 'N']) {
        out.push(0xcb);
        out.extend(text.parse::<f64>().ok()?.to_bits().to_be_bytes());
    } else if let Ok(value) = text.parse::<u64>() {
        match value {
            0..0x80 => out.push(value as u8),
            0x80..0x100 => out.extend([0xcc, value as u8]),
            0x100..0x1_0000 => {
                out.push(0xcd);
                out.extend((value as u16).to_be_bytes());
            }
            0x1_0000..0x1_0000_0000 => {
                out.push(0xce);
                out.extend((value as u32).to_be_bytes());
            }
            _ => {
                out.push(0xcf);
                out.extend(value.to_be_bytes());
            }
        }
    } else {
        match text.parse::<i64>().ok()? {
            value @ -32..0 => out.push(value as u8),
            value @ -0x80..-32 => out.extend([0xd0, value as u8]),
            value @ -0x8000..-0x80 => {
                out.push(0xd1);
                out.extend((value as i16).to_be_bytes());
            }
            value @ -0x8000_0000..-0x8000 => {
                out.push(0xd2);
                out.extend((value as i32).to_be_bytes());
            }
            value => {
                out.push(0xd3);
                out.extend(value.to_be_bytes());
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A value in its shortest form, as bytes.
    fn value() -> impl Strategy<Value = Vec<u8>> {
        let encoded = |text: String| {
            let mut out = Vec::new();
            scalar(&text, &mut out).map(|()| out)
        };
        let string = any::<String>().prop_map(|text| {
            let mut out = Vec::new();
            length(&mut out, text.len(), &[(0xa0, 31)], 0xd9).unwrap();
            out.extend(text.bytes());
            out
        });
        let leaf = prop_oneof![
            prop::sample::select(vec!["null", "true", "false", "[]", "{}", "-0.0", "inf", "1e300"])
                .prop_filter_map("a scalar", move |text| encoded(text.to_owned())),
            any::<i64>().prop_filter_map("a number", move |n| encoded(n.to_string())),
            (any::<u64>(), 0..64u32).prop_filter_map("a number", move |(n, shift)| {
                encoded((n >> shift).to_string())
            }),
            any::<f32>().prop_map(|n| [&[0xca][..], &n.to_bits().to_be_bytes()].concat()),
            any::<f64>().prop_map(|n| [&[0xcb][..], &n.to_bits().to_be_bytes()].concat()),
            string.clone(),
            any::<Vec<u8>>().prop_map(|bytes| {
                let mut out = Vec::new();
                length(&mut out, bytes.len(), &[], 0xc4).unwrap();
                out.extend(bytes);
                out
            }),
        ];
        leaf.prop_recursive(5, 60, 20, move |inside| {
            let list = prop::collection::vec(inside.clone(), 1..20).prop_map(|all| {
                let head = match all.len() {
                    short @ 0..16 => vec![0x90 | short as u8],
                    long => vec![0xdc, 0, long as u8],
                };
                [head, all.concat()].concat()
            });
            let map = prop::collection::vec((string.clone(), inside), 1..15).prop_map(|all| {
                let head = vec![0x80 | all.len() as u8];
                let pairs = all.into_iter().flat_map(|(key, value)| [key, value]);
                std::iter::once(head).chain(pairs).flatten().collect()
            });
            prop_oneof![list, map]
        })
    }

    proptest! {
        #[test]
        fn values_come_back(bytes in value(), indent in 0..5usize) {
            if let Some(text) = to_text(&bytes, indent) {
                prop_assert_eq!(to_bytes(text.lines(), indent), Some(bytes.clone()));
                let plain = |c: char| !c.is_control() || c == '\n';
                prop_assert!(text.chars().all(plain));
            } else {
                // Of a NaN's bits the text shows none.
                let nan = bytes.windows(2).any(|pair| matches!(pair, [0xca | 0xcb, 0x7f | 0xff]));
                prop_assert!(nan, "{:?}", bytes);
            }
        }

        #[test]
        fn any_bytes_have_one_text_or_none(bytes: Vec<u8>) {
            if let Some(text) = to_text(&bytes, 0) {
                prop_assert_eq!(to_bytes(text.lines(), 0), Some(bytes));
            }
        }

        #[test]
        fn any_text_is_a_value_or_none(text: String, lines in prop::collection::vec("[ ]{0,4}[\\[\\]{},:\"a-c0-9]{0,6}", 0..8)) {
            let _ = to_bytes(text.lines(), 0);
            let _ = to_bytes(lines.iter().map(String::as_str), 0);
        }
    }

    #[test]
    fn it_reads_as_people_write() {
        let bytes = b"\x82\xa4name\xa8accounts\xa7columns\x93\xa1\"\xc4\x01\0\x80";
        let text = to_text(bytes, 2).unwrap();
        let expected = "  {\n    \"name\": \"accounts\",\n    \"columns\": [\n      \
                        \"\\u{22}\",\n      b\"\\x00\",\n      {},\n    ],\n  }\n";
        assert_eq!(text, expected);
        assert_eq!(to_bytes(text.lines(), 2).as_deref(), Some(&bytes[..]));
    }

    #[test]
    fn what_is_not_in_its_shortest_form_has_no_text() {
        for bytes in [
            &b"\xcc\x01"[..],
            b"\xcd\0\xff",
            b"\xd0\x01",
            b"\xd1\xff\xff",
            b"\xd9\x01a",
            b"\xdc\0\x01\x01",
            b"\xde\0\0",
            b"\xc5\0\x01a",
            b"\xd4\x01\x01",
            b"\xc1",
            b"\x01\x01",
            b"\xa1\xff",
            b"\x91",
            b"",
            b"\x81\x90\x01",
        ] {
            assert_eq!(to_text(bytes, 0), None, "{bytes:?}");
        }
        let deep = [vec![0x91; DEPTH + 1], vec![1]].concat();
        assert_eq!(to_text(&deep, 0), None);
        assert!(to_text(&deep[1..], 0).is_some());
    }

    #[test]
    fn other_lines_are_no_value() {
        for text in [
            "",
            "[",
            "[\n]",
            "[\n1,\n]",
            "[\n  1\n]",
            "[\n  1,\n],",
            "{\n  1,\n}",
            "{\n  \"a\" 1,\n}",
            "\"a",
            "b\"a",
            "x",
            "1\n2",
        ] {
            assert_eq!(to_bytes(text.lines(), 0), None, "{text:?}");
        }
    }
}
