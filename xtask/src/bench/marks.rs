//! Parts of documents that are written by this command, each between two marks.

/// The document with another text in a part; `None` if it has no such marks.
pub(super) fn replaced(document: &str, part: &str, text: &str) -> Option<String> {
    let (before, _, after) = split(document, part)?;
    Some(format!("{before}{text}{after}"))
}

/// What stands in a part.
pub(super) fn found<'a>(document: &'a str, part: &str) -> Option<&'a str> {
    Some(split(document, part)?.1)
}

/// Up to the part with its first mark, the part, and from its second mark on.
fn split<'a>(document: &'a str, part: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let (begin, end) = (begin(part), end(part));
    let start = document.find(&begin)? + begin.len();
    let length = document[start..].find(&end)?;
    let (before, rest) = document.split_at(start);
    let (text, after) = rest.split_at(length);
    Some((before, text, after))
}

/// The mark before a part.
pub(super) fn begin(part: &str) -> String {
    format!("<!-- {part} -->\n")
}

/// The mark behind a part.
pub(super) fn end(part: &str) -> String {
    format!("<!-- end of {part} -->")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_replaced_between_their_marks() {
        let old = "a\n<!-- x -->\nold\n<!-- end of x -->\nb\n";
        let new = replaced(old, "x", "new\n").unwrap();
        assert_eq!(new, "a\n<!-- x -->\nnew\n<!-- end of x -->\nb\n");
        assert_eq!((found(old, "x"), found(&new, "x")), (Some("old\n"), Some("new\n")));
        assert_eq!(replaced(old, "y", "new\n"), None);
        assert_eq!(replaced("<!-- end of x --><!-- x -->\n", "x", "new\n"), None);
    }
}
