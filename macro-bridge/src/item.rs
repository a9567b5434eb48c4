//! What an item is, where its parts are, and the two changes that the host makes to it for macros:
//! removing helper attributes and adding fields.

use std::ops::Range;

use crate::table::{Table, Token, delimiter, kind as token, span};

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

/// A change to the user's item.
#[derive(Clone, Debug, Default)]
pub struct Changes<'a> {
    /// Helper attributes to remove: `#[helper]` behind any path of two or more segments.
    pub helpers: Vec<&'a str>,
    /// Remove `#[cell(..)]`.
    pub strip_cell: bool,
    /// Which helpers there are is not known: remove from fields and variants all that can only be
    /// one, since no attribute macro may stand there.
    pub guess: bool,
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

/// A struct, enum or union without what may be helper attributes of macros that are not known; no
/// other item has any. `derived`: a derive may read `#[cell(..)]`.
#[must_use]
pub fn without_helpers(table: &Table, range: Range<usize>, derived: bool) -> Option<Vec<Token>> {
    let changes = Changes { strip_cell: !derived, guess: true, ..Changes::default() };
    has_fields(table, range.clone()).then(|| emit(table, range, &changes)).flatten()
}

/// Does a derive follow on the item? Derives read `#[cell(..)]`, and come after all attributes.
#[must_use]
pub fn is_derived(table: &Table, range: Range<usize>) -> bool {
    let rows: Vec<usize> = table.siblings(range).collect();
    let attributes = rows.chunks_exact(2).take_while(|pair| {
        table.is_punct(pair[0], '#') && table.is_group(pair[1], delimiter::BRACKET)
    });
    attributes.map(|pair| pair[1]).any(|group| {
        let inside = group + 1..table.next_sibling(group);
        let first = table.parsed_siblings(inside.clone()).next();
        first.is_some_and(|first| {
            table.is_ident(first, "derive")
                // The condition is decided after attribute macros ran.
                || table.is_ident(first, "cfg_attr")
                    && inside.into_iter().any(|row| table.is_ident(row, "derive"))
        })
    })
}

/// Is it a struct, enum or union?
#[must_use]
pub fn has_fields(table: &Table, range: Range<usize>) -> bool {
    Item::parse(table, range)
        .is_some_and(|item| matches!(item.kind, kind::STRUCT | kind::ENUM | kind::UNION))
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
            && is_helper(table, group, changes, depth)
        {
            at += 2;
            continue;
        }
        let inside = row + 1..table.next_sibling(row);
        let rebuilt = table.rows[row].kind == token::GROUP
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
    Token { kind: token::PUNCT, sub: 0, span: span::CALL_SITE, a: ',' as u32, b: 0 }
}

fn contains_helper(table: &Table, range: Range<usize>, changes: &Changes<'_>, depth: u32) -> bool {
    if changes.helpers.is_empty() && !changes.strip_cell && !changes.guess {
        return false;
    }
    let rows: Vec<usize> = table.siblings(range).collect();
    rows.iter().enumerate().any(|(at, &row)| {
        let attribute =
            table.is_group(row, delimiter::BRACKET) && at > 0 && table.is_punct(rows[at - 1], '#');
        if attribute {
            return is_helper(table, row, changes, depth);
        }
        table.rows[row].kind == token::GROUP
            && depth < HELPER_DEPTH
            && contains_helper(table, row + 1..table.next_sibling(row), changes, depth + 1)
    })
}

/// Tools whose attributes rustc knows; no alias of a cell can have these names.
const TOOLS: [&str; 5] = ["rustfmt", "clippy", "diagnostic", "miri", "rust_analyzer"];

/// `[Alias::helper ..]` with a declared helper, or `[cell(..)]`.
fn is_helper(table: &Table, group: usize, changes: &Changes<'_>, depth: u32) -> bool {
    let mut path: Vec<&str> = Vec::new();
    for row in table.parsed_siblings(group + 1..table.next_sibling(group)) {
        if table.rows[row].kind == token::IDENT {
            path.push(table.text_of(&table.rows[row]));
        } else if !table.is_punct(row, ':') {
            break;
        }
    }
    match path.as_slice() {
        [] => false,
        ["cell"] => changes.strip_cell,
        [_] => false,
        [first, .., last] => {
            let helper = changes.helpers.contains(last) || (changes.guess && depth > 0);
            helper && !TOOLS.contains(first)
        }
    }
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
                kind: token::RANGE,
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
