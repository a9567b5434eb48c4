//! What a guest returns, from Rust-like source: for tests here, and for those of the policy in a live
//! rustc (`tests/compare-macros`).

use crate::output::{Part, PartKind, RawOutput};
use crate::table::source::read;
use crate::table::{SpanOp, Table, TableBuilder, Token, kind, op, span};

/// An output, and the span of the token that a `~` stands before.
pub(crate) struct Written {
    pub(crate) output: RawOutput,
    pub(crate) marked: Option<u32>,
}

/// The name of the field or parameter of a part.
const NAME: &str = "extra";

/// Reads parts. `@ 5` is the input's token of row 5, `@ 5 * 3` are three siblings from it, `@ name` the
/// first token with this text, and `@ body` what is put around. Each token that is made has a span of
/// its own.
pub(crate) fn written(input: &Table, parts: &[(PartKind, &str)]) -> Written {
    let mut written = Written { output: RawOutput::default(), marked: None };
    for (kind, source) in parts {
        let before = written.output.rows.len();
        part(input, source, &mut written);
        let rows = (written.output.rows.len() - before) as u32;
        let named = matches!(kind, PartKind::Field | PartKind::Parameter);
        let name = if named { NAME.to_owned() } else { String::new() };
        written.output.parts.push(Part { kind: *kind as u8, rows, name });
    }
    written
}

fn part(input: &Table, source: &str, written: &mut Written) {
    let marks = |(at, _): &(usize, _)| {
        source[at + 1..].starts_with(|next: char| next.is_alphabetic() || next == '@')
    };
    let mark = source.match_indices('~').find(marks).map(|(at, _)| at);
    let (before, behind) = mark.map_or((source, ""), |at| (&source[..at], &source[at + 1..]));
    let marked = mark.map(|_| {
        let mut builder = TableBuilder::default();
        read(before, &mut builder);
        builder.len()
    });
    let mut builder = TableBuilder::default();
    read(&format!("{before}{behind}"), &mut builder);
    let table = builder.finish().unwrap_or_else(|| panic!("unbalanced: {source}"));
    let output = &mut written.output;
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while at <= table.rows.len() {
        while let Some((group, _)) = open.pop_if(|(_, end)| *end <= at) {
            output.rows[group].a = (output.rows.len() - group - 1) as u32;
        }
        let Some(token) = table.rows.get(at) else { break };
        let number = span::FIRST_OPERATION + output.spans.len() as u32;
        let mut made = Token { span: number, ..*token };
        let first = at;
        if table.is_punct(at, '@') {
            let (reference, used) = reference(input, &table, at + 1);
            (made, at) = (reference, at + used);
        } else if token.kind == kind::GROUP {
            open.push((output.rows.len(), table.next_sibling(at)));
        } else if token.kind != kind::PUNCT {
            made.a = output.text.len() as u32;
            output.text.push_str(table.text_of(token));
        }
        if marked == Some(first) {
            written.marked = Some(made.span);
        }
        output.rows.push(made);
        output.spans.push(SpanOp { op: op::LOCATED_AT, ..SpanOp::default() });
        at += 1;
    }
}

/// What stands behind an `@`, and how many tokens that is.
fn reference(input: &Table, table: &Table, at: usize) -> (Token, usize) {
    let number = |at: usize| table.text_of(&table.rows[at]).parse::<u32>().ok();
    if table.is_ident(at, "body") {
        return (Token { kind: kind::BODY, ..Token::default() }, 1);
    }
    let name = table.text_of(&table.rows[at]);
    let row = number(at).unwrap_or_else(|| {
        let is_it = |token: &Token| input.text_of(token) == name;
        input.rows.iter().position(is_it).unwrap_or_else(|| panic!("no `{name}`")) as u32
    });
    let several = table.is_punct(at + 1, '*').then(|| number(at + 2)).flatten();
    let (a, used) = several.map_or((1, 1), |several| (several, 3));
    (Token { kind: kind::RANGE, sub: 0, span: span::of_row(row), a, b: 0 }, used)
}
