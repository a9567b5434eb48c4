//! What an item is and where its parts are; [`emit`] gives it back with what the host changes about
//! it for macros.

use std::ops::Range;

use crate::table::{Table, delimiter, kind as token};

mod edit;

pub use edit::{Changes, Unfit, emit, has_fields, is_derived, without_helpers};

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
    /// The row of the `{ }` that it ends with; items that end with `;` have none, whatever braces
    /// stand in them.
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
        let body = rows.last().copied().filter(|row| table.is_group(*row, delimiter::BRACE));
        let body = body.filter(|body| *body > start);
        let parsed: Vec<usize> = table.parsed_siblings(start..range.end).collect();
        let (kind, name) = classify(table, &parsed);
        Some(Self { kind, name, head: start..body.unwrap_or(range.end), body })
    }

    /// The row of a function's parameters, `( )`.
    #[must_use]
    pub fn parameters(&self, table: &Table) -> Option<usize> {
        let name = self.name.filter(|_| self.kind == kind::FN)?;
        // Bounds of generics may have parentheses too: `<F: Fn(u8) -> u8>`.
        let (mut depth, mut arrow) = (0usize, false);
        for row in table.parsed_siblings(name + 1..self.head.end) {
            if depth == 0 && table.is_group(row, delimiter::PARENTHESIS) {
                return Some(row);
            }
            if table.is_punct(row, '<') {
                depth += 1;
            } else if table.is_punct(row, '>') && !arrow {
                depth = depth.saturating_sub(1);
            }
            arrow = table.is_punct(row, '-') && table.rows[row].sub == 1;
        }
        None
    }

    /// Does a parameter of the function bind this name?
    #[must_use]
    pub fn has_parameter(&self, table: &Table, name: &str) -> bool {
        let Some(list) = self.parameters(table) else { return false };
        let rows: Vec<usize> = table.parsed_siblings(list + 1..table.next_sibling(list)).collect();
        let (mut depth, mut arrow, mut pattern) = (0usize, false, true);
        let ends_pattern = |at: usize| {
            rows.get(at).is_some_and(|row| table.is_punct(*row, ':'))
                && !is_path_separator(table, &rows, at)
        };
        for (at, &row) in rows.iter().enumerate() {
            if pattern && ends_pattern(at) {
                pattern = false;
            } else if pattern {
                let next = rows.get(at + 1).copied().filter(|_| !ends_pattern(at + 1));
                if binds(table, row, next, name) {
                    return true;
                }
            } else if table.is_punct(row, ',') && depth == 0 {
                pattern = true;
            } else if table.is_punct(row, '<') {
                depth += 1;
            } else if table.is_punct(row, '>') && !arrow {
                depth = depth.saturating_sub(1);
            }
            arrow = table.is_punct(row, '-') && table.rows[row].sub == 1;
        }
        false
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

/// Words that may stand before the one that says what an item is.
const QUALIFIERS: [&str; 9] =
    ["pub", "crate", "default", "async", "gen", "unsafe", "safe", "extern", "auto"];

/// Kind and name of the item that `rows` begin.
fn classify(table: &Table, rows: &[usize]) -> (u8, Option<usize>) {
    let is_ident = |at: usize| rows.get(at).is_some_and(|r| table.rows[*r].kind == token::IDENT);
    let is_word = |at: usize, word| rows.get(at).is_some_and(|row| table.is_ident(*row, word));
    let named = |at: usize| rows.get(at).copied().filter(|_| is_ident(at));
    for (at, &row) in rows.iter().enumerate() {
        let next = at + 1;
        let row_kind = table.rows[row].kind;
        if row_kind == token::LITERAL || table.is_group(row, delimiter::PARENTHESIS) {
            // The ABI of `extern "C"`, the place of `pub(crate)`.
            continue;
        }
        if !is_ident(at) {
            return macro_call(table, rows, at);
        }
        let raw = table.rows[row].sub == 1;
        return match table.text_of(&table.rows[row]) {
            _ if raw => macro_call(table, rows, at),
            "struct" => (kind::STRUCT, named(next)),
            "enum" => (kind::ENUM, named(next)),
            "union" if is_ident(next) => (kind::UNION, named(next)),
            "fn" => (kind::FN, named(next)),
            "impl" => (kind::IMPL, None),
            "trait" => (kind::TRAIT, named(next)),
            "mod" => (kind::MOD, named(next)),
            "static" => (kind::STATIC, named(next + usize::from(is_word(next, "mut")))),
            "type" => (kind::TYPE, named(next)),
            "use" => (kind::USE, None),
            "extern" if is_word(next, "crate") => (kind::USE, None),
            "extern"
                if rows[next..].iter().take(2).any(|r| table.is_group(*r, delimiter::BRACE)) =>
            {
                (kind::EXTERN_BLOCK, None)
            }
            "const" if is_ident(next) && !qualifies(table, rows[next]) => {
                (kind::CONST, named(next))
            }
            "const" => continue,
            word if QUALIFIERS.contains(&word) && !is_path(table, rows, next) => continue,
            _ => macro_call(table, rows, at),
        };
    }
    (kind::UNKNOWN, None)
}

/// `fn` and what may stand between `const` and `fn`, `impl` or `trait`.
fn qualifies(table: &Table, row: usize) -> bool {
    ["fn", "unsafe", "extern", "async", "gen", "impl", "trait"]
        .iter()
        .any(|word| table.is_ident(row, word))
}

/// Does a path or a call go on here? Then the word before is no qualifier.
fn is_path(table: &Table, rows: &[usize], at: usize) -> bool {
    rows.get(at).is_some_and(|row| table.is_punct(*row, ':') || table.is_punct(*row, '!'))
}

/// `path::to::name!`, if that is what begins at `at`.
fn macro_call(table: &Table, rows: &[usize], at: usize) -> (u8, Option<usize>) {
    let is_path = |row: &usize| table.rows[*row].kind == token::IDENT || table.is_punct(*row, ':');
    let length = rows[at..].iter().take_while(|row| is_path(row)).count();
    let called = rows.get(at + length).is_some_and(|row| table.is_punct(*row, '!'));
    (if called && length > 0 { kind::MACRO } else { kind::UNKNOWN }, None)
}

/// Is the `:` at `at` one of two?
fn is_path_separator(table: &Table, rows: &[usize], at: usize) -> bool {
    let joint = |at: usize| {
        rows.get(at).is_some_and(|row| table.is_punct(*row, ':') && table.rows[*row].sub == 1)
    };
    joint(at) || at.checked_sub(1).is_some_and(joint)
}

/// Does the token of a pattern, or what is in it, bind `name`? What goes on as a path, a call or a
/// field does not, nor does a lifetime.
fn binds(table: &Table, row: usize, next: Option<usize>, name: &str) -> bool {
    let end = table.next_sibling(row);
    let mut open: Vec<usize> = Vec::new();
    for at in row..end {
        while open.pop_if(|end| *end <= at).is_some() {}
        let token = &table.rows[at];
        if token.kind == token::GROUP {
            open.push(table.next_sibling(at));
        }
        if token.kind != token::IDENT || table.text_of(token) != name {
            continue;
        }
        let next = match open.last() {
            Some(end) => Some(at + 1).filter(|next| next < end),
            None => next,
        };
        let goes_on = next.is_some_and(|next| {
            [':', '!'].iter().any(|ch| table.is_punct(next, *ch))
                || table.is_group(next, delimiter::PARENTHESIS)
                || table.is_group(next, delimiter::BRACE)
        });
        if !goes_on && !at.checked_sub(1).is_some_and(|before| table.is_punct(before, '\'')) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
