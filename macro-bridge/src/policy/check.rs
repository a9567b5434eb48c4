//! Looking for what is not allowed.

use std::ops::Range;

use crate::item::{self, Item};
use crate::output::{PartKind, RawOutput};
use crate::request::Allowed;
use crate::table::{Table, Token, delimiter, kind, span};

use super::WORDS;

/// What each word allows, for people.
const ABOUT: [&str; 7] = [
    "`unsafe`",
    "`extern`",
    "inline assembly",
    "attributes that change linkage or run code before `main`",
    "files that are read at compile time: `include!` and the like, `debugger_visualizer`",
    "`env!`, `option_env!`",
    "modules in other files: `#[path]`, `mod name;`",
];

const UNSAFE: usize = 0;
const EXTERN: usize = 1;
const ASM: usize = 2;
const LINKAGE: usize = 3;
const INCLUDE: usize = 4;
const ENV: usize = 5;
const PATH: usize = 6;

/// Names that fall under `linkage` anywhere in an attribute.
const LINKAGE_NAMES: [&str; 13] = [
    "no_mangle",
    "export_name",
    "link_section",
    "link_name",
    "link_ordinal",
    "linkage",
    "link",
    "used",
    "naked",
    "global_allocator",
    "panic_handler",
    "ctor",
    "dtor",
];

/// Attributes that are macros: they work under other names too.
const RENAMEABLE: [&str; 3] = ["global_allocator", "ctor", "dtor"];

/// Something that is not allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The word that would allow it.
    pub word: &'static str,
    /// What the word allows, for people.
    pub about: &'static str,
    /// The tokens, as text.
    pub found: String,
    /// The span of the token.
    pub span: u32,
}

/// Looks for the first thing in a checked output that is not allowed. `item` are the rows of the
/// user's item in `input`.
///
/// # Errors
/// The violation.
pub fn check(
    input: &Table,
    item: Range<usize>,
    output: &RawOutput,
    allowed: Allowed,
) -> Result<(), Violation> {
    let policy = Policy { input, output, allowed };
    let mut alone = Vec::new();
    let (mut joined, mut behind, mut own) = (Vec::new(), Vec::new(), 0..0);
    let mut start = 0;
    for part in &output.parts {
        let end = start + part.rows as usize;
        let level = policy.level(start..end);
        match PartKind::from_number(part.kind) {
            Some(PartKind::Item) => {
                own = policy.own_head(item.clone(), &level);
                joined = level;
            }
            Some(PartKind::Items) => behind.extend(level),
            Some(PartKind::Body) => {
                policy.may_wrap(item.clone())?;
                alone.push(level);
            }
            _ => alone.push(level),
        }
        start = end;
    }
    // The host puts these one behind the other: a name may be in one and its `!` in the next.
    joined.extend(behind);
    policy.check_part(joined, &own)?;
    alone.into_iter().try_for_each(|level| policy.check_part(level, &(0..0)))
}

/// Does what a guest gives of this kind end where an item does? What other guests give stands behind
/// it, and must not become a part of it: an `include` of one with the `!` of another, say.
#[must_use]
pub fn is_complete(input: &Table, output: &RawOutput, kind: PartKind) -> bool {
    let policy = Policy { input, output, allowed: Allowed::default() };
    let mut start = 0;
    let mut last = None;
    for part in &output.parts {
        let end = start + part.rows as usize;
        if part.kind == kind as u8 {
            last = policy.level(start..end).pop().or(last);
        }
        start = end;
    }
    last.is_none_or(|last| policy.is_punct(last, ';') || policy.is_braces(last))
}

/// A token as rustc will see it, by its row.
#[derive(Clone, Copy)]
enum Seen {
    /// Made by the guest.
    Made(usize),
    /// A token of the input that stands alone.
    Leaf(usize),
    /// A token of the input inside the outermost group without delimiters `group`: as the user wrote it.
    Inside { row: usize, group: usize },
}

/// Where a level of tokens stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Code,
    /// In an attribute, or where `cfg_attr` makes an attribute of it.
    Attribute,
    /// Deeper in an attribute.
    Arguments,
}

struct Policy<'a> {
    input: &'a Table,
    output: &'a RawOutput,
    allowed: Allowed,
}

impl<'a> Policy<'a> {
    /// The tokens of output rows, without what is inside delimiters.
    fn level(&self, rows: Range<usize>) -> Vec<Seen> {
        let mut level = Vec::new();
        let mut row = rows.start;
        while row < rows.end {
            let token = &self.output.rows[row];
            match token.kind {
                kind::RANGE => {
                    let mut own = row_of(token.span);
                    for _ in 0..token.a {
                        self.push_own(own, &mut level);
                        own = self.input.next_sibling(own);
                    }
                }
                kind::RESPAN => self.push_own(row_of(token.a), &mut level),
                kind::GROUP if token.sub == delimiter::NONE => {}
                kind::GROUP => {
                    level.push(Seen::Made(row));
                    row += token.a as usize;
                }
                _ => level.push(Seen::Made(row)),
            }
            row += 1;
        }
        level
    }

