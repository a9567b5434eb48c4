//! An answer as a file: readable, one fact a line, so that a change of it is reviewed like code.
//!
//! ```text
//! cell-answer 3
//! cell ledger
//! function schema
//! arguments
//!   {
//!     "table": "accounts",
//!   }
//! reply
//!   [
//!     "id",
//!     "owner",
//!   ]
//! from schema 5ef2..
//! from component 90ab..
//! sum 0123456789abcdef
//! ```
//!
//! Arguments and replies that are no MessagePack in its shortest form stand behind the word itself,
//! as escaped bytes.

use super::{FORMAT, FROM, Question, value};
use crate::digest::Digest;
use crate::sealed::{self, Damage};

/// Blanks before the lines of a value.
const INDENT: usize = 2;

/// A question and what was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was asked.
    pub question: Question,
    /// What the cell said: bytes as its schema says, or an error of its own.
    pub reply: Result<Vec<u8>, String>,
    /// Who said so, for people.
    pub source: Source,
}

/// Which cell gave an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The schema of the service that was asked.
    pub schema: Option<Digest>,
    /// The component that the cell publishes.
    pub component: Option<Digest>,
}

impl Answer {
    /// As [`super::digest`] of its record.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.said().as_bytes())
    }

    /// The lines that its digest is of.
    fn said(&self) -> String {
        let Question { cell, function, arguments } = &self.question;
        let (cell, function) = (sealed::escape(cell), sealed::escape(function));
        let mut said = format!("cell {cell}\nfunction {function}\n");
        push(&mut said, "arguments", arguments);
        match &self.reply {
            Ok(bytes) => push(&mut said, "reply", bytes),
            Err(text) => said.push_str(&format!("error {}\n", sealed::escape(text))),
        }
        said
    }

    /// The record.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut body = format!("{FORMAT}\n{}", self.said());
        let Source { schema, component } = &self.source;
        for (word, digest) in [("schema", schema), ("component", component)] {
            body.extend(digest.map(|digest| format!("{FROM}{word} {digest}\n")));
        }
        sealed::seal(body)
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`Damage`] if it is not one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Damage> {
        let mut lines = Lines(sealed::open(bytes, FORMAT)?.lines().enumerate().peekable());
        let question = Question {
            cell: lines.text("cell")?,
            function: lines.text("function")?,
            arguments: lines.bytes("arguments")?,
        };
        let reply = match lines.bytes("reply") {
            Ok(bytes) => Ok(bytes),
            Err(damage) => Err(lines.text("error").map_err(|_| damage)?),
        };
        let source =
            Source { schema: lines.digest("schema"), component: lines.digest("component") };
        match lines.0.next() {
            None => Ok(Self { question, reply, source }),
            Some((index, _)) => Err(Damage::Line(index + 2)),
        }
    }

    /// The reply as text, for people: lines without a margin.
    #[must_use]
    pub fn reply(&self) -> String {
        match &self.reply {
            Ok(bytes) => shown(bytes),
            Err(text) => format!("error: {}", sealed::escape(text)),
        }
    }
}

impl Question {
    /// The arguments as text, for people: lines without a margin.
    #[must_use]
    pub fn arguments(&self) -> String {
        shown(&self.arguments)
    }
}

/// A value as text, for people.
fn shown(bytes: &[u8]) -> String {
    let text = value::to_text(bytes, 0).unwrap_or_else(|| sealed::escape_bytes(bytes));
    text.trim_end().to_owned()
}

fn push(out: &mut String, word: &str, bytes: &[u8]) {
    out.push_str(word);
    match value::to_text(bytes, INDENT) {
        Some(text) => {
            out.push('\n');
            out.push_str(&text);
        }
        None => out.push_str(&format!(" {}\n", sealed::escape_bytes(bytes))),
    }
}

struct Lines<'a>(std::iter::Peekable<std::iter::Enumerate<std::str::Lines<'a>>>);

impl<'a> Lines<'a> {
    /// What stands behind the word that the next line begins with, and the line's number.
    fn field(&mut self, word: &str) -> Result<(&'a str, usize), Damage> {
        let (index, line) = self.0.peek().copied().ok_or(Damage::NotSealed)?;
        let rest = line.strip_prefix(word).ok_or(Damage::Line(index + 2))?;
        if !rest.is_empty() && !rest.starts_with(' ') {
            return Err(Damage::Line(index + 2));
        }
        self.0.next();
        Ok((rest, index + 2))
    }

    fn text(&mut self, word: &str) -> Result<String, Damage> {
        let (rest, line) = self.field(word)?;
        rest.strip_prefix(' ').and_then(sealed::unescape).ok_or(Damage::Line(line))
    }

    fn bytes(&mut self, word: &str) -> Result<Vec<u8>, Damage> {
        let (rest, line) = self.field(word)?;
        let bytes = match rest.strip_prefix(' ') {
            Some(escaped) => sealed::unescape_bytes(escaped)
                // One record for one answer: what has a text is not also written as bytes.
                .filter(|bytes| value::to_text(bytes, INDENT).is_none()),
            None => {
                let mut text = String::new();
                while let Some((_, line)) = self.0.next_if(|(_, line)| line.starts_with("  ")) {
                    text.push_str(line);
                    text.push('\n');
                }
                value::to_bytes(text.lines(), INDENT)
                    .filter(|bytes| value::to_text(bytes, INDENT).as_deref() == Some(&*text))
            }
        };
        bytes.ok_or(Damage::Line(line))
    }

