//! Token tables as Rust source for people.

use std::ops::Range;

use macro_bridge::expansion::Output;
use macro_bridge::table::{Table, Token, delimiter, kind, span};
use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// Formatters recurse; nobody reads code that is nested deeper than this.
const DEEPEST: usize = 200;

/// What rustc is given for a request.
pub(crate) fn output(input: &Table, output: &Output) -> String {
    let rows = 0..output.rows.len();
    let depth = depth(&output.rows) + depth(&input.rows);
    if depth > DEEPEST {
        return format!("// nested {depth} levels deep: too deep to show\n");
    }
    source(from_output(input, output, rows))
}

/// Part of what a macro was given.
pub(crate) fn input(input: &Table, rows: Range<usize>) -> String {
    match depth(&input.rows) {
        depth if depth > DEEPEST => format!("// nested {depth} levels deep: too deep to show\n"),
        _ => source(from_input(input, rows)),
    }
}

/// The tokens from one span to another, as they are printed; of a span that is no token's, nothing.
pub(crate) fn between(input: &Table, start: u32, end: u32) -> String {
    let (Some((first, part)), Some((last, _))) = (span::row(start), span::row(end)) else {
        return String::new();
    };
    let (first, last) = (first as usize, last as usize);
    match (input.rows.get(first), part) {
        (Some(group), span::OPEN | span::CLOSE) if first == last => {
            let pair = ["()", "{}", "[]", "  "][usize::from(group.sub.min(delimiter::NONE))];
            let (open, close) = pair.split_at(1);
            (if part == span::OPEN { open } else { close }).trim().to_owned()
        }
        (Some(_), _) if first <= last && last < input.rows.len() => {
            tokens(input, first..input.next_sibling(last)).to_string()
        }
        _ => String::new(),
    }
}

/// Part of what a macro was given, as tokens.
pub(crate) fn tokens(input: &Table, rows: Range<usize>) -> TokenStream {
    if depth(&input.rows) > DEEPEST { TokenStream::new() } else { from_input(input, rows) }
}

/// What rustc is given, as tokens.
pub(crate) fn output_tokens(input: &Table, output: &Output) -> TokenStream {
    if depth(&output.rows) + depth(&input.rows) > DEEPEST {
        return TokenStream::new();
    }
    from_output(input, output, 0..output.rows.len())
}

/// Formatted as a file, as the body of a function, or else as plain tokens.
fn source(tokens: TokenStream) -> String {
    if let Ok(file) = syn::parse2(tokens.clone()) {
        return prettyplease::unparse(&file);
    }
    let body = TokenTree::Group(Group::new(Delimiter::Brace, tokens.clone()));
    let head: TokenStream = "fn body()".parse().unwrap_or_default();
    if let Ok(file) = syn::parse2(head.into_iter().chain([body]).collect()) {
        let text = prettyplease::unparse(&file);
        let lines: Vec<&str> = text.lines().collect();
        if let [_, body @ .., _] = lines.as_slice() {
            let dedent = |line: &&str| format!("{}\n", line.strip_prefix("    ").unwrap_or(line));
            return body.iter().map(dedent).collect();
        }
    }
    format!("{tokens}\n")
}

/// How deep groups are nested.
fn depth(rows: &[Token]) -> usize {
    let mut ends: Vec<usize> = Vec::new();
    let mut deepest = 0;
    for (row, token) in rows.iter().enumerate() {
        while ends.last().is_some_and(|end| *end <= row) {
            ends.pop();
        }
        if token.kind == kind::GROUP {
            ends.push(row + 1 + token.a as usize);
            deepest = deepest.max(ends.len());
        }
    }
    deepest
}

fn from_input(table: &Table, rows: Range<usize>) -> TokenStream {
    table
        .siblings(rows)
        .map(|row| {
            let token = &table.rows[row];
            let inside = || from_input(table, row + 1..table.next_sibling(row));
            tree(token, table.text_of(token), inside)
        })
        .collect()
}

fn from_output(input: &Table, output: &Output, rows: Range<usize>) -> TokenStream {
    let mut out = TokenStream::new();
    let mut row = rows.start;
    while row < rows.end {
        let token = &output.rows[row];
        let next = match token.kind {
            kind::GROUP => (row + 1 + token.a as usize).min(rows.end),
            _ => row + 1,
        };
        match token.kind {
            kind::RANGE => {
                if let Some((first, _)) = span::row(token.span) {
                    let siblings = input.siblings(first as usize..input.rows.len());
                    for sibling in siblings.take(token.a as usize) {
                        out.extend(from_input(input, sibling..input.next_sibling(sibling)));
                    }
                }
            }
            kind::RESPAN => {
                if let Some((row, _)) = span::row(token.a) {
                    let row = row as usize;
                    out.extend(from_input(input, row..input.next_sibling(row)));
                }
            }
            _ => {
                let end = (token.a as usize).saturating_add(token.b as usize);
                let text = output.text.get(token.a as usize..end).unwrap_or("");
                out.extend([tree(token, text, || from_output(input, output, row + 1..next))]);
            }
        }
        row = next;
    }
    out
}

