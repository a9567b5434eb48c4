//! Source text to tokens, as the compiler's lexer reads it.
//!
//! It accepts what `proc-macro2` accepts outside a compiler, text by text the same tokens: a test
//! compares them. It is here since a second copy of that lexer was a third of a small component.

use std::mem::take;

use crate::text::Text;
use crate::xid::{is_continue, is_start};
use crate::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// How the compiler prints an expression or a type that could not be expanded.
const ERROR: &str = "(/*ERROR*/)";

/// What begins a literal, and so no identifier, also where the literal is none.
const NO_IDENTS: [&str; 10] =
    ["r\"", "r#\"", "r##", "b\"", "b'", "br\"", "br#", "c\"", "cr\"", "cr#"];

/// The tokens of a text, at the call site; `None` if it has something that is no token.
pub(crate) fn tokens(text: &str) -> Option<TokenStream> {
    let source = Source(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut at = 0;
    let mut trees = Vec::new();
    let mut outer: Vec<(Delimiter, Vec<TokenTree>)> = Vec::new();
    loop {
        at = source.blank(at);
        if let Some((comment, inner, end)) = source.doc_comment(at) {
            document(comment, inner, &mut trees);
            at = end;
            continue;
        }
        let Some(first) = source.byte(at) else {
            return outer.is_empty().then(|| TokenStream::built(trees));
        };
        let delimiter = match first {
            b'(' | b')' => Delimiter::Parenthesis,
            b'[' | b']' => Delimiter::Bracket,
            b'{' | b'}' => Delimiter::Brace,
            _ => Delimiter::None,
        };
        if delimiter == Delimiter::None || source.has(at, ERROR) {
            let (tree, end) = source.leaf(at)?;
            trees.push(tree);
            at = end;
            continue;
        }
        if matches!(first, b'(' | b'[' | b'{') {
            outer.push((delimiter, take(&mut trees)));
        } else {
            let (opened, before) = outer.pop()?;
            if opened != delimiter {
                return None;
            }
            let group = Group::new(delimiter, TokenStream::built(trees));
            trees = before;
            trees.push(group.into());
        }
        at += 1;
    }
}

/// Is all of this a literal, maybe a negative number?
pub(crate) fn is_literal(text: &str) -> bool {
    let source = Source(text);
    let digit = || source.byte(1).is_some_and(|byte| byte.is_ascii_digit());
    let begin = usize::from(text.starts_with('-'));
    (begin == 0 || digit()) && source.literal(begin) == Some(text.len())
}

/// Is all of this an identifier that is not raw?
pub(crate) fn is_ident(text: &str) -> bool {
    Source(text).word(0) == Some(text.len())
}

/// A comment as the attribute that it stands for.
#[cold]
fn document(comment: &str, inner: bool, trees: &mut Vec<TokenTree>) {
    let punct = |ch| TokenTree::Punct(Punct::of_row(ch, Spacing::Alone, Span::call_site()));
    trees.push(punct('#'));
    if inner {
        trees.push(punct('!'));
    }
    let name = Ident::of_source("doc", false);
    let tokens = vec![name.into(), punct('='), Literal::string(comment).into()];
    trees.push(Group::new(Delimiter::Bracket, TokenStream::built(tokens)).into());
}

/// What a string is of: which escapes and characters it may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Chars,
    Bytes,
    C,
}

/// Functions here read what begins at `at` and say where it ends, if it is there.
#[derive(Clone, Copy)]
struct Source<'a>(&'a str);

impl<'a> Source<'a> {
    fn byte(self, at: usize) -> Option<u8> {
        self.0.as_bytes().get(at).copied()
    }

    /// The character that begins here; none within one.
    #[inline(never)]
    fn char(self, at: usize) -> Option<char> {
        self.0.get(at..)?.chars().next()
    }

    // Called from everywhere: a copy in each of these places would be a quarter of this module.
    #[inline(never)]
    fn has(self, at: usize, text: &str) -> bool {
        self.0.as_bytes().get(at..).is_some_and(|rest| rest.starts_with(text.as_bytes()))
    }