    fn digest(&mut self, word: &str) -> Option<Digest> {
        let (_, line) = self.0.peek()?;
        let digest = line.strip_prefix(FROM)?.strip_prefix(word)?.strip_prefix(' ')?;
        let digest = Digest::parse(digest)?;
        self.0.next();
        Some(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer;
    use proptest::prelude::*;

    fn answer(arguments: &[u8], reply: Result<&[u8], &str>) -> Answer {
        let (cell, function) = ("search".to_owned(), "schema".to_owned());
        let question = Question { cell, function, arguments: arguments.to_vec() };
        let reply = reply.map(<[u8]>::to_vec).map_err(str::to_owned);
        Answer { question, reply, source: Source::default() }
    }

    proptest! {
        #[test]
        fn records_read_back(
            cell: String, function: String, arguments: Vec<u8>, error: String, bytes: Vec<u8>,
            good: bool, schema: bool, component: bool,
        ) {
            let digest = |said: bool, of: &[u8]| said.then(|| Digest::of(of));
            let answer = Answer {
                question: Question { cell, function, arguments },
                reply: if good { Ok(bytes) } else { Err(error) },
                source: Source { schema: digest(schema, b"s"), component: digest(component, b"c") },
            };
            let record = answer.encode();
            prop_assert_eq!(Answer::decode(record.as_bytes()), Ok(answer.clone()));
            prop_assert_eq!(answer::digest(record.as_bytes()), Ok(answer.digest()));
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        for reply in
            [Ok(&b"id:u64"[..]), Ok(b"\x82\x01\xa2ab\x02\x91\xc3"), Err("no\n\tsuch table")]
        {
            let mut answer = answer(b"\0\xff", reply);
            answer.source.schema = Some(Digest::of(b"s"));
            let text = answer.encode();
            for at in 0..text.len() {
                for bit in 0..8 {
                    let mut bytes = text.clone().into_bytes();
                    bytes[at] ^= 1 << bit;
                    assert!(Answer::decode(&bytes).is_err(), "bit {bit} of byte {at}");
                    assert!(answer::digest(&bytes).is_err(), "bit {bit} of byte {at}");
                }
                assert!(Answer::decode(&text.as_bytes()[..at]).is_err(), "cut at {at}");
            }
        }
    }

    #[test]
    fn who_answered_does_not_count() {
        let one = answer(b"\x80", Ok(b"\xc0"));
        let mut other = one.clone();
        other.source.component = Some(Digest::of(b"c"));
        assert_eq!(one.digest(), other.digest());
        assert_ne!(one.encode(), other.encode());
        assert_eq!(answer::digest(other.encode().as_bytes()), Ok(one.digest()));
        assert_ne!(answer(b"\x80", Ok(b"\xc2")).digest(), one.digest());
        // Nothing that a cell says looks like the end of what it says.
        let evil = answer(b"\x80", Err("x\nfrom schema y"));
        assert_eq!(answer::digest(evil.encode().as_bytes()), Ok(evil.digest()));
    }

    #[test]
    fn a_change_of_one_value_is_a_change_of_one_line() {
        let text = |name: &str| {
            let mut reply = b"\x92\x81\xa4name\xa2".to_vec();
            reply.extend(name.bytes());
            reply.push(7);
            answer(b"\x81\xa5table\xa1t", Ok(&reply)).encode()
        };
        let (one, other) = (text("id"), text("no"));
        let differ = one.lines().zip(other.lines()).filter(|(one, other)| one != other);
        let differ: Vec<_> = differ.map(|(line, _)| line.trim_start()).collect();
        assert_eq!(differ[0], "\"name\": \"id\",");
        assert!(differ.len() == 2 && differ[1].starts_with("sum "), "{differ:?}");
    }

    #[test]
    fn a_sealed_record_may_still_be_wrong() {
        let read =
            |body: &str| Answer::decode(sealed::seal(format!("{FORMAT}\n{body}")).as_bytes());
        let good = "cell a\nfunction b\narguments cc\n";
        assert!(read(&format!("{good}reply dd\n")).is_ok());
        assert!(read(&format!("{good}error d\n")).is_ok());
        assert!(read(&format!("{good}reply\n  1\n")).is_ok());
        for bad in [
            String::new(),
            good.to_owned(),
            format!("{good}reply dd\nreply dd\n"),
            format!("{good}reply dd\nerror d\n"),
            format!("{good}reply dd\nfrom schema x\n"),
            format!("{good}from schema {}\nreply dd\n", Digest::of(b"")),
            format!("{good}reply \\q\n"),
            format!("{good}reply dd\te\n"),
            // It has a text.
            format!("{good}reply d\n"),
            format!("{good}reply\n"),
            format!("{good}reply\n  01\n"),
            format!("{good}reply\n  1\n  2\n"),
            format!("{good}reply\n 1\n"),
            format!("{good}replydd\n"),
            format!("reply dd\n{good}"),
            format!("{good}\nreply dd\n"),
        ] {
            assert!(read(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_tell_the_parts_apart() {
        let key = |cell: &str, function: &str, arguments: &[u8]| {
            Question { cell: cell.into(), function: function.into(), arguments: arguments.into() }
                .key()
        };
        assert_ne!(key("ab", "c", b""), key("a", "bc", b""));
        assert_ne!(key("a", "b", b"c"), key("a", "bc", b""));
    }
}
