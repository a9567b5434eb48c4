//! A failure as lines, with all that is said of it but the engine's own words, which are not the same
//! in every release of the engine.

use std::fmt::Write as _;

use macro_bridge::failure::{Failure, Kind};
use macro_bridge::sealed::{escape, unescape};

/// The lines: the code, then each part after its name.
pub(super) fn encode(failure: &Failure) -> String {
    let Failure { kind, message, notes, help, at, call, question, source: _ } = failure;
    let mut out = format!("{}\nmessage {}\n", kind.code(), escape(message));
    for (word, lines) in [("note", notes), ("help", help)] {
        for line in lines {
            let _ = writeln!(out, "{word} {}", escape(line));
        }
    }
    if let Some((start, end)) = at {
        let _ = writeln!(out, "at {start} {end}");
    }
    if let Some(call) = call {
        let _ = writeln!(out, "call {call}");
    }
    if let Some(question) = question {
        let _ =
            writeln!(out, "question {}\t{}", escape(&question.cell), escape(&question.function));
    }
    out
}

/// Reads them; `None` if they are not all of a failure that this release knows.
pub(super) fn decode(text: &str) -> Option<Failure> {
    let mut lines = text.lines();
    let code = lines.next()?;
    let kind = Kind::ALL.iter().copied().find(|kind| kind.code() == code)?;
    let mut failure = Failure::new(kind, unescape(lines.next()?.strip_prefix("message ")?)?);
    for line in lines {
        let (word, rest) = line.split_once(' ')?;
        failure = match word {
            "note" => failure.note(unescape(rest)?),
            "help" => failure.help(unescape(rest)?),
            "at" => {
                let (start, end) = rest.split_once(' ')?;
                failure.at(start.parse().ok()?, end.parse().ok()?)
            }
            "call" => failure.in_call(rest.parse().ok()?),
            "question" => {
                let (cell, function) = rest.split_once('\t')?;
                failure.about(&unescape(cell)?, &unescape(function)?)
            }
            _ => return None,
        };
    }
    Some(failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_read_back() {
        let whole = Failure::new(Kind::DeniedCall, "a\nb\t`c`")
            .note("one\u{1b}")
            .note("two")
            .help("h")
            .at(16, 2147483648)
            .in_call(1)
            .about("search", "schema");
        for failure in [whole, Failure::new(Kind::Panic, "")] {
            let text = encode(&failure);
            let back = decode(&text).unwrap();
            assert_eq!(format!("{back:?}"), format!("{failure:?}"));
            for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
                let _ = decode(&text[..end]);
            }
        }
        assert!(decode("CELL9999\nmessage x\n").is_none());
        assert!(decode("CELL0301\nmessage x\nother y\n").is_none());
    }
}
