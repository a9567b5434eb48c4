//! `Literal`, printed as the compiler prints it.

use std::ffi::CStr;
use std::fmt;
use std::str::FromStr;

use crate::text::Text;
use crate::{LexError, Span, source};

/// A literal: string, byte string, C string, character, byte, integer or float.
#[derive(Clone)]
pub struct Literal {
    text: Text,
    span: Span,
}

macro_rules! integers {
    ($($suffixed:ident $unsuffixed:ident $type:ident,)*) => {$(
        /// An integer with its type as suffix.
        #[must_use]
        pub fn $suffixed(n: $type) -> Self {
            Self::new(format!(concat!("{}", stringify!($type)), n))
        }

        /// An integer without suffix.
        #[must_use]
        pub fn $unsuffixed(n: $type) -> Self {
            Self::new(n.to_string())
        }
    )*};
}

impl Literal {
    integers! {
        u8_suffixed u8_unsuffixed u8,
        u16_suffixed u16_unsuffixed u16,
        u32_suffixed u32_unsuffixed u32,
        u64_suffixed u64_unsuffixed u64,
        u128_suffixed u128_unsuffixed u128,
        usize_suffixed usize_unsuffixed usize,
        i8_suffixed i8_unsuffixed i8,
        i16_suffixed i16_unsuffixed i16,
        i32_suffixed i32_unsuffixed i32,
        i64_suffixed i64_unsuffixed i64,
        i128_suffixed i128_unsuffixed i128,
        isize_suffixed isize_unsuffixed isize,
    }

    /// A float without suffix.
    ///
    /// # Panics
    /// If it is infinite or not a number.
    #[must_use]
    pub fn f32_unsuffixed(n: f32) -> Self {
        assert!(n.is_finite(), "Invalid float literal {n}");
        Self::new(with_point(n.to_string()))
    }

    /// A float with the suffix `f32`.
    ///
    /// # Panics
    /// If it is infinite or not a number.
    #[must_use]
    pub fn f32_suffixed(n: f32) -> Self {
        assert!(n.is_finite(), "Invalid float literal {n}");
        Self::new(format!("{n}f32"))
    }

    /// A float without suffix.
    ///
    /// # Panics
    /// If it is infinite or not a number.
    #[must_use]
    pub fn f64_unsuffixed(n: f64) -> Self {
        assert!(n.is_finite(), "Invalid float literal {n}");
        Self::new(with_point(n.to_string()))
    }

    /// A float with the suffix `f64`.
    ///
    /// # Panics
    /// If it is infinite or not a number.
    #[must_use]
    pub fn f64_suffixed(n: f64) -> Self {
        assert!(n.is_finite(), "Invalid float literal {n}");
        Self::new(format!("{n}f64"))
    }

    /// A string.
    #[must_use]
    pub fn string(string: &str) -> Self {
        let mut text = String::with_capacity(string.len() + 2);
        text.push('"');
        // Most strings are names: these are printed as they are.
        if string.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" _-.,:()".contains(&byte)) {
            text.push_str(string);
        } else {
            string.chars().for_each(|ch| escape_char(ch, '"', &mut text));
        }
        text.push('"');
        Self::new(text)
    }

    /// A character.
    #[must_use]
    pub fn character(ch: char) -> Self {
        let mut text = String::from("'");
        escape_char(ch, '\'', &mut text);
        text.push('\'');
        Self::new(text)
    }

    /// A byte.
    #[must_use]
    pub fn byte_character(byte: u8) -> Self {
        let mut text = String::from("b'");
        escape_byte(byte, b'\'', &mut text);
        text.push('\'');
        Self::new(text)
    }

    /// A byte string.
    #[must_use]
    pub fn byte_string(bytes: &[u8]) -> Self {
        let mut text = String::from("b\"");
        bytes.iter().for_each(|byte| escape_byte(*byte, b'"', &mut text));
        text.push('"');
        Self::new(text)
    }

    /// A C string.
    #[must_use]
    pub fn c_string(string: &CStr) -> Self {
        let mut text = String::from("c\"");
        for chunk in string.to_bytes().utf8_chunks() {
            chunk.valid().chars().for_each(|ch| escape_char(ch, '"', &mut text));
            chunk.invalid().iter().for_each(|byte| escape_byte(*byte, b'"', &mut text));
        }
        text.push('"');
        Self::new(text)
    }

    /// Its span.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Sets its span.
    pub fn set_span(&mut self, span: Span) {
        self.span = span;
    }

    fn new(text: String) -> Self {
        Self { text: text.into(), span: Span::call_site() }
    }

    pub(crate) fn of_text(text: Text, span: Span) -> Self {
        Self { text, span }
    }

    pub(crate) fn text(&self) -> Text {
        self.text
    }

    /// The literal without its sign, if it has one. In a stream a negative number is two tokens.
    pub(crate) fn negated(&self) -> Option<Self> {
        let text = self.text.strip_prefix('-')?;
        Some(Self { text: text.into(), span: self.span })
    }
}

fn with_point(mut text: String) -> String {
    if !text.contains('.') {
        text.push_str(".0");
    }
    text
}

/// Text with `\0 \t \r \n \\`, the delimiting quote, and `\u{..}` for what does not print.
fn escape_char(ch: char, quote: char, out: &mut String) {
    if matches!(ch, '"' | '\'') && ch != quote {
        out.push(ch);
    } else {
        out.extend(ch.escape_debug());
    }
}

/// Bytes are `\x..` outside printable ASCII, except for NUL, which is `\0`.
fn escape_byte(byte: u8, quote: u8, out: &mut String) {
    match byte {
        0 => out.push_str("\\0"),
        b'"' | b'\'' if byte != quote => out.push(char::from(byte)),
        _ => out.extend(byte.escape_ascii().map(char::from)),
    }
}

impl FromStr for Literal {
    type Err = LexError;

    fn from_str(text: &str) -> Result<Self, LexError> {
        if !source::is_literal(text) {
            return Err(LexError::new());
        }
        Ok(Self::of_text(text.into(), Span::call_site()))
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Literal")
            .field("text", &format_args!("{}", self.text()))
            .field("span", &self.span)
            .finish()
    }
}