    /// Behind white space and comments that document nothing.
    fn blank(self, mut at: usize) -> usize {
        loop {
            let doc = self.has(at, "//!") || self.has(at, "/*!");
            let end = match self.byte(at) {
                Some(b' ' | 9..=13) => Some(at + 1),
                Some(b'/') if self.has(at, "/**/") => Some(at + 4),
                Some(b'/') if self.has(at, "//") => {
                    let doc = doc || self.has(at, "///") && !self.has(at, "////");
                    (!doc).then(|| self.line(at).1)
                }
                Some(b'/') if self.has(at, "/*") => {
                    let doc = doc || self.has(at, "/**") && !self.has(at, "/***");
                    if doc { None } else { self.block(at) }
                }
                Some(128..) => self.char(at).and_then(|ch| {
                    // To Rust the two marks are white space.
                    let blank = ch.is_whitespace() || matches!(ch, '\u{200e}' | '\u{200f}');
                    blank.then_some(at + ch.len_utf8())
                }),
                _ => None,
            };
            let Some(end) = end else { return at };
            at = end;
        }
    }

    /// The end of what stands on this line, and where the newline is.
    fn line(self, at: usize) -> (usize, usize) {
        let bytes = self.0.as_bytes();
        let mut end = at;
        while end < bytes.len() && bytes[end] != b'\n' {
            end += 1;
        }
        let carriage = end < bytes.len() && end > at && bytes[end - 1] == b'\r';
        (end - usize::from(carriage), end)
    }