    fn push_own(&self, row: usize, level: &mut Vec<Seen>) {
        if self.input.is_group(row, delimiter::NONE) {
            let inside = self.input.parsed_siblings(row..self.input.next_sibling(row));
            level.extend(inside.map(|inside| Seen::Inside { row: inside, group: row }));
        } else {
            level.push(Seen::Leaf(row));
        }
    }

    /// The positions in `level` of the user's own head, written as the user wrote it: `unsafe` and
    /// `extern` among them may stay.
    ///
    /// They may, if the tokens from the first behind the attributes up to the body come back by
    /// reference, in order and with nothing between, and directly behind them
    /// - comes the body, by reference too, or the head is the whole item: all of it is the user's;
    /// - or, for `impl` and `trait`, any `{ }`: the user vouches for a contract, not for a body;
    /// - or, for `fn`, any `{ }`, if there is no `unsafe` in the head: `extern` only names an ABI,
    ///   but a body made by a guest must not find itself inside an `unsafe fn`.
    fn own_head(&self, item: Range<usize>, level: &[Seen]) -> Range<usize> {
        let Some(parsed) = Item::parse(self.input, item) else {
            return 0..0;
        };
        let head: Vec<usize> = self.input.parsed_siblings(parsed.head.clone()).collect();
        let Some(start) = level.iter().position(|seen| seen.own() == head.first().copied()) else {
            return 0..0;
        };
        let end = start + head.len();
        let as_written = level.get(start..end).is_some_and(|found| {
            found.iter().zip(&head).all(|(seen, row)| seen.own() == Some(*row))
        });
        if head.is_empty() || !as_written {
            return 0..0;
        }
        let whole = match parsed.body {
            Some(body) => level.get(end).is_some_and(|seen| seen.own() == Some(body)),
            None => head.last().is_some_and(|row| self.input.is_punct(*row, ';')),
        };
        let vouched = match parsed.kind {
            item::kind::IMPL | item::kind::TRAIT => true,
            item::kind::FN => !head.iter().any(|row| self.input.is_ident(*row, "unsafe")),
            _ => false,
        };
        let has_body = level.get(end).is_some_and(|seen| self.is_braces(*seen));
        if whole || (vouched && has_body) { start..end } else { 0..0 }
    }

    /// What a guest puts around a body must not find itself inside an `unsafe fn`, as in `own_head`.
    fn may_wrap(&self, item: Range<usize>) -> Result<(), Violation> {
        let qualifiers = Item::parse(self.input, item)
            .and_then(|item| {
                Some(item.head.start..item.name.filter(|_| item.kind == item::kind::FN)?)
            })
            .unwrap_or(0..0);
        let mut qualifiers = self.input.parsed_siblings(qualifiers);
        let found = qualifiers.find(|row| self.input.is_ident(*row, "unsafe"));
        match found {
            Some(row) if self.allowed.0 & 1 << UNSAFE == 0 => Err(Violation {
                word: WORDS[UNSAFE],
                about: ABOUT[UNSAFE],
                found: "code in an unsafe fn".to_owned(),
                span: span::of_row(row as u32),
            }),
            _ => Ok(()),
        }
    }

    /// Checks a level and all that is in it. Guests choose how deep that is, so this must not
    /// recurse; and everything is looked at once, or nested attributes would take for ever.
    fn check_part(&self, level: Vec<Seen>, own: &Range<usize>) -> Result<(), Violation> {
        let mut inner = Vec::new();
        self.check_level(&level, own, Place::Code, &mut inner)?;
        while let Some((rows, place)) = inner.pop() {
            self.check_level(&self.level(rows), &(0..0), place, &mut inner)?;
        }
        Ok(())
    }

    fn check_level(
        &self,
        level: &[Seen],
        own: &Range<usize>,
        place: Place,
        inner: &mut Vec<(Range<usize>, Place)>,
    ) -> Result<(), Violation> {
        for (at, seen) in level.iter().enumerate() {
            if let Some((rule, found)) = self.broken_rule(level, at, place)
                && self.allowed.0 & 1 << rule == 0
                && !(own.contains(&at) && matches!(rule, UNSAFE | EXTERN))
            {
                let (word, about) = (WORDS[rule], ABOUT[rule]);
                return Err(Violation { word, about, found, span: self.token(*seen).span });
            }
            if let Seen::Made(row) = *seen
                && self.output.rows[row].kind == kind::GROUP
            {
                let rows = row + 1..row + 1 + self.output.rows[row].a as usize;
                inner.push((rows, self.place_inside(level, at, place)));
            }
        }
        Ok(())
    }

