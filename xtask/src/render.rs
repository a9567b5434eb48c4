//! Expansions as text for the demo.

use std::io::Write as _;
use std::process::{Command, Stdio};

use macro_bridge::expansion::Output;
use macro_bridge::table::{Table, TableBuilder, Token, kind, span};

/// What rustc is given, with all references into the input followed.
pub(crate) fn output(input: &Table, output: &Output) -> String {
    let mut builder = TableBuilder::default();
    add_output(&mut builder, input, output, 0..output.rows.len());
    let table = builder.finish().unwrap_or_default();
    pretty(&table.render(0..table.rows.len()))
}

fn add_output(
    builder: &mut TableBuilder,
    input: &Table,
    output: &Output,
    rows: std::ops::Range<usize>,
) {
    let mut row = rows.start;
    while row < rows.end {
        let token = &output.rows[row];
        let mut next = row + 1;
        match (token.kind, span::row(token.span), span::row(token.a)) {
            (kind::RANGE, Some((first, _)), _) => {
                let siblings = input.siblings(first as usize..input.rows.len());
                siblings.take(token.a as usize).for_each(|row| add_input(builder, input, row));
            }
            (kind::RESPAN, _, Some((row, _))) => add_input(builder, input, row as usize),
            (kind::GROUP, ..) => {
                next = (next + token.a as usize).min(rows.end);
                builder.open(token.sub);
                add_output(builder, input, output, row + 1..next);
                let _ = builder.close();
            }
            _ => {
                let end = (token.a as usize).saturating_add(token.b as usize);
                add_plain(builder, token, output.text.get(token.a as usize..end).unwrap_or(""));
            }
        }
        row = next;
    }
}

fn add_input(builder: &mut TableBuilder, input: &Table, row: usize) {
    let Some(token) = input.rows.get(row) else { return };
    if token.kind == kind::GROUP {
        builder.open(token.sub);
        let inside = input.siblings(row + 1..input.next_sibling(row));
        inside.for_each(|row| add_input(builder, input, row));
        let _ = builder.close();
    } else {
        add_plain(builder, token, input.text_of(token));
    }
}

fn add_plain(builder: &mut TableBuilder, token: &Token, text: &str) {
    match token.kind {
        kind::IDENT => builder.ident(text, token.sub == 1),
        kind::LITERAL => builder.literal(text),
        _ => builder.punct(char::from_u32(token.a).unwrap_or('?'), token.sub == 1),
    }
}

/// As `rustfmt` would have it; as it is if that is not installed or cannot read it.
pub(crate) fn pretty(source: &str) -> String {
    formatted(source).or_else(|| expression(source)).unwrap_or_else(|| source.to_owned())
}

/// What is no list of items: rustfmt takes it inside a function.
fn expression(source: &str) -> Option<String> {
    let text = formatted(&format!("fn f() {{\n{source}\n}}"))?;
    let inside = text.strip_prefix("fn f() {\n")?.strip_suffix("}\n")?;
    Some(
        inside
            .lines()
            .map(|line| line.strip_prefix("    ").unwrap_or(line).to_owned() + "\n")
            .collect(),
    )
}

fn formatted(source: &str) -> Option<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    // Read by rustfmt to its end before it writes.
    child.stdin.take()?.write_all(source.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_formatted_too() {
        assert_eq!(pretty("fn  f(){}"), "fn f() {}\n");
        assert_eq!(pretty("A{b:1,c:2}"), "A { b: 1, c: 2 }\n");
        assert_eq!(pretty("= ="), "= =");
    }

    #[test]
    fn follows_references() {
        let mut builder = TableBuilder::default();
        builder.ident("a", false);
        builder.open(0);
        builder.literal("1");
        builder.close().unwrap();
        let input = builder.finish().unwrap();
        let token = |kind, span, a, b| Token { kind, sub: 1, span, a, b };
        let made = Output {
            text: "type".to_owned(),
            rows: vec![
                token(kind::IDENT, 0, 0, 4),
                token(kind::GROUP, 0, 2, 0),
                token(kind::RANGE, span::of_row(0), 2, 0),
                token(kind::RESPAN, 0, span::of_row(0), 0),
            ],
            spans: vec![],
        };
        let mut builder = TableBuilder::default();
        add_output(&mut builder, &input, &made, 0..4);
        let table = builder.finish().unwrap();
        let expected = "r#type { a (1) a }";
        assert_eq!(table.render(0..table.rows.len()), expected);
    }
}
