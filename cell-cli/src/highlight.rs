//! Rust source in colours, for a terminal. Made for what macros give: it need not compile.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Color, Style};

const COMMENT: Style = Style::new().dimmed();
const KEYWORD: Style = color(AnsiColor::Magenta);
const LITERAL: Style = color(AnsiColor::Green);
const NUMBER: Style = color(AnsiColor::Cyan);
const TYPE: Style = color(AnsiColor::Yellow);
const CALLED: Style = color(AnsiColor::Blue);
const ATTRIBUTE: Style = color(AnsiColor::BrightBlack);
const PLAIN: Style = Style::new();

const fn color(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(color)))
}

const KEYWORDS: [&str; 39] = [
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern",
    "false", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub",
    "ref", "return", "self", "Self", "static", "struct", "super", "trait", "true", "type",
    "unsafe", "use", "where", "while", "yield",
];

/// The same text with colours, which a stream that takes none leaves out. What a terminal would obey
/// is escaped: tokens may be anybody's.
pub(crate) fn rust(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, style) = token(rest, first);
        let (word, after) = rest.split_at(length);
        let word = harmless(word);
        // A style per line, so that a pager that shows a part of it shows it right.
        for (index, line) in word.split('\n').enumerate() {
            let head = if index == 0 { "" } else { "\n" };
            let _ = match style == PLAIN || line.trim().is_empty() {
                true => write!(out, "{head}{line}"),
                false => write!(out, "{head}{style}{line}{style:#}"),
            };
        }
        rest = after;
    }
    out
}

/// Without characters that a terminal obeys instead of showing them.
pub(crate) fn harmless(text: &str) -> String {
    let obeyed = |c: char| c.is_control() && c != '\n' && c != '\t';
    let direction = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if obeyed(c) || direction(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

/// Bytes of the token that `rest` begins with, and how it looks. Never 0.
fn token(rest: &str, first: char) -> (usize, Style) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), COMMENT);
    }
    if rest.starts_with("/*") {
        return (rest.find("*/").map_or(rest.len(), |at| at + 2), COMMENT);
    }
    if let Some(length) = raw_string(rest) {
        return (length, LITERAL);
    }
    for prefix in ["\"", "b\"", "c\""] {
        if let Some(inside) = rest.strip_prefix(prefix) {
            return (prefix.len() + closed(inside, '"'), LITERAL);
        }
    }
    if first == '\'' {
        return quote(rest);
    }
    if rest.starts_with("#[") || rest.starts_with("#![") {
        return (attribute(rest), ATTRIBUTE);
    }
    if first.is_ascii_digit() {
        let part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let length = rest.find(|c| !part(c)).unwrap_or(rest.len());
        // `1..2`, and `1.max(2)`.
        let length = match rest[..length].find('.') {
            Some(dot) if !rest[dot + 1..].starts_with(|c: char| c.is_ascii_digit()) => dot,
            _ => length,
        };
        return (length, NUMBER);
    }
    if first == '_' || first.is_alphabetic() {
        let length = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
        return (length, word(&rest[..length], &rest[length..]));
    }
    let plain = |c: char| c == '_' || c.is_alphanumeric() || matches!(c, '"' | '\'' | '/' | '#');
    let others = rest[first.len_utf8()..].find(plain);
    (others.map_or(rest.len(), |at| at + first.len_utf8()), PLAIN)
}

fn word(word: &str, after: &str) -> Style {
    match word {
        _ if KEYWORDS.contains(&word) => KEYWORD,
        _ if word.starts_with(char::is_uppercase) => TYPE,
        _ if after.starts_with('(') || after.starts_with("!") && !after.starts_with("!=") => CALLED,
        _ => PLAIN,
    }
}

/// `r"..."`, `br##"..."##`
fn raw_string(rest: &str) -> Option<usize> {
    let head = ["r", "br", "cr"]
        .iter()
        .find(|head| rest.strip_prefix(**head).is_some_and(|it| it.starts_with(['"', '#'])))?;
    let hashes = rest[head.len()..].bytes().take_while(|byte| *byte == b'#').count();
    let begin = head.len() + hashes;
    let inside = rest[begin..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(inside.find(&end).map_or(rest.len(), |at| begin + 1 + at + end.len()))
}

/// Bytes up to and with the end, which no `\` stands before.
fn closed(inside: &str, end: char) -> usize {
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == end => return at + c.len_utf8(),
            _ => {}
        }
    }
    inside.len()
}

/// A lifetime or a character.
fn quote(rest: &str) -> (usize, Style) {
    let inside = &rest[1..];
    let name = inside.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(inside.len());
    if name > 0 && !inside[name..].starts_with('\'') {
        return (1 + name, TYPE);
    }
    (1 + closed(inside, '\''), LITERAL)
}

/// `#[doc = "..."]`, with brackets in brackets and strings.
fn attribute(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while let Some(c) = rest[at..].chars().next() {
        at += match c {
            '"' => 1 + closed(&rest[at + 1..], '"'),
            c => c.len_utf8(),
        };
        match c {
            '[' => depth += 1,
            ']' if depth == 1 => return at,
            ']' => depth -= 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each token that has a colour.
    fn colored(text: &str) -> Vec<String> {
        let shown = rust(text);
        let parts = shown.split('\u{1b}').skip(1).filter_map(|part| part.split_once('m'));
        parts.filter(|(code, _)| *code != "[0").map(|(_, word)| word.to_owned()).collect()
    }

    #[test]
    fn only_the_looks_change() {
        let texts = [
            include_str!("highlight.rs"),
            include_str!("arguments.rs"),
            "\"open",
            "r#\"open\"",
            "'",
            "'a",
            "#[open",
            "/* open",
            "é'é' 1.",
            "b'\\''",
        ];
        for text in texts {
            assert_eq!(anstream::adapter::strip_str(&rust(text)).to_string(), harmless(text));
        }
    }

    #[test]
    fn tokens_are_told_apart() {
        let styled = |text: &str| rust(text).replace('\u{1b}', "^");
        assert!(styled("fn x").starts_with(&format!("{KEYWORD}fn").replace('\u{1b}', "^")));
        assert_eq!(colored("a + 1..2")[0], "1");
        let found = colored("let x: Vec<&'a str> = f(\"a \\\" b\"); // c\n");
        assert_eq!(found[..6], ["let", "Vec", "'a", "f", "\"a \\\" b\"", "// c"]);
        assert_eq!(colored("r#\"a\" b\"# x")[0], "r#\"a\" b\"#");
        assert_eq!(colored("#[doc = \"]\"] x")[0], "#[doc = \"]\"]");
        assert_eq!(colored("x!= y"), Vec::<String>::new());
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        let shown = anstream::adapter::strip_str(&rust("\"\u{1b}[2J\u{202e}\"")).to_string();
        assert_eq!(shown, "\"\\u{1b}[2J\\u{202e}\"");
    }
}