    /// Where the content of the group at `at` stands.
    fn place_inside(&self, level: &[Seen], at: usize, place: Place) -> Place {
        let before = |offset: usize| at.checked_sub(offset).map(|at| level[at]);
        let is_punct =
            |offset: usize, ch: char| before(offset).is_some_and(|s| self.is_punct(s, ch));
        match place {
            Place::Code => {
                let hash = is_punct(1, '#') || (is_punct(1, '!') && is_punct(2, '#'));
                let bracket = self.token(level[at]).sub == delimiter::BRACKET;
                if hash && bracket { Place::Attribute } else { Place::Code }
            }
            Place::Attribute if before(1).is_some_and(|s| self.text(s) == "cfg_attr") => {
                Place::Attribute
            }
            _ => Place::Arguments,
        }
    }

    /// The rule that the token at `at` breaks, and what to show of it.
    fn broken_rule(&self, level: &[Seen], at: usize, place: Place) -> Option<(usize, String)> {
        let token = self.token(level[at]);
        if token.kind != kind::IDENT {
            return None;
        }
        let name = self.text(level[at]);
        let next = |offset: usize| level.get(at + offset).copied();
        let is_punct = |offset: usize, ch: char| next(offset).is_some_and(|s| self.is_punct(s, ch));
        // A pattern of several tokens is the user's only if all of it is, and in this order: a guest
        // may put two groups of the user side by side.
        let follows = |one: Seen, other: Option<Seen>| match (one, other) {
            (Seen::Inside { .. }, None) => true,
            (Seen::Inside { row, group }, Some(Seen::Inside { row: next, group: same })) => {
                same == group && next > row
            }
            _ => false,
        };
        let users = |length: usize| {
            let pairs = (1..length).filter_map(|offset| Some((next(offset - 1)?, next(offset))));
            matches!(level[at], Seen::Inside { .. })
                && pairs.into_iter().all(|(one, other)| follows(one, other))
        };
        let called = is_punct(1, '!') && !is_punct(2, '=');
        let renamed = next(1).is_some_and(|seen| self.text(seen) == "as");
        // `r#include` is another way to write `include`; only keywords become other words.
        let keyword = token.sub == 0;
        let (rule, length) = match name {
            "unsafe" if keyword => (UNSAFE, 1),
            "extern" if keyword => (EXTERN, 1),
            "mod" if keyword => {
                // In front of a name and braces it loads no file. Anything else may come to do so
                // in a macro of the guest's, whatever it looks like here.
                let dollar = usize::from(is_punct(1, '$'));
                let name = next(1 + dollar).map_or("", |seen| self.text(seen));
                let body = next(2 + dollar).is_some_and(|seen| self.is_braces(seen));
                let named =
                    if dollar == 0 { format!("mod {name}") } else { format!("mod ${name}") };
                let found = match is_punct(2 + dollar, ';') {
                    true => format!("{named};"),
                    false => "mod".to_owned(),
                };
                let inline = body && !name.is_empty();
                return (!inline && !users(3 + dollar)).then_some((PATH, found));
            }
            "global_asm" | "naked_asm" => (ASM, 1),
            "include_str" | "include_bytes" => (INCLUDE, 1),
            "option_env" => (ENV, 1),
            "asm" if called || renamed => (ASM, 2),
            "include" if called || renamed => (INCLUDE, 2),
            "env" if called || renamed => (ENV, 2),
            "debugger_visualizer" if place != Place::Code => {
                return (!users(1)).then(|| (INCLUDE, "#[debugger_visualizer]".to_owned()));
            }
            "path" if place == Place::Attribute && is_punct(1, '=') => {
                return (!users(2)).then(|| (PATH, "#[path]".to_owned()));
            }
            _ if place != Place::Code && LINKAGE_NAMES.contains(&name) => {
                return (!users(1)).then(|| (LINKAGE, format!("#[{name}]")));
            }
            _ if renamed && RENAMEABLE.contains(&name) => (LINKAGE, 2),
            _ => return None,
        };
        (!users(length)).then(|| (rule, name.to_owned()))
    }

    fn is_punct(&self, seen: Seen, ch: char) -> bool {
        let token = self.token(seen);
        token.kind == kind::PUNCT && token.a == ch as u32
    }

    fn is_braces(&self, seen: Seen) -> bool {
        let token = self.token(seen);
        token.kind == kind::GROUP && token.sub == delimiter::BRACE
    }

    fn token(&self, seen: Seen) -> &'a Token {
        match seen {
            Seen::Made(row) => &self.output.rows[row],
            Seen::Leaf(row) | Seen::Inside { row, .. } => &self.input.rows[row],
        }
    }

    fn text(&self, seen: Seen) -> &'a str {
        let token = self.token(seen);
        match seen {
            _ if token.kind != kind::IDENT => "",
            Seen::Made(_) => &self.output.text[token.a as usize..][..token.b as usize],
            Seen::Leaf(_) | Seen::Inside { .. } => self.input.text_of(token),
        }
    }
}

impl Seen {
    fn own(self) -> Option<usize> {
        match self {
            Self::Made(_) => None,
            Self::Leaf(row) | Self::Inside { row, .. } => Some(row),
        }
    }
}

/// The row of a checked handle.
fn row_of(handle: u32) -> usize {
    span::row(handle).map_or(0, |(row, _)| row as usize)
}

#[cfg(test)]
mod tests;
