//! What is asked of an engine: one item with the macros that stand on it, and its key.

use std::ops::Range;

pub mod compact;
pub mod file;

use crate::digest::{Digest, Sha256};
use crate::outside::Outside;
use crate::table::{Table, push_length};

/// How a macro is written. The numbers are those of `macro-info.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MacroKind {
    /// `#[Ledger::table]`
    Attribute = 0,
    /// `#[derive(Ledger::Model)]`
    Derive = 1,
    /// `Ledger::query!()`
    Function = 2,
}

impl MacroKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Attribute, Self::Derive, Self::Function];

    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|k| *k as u8 == number)
    }

    /// The word in `cell.lock`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Attribute => "attribute",
            Self::Derive => "derive",
            Self::Function => "function",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.word() == word)
    }
}

/// Bits of `macro-info.context`.
pub mod wants {
    /// What sort of item it is.
    pub const ITEM_KIND: u32 = 1;
    /// The other macros on the item.
    pub const GATHERED: u32 = 2;
    /// Package and crate name.
    pub const PACKAGE: u32 = 4;
    /// The profile.
    pub const PROFILE: u32 = 8;
    /// All that are known.
    pub const ALL: u32 = 15;
}

/// A question that a macro may ask.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallPermission {
    /// The cell.
    pub cell: String,
    /// Its function.
    pub function: String,
}

/// Bounds of one expansion of one macro. All deterministic: no clock among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Units of wasmtime's fuel, about one per instruction.
    pub fuel: u64,
    /// Bytes of linear memory.
    pub memory: u64,
    /// Rows of output tokens.
    pub rows: u64,
    /// Bytes of output: text, diagnostics, plan entries and artifacts together.
    pub bytes: u64,
}

impl Default for Limits {
    /// 2,000,000,000 fuel (a few seconds), 256 MiB, 4,000,000 rows, 64 MiB.
    fn default() -> Self {
        Self { fuel: 2_000_000_000, memory: 256 << 20, rows: 4_000_000, bytes: 64 << 20 }
    }
}

/// What guest-made tokens may contain beyond the plain; see [`crate::policy`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Allowed(pub u32);

/// One macro on the item, with all that its expansion depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The cell that publishes it.
    pub cell: String,
    /// The macro.
    pub name: String,
    /// How it was written.
    pub kind: MacroKind,
    /// The component it is in.
    pub component: Digest,
    /// Rows of its arguments in [`Request::table`]; empty for a derive or function-like macro.
    pub arguments: Range<usize>,
    /// Context that it asked for; bits of [`wants`].
    pub wants: u32,
    /// `cell::name` of macros it needs on the same item.
    pub needs: Vec<String>,
    /// Helper attributes that the host removes.
    pub helpers: Vec<String>,
    /// Questions that it declared and that `cell.toml` grants.
    pub granted: Vec<CallPermission>,
    /// Questions that it declared, granted or not (for the text of the error).
    pub asked: Vec<CallPermission>,
    /// Its bounds.
    pub limits: Limits,
    /// What its tokens may contain.
    pub allowed: Allowed,
    /// The profile of its cell; [`OFF`] if it is not to run.
    pub profile: String,
    /// What it can get to see of the world outside.
    pub outside: Outside,
}

/// The profile of a cell whose macros do not run: items stay as they are.
pub const OFF: &str = "off";

impl Call {
    /// Does it not run?
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.profile == OFF
    }

    /// `cell::name`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}::{}", self.cell, self.name)
    }
}

/// What is known about the place of the call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// `CARGO_PKG_NAME`.
    pub package: String,
    /// `CARGO_CRATE_NAME`.
    pub krate: String,
}

/// One item and the macros on it, in the order in which they run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What rustc called: for an attribute the host emits the item again, with the macros'
    /// changes; a derive adds to it; a function-like macro has none.
    pub form: MacroKind,
    /// Arguments of each call, in the order of `calls`, then the item.
    pub table: Table,
    /// The macros, at least one, in canonical order (see [`crate::order::order`]).
    pub calls: Vec<Call>,
    /// Where it stands.
    pub place: Place,
}