fn tree(token: &Token, text: &str, inside: impl FnOnce() -> TokenStream) -> TokenTree {
    match token.kind {
        kind::IDENT => match (token.sub, text) {
            // Has no spelling outside `macro_rules!`.
            (_, "$crate") => Ident::new("crate", Span::call_site()).into(),
            (0, text) => ident(text.to_owned()),
            (_, text) => ident(format!("r#{text}")),
        },
        kind::LITERAL => match text.parse::<Literal>() {
            Ok(literal) => literal.into(),
            Err(_) => Literal::string(text).into(),
        },
        kind::PUNCT => {
            let spacing = if token.sub == 1 { Spacing::Joint } else { Spacing::Alone };
            Punct::new(char::from_u32(token.a).unwrap_or('?'), spacing).into()
        }
        _ => {
            let delimiter = match token.sub {
                delimiter::PARENTHESIS => Delimiter::Parenthesis,
                delimiter::BRACE => Delimiter::Brace,
                delimiter::BRACKET => Delimiter::Bracket,
                _ => Delimiter::None,
            };
            Group::new(delimiter, inside()).into()
        }
    }
}

/// A word; as a string if it is none, since a table may be anybody's and the constructor would panic.
fn ident(text: String) -> TokenTree {
    let mut trees = text.parse::<TokenStream>().unwrap_or_default().into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Ident(ident)), None) => ident.into(),
        _ => Literal::string(&text).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use macro_bridge::table::TableBuilder;

    /// `struct A { b : u8 }`
    fn example() -> Table {
        let mut builder = TableBuilder::default();
        builder.ident("struct", false);
        builder.ident("A", false);
        builder.open(delimiter::BRACE);
        builder.ident("b", false);
        builder.punct(':', false);
        builder.ident("u8", false);
        builder.close().unwrap();
        builder.finish().unwrap()
    }

    #[test]
    fn shows_items_as_rustfmt_would() {
        let table = example();
        assert_eq!(input(&table, 0..table.rows.len()), "struct A {\n    b: u8,\n}\n");
    }

    #[test]
    fn follows_references_into_the_input() {
        let table = example();
        let token = |kind, sub, span, a, b| Token { kind, sub, span, a, b };
        let made = Output {
            text: "implr#type".to_owned(),
            rows: vec![
                token(kind::RANGE, 0, span::of_row(0), 3, 0),
                token(kind::IDENT, 0, 0, 0, 4),
                token(kind::RESPAN, 0, 0, span::of_row(1), 0),
                token(kind::GROUP, delimiter::BRACE, 0, 0, 0),
            ],
            spans: vec![],
        };
        assert_eq!(output(&table, &made), "struct A {\n    b: u8,\n}\nimpl A {}\n");
    }

    #[test]
    fn shows_expressions_and_what_is_no_rust() {
        let mut builder = TableBuilder::default();
        builder.literal("1");
        builder.punct('+', false);
        builder.literal("2");
        let table = builder.finish().unwrap();
        assert_eq!(input(&table, 0..3), "1 + 2\n");
        assert_eq!(input(&table, 0..2), "1 +\n");
    }

    #[test]
    fn what_is_no_word_is_shown_all_the_same() {
        let mut builder = TableBuilder::default();
        for (word, raw) in [("1 x", false), ("crate", true), ("", false), ("_", false), ("é", true)]
        {
            builder.ident(word, raw);
        }
        let table = builder.finish().unwrap();
        let shown = input(&table, 0..table.rows.len());
        assert_eq!(shown, "\"1 x\" \"r#crate\" \"\" _ r#é\n");
    }

    #[test]
    fn does_not_recurse_into_the_abyss() {
        let mut builder = TableBuilder::default();
        (0..100_000).for_each(|_| builder.open(delimiter::PARENTHESIS));
        (0..100_000).for_each(|_| builder.close().unwrap());
        let table = builder.finish().unwrap();
        assert!(input(&table, 0..table.rows.len()).contains("100000 levels"));
    }
}
