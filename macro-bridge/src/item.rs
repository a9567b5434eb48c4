//! What an item is, where its parts are, and the two changes that the host makes to it for macros:
//! removing helper attributes and adding fields.

use std::ops::Range;

use crate::table::{Table, Token, delimiter, span};

/// Numbers of `context.item-kind`.
pub mod kind {
    /// Not known.
    pub const UNKNOWN: u8 = 0;
    /// `struct`
    pub const STRUCT: u8 = 1;
    /// `enum`
    pub const ENUM: u8 = 2;
    /// `union`
    pub const UNION: u8 = 3;
    /// `fn`
    pub const FN: u8 = 4;
    /// `impl`
    pub const IMPL: u8 = 5;
    /// `trait`
    pub const TRAIT: u8 = 6;
    /// `mod`
    pub const MOD: u8 = 7;
    /// `const`
    pub const CONST: u8 = 8;
    /// `static`
    pub const STATIC: u8 = 9;
    /// `type`
    pub const TYPE: u8 = 10;
    /// `use`
    pub const USE: u8 = 11;
    /// `extern "C" { .. }`
    pub const EXTERN_BLOCK: u8 = 12;
    /// `macro_rules!` or another macro call.
    pub const MACRO: u8 = 13;
}

/// An item, taken apart as far as the host needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// One of [`mod@kind`].
    pub kind: u8,
    /// The row of its name, where it has one.
    pub name: Option<usize>,
    /// Rows from the first behind the attributes up to the body.
    pub head: Range<usize>,
    /// The row of its last top-level `{ }`.
    pub body: Option<usize>,
}

impl Item {
    /// Takes the rows of `range` apart; `None` if there is nothing behind the attributes.
    #[must_use]
    pub fn parse(table: &Table, range: Range<usize>) -> Option<Self> {
        let rows: Vec<usize> = table.siblings(range.clone()).collect();
        let mut at = 0;
        while let (Some(&hash), Some(&group)) = (rows.get(at), rows.get(at + 1)) {
            if !(table.is_punct(hash, '#') && table.is_group(group, delimiter::BRACKET)) {
                break;
            }
            at += 2;
        }
        let start = *rows.get(at)?;
        let body = rows.iter().rev().copied().find(|r| table.is_group(*r, delimiter::BRACE));
        let end = body.filter(|body| *body > start).unwrap_or(range.end);
        let (kind, name) = classify(table, rows.get(at..).unwrap_or(&[]));
        Some(Self { kind, name, head: start..end, body: body.filter(|body| *body > start) })
    }

    /// What a person would call it: ``struct `Account` ``.
    #[must_use]
    pub fn title(&self, table: &Table) -> String {
        let word = match self.kind {
            kind::STRUCT => "struct",
            kind::ENUM => "enum",
            kind::UNION => "union",
            kind::FN => "fn",
            kind::IMPL => "impl",
            kind::TRAIT => "trait",
            kind::MOD => "mod",
            kind::CONST => "const",
            kind::STATIC => "static",
            kind::TYPE => "type",
            kind::USE => "use",
            kind::EXTERN_BLOCK => "extern block",
            kind::MACRO => "macro call",
            _ => "item",
        };
        match self.name.and_then(|row| table.rows.get(row)) {
            Some(token) => format!("{word} {}", table.text_of(token)),
            None => word.to_owned(),
        }
    }
}

fn classify(table: &Table, rows: &[usize]) -> (u8, Option<usize>) {
    let mut at = 0;
    // A `$v:vis` arrives in a group without delimiters.
    if rows.first().is_some_and(|r| table.is_group(*r, delimiter::NONE)) {
        at = 1;
    }
    while let Some(&row) = rows.get(at) {
        let next = rows.get(at + 1).copied();
        let name = || next.filter(|r| table.rows[*r].kind == crate::table::kind::IDENT);
        let token = &table.rows[row];
        if token.kind == crate::table::kind::LITERAL || table.is_group(row, delimiter::PARENTHESIS)
        {
            at += 1;
            continue;
        }
        if token.kind != crate::table::kind::IDENT || token.sub == 1 {
            return (kind::UNKNOWN, None);
        }
        return match table.text_of(token) {
            "struct" => (kind::STRUCT, name()),
            "enum" => (kind::ENUM, name()),
            "union" if name().is_some() => (kind::UNION, name()),
            "fn" => (kind::FN, name()),
            "impl" => (kind::IMPL, None),
            "trait" => (kind::TRAIT, name()),
            "mod" => (kind::MOD, name()),
            "static" => (
                kind::STATIC,
                rows[at..].iter().skip(1).copied().find(|r| {
                    table.rows[*r].kind == crate::table::kind::IDENT && !table.is_ident(*r, "mut")
                }),
            ),
            "type" => (kind::TYPE, name()),
            "use" => (kind::USE, None),
            "extern" if next.is_some_and(|r| table.is_ident(r, "crate")) => (kind::USE, None),
            "extern"
                if rows[at..]
                    .iter()
                    .skip(1)
                    .take(2)
                    .any(|r| table.is_group(*r, delimiter::BRACE)) =>
            {
                (kind::EXTERN_BLOCK, None)
            }
            "const" => match name() {
                Some(next)
                    if ["fn", "unsafe", "extern", "async"]
                        .iter()
                        .any(|w| table.is_ident(next, w)) =>
                {
                    at += 1;
                    continue;
                }
                found => (kind::CONST, found),
            },
            "pub" | "crate" | "default" | "async" | "unsafe" | "safe" | "extern" | "auto" => {
                at += 1;
                continue;
            }
            _ if next.is_some_and(|r| table.is_punct(r, '!')) => (kind::MACRO, None),
            _ => (kind::UNKNOWN, None),
        };
    }
    (kind::UNKNOWN, None)
}

