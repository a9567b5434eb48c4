//! The output policy: what tokens made by a guest may not contain unless `cell.toml` allows it.
//!
//! It is a tripwire, not a wall. A macro that wants harm can still call any function the crate can
//! call, or split a name over a `macro_rules!` of its own making; `SECURITY.md` lists what is known
//! to pass. What it stops is the plain case: a macro that quietly starts to emit `unsafe`, to read
//! files at compile time, or to export symbols.
//!
//! Groups that come back by reference are the user's own text and may hold anything. A *single*
//! token by reference proves nothing (a guest may put the user's `unsafe` anywhere), so it counts
//! as the guest's. One exception keeps attribute macros usable: the head of the user's own item,
//! see [`own_head`].

use std::collections::HashSet;

use crate::item::{self, Item};
use crate::output::{PartKind, RawOutput};
use crate::request::Allowed;
use crate::table::{Table, Token, delimiter, kind, span};

/// Words of `allow` in `cell.toml`, what each allows, and the names it is about.
const RULES: [(&str, &str, &[&str]); 7] = [
    ("unsafe", "`unsafe`", &["unsafe"]),
    ("extern", "`extern`", &["extern"]),
    ("asm", "inline assembly", &["asm", "global_asm", "naked_asm"]),
    (
        "linkage",
        "attributes that change linkage or run code before `main`",
        &[
            "no_mangle",
            "export_name",
            "link_section",
            "link_name",
            "link",
            "used",
            "naked",
            "global_allocator",
            "panic_handler",
            "ctor",
            "dtor",
        ],
    ),
    (
        "include",
        "`include!`, `include_str!`, `include_bytes!`",
        &["include", "include_str", "include_bytes"],
    ),
    ("env", "`env!`, `option_env!`", &["env", "option_env"]),
    ("path", "modules in other files: `#[path]`, `mod name;`", &["path"]),
];

const UNSAFE: usize = 0;
const EXTERN: usize = 1;
const ASM: usize = 2;
const LINKAGE: usize = 3;
const INCLUDE: usize = 4;
const ENV: usize = 5;
const PATH: usize = 6;

/// All words, in the order of their bits.
pub fn all_words() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.0)
}

/// The bit of a word of `allow`.
#[must_use]
pub fn bit(word: &str) -> Option<u32> {
    RULES.iter().position(|rule| rule.0 == word).map(|index| 1 << index)
}

/// The words of a set.
pub fn words(allowed: Allowed) -> impl Iterator<Item = &'static str> {
    RULES.iter().enumerate().filter(move |(i, _)| allowed.0 & 1 << i != 0).map(|(_, rule)| rule.0)
}

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

/// One token as rustc will see it: made by the guest, or a leaf of the input.
struct Seen<'a> {
    kind: u8,
    sub: u8,
    text: &'a str,
    ch: u32,
    span: u32,
    /// The output row, if it is a group that the guest made.
    made: Option<usize>,
    /// The input row, if it is by reference.
    own: Option<usize>,
}

/// Looks for the first thing in a checked output that is not allowed. `item` are the rows of the
/// user's item in `input`.
///
/// # Errors
/// The violation.
pub fn check(
    input: &Table,
    item: std::ops::Range<usize>,
    output: &RawOutput,
    allowed: Allowed,
) -> Result<(), Violation> {
    let policy = Policy { input, output, allowed };
    let mut start = 0;
    for part in &output.parts {
        let end = start + part.rows as usize;
        let level = policy.level(start..end);
        let own = if part.kind == PartKind::Item as u8 {
            own_head(input, item.clone(), &level)
        } else {
            HashSet::new()
        };
        policy.check_level(&level, &own)?;
        start = end;
    }
    Ok(())
}

/// The top-level tokens of a replacement that are the user's own head, written as the user wrote
/// it: `unsafe` and `extern` among them may stay.
///
/// They are, if the tokens from the first behind the attributes up to the body come back by
/// reference, in order and without anything between, and
/// - for `extern`: nothing more (it names an ABI, it gives no power);
/// - for `unsafe` before `impl` and `trait`: nothing more (the user vouches for a contract);
/// - for `unsafe fn`: the body comes back by reference too, else the guest's body would be inside.
///
/// The result holds positions in `level`.
fn own_head(input: &Table, item: std::ops::Range<usize>, level: &[Seen<'_>]) -> HashSet<usize> {
    let none = HashSet::new();
    let Some(parsed) = Item::parse(input, item) else {
        return none;
    };
    let head: Vec<usize> = input.siblings(parsed.head.clone()).collect();
    let Some(first) = level.iter().position(|seen| seen.own == head.first().copied()) else {
        return none;
    };
    let follows = |offset: usize, row: usize| {
        level.get(first + offset).is_some_and(|seen| seen.own == Some(row))
    };
    if head.is_empty() || !head.iter().enumerate().all(|(offset, row)| follows(offset, *row)) {
        return none;
    }
    let body_is_own = parsed.body.is_some_and(|body| follows(head.len(), body));
    let vouched = matches!(parsed.kind, item::kind::IMPL | item::kind::TRAIT);
    (0..head.len())
        .map(|offset| first + offset)
        .filter(|at| level[*at].text == "extern" || vouched || body_is_own)
        .collect()
}

struct Policy<'a> {
    input: &'a Table,
    output: &'a RawOutput,
    allowed: Allowed,
}