    /// `/* .. */`, with others in it.
    fn block(self, mut at: usize) -> Option<usize> {
        let mut depth = 0u32;
        loop {
            if self.has(at, "/*") {
                depth += 1;
                at += 2;
            } else if self.has(at, "*/") {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Some(at);
                }
            } else {
                self.byte(at)?;
                at += 1;
            }
        }
    }

    /// What a comment says of the next item, or of the one that it is in.
    fn doc_comment(self, at: usize) -> Option<(&'a str, bool, usize)> {
        let (text, inner, end) = if self.has(at, "//!") || self.has(at, "///") {
            if self.has(at, "////") {
                return None;
            }
            let (last, end) = self.line(at + 3);
            (self.0.get(at + 3..last)?, self.has(at, "//!"), end)
        } else if self.has(at, "/*!") || self.has(at, "/**") && !self.has(at, "/***") {
            let end = self.block(at)?;
            (self.0.get(at + 3..end - 2)?, self.has(at, "/*!"), end)
        } else {
            return None;
        };
        let bytes = text.as_bytes();
        let bare = |at: usize| bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
        let allowed = !(0..bytes.len()).any(bare);
        allowed.then_some((text, inner, end))
    }

    /// One token that is no group.
    fn leaf(self, at: usize) -> Option<(TokenTree, usize)> {
        // Before identifiers: `b"` begins as one does.
        let error = || self.has(at, ERROR).then(|| at + ERROR.len());
        if let Some(end) = self.literal(at).or_else(error) {
            let text = Text::from(self.0.get(at..end)?);
            return Some((Literal::of_text(text, Span::call_site()).into(), end));
        }
        if let Some((punct, end)) = self.punct(at) {
            return Some((punct.into(), end));
        }
        if NO_IDENTS.iter().any(|begin| self.has(at, begin)) {
            return None;
        }
        let (raw, end) = self.ident(at)?;
        let name = self.0.get(at + 2 * usize::from(raw)..end)?;
        Some((Ident::of_source(name, raw).into(), end))
    }

    /// The end of an identifier, and whether it is raw.
    fn ident(self, at: usize) -> Option<(bool, usize)> {
        if !self.has(at, "r#") {
            return Some((false, self.word(at)?));
        }
        let end = self.word(at + 2)?;
        let never = matches!(self.0.get(at + 2..end)?, "_" | "super" | "self" | "Self" | "crate");
        (!never).then_some((true, end))
    }

    fn word(self, at: usize) -> Option<usize> {
        let first = self.char(at)?;
        if !is_start(first) {
            return None;
        }
        let mut end = at + first.len_utf8();
        while let Some(next) = self.char(end)
            && is_continue(next)
        {
            end += next.len_utf8();
        }
        Some(end)
    }

    fn punct(self, at: usize) -> Option<(Punct, usize)> {
        let ch = self.punct_char(at)?;
        let next = at + 1;
        let joint = if ch == b'\'' {
            // A lifetime, and no character, nor the prefix of something that is not there yet.
            let (raw, end) = self.ident(next)?;
            if matches!(self.byte(end), Some(b'\'')) || self.byte(end) == Some(b'#') && !raw {
                return None;
            }
            true
        } else {
            self.punct_char(next).is_some()
        };
        let spacing = if joint { Spacing::Joint } else { Spacing::Alone };
        Some((Punct::of_row(char::from(ch), spacing, Span::call_site()), next))
    }

    /// Punctuation, but for the begin of a comment.
    fn punct_char(self, at: usize) -> Option<u8> {
        let byte = self.byte(at)?;
        let comment = self.has(at, "//") || self.has(at, "/*");
        (!comment && b"~!@#$%^&*-=+|;:,<.>/?'".contains(&byte)).then_some(byte)
    }

    fn literal(self, at: usize) -> Option<usize> {
        let (of, begin) = match self.byte(at)? {
            b'0'..=b'9' => return self.float(at).or_else(|| self.integer(at)),
            b'\'' => return self.character(at + 1, Of::Chars),
            b'b' if self.byte(at + 1) == Some(b'\'') => return self.character(at + 2, Of::Bytes),
            b'b' => (Of::Bytes, at + 1),
            b'c' => (Of::C, at + 1),
            _ => (Of::Chars, at),
        };
        let end = match self.byte(begin)? {
            b'"' => self.string(begin + 1, of),
            b'r' => self.raw_string(begin + 1, of),
            _ => None,
        };
        Some(self.suffixed(end?))
    }

    fn suffixed(self, at: usize) -> usize {
        self.word(at).unwrap_or(at)
    }

    /// What follows an opening quote, with the closing one.
    fn string(self, mut at: usize, of: Of) -> Option<usize> {
        loop {
            let byte = self.byte(at)?;
            at += 1;
            match byte {
                b'"' => return Some(at),
                b'\\' if matches!(self.byte(at), Some(b'\n' | b'\r')) => at = self.joined(at)?,
                b'\\' => at = self.escape(at, of)?,
                _ => at = self.allowed(byte, at, of)?,
            }
        }
    }

    fn raw_string(self, at: usize, of: Of) -> Option<usize> {
        let mut begin = at;
        while self.byte(begin) == Some(b'#') {
            begin += 1;
        }
        let hashes = self.0.get(at..begin)?;
        if hashes.len() > 255 || self.byte(begin) != Some(b'"') {
            return None;
        }
        let mut at = begin + 1;
        loop {
            let byte = self.byte(at)?;
            at += 1;
            if byte == b'"' && self.has(at, hashes) {
                return Some(at + hashes.len());
            }
            at = self.allowed(byte, at, of)?;
        }
    }

    /// Behind a byte of a string that stands for itself, which is before `at`.
    fn allowed(self, byte: u8, at: usize, of: Of) -> Option<usize> {
        match byte {
            b'\r' => (self.byte(at) == Some(b'\n')).then_some(at + 1),
            0 => (of != Of::C).then_some(at),
            128.. => (of != Of::Bytes).then_some(at),
            _ => Some(at),
        }
    }

    /// Behind a newline that a backslash is before, and the white space that follows.
    fn joined(self, mut at: usize) -> Option<usize> {
        loop {
            match self.byte(at)? {
                b' ' | b'\t' | b'\n' => at += 1,
                b'\r' if self.byte(at + 1) == Some(b'\n') => at += 2,
                b'\r' => return None,
                _ => return Some(at),
            }
        }
    }

    /// What follows a backslash.
    fn escape(self, at: usize, of: Of) -> Option<usize> {
        match self.byte(at)? {
            b'n' | b'r' | b't' | b'\\' | b'\'' | b'"' => Some(at + 1),
            b'0' if of != Of::C => Some(at + 1),
            b'x' => {
                let (high, low) = (self.hex(at + 1)?, self.hex(at + 2)?);
                let allowed = match of {
                    Of::Chars => high < 8,
                    Of::Bytes => true,
                    Of::C => high != 0 || low != 0,
                };
                allowed.then_some(at + 3)
            }
            b'u' if of != Of::Bytes => self.unicode(at + 1, of),
            _ => None,
        }
    }

    fn hex(self, at: usize) -> Option<u32> {
        char::from(self.byte(at)?).to_digit(16)
    }

    /// `{1f_600}`
    fn unicode(self, at: usize, of: Of) -> Option<usize> {
        if self.byte(at) != Some(b'{') {
            return None;
        }
        let (mut at, mut digits, mut value) = (at + 1, 0, 0);
        loop {
            match self.byte(at)? {
                b'_' if digits > 0 => {}
                b'}' if digits > 0 => {
                    let allowed = char::from_u32(value).is_some() && (of != Of::C || value != 0);
                    return allowed.then_some(at + 1);
                }
                _ if digits == 6 => return None,
                _ => {
                    value = 16 * value + self.hex(at)?;
                    digits += 1;
                }
            }
            at += 1;
        }
    }

    /// What follows the opening quote of a character or byte.
    fn character(self, at: usize, of: Of) -> Option<usize> {
        let end = match self.byte(at)? {
            b'\\' => self.escape(at + 1, of)?,
            _ => at + self.char(at)?.len_utf8(),
        };
        let fits = of == Of::Chars || end == at + 1 || self.byte(at) == Some(b'\\');
        (fits && self.byte(end) == Some(b'\'')).then(|| self.suffixed(end + 1))
    }

    fn float(self, at: usize) -> Option<usize> {
        self.number(self.float_digits(at)?)
    }

    fn integer(self, at: usize) -> Option<usize> {
        self.number(self.digits(at)?)
    }

    /// A number with its suffix, if nothing is behind it that could belong to it.
    fn number(self, at: usize) -> Option<usize> {
        let end = self.suffixed(at);
        let more = self.char(end).is_some_and(is_continue);
        (!more).then_some(end)
    }

    fn float_digits(self, at: usize) -> Option<usize> {
        let mut dot = false;
        let mut end = at + 1;
        loop {
            match self.byte(end) {
                Some(b'0'..=b'9' | b'_') => {}
                Some(b'.') if !dot => {
                    dot = true;
                    let next = self.char(end + 1);
                    // A range, or a field or method of an integer.
                    if next.is_some_and(|next| next == '.' || is_start(next)) {
                        return None;
                    }
                }
                Some(b'e' | b'E') => break,
                _ => return dot.then_some(end),
            }
            end += 1;
        }
        // Without an exponent, the letter begins a suffix.
        let before = dot.then_some(end);
        end += 1;
        let (mut sign, mut value) = (false, false);
        loop {
            match self.byte(end) {
                Some(b'+' | b'-') if value => break,
                Some(b'+' | b'-') if sign => return before,
                Some(b'+' | b'-') => sign = true,
                Some(b'0'..=b'9') => value = true,
                Some(b'_') => {}
                _ => break,
            }
            end += 1;
        }
        if value { Some(end) } else { before }
    }

    fn digits(self, at: usize) -> Option<usize> {
        let base = match (self.byte(at), self.byte(at + 1)) {
            (Some(b'0'), Some(b'x')) => 16,
            (Some(b'0'), Some(b'o')) => 8,
            (Some(b'0'), Some(b'b')) => 2,
            _ => 10,
        };
        let mut end = if base == 10 { at } else { at + 2 };
        let mut some = false;
        loop {
            match self.byte(end) {
                Some(digit @ b'0'..=b'9') if u32::from(digit - b'0') >= base => return None,
                Some(b'0'..=b'9') => some = true,
                Some(b'a'..=b'f' | b'A'..=b'F') if base == 16 => some = true,
                Some(b'_') if some || base != 10 => {}
                _ => return some.then_some(end),
            }
            end += 1;
        }
    }
}