impl Request {
    /// The rows of the item, or of the input of a function-like macro.
    #[must_use]
    pub fn item(&self) -> Range<usize> {
        self.calls.last().map_or(0, |c| c.arguments.end)..self.table.rows.len()
    }

    /// Does it call a macro, and are all arguments in order, each a run of whole tokens? Everything
    /// else relies on that.
    fn is_whole(&self) -> bool {
        let mut at = 0;
        let fits = |call: &Call| {
            let starts = call.arguments.start == at;
            at = call.arguments.end;
            starts && self.table.is_top_level(call.arguments.clone())
        };
        !self.calls.is_empty() && self.calls.iter().all(fits)
    }

    /// May items stand behind this one? Not where it may be a member of an `impl` or `trait`, and not
    /// in an expression. Where they may, an expansion tells cargo itself which answers it used.
    #[must_use]
    pub fn has_room_behind(&self) -> bool {
        use crate::item::{Item, kind};
        match self.form {
            MacroKind::Function => false,
            MacroKind::Derive => true,
            MacroKind::Attribute => Item::parse(&self.table, self.item()).is_some_and(|item| {
                matches!(
                    item.kind,
                    kind::STRUCT | kind::ENUM | kind::UNION | kind::IMPL | kind::TRAIT | kind::MOD
                )
            }),
        }
    }

    /// `ledger::table`, or `ledger::cache + ledger::table`.
    #[must_use]
    pub fn title(&self) -> String {
        self.calls.iter().map(Call::path).collect::<Vec<_>>().join(" + ")
    }

    /// The name of the expansion: a digest of everything it depends on, except the recorded
    /// answers, which the expansion lists itself.
    #[must_use]
    pub fn key(&self) -> Digest {
        let mut hash = Sha256::new();
        hash.update(b"cell-expansion-key 2\n");
        hash.update(crate::API_VERSION.as_bytes());
        let mut head = vec![self.form as u8];
        push_length(&mut head, self.calls.len());
        for call in &self.calls {
            call.hash_into(&mut head);
            push_bytes(&mut head, &self.table.encode(call.arguments.clone()));
        }
        let wants = self.calls.iter().fold(0, |bits, call| bits | call.wants);
        if wants & wants::PACKAGE != 0 {
            push_bytes(&mut head, self.place.package.as_bytes());
            push_bytes(&mut head, self.place.krate.as_bytes());
        }
        hash.update(&head);
        hash.update(&self.table.encode(self.item()));
        hash.finish()
    }
}

impl Call {
    fn hash_into(&self, out: &mut Vec<u8>) {
        push_bytes(out, self.cell.as_bytes());
        push_bytes(out, self.name.as_bytes());
        out.push(self.kind as u8);
        push_bytes(out, self.component.as_bytes());
        out.extend_from_slice(&self.wants.to_le_bytes());
        for list in [&self.needs, &self.helpers] {
            push_length(out, list.len());
            list.iter().for_each(|name| push_bytes(out, name.as_bytes()));
        }
        push_length(out, self.granted.len());
        for permission in &self.granted {
            push_bytes(out, permission.cell.as_bytes());
            push_bytes(out, permission.function.as_bytes());
        }
        let Limits { fuel, memory, rows, bytes } = self.limits;
        for number in [fuel, memory, rows, bytes, u64::from(self.allowed.0)] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        // Keys of macros that cannot see the world outside are as old as those.
        let outside = if self.outside.is_empty() { 0 } else { 4 };
        match (self.is_off(), self.wants & wants::PROFILE != 0) {
            (true, _) => out.push(2 | outside),
            (false, true) => {
                out.push(1 | outside);
                push_bytes(out, self.profile.as_bytes());
            }
            (false, false) => out.push(outside),
        }
        if outside != 0 {
            self.outside.hash_into(out);
        }
    }
}

fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    push_length(out, bytes.len());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
pub(crate) mod strategy;
#[cfg(test)]
mod tests;
