//! Tables from Rust-like source, for tests all over the crate, and for those of the policy in a live
//! rustc (`tests/compare-macros`).

use crate::table::{Table, TableBuilder};
use crate::text;

/// The table of words, puncts (joint if the next character is a punct too), literals, `( ) { } [ ]`
/// and `⟦ ⟧` for groups without delimiters.
pub(crate) fn table_of(source: &str) -> Table {
    let mut builder = TableBuilder::default();
    read(source, &mut builder);
    builder.finish().unwrap_or_else(|| panic!("unbalanced: {source}"))
}

/// Reads `source` into `builder`.
pub(crate) fn read(source: &str, builder: &mut TableBuilder) {
    let mut rest = source;
    while let Some(ch) = rest.chars().next() {
        let length = match ch {
            _ if ch.is_whitespace() => ch.len_utf8(),
            '(' | '{' | '[' | '⟦' => {
                builder.open("({[⟦".chars().position(|open| open == ch).unwrap() as u8);
                ch.len_utf8()
            }
            ')' | '}' | ']' | '⟧' => {
                builder.close().unwrap();
                ch.len_utf8()
            }
            '"' => {
                let end = rest[1..].find('"').unwrap() + 2;
                builder.literal(&rest[..end]);
                end
            }
            '0'..='9' => {
                let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
                builder.literal(&rest[..end]);
                end
            }
            _ if text::is_punct(ch) && !rest.starts_with("$crate") => {
                let next = rest[1..].chars().next().unwrap_or(' ');
                builder.punct(ch, text::is_punct(next) || ch == '\'');
                1
            }
            _ => {
                let (name, raw) = match rest.strip_prefix("r#") {
                    Some(name) => (name, true),
                    None => (rest, false),
                };
                let from = usize::from(name.starts_with('$'));
                let ends = |c: char| !text::is_ident(&format!("_{c}"));
                let end = name[from..].find(ends).map_or(name.len(), |end| end + from);
                builder.ident(&name[..end], raw);
                end + if raw { 2 } else { 0 }
            }
        };
        rest = &rest[length..];
    }
}
