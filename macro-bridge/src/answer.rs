//! Recorded answers: what a cell said to a question, kept so that later builds need no cell.

use crate::digest::{Digest, Sha256};
use crate::sealed::{self, Damage};
use crate::table::push_length;

const FORMAT: &str = "cell-answer 2";

/// A call of a function of a cell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// The cell.
    pub cell: String,
    /// Its function.
    pub function: String,
    /// The arguments, encoded as the function's schema says.
    pub arguments: Vec<u8>,
}

impl Question {
    /// The name of its record.
    #[must_use]
    pub fn key(&self) -> Digest {
        let mut head = b"cell-question 1\n".to_vec();
        for part in [self.cell.as_bytes(), self.function.as_bytes(), &self.arguments] {
            push_length(&mut head, part.len());
            head.extend_from_slice(part);
        }
        let mut hash = Sha256::new();
        hash.update(&head);
        hash.finish()
    }
}

/// A question and what was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was asked.
    pub question: Question,
    /// What the cell said: bytes as its schema says, or an error of its own.
    pub reply: Result<Vec<u8>, String>,
    /// The schema of the cell that answered, where it has one.
    pub schema: Option<Digest>,
}

impl Answer {
    /// The digest of what was answered; an expansion that used it names this.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.encode().as_bytes())
    }

    /// The record: readable, one fact a line.
    #[must_use]
    pub fn encode(&self) -> String {
        let Question { cell, function, arguments } = &self.question;
        let mut body = format!(
            "{FORMAT}\ncell {}\nfunction {}\narguments {}\n",
            sealed::escape(cell),
            sealed::escape(function),
            sealed::escape_bytes(arguments)
        );
        if let Some(schema) = &self.schema {
            body.push_str(&format!("schema {schema}\n"));
        }
        match &self.reply {
            Ok(bytes) => body.push_str(&format!("reply {}\n", sealed::escape_bytes(bytes))),
            Err(text) => body.push_str(&format!("error {}\n", sealed::escape(text))),
        }
        sealed::seal(body)
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`Damage`] if it is not one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Damage> {
        let mut lines = sealed::open(bytes, FORMAT)?.lines().enumerate().peekable();
        let mut field = |name: &str| {
            let (index, line) = lines.peek().copied().ok_or(Damage::NotSealed)?;
            let value = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(' '));
            if value.is_some() {
                lines.next();
            }
            value.ok_or(Damage::Line(index + 2))
        };
        let text = |value: &str| sealed::unescape(value).ok_or(Damage::NotSealed);
        let bytes = |value: &str| sealed::unescape_bytes(value).ok_or(Damage::NotSealed);
        let question = Question {
            cell: text(field("cell")?)?,
            function: text(field("function")?)?,
            arguments: bytes(field("arguments")?)?,
        };
        let schema = match field("schema") {
            Ok(value) => Some(Digest::parse(value).ok_or(Damage::Line(5))?),
            Err(_) => None,
        };
        let reply = match field("reply") {
            Ok(value) => Ok(bytes(value)?),
            Err(_) => Err(text(field("error")?)?),
        };
        match lines.next() {
            None => Ok(Self { question, reply, schema }),
            Some((index, _)) => Err(Damage::Line(index + 2)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn records_read_back(
            cell: String, function: String, arguments: Vec<u8>, error: String, bytes: Vec<u8>,
            good: bool, schema: bool,
        ) {
            let answer = Answer {
                question: Question { cell, function, arguments },
                reply: if good { Ok(bytes) } else { Err(error) },
                schema: schema.then(|| Digest::of(b"schema")),
            };
            prop_assert_eq!(Answer::decode(answer.encode().as_bytes()), Ok(answer));
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let question =
            Question { cell: "search".into(), function: "schema".into(), arguments: vec![0, 255] };
        for reply in [Ok(b"id:u64".to_vec()), Err("no\n\tsuch table".to_owned())] {
            let schema = Some(Digest::of(b"s"));
            let text = Answer { question: question.clone(), reply, schema }.encode();
            for at in 0..text.len() {
                for bit in 0..8 {
                    let mut bytes = text.clone().into_bytes();
                    bytes[at] ^= 1 << bit;
                    assert!(Answer::decode(&bytes).is_err(), "bit {bit} of byte {at}");
                }
                assert!(Answer::decode(&text.as_bytes()[..at]).is_err(), "cut at {at}");
            }
        }
    }

    #[test]
    fn a_sealed_record_may_still_be_wrong() {
        let read =
            |body: &str| Answer::decode(sealed::seal(format!("{FORMAT}\n{body}")).as_bytes());
        let good = "cell a\nfunction b\narguments c\n";
        assert!(read(&format!("{good}reply d\n")).is_ok());
        assert!(read(&format!("{good}error d\n")).is_ok());
        for bad in [
            String::new(),
            good.to_owned(),
            format!("{good}reply d\nreply d\n"),
            format!("{good}reply d\nerror d\n"),
            format!("{good}schema x\nreply d\n"),
            format!("{good}reply \\q\n"),
            format!("{good}reply d\te\n"),
            format!("reply d\n{good}"),
            format!("{good}\nreply d\n"),
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
