//! A source file with what its macros made in place of their calls, as a person would have written
//! it without them.

use anyhow::{Context as _, Result};
use macro_bridge::request::MacroKind;

/// One call of a macro, and what it made.
#[derive(Clone, Debug)]
pub(super) struct Written {
    /// How it is written.
    pub(super) form: MacroKind,
    /// The line where it stands, from 0. For a derive any line of its item's head.
    pub(super) line: usize,
    /// Rust source.
    pub(super) text: String,
}

/// The alias of the cell in the sources.
const ALIAS: &str = "Ledger::";

/// Puts in what the macros made. Not for all of Rust: for sources that are formatted.
pub(super) fn written_out(source: &str, calls: &[Written]) -> Result<String> {
    let mut lines: Vec<String> = source.lines().map(str::to_owned).collect();
    let mut calls = calls.to_vec();
    // From the end, so that line numbers stay right; of those on one item the derive first, which
    // goes behind it.
    calls.sort_by_key(|call| std::cmp::Reverse((call.line, call.form as u8)));
    for Written { form, line, text } in calls {
        match form {
            MacroKind::Derive => {
                let end = item_end(&lines, line)?;
                lines.insert(end + 1, text);
            }
            MacroKind::Attribute => {
                let end = item_end(&lines, line)?;
                lines.splice(line..=end, [text]);
            }
            MacroKind::Function => call(&mut lines, line, &text)?,
        }
    }
    let kept = lines.join("\n");
    let kept = kept.lines().filter(|line| {
        let line = line.trim();
        !line.starts_with("cell::cell_remote!") && !line.starts_with("#[cell(")
    });
    let text: String = kept.map(|line| format!("{line}\n")).collect();
    Ok(without_derive(&text).replace("use crate::Ledger;\n", ""))
}

/// The line with the brace at the margin that ends an item.
fn item_end(lines: &[String], start: usize) -> Result<usize> {
    let end = lines.iter().skip(start).position(|line| line == "}");
    end.map(|count| start + count).context("an item without an end")
}

/// `Ledger::query!(..)` near a line; as an item it has a semicolon, which goes with it.
fn call(lines: &mut Vec<String>, near: usize, text: &str) -> Result<()> {
    let has_call = |line: &usize| lines.get(*line).is_some_and(|line| line.contains(ALIAS));
    let line = (0..=near).rev().find(has_call).context("no call of a macro")?;
    let rest = lines[line..].join("\n");
    let begin = rest.find(ALIAS).context("no call of a macro")?;
    let mut depth = 0_i32;
    let closing = |(at, ch): (usize, char)| {
        depth += i32::from(ch == '(') - i32::from(ch == ')');
        (ch == ')' && depth == 0).then_some(at + 1)
    };
    let length = rest[begin..].char_indices().find_map(closing).context("a call without an end")?;
    let (head, tail) = (&rest[..begin], &rest[begin + length..]);
    let tail = if head.trim().is_empty() { tail.strip_prefix(';').unwrap_or(tail) } else { tail };
    let new = format!("{head}{text}{tail}");
    lines.truncate(line);
    lines.extend(new.lines().map(str::to_owned));
    Ok(())
}

/// Without the derives that are written out now.
fn without_derive(text: &str) -> String {
    let line = |line: &str| {
        let Some(list) = line.trim().strip_prefix("#[derive(").and_then(|l| l.strip_suffix(")]"))
        else {
            return format!("{line}\n");
        };
        let others: Vec<&str> =
            list.split(", ").filter(|name| !name.replace(' ', "").starts_with(ALIAS)).collect();
        if others.is_empty() {
            String::new()
        } else {
            format!("#[derive({})]\n", others.join(", "))
        }
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_replaced_by_what_they_made() {
        let source = "\
use crate::Ledger;
cell::cell_remote!(Ledger = \"ledger\");
#[Ledger::table]
#[derive(Clone, Ledger::Model)]
struct A {
    #[cell(skip)]
    x: u8,
}
Ledger::query!(
    Name = \"a (b)\"
);
fn f() {
    let q = Ledger::query!(\"x\");
}
";
        let written = |form, line, text: &str| Written { form, line, text: text.to_owned() };
        let calls = [
            written(
                MacroKind::Attribute,
                2,
                "#[derive(Clone, Ledger :: Model)]\nstruct A {\n    #[cell(skip)]\n    x: u8,\n}\nimpl A {}\n",
            ),
            written(MacroKind::Derive, 3, "impl Model for A {}\n"),
            written(MacroKind::Function, 9, "struct Name;"),
            written(MacroKind::Function, 12, "{ 1 }"),
        ];
        let found = written_out(source, &calls).unwrap();
        let expected = "\
#[derive(Clone)]
struct A {
    x: u8,
}
impl A {}

impl Model for A {}
struct Name;
fn f() {
    let q = { 1 };
}
";
        let plain = |text: &str| text.lines().filter(|line| !line.is_empty()).collect::<String>();
        assert_eq!(plain(&found), plain(expected), "{found}");
    }
}
