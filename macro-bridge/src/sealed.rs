//! The frame of every file in `.cell/`: a first line that names format and version, a body of
//! lines, and a last line with a sum over all before it.
//!
//! The sum finds damage; it does not prove where a file came from, which no sum in the file itself
//! could. So it need not be a cryptographic one: hosts read these files for each expansion, most are
//! not optimised, and there SHA-256 took half of the time that a record costs.

/// Why a file is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Not UTF-8, or without the last line: cut off, or another file.
    NotSealed,
    /// The last line names another sum.
    Digest,
    /// Whole, and a record of something else than its name says: copied, or renamed by hand.
    Other,
    /// Another format, or a version that this release does not read.
    Format(String),
    /// A line that cannot be read, counted from 1.
    Line(usize),
    /// The file could not be read at all; the words are the system's.
    Unreadable(String),
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotSealed => f.write_str("it does not end with its sum: it was cut off"),
            Self::Digest => f.write_str("its content does not match its last line"),
            Self::Other => f.write_str("it is the record of another question than its name says"),
            Self::Format(found) => write!(f, "its first line is `{found}`"),
            Self::Line(line) => write!(f, "line {line} cannot be read"),
            Self::Unreadable(reason) => f.write_str(reason),
        }
    }
}

const SEAL: &str = "sum ";

/// Adds the last line to `body`, which must end with a newline.
#[must_use]
pub fn seal(mut body: String) -> String {
    let sum = sum(body.as_bytes());
    body.push_str(&format!("{SEAL}{sum:016x}\n"));
    body
}

/// 64 bits over `bytes`. Every step is a bijection of the state for a given word, and of the word for
/// a given state, so a change within one word is always found; any other is missed once in 2^64.
pub(crate) fn sum(bytes: &[u8]) -> u64 {
    // 2^64 divided by the golden ratio: odd, and its bits look like chance.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut sum = bytes.len() as u64;
    let mut index = 0;
    while index < words.len() {
        sum = (sum ^ u64::from_le_bytes(words[index])).wrapping_mul(FACTOR);
        // A product's high bits depend on all of the word, its low bits only on low ones.
        sum ^= sum >> 32;
        index += 1;
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    sum = (sum ^ u64::from_le_bytes(last)).wrapping_mul(FACTOR);
    sum ^ (sum >> 32)
}

/// The lines between the first, which must be `format`, and the last.
pub(crate) fn open<'a>(bytes: &'a [u8], format: &str) -> Result<&'a str, Damage> {
    let text = std::str::from_utf8(bytes).map_err(|_| Damage::NotSealed)?;
    let end = text.len().checked_sub(SEAL.len() + 17).ok_or(Damage::NotSealed)?;
    let last = text.get(end..).ok_or(Damage::NotSealed)?;
    let named = last
        .strip_prefix(SEAL)
        .and_then(|rest| rest.strip_suffix('\n'))
        // `from_str_radix` takes a sign and capital letters too.
        .filter(|digits| digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .ok_or(Damage::NotSealed)?;
    let body = &text[..end];
    if sum(body.as_bytes()) != named {
        return Err(Damage::Digest);
    }
    let (first, rest) = body.split_once('\n').ok_or(Damage::NotSealed)?;
    if first != format {
        return Err(Damage::Format(first.chars().take(60).collect()));
    }
    Ok(rest)
}

/// One field of a line: no line break, no tab (what separates fields), and nothing that a terminal
/// or a diff would obey instead of showing.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        match ch {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if ch.is_control() || is_direction(ch) => {
                out.push_str(&format!("\\u{{{:x}}}", u32::from(ch)));
            }
            _ => out.push(ch),
        }
    }
    out
}

/// Characters that make a reviewer see other text than there is, and line ends of some tools.
pub(crate) fn is_direction(ch: char) -> bool {
    matches!(ch, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Reads [`escape`]'s text.
#[must_use]
pub fn unescape(text: &str) -> Option<String> {
    if !text.contains('\\') {
        return Some(text.to_owned());
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(ch) = chars.next() {
        out.push(match ch {
            '\\' => match chars.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => hexadecimal(&mut chars)?,
                _ => return None,
            },
            other => other,
        });
    }
    Some(out)
}

/// `{1b}` after `\u`.
fn hexadecimal(chars: &mut std::str::Chars<'_>) -> Option<char> {
    let rest = chars.as_str().strip_prefix('{')?;
    let (digits, rest) = rest.split_once('}')?;
    let lower = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    digits.bytes().all(lower).then_some(())?;
    *chars = rest.chars();
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

/// Any bytes as one readable line: printable ASCII as it is, the rest as `\xNN`.
#[must_use]
pub fn escape_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b' '..=b'~' => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out
}

/// Reads [`escape_bytes`]' text.
pub(crate) fn unescape_bytes(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    let hex = |byte: Option<u8>| char::from(byte?).to_digit(16).map(|digit| digit as u8);
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'\\' => match bytes.next()? {
                b'\\' => b'\\',
                b'n' => b'\n',
                b'x' => hex(bytes.next())? << 4 | hex(bytes.next())?,
                _ => return None,
            },
            b' '..=b'~' => byte,
            _ => return None,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn escapes_read_back(text: String, bytes: Vec<u8>) {
            prop_assert!(!escape(&text).contains(char::is_control));
            prop_assert_eq!(unescape(&escape(&text)), Some(text));
            prop_assert!(!escape_bytes(&bytes).contains('\n'));
            prop_assert_eq!(unescape_bytes(&escape_bytes(&bytes)), Some(bytes));
        }

        #[test]
        fn any_bytes_open_to_a_value_or_an_error(bytes: Vec<u8>) {
            let _ = open(&bytes, "format 1");
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(escape("a\tb\u{1b}[2J\u{202e}\r\n\\"), r"a\tb\u{1b}[2J\u{202e}\r\n\\");
        for text in [r"\", r"\q", r"\u", r"\u{", r"\u{}", r"\u{+1}", r"\u{d800}", r"\u{1B}", r"\u1"]
        {
            assert_eq!(unescape(text), None, "{text}");
        }
        for text in [r"\", r"\q", r"\x", r"\x0", r"\xg0", "é", "\n", "\t"] {
            assert_eq!(unescape_bytes(text), None, "{text}");
        }
    }

    /// Of the sum alone: in a text, UTF-8 and the frame find some of these.
    #[test]
    fn every_bit_counts_and_so_does_the_length() {
        let bytes: Vec<u8> = (0..45u8).map(|n| n.wrapping_mul(37)).collect();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut other = bytes.clone();
                other[at] ^= 1 << bit;
                assert_ne!(sum(&other), sum(&bytes), "bit {bit} of byte {at}");
            }
            assert_ne!(sum(&[&bytes[..at], &[0]].concat()), sum(&bytes[..at]), "a zero at {at}");
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let sealed = seal("format 1\nhello\n".into());
        assert_eq!(open(sealed.as_bytes(), "format 1"), Ok("hello\n"));
        assert!(matches!(open(sealed.as_bytes(), "format 2"), Err(Damage::Format(_))));
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut bytes = sealed.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                assert!(open(&bytes, "format 1").is_err(), "bit {bit} of byte {at}");
            }
            assert!(open(&sealed.as_bytes()[..at], "format 1").is_err(), "cut at {at}");
        }
    }
}
