//! How two answers differ, for people.

use macro_bridge::answer::Answer;

/// Lines that differ, each after `- ` or `+ `, with `CONTEXT` lines of what is around them after two
/// blanks. Where lines are left out stands `..`.
pub(crate) fn lines(old: &str, new: &str) -> Vec<String> {
    let difference = similar::TextDiff::from_lines(old, new);
    let mut out = Vec::new();
    for (index, group) in difference.grouped_ops(CONTEXT).iter().enumerate() {
        if index > 0 {
            out.push("..".to_owned());
        }
        for change in group.iter().flat_map(|op| difference.iter_changes(op)) {
            let mark = match change.tag() {
                similar::ChangeTag::Delete => '-',
                similar::ChangeTag::Insert => '+',
                similar::ChangeTag::Equal => ' ',
            };
            out.push(format!("{mark} {}", change.value().trim_end_matches('\n')));
        }
    }
    out
}

/// Lines around a difference.
const CONTEXT: usize = 2;

/// What a cell says now and did not say before.
pub(crate) fn of_answers(old: &Answer, new: &Answer) -> Vec<String> {
    // The last line of both has a line end, or each would differ from the same line with one.
    lines(&format!("{}\n", old.reply()), &format!("{}\n", new.reply()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_and_what_is_around_it_is_shown() {
        let old: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let mut new = old.clone();
        new[3] = "three".to_owned();
        new.remove(15);
        let shown = lines(&(old.join("\n") + "\n"), &(new.join("\n") + "\n"));
        let expected = [
            "  1", "  2", "- 3", "+ three", "  4", "  5", "..", "  13", "  14", "- 15", "  16",
            "  17",
        ];
        assert_eq!(shown, expected);
        assert!(lines("a\n", "a\n").is_empty());
    }
}