impl<'a> Policy<'a> {
    fn level(&self, rows: std::ops::Range<usize>) -> Vec<Seen<'a>> {
        let mut level = Vec::new();
        let mut row = rows.start;
        while row < rows.end {
            let token = self.output.rows[row];
            match token.kind {
                kind::RANGE => {
                    let mut own = span::row(token.span).map_or(0, |(row, _)| row as usize);
                    for _ in 0..token.a {
                        level.push(self.seen_input(own));
                        own = self.input.next_sibling(own);
                    }
                    row += 1;
                }
                kind::RESPAN => {
                    let own = span::row(token.a).map_or(0, |(row, _)| row as usize);
                    level.push(self.seen_input(own));
                    row += 1;
                }
                _ => {
                    level.push(Seen {
                        kind: token.kind,
                        sub: token.sub,
                        text: self.text(&self.output.text, &token),
                        ch: token.a,
                        span: token.span,
                        made: (token.kind == kind::GROUP).then_some(row),
                        own: None,
                    });
                    row += if token.kind == kind::GROUP { 1 + token.a as usize } else { 1 };
                }
            }
        }
        level
    }

    fn seen_input(&self, row: usize) -> Seen<'a> {
        let token = self.input.rows[row];
        Seen {
            kind: token.kind,
            sub: token.sub,
            text: self.text(&self.input.text, &token),
            ch: token.a,
            span: span::of_row(row as u32),
            made: None,
            own: Some(row),
        }
    }

    fn text(&self, text: &'a str, token: &Token) -> &'a str {
        match token.kind {
            kind::IDENT | kind::LITERAL => {
                &text[token.a as usize..token.a as usize + token.b as usize]
            }
            _ => "",
        }
    }

    fn check_level(&self, level: &[Seen<'a>], own: &HashSet<usize>) -> Result<(), Violation> {
        let is_punct = |at: usize, ch: char| {
            level.get(at).is_some_and(|s| s.kind == kind::PUNCT && s.ch == ch as u32)
        };
        for (at, seen) in level.iter().enumerate() {
            if seen.kind == kind::IDENT && seen.sub == 0 && !own.contains(&at) {
                let called = is_punct(at + 1, '!') && !is_punct(at + 2, '=');
                let renamed =
                    level.get(at + 1).is_some_and(|s| s.kind == kind::IDENT && s.text == "as");
                let deny = |rule| self.deny(rule, seen, seen.text);
                match seen.text {
                    "unsafe" => deny(UNSAFE)?,
                    "extern" => deny(EXTERN)?,
                    "global_asm" | "naked_asm" => deny(ASM)?,
                    "include_str" | "include_bytes" => deny(INCLUDE)?,
                    "option_env" => deny(ENV)?,
                    "asm" if called || renamed => deny(ASM)?,
                    "include" if called || renamed => deny(INCLUDE)?,
                    "env" if called || renamed => deny(ENV)?,
                    "mod" if is_punct(at + 2, ';') => {
                        let name = level.get(at + 1).map_or("", |s| s.text);
                        self.deny(PATH, seen, &format!("mod {name};"))?;
                    }
                    _ => {}
                }
            }
            let Some(row) = seen.made else { continue };
            let inner = self.level(row + 1..row + 1 + self.output.rows[row].a as usize);
            let attribute = seen.sub == delimiter::BRACKET
                && (is_punct(at.wrapping_sub(1), '#')
                    || (is_punct(at.wrapping_sub(1), '!') && is_punct(at.wrapping_sub(2), '#')));
            if attribute {
                self.check_attribute(&inner)?;
            }
            self.check_level(&inner, &HashSet::new())?;
        }
        Ok(())
    }

    /// Names anywhere inside an attribute: `cfg_attr` and `unsafe(..)` nest.
    fn check_attribute(&self, level: &[Seen<'a>]) -> Result<(), Violation> {
        for (at, seen) in level.iter().enumerate() {
            if seen.kind == kind::IDENT {
                if RULES[LINKAGE].2.contains(&seen.text) {
                    self.deny(LINKAGE, seen, &format!("#[{}]", seen.text))?;
                }
                let assigned =
                    level.get(at + 1).is_some_and(|s| s.kind == kind::PUNCT && s.ch == '=' as u32);
                if seen.text == "path" && assigned {
                    self.deny(PATH, seen, "#[path]")?;
                }
            }
            if let Some(row) = seen.made {
                let inner = self.level(row + 1..row + 1 + self.output.rows[row].a as usize);
                self.check_attribute(&inner)?;
            }
        }
        Ok(())
    }

    fn deny(&self, rule: usize, seen: &Seen<'_>, found: &str) -> Result<(), Violation> {
        if self.allowed.0 & 1 << rule != 0 {
            return Ok(());
        }
        let (word, about, _) = RULES[rule];
        Err(Violation { word, about, found: found.to_owned(), span: seen.span })
    }
}

#[cfg(test)]
mod tests;