/// A change to the user's item.
#[derive(Clone, Debug, Default)]
pub struct Changes<'a> {
    /// Helper attributes to remove: `#[helper]` behind any path of two or more segments.
    pub helpers: Vec<&'a str>,
    /// Remove `#[cell(..)]`.
    pub strip_cell: bool,
    /// Rows of new fields, each without a comma, in the handle space of the output.
    pub fields: Vec<&'a [Token]>,
}

/// The item as output rows: by reference wherever it did not change. `None` if fields are to be
/// added and it has no named fields.
#[must_use]
pub fn emit(table: &Table, range: Range<usize>, changes: &Changes<'_>) -> Option<Vec<Token>> {
    let mut out = Rows::default();
    let target = if changes.fields.is_empty() {
        None
    } else {
        let item = Item::parse(table, range.clone())?;
        Some(item.body.filter(|_| item.kind == kind::STRUCT)?)
    };
    emit_level(table, range, changes, target, 0, &mut out);
    Some(out.rows)
}

/// Helper attributes stand on the item, its fields and variants, and the fields of variants.
const HELPER_DEPTH: u32 = 2;

fn emit_level(
    table: &Table,
    range: Range<usize>,
    changes: &Changes<'_>,
    target: Option<usize>,
    depth: u32,
    out: &mut Rows,
) {
    let rows: Vec<usize> = table.siblings(range).collect();
    let mut at = 0;
    while let Some(&row) = rows.get(at) {
        if let Some(&group) = rows.get(at + 1)
            && table.is_punct(row, '#')
            && table.is_group(group, delimiter::BRACKET)
            && is_helper(table, group, changes)
        {
            at += 2;
            continue;
        }
        let inside = row + 1..table.next_sibling(row);
        let rebuilt = table.rows[row].kind == crate::table::kind::GROUP
            && (target == Some(row)
                || (depth < HELPER_DEPTH
                    && contains_helper(table, inside.clone(), changes, depth + 1)));
        if rebuilt {
            let mark = out.open(table.rows[row]);
            let last = table.siblings(inside.clone()).last();
            emit_level(table, inside, changes, target, depth + 1, out);
            if target == Some(row) {
                if last.is_some_and(|last| !table.is_punct(last, ',')) {
                    out.push(comma());
                }
                for field in &changes.fields {
                    field.iter().for_each(|token| out.push(*token));
                    out.push(comma());
                }
            }
            out.close(mark);
        } else {
            out.reference(table, row);
        }
        at += 1;
    }
}

fn comma() -> Token {
    Token { kind: crate::table::kind::PUNCT, sub: 0, span: span::CALL_SITE, a: ',' as u32, b: 0 }
}

fn contains_helper(table: &Table, range: Range<usize>, changes: &Changes<'_>, depth: u32) -> bool {
    if changes.helpers.is_empty() && !changes.strip_cell {
        return false;
    }
    let rows: Vec<usize> = table.siblings(range).collect();
    rows.iter().enumerate().any(|(at, &row)| {
        let attribute =
            table.is_group(row, delimiter::BRACKET) && at > 0 && table.is_punct(rows[at - 1], '#');
        if attribute {
            return is_helper(table, row, changes);
        }
        table.rows[row].kind == crate::table::kind::GROUP
            && depth < HELPER_DEPTH
            && contains_helper(table, row + 1..table.next_sibling(row), changes, depth + 1)
    })
}

/// `[Alias::helper ..]` with a declared helper, or `[cell(..)]`.
fn is_helper(table: &Table, group: usize, changes: &Changes<'_>) -> bool {
    let rows: Vec<usize> = table.siblings(group + 1..table.next_sibling(group)).collect();
    let mut last = None;
    let mut segments = 0;
    let mut at = 0;
    while let Some(&row) = rows.get(at) {
        if table.is_punct(row, ':') {
            at += 1;
        } else if table.rows[row].kind == crate::table::kind::IDENT {
            last = Some(row);
            segments += 1;
            at += 1;
        } else {
            break;
        }
    }
    let Some(last) = last else { return false };
    let name = table.text_of(&table.rows[last]);
    if segments == 1 {
        return changes.strip_cell && name == "cell";
    }
    changes.helpers.contains(&name)
}

/// Output rows with adjacent references joined.
#[derive(Default)]
struct Rows {
    rows: Vec<Token>,
    /// The input row that would continue the last reference.
    next: Option<usize>,
}

impl Rows {
    fn push(&mut self, token: Token) {
        self.next = None;
        self.rows.push(token);
    }

    fn reference(&mut self, table: &Table, row: usize) {
        match self.rows.last_mut() {
            Some(last) if self.next == Some(row) => last.a += 1,
            _ => self.rows.push(Token {
                kind: crate::table::kind::RANGE,
                sub: 0,
                span: span::of_row(row as u32),
                a: 1,
                b: 0,
            }),
        }
        self.next = Some(table.next_sibling(row));
    }

    fn open(&mut self, group: Token) -> usize {
        self.push(Token { a: 0, ..group });
        self.rows.len() - 1
    }

    fn close(&mut self, mark: usize) {
        self.next = None;
        self.rows[mark].a = (self.rows.len() - mark - 1) as u32;
    }
}

#[cfg(test)]
mod tests;
