//! The changes that the host makes to the user's item for macros. All of them can be made together,
//! in any order, with the same result; so macros that ask for them go together.

use std::ops::Range;

use super::{Item, kind};
use crate::table::{Table, Token, delimiter, kind as token, span};

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
    /// New attributes of the item, behind its own.
    pub attributes: Vec<&'a [Token]>,
    /// New parameters of the function, each without a comma.
    pub parameters: Vec<&'a [Token]>,
    /// What stands around the function's body, the outermost first: rows with one
    /// [`token::BODY`], for what it stands around.
    pub wrappers: Vec<&'a [Token]>,
}

/// Why the changes cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Fields are to be added, and it is no struct with named fields.
    NoFields,
    /// Parameters are to be added or a body wrapped, and it is no function with a body.
    NoFunction,
}

/// The item as output rows: by reference wherever it did not change.
///
/// # Errors
/// If it is no item to which this can be done.
pub fn emit(
    table: &Table,
    range: Range<usize>,
    changes: &Changes<'_>,
) -> Result<Vec<Token>, Unfit> {
    let edits = Edits::find(table, range.clone(), changes)?;
    let mut out = Rows::default();
    emit_level(table, range, changes, &edits, 0, &mut out);
    if edits.head.is_none() {
        out.copy(&changes.attributes);
    }
    Ok(out.rows)
}

/// The rows that more is changed about than the helpers in them.
struct Edits {
    /// The first behind the attributes.
    head: Option<usize>,
    /// The group at whose end something is added.
    list: Option<usize>,
    /// The body that something is put around.
    body: Option<usize>,
}

impl Edits {
    fn find(table: &Table, range: Range<usize>, changes: &Changes<'_>) -> Result<Self, Unfit> {
        let item = || Item::parse(table, range.clone());
        let mut edits = Self { head: None, list: None, body: None };
        if !changes.attributes.is_empty() {
            edits.head = item().map(|item| item.head.start);
        }
        if !changes.fields.is_empty() {
            let fields = item().filter(|item| item.kind == kind::STRUCT).and_then(|item| item.body);
            edits.list = Some(fields.ok_or(Unfit::NoFields)?);
        }
        if !changes.parameters.is_empty() || !changes.wrappers.is_empty() {
            let function = item().and_then(|item| {
                let list = item.parameters(table)?;
                Some((list, item.body))
            });
            let (list, body) = function.ok_or(Unfit::NoFunction)?;
            if !changes.parameters.is_empty() {
                edits.list = Some(list);
            }
            if !changes.wrappers.is_empty() {
                edits.body = Some(body.ok_or(Unfit::NoFunction)?);
            }
        }
        Ok(edits)
    }
}

/// A struct, enum or union without what may be helper attributes of macros that are not known; no
/// other item has any. `derived`: a derive may read `#[cell(..)]`.
#[must_use]
pub fn without_helpers(table: &Table, range: Range<usize>, derived: bool) -> Option<Vec<Token>> {
    let changes = Changes { strip_cell: !derived, guess: true, ..Changes::default() };
    has_fields(table, range.clone()).then(|| emit(table, range, &changes).ok()).flatten()
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
    edits: &Edits,
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
        if edits.head == Some(row) {
            out.copy(&changes.attributes);
        }
        if edits.body == Some(row) {
            let mut body = Rows::default();
            emit_tree(table, row, changes, edits, depth, &mut body);
            out.copy(&[&wrapped(body.rows, &changes.wrappers, table.rows[row])]);
        } else {
            emit_tree(table, row, changes, edits, depth, out);
        }
        at += 1;
    }
}

/// A token, or a group with what changes in it.
fn emit_tree(
    table: &Table,
    row: usize,
    changes: &Changes<'_>,
    edits: &Edits,
    depth: u32,
    out: &mut Rows,
) {
    let inside = row + 1..table.next_sibling(row);
    let edited = edits.list == Some(row);
    let rebuilt = table.rows[row].kind == token::GROUP
        && (edited
            || edits.list.is_some_and(|list| inside.contains(&list))
            || (depth < HELPER_DEPTH
                && contains_helper(table, inside.clone(), changes, depth + 1)));
    if !rebuilt {
        return out.reference(table, row);
    }
    let mark = out.open(table.rows[row]);
    let last = table.siblings(inside.clone()).last();
    emit_level(table, inside, changes, edits, depth + 1, out);
    if edited {
        if last.is_some_and(|last| !table.is_punct(last, ',')) {
            out.push(comma());
        }
        // An item has fields or parameters.
        for added in changes.fields.iter().chain(&changes.parameters) {
            out.copy(&[added]);
            out.push(comma());
        }
    }
    out.close(mark);
}

/// The body in all that stands around it, in the place and with the span of the body itself.
///
/// In it each stands in a block of its own, and the user's in parentheses as well, all made by a macro:
/// where a body is one line, rustc would take the user's braces for needless ones, and say so.
fn wrapped(body: Vec<Token>, wrappers: &[&[Token]], braces: Token) -> Vec<Token> {
    let made = Token { span: span::CALL_SITE, ..braces };
    let group = |inside: &[Token], delimiters: Token| {
        let mut rows = vec![Token { a: inside.len() as u32, ..delimiters }];
        rows.extend_from_slice(inside);
        rows
    };
    let parentheses = Token { sub: delimiter::PARENTHESIS, ..made };
    let innermost = group(&group(&body, parentheses), made);
    wrappers.iter().enumerate().rev().fold(innermost, |inner, (at, wrapper)| {
        group(&put(&inner, wrapper), if at == 0 { braces } else { made })
    })
}

/// `wrapper` with `inner` in the place of the body.
fn put(inner: &[Token], wrapper: &[Token]) -> Vec<Token> {
    let place = wrapper.iter().position(|row| row.kind == token::BODY).unwrap_or(wrapper.len());
    let mut rows = Vec::with_capacity(wrapper.len() + inner.len());
    for (at, row) in wrapper.iter().enumerate() {
        let holds = row.kind == token::GROUP && at < place && place <= at + row.a as usize;
        match at == place {
            true => rows.extend_from_slice(inner),
            false if holds => rows.push(Token { a: row.a + inner.len() as u32 - 1, ..*row }),
            false => rows.push(*row),
        }
    }
    rows
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

    /// Rows in the handle space of the output.
    fn copy(&mut self, all: &[&[Token]]) {
        self.next = None;
        all.iter().for_each(|rows| self.rows.extend_from_slice(rows));
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
