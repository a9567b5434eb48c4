//! Answers that are not recorded yet: whether this project's builds may ask for them, and asking.

pub(crate) mod attended;
pub(crate) mod cells;
pub(crate) mod difference;
pub(crate) mod fits;
pub(crate) mod look;
pub(crate) mod refresh;
pub(crate) mod session;

use macro_bridge::answer::Question;

/// A question for people, on one line: `ledger::schema { "table": "accounts" }`.
pub(crate) fn title(question: &Question) -> String {
    let arguments = question.arguments();
    let arguments: Vec<&str> = arguments.lines().map(str::trim).collect();
    let arguments = arguments.join(" ").replace(", }", " }").replace(", ]", " ]");
    let title = format!("{}::{} {arguments}", question.cell, question.function);
    match title.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} ..", &title[..end]),
        None => title,
    }
}

/// Characters of a question that are shown.
const LONGEST: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_one_line() {
        let title = |arguments: &[u8]| {
            let (cell, function) = ("ledger".to_owned(), "schema".to_owned());
            title(&Question { cell, function, arguments: arguments.to_vec() })
        };
        assert_eq!(title(b"\x81\xa5table\xa1t"), "ledger::schema { \"table\": \"t\" }");
        assert_eq!(title(b"\x80"), "ledger::schema {}");
        assert_eq!(title(b"no value"), "ledger::schema no value");
        let long = title(&[&b"\xd9\xff"[..], &[b'x'; 255]].concat());
        assert!(long.len() < 130 && long.ends_with(".."), "{long}");
    }
}
