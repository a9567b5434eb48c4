//! Do clients that were made with one schema go on working with a cell of another one?
//!
//! The two talk MessagePack then, in which fields and variants have names. So what counts is who
//! writes and who reads: a cell may demand nothing new of what clients send, and may send nothing
//! that they cannot read. The names of types and the order of anything are not on the wire.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;

use super::{Content, Field, Method, Named, Schema, Type, Variant};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where, from the method on: `open.owner`, `entries -> Entry.note`.
    pub place: String,
    /// What is different.
    pub what: String,
    /// What it breaks; `None` if nothing.
    pub breaks: Option<Breaks>,
}

/// What a change breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaks {
    /// Clients that are not built anew.
    Clients,
    /// Macros that ask at compile time.
    Macros,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, what, breaks } = self;
        let mark = match breaks {
            Some(Breaks::Clients) => "breaks clients: ",
            Some(Breaks::Macros) => "breaks macros: ",
            None => "",
        };
        write!(f, "{mark}{place}: {what}")
    }
}

/// All differences that clients could notice, in the order of the old schema, then of the new one.
#[must_use]
pub fn compare(old: &Schema, new: &Schema) -> Vec<Change> {
    let mut comparison = Comparison {
        old,
        new,
        changes: Vec::new(),
        seen: BTreeSet::new(),
        named: BTreeSet::new(),
        open: VecDeque::new(),
        from: None,
    };
    if old.service != new.service {
        let what = format!("the service is called `{}` now", new.service);
        comparison.breaking(&old.service, what);
    }
    for (name, method) in &old.methods {
        match new.methods.get(name) {
            Some(now) => {
                comparison.method(name, method, now);
                comparison.rest();
            }
            None => comparison.breaking(name, "the method is gone".to_owned()),
        }
    }
    for name in new.methods.keys().filter(|name| !old.methods.contains_key(*name)) {
        comparison.fine(name, "the method is new".to_owned());
    }
    comparison.changes
}

/// Who writes a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// The client: the old schema writes, the new one reads.
    ToCell,
    /// The cell: the new schema writes, the old one reads.
    ToClient,
}

struct Comparison<'a> {
    old: &'a Schema,
    new: &'a Schema,
    changes: Vec<Change>,
    /// Pairs of types that were compared, by direction and place in memory: types may contain
    /// themselves.
    seen: BTreeSet<(Way, *const Type, *const Type)>,
    /// Pairs of types with names, which stand in many places.
    named: BTreeSet<(Way, &'a str, &'a str)>,
    /// Those of them that are still to be compared, with the method's part that leads there. Not
    /// where they are found: schemas come from anybody, and types may lead to others as often as
    /// there is room for in a text.
    open: VecDeque<(Way, String, &'a str, &'a str)>,
    /// The method's part that led to what is being compared, unless that is the method itself.
    from: Option<String>,
}

/// Pairs of types with names that are compared. Two schemas of one service have as many as there are
/// types; only those made to keep a reader busy have many times more.
const PAIRS: usize = 1 << 17;

impl<'a> Comparison<'a> {
    fn note(&mut self, place: &str, what: String, breaks: Option<Breaks>) {
        self.changes.push(Change { place: place.to_owned(), what, breaks });
    }

    fn breaking(&mut self, place: &str, what: String) {
        self.note(place, what, Some(Breaks::Clients));
    }

    fn fine(&mut self, place: &str, what: String) {
        self.note(place, what, None);
    }

    fn method(&mut self, name: &str, old: &'a Method, new: &'a Method) {
        if old.streams != new.streams {
            let what = if new.streams { "it is a stream now" } else { "it is no stream any more" };
            self.breaking(name, what.to_owned());
        }
        if old.compile_time && !new.compile_time {
            let what = "macros may not ask it any more".to_owned();
            self.note(name, what, Some(Breaks::Macros));
        } else if old.compile_time && self.old.exposed(name).is_none() {
            // No release of Cell starts such a cell, but its schema can be read.
            if let Some(exposed) = self.new.exposed(name) {
                let what = format!("macros may not ask it any more: {exposed}");
                self.note(name, what, Some(Breaks::Macros));
            }
        }
        self.fields(Way::ToCell, name, &old.arguments, &new.arguments);
        self.types(Way::ToClient, &format!("{name} ->"), &old.returns, &new.returns);
    }

    fn fields(&mut self, way: Way, place: &str, old: &'a [Field], new: &'a [Field]) {
        let find = |list: &'a [Field], name: &str| list.iter().find(|field| field.name == name);
        for field in old {
            let at = format!("{place}.{}", field.name);
            match find(new, &field.name) {
                Some(now) => self.field(way, &at, field, now),
                None if way == Way::ToCell => {
                    self.breaking(&at, "it is gone, and clients still send it".to_owned());
                }
                None if field.default => self.fine(&at, "it is gone".to_owned()),
                None => self.breaking(&at, "it is gone, and clients need it".to_owned()),
            }
        }
        for field in new.iter().filter(|field| find(old, &field.name).is_none()) {
            let at = format!("{place}.{}", field.name);
            if way == Way::ToCell && !field.default {
                let what = "it is new and has no default, and clients do not send it";
                self.breaking(&at, what.to_owned());
            } else {
                self.fine(&at, "it is new".to_owned());
            }
        }
    }

    fn field(&mut self, way: Way, place: &str, old: &'a Field, new: &'a Field) {
        // The reader's default alone matters, and only if the writer leaves something out.
        if way == Way::ToCell && old.default && !new.default {
            self.breaking(place, "it has no default any more, and clients may leave it out".into());
        }
        if way == Way::ToClient && new.default && !old.default {
            self.breaking(place, "it may be missing now, and clients need it".to_owned());
        }
        self.types(way, place, &old.ty, &new.ty);
    }

    fn types(&mut self, way: Way, place: &str, old: &'a Type, new: &'a Type) {
        let secret = is_secret(self.new, new);
        if secret != is_secret(self.old, old) {
            let what = if secret { "it is secret now" } else { "it is not secret any more" };
            self.fine(place, what.to_owned());
        }
        let (old, new) = (inside(self.old, old), inside(self.new, new));
        if !self.seen.insert((way, std::ptr::from_ref(old), std::ptr::from_ref(new))) {
            return;
        }
        match (old, new) {
            (Type::Named(one), Type::Named(other)) => self.open(way, place, one, other),
            // In MessagePack a value and some value are the same.
            (old, Type::Option(new)) if way == Way::ToCell && !is_option(old) => {
                self.fine(place, "it may be missing now".to_owned());
                self.types(way, place, old, new);
            }
            (Type::Option(old), new) if way == Way::ToClient && !is_option(new) => {
                self.fine(place, "it is always there now".to_owned());
                self.types(way, place, old, new);
            }
            (Type::Array(_, one), Type::Array(_, other)) if one != other => {
                self.breaking(place, format!("{one} elements were {other} before"));
            }
            _ if same_form(old, new) => {
                for (one, other) in old.parts().zip(new.parts()) {
                    self.types(way, place, one, other);
                }
            }
            _ => self.breaking(place, format!("it was `{old}` and is `{new}`")),
        }
    }

    fn open(&mut self, way: Way, place: &str, old: &'a str, new: &'a str) {
        if self.named.len() == PAIRS {
            let what = "there are too many types to compare".to_owned();
            if self.changes.last().is_none_or(|change| change.what != what) {
                self.breaking(place, what);
            }
        } else if self.named.insert((way, old, new)) {
            let from = self.from.as_deref().unwrap_or(place).to_owned();
            self.open.push_back((way, from, old, new));
        }
    }

    /// Compares what a method leads to.
    fn rest(&mut self) {
        while let Some((way, from, old, new)) = self.open.pop_front() {
            let at = format!("{from} {old}");
            self.from = Some(from);
            self.named(way, &at, old, new);
        }
        self.from = None;
    }

    fn named(&mut self, way: Way, place: &str, old: &'a str, new: &'a str) {
        let found = (self.old.types.get(old), self.new.types.get(new));
        // A schema that was read has all types that it names.
        let (Some(one), Some(other)) = found else { return };
        match (one, other) {
            (Named::Struct(one), Named::Struct(other)) => self.fields(way, place, one, other),
            (Named::Enum(one), Named::Enum(other)) => self.variants(way, place, one, other),
            // A wrapper around itself: there is no value of it.
            (Named::Wrapper(_), Named::Wrapper(_)) => {}
            _ => self.breaking(place, "it is another sort of type".to_owned()),
        }
    }

    fn variants(&mut self, way: Way, place: &str, old: &'a [Variant], new: &'a [Variant]) {
        let find = |list: &'a [Variant], name: &str| list.iter().find(|one| one.name == name);
        for variant in old {
            let at = format!("{place}::{}", variant.name);
            match find(new, &variant.name) {
                Some(now) => self.content(way, &at, &variant.content, &now.content),
                None if way == Way::ToCell => {
                    self.breaking(&at, "it is gone, and clients may send it".to_owned());
                }
                None => self.fine(&at, "it is gone".to_owned()),
            }
        }
        let other = old.iter().any(|variant| variant.default);
        for variant in new.iter().filter(|variant| find(old, &variant.name).is_none()) {
            let at = format!("{place}::{}", variant.name);
            if way == Way::ToCell || other {
                self.fine(&at, "it is new".to_owned());
            } else {
                let what = "it is new, and clients have no default to take it for";
                self.breaking(&at, what.to_owned());
            }
        }
    }

    fn content(&mut self, way: Way, place: &str, old: &'a Content, new: &'a Content) {
        match (old, new) {
            (Content::Unit, Content::Unit) => {}
            (Content::Struct(old), Content::Struct(new)) => self.fields(way, place, old, new),
            (Content::Tuple(old), Content::Tuple(new)) if old.len() == new.len() => {
                for (index, (old, new)) in old.iter().zip(new).enumerate() {
                    self.types(way, &format!("{place}.{index}"), old, new);
                }
            }
            _ => self.breaking(place, "it holds something else".to_owned()),
        }
    }
}

/// The type without the wrappers around it, which are not on the wire.
fn inside<'a>(schema: &'a Schema, ty: &'a Type) -> &'a Type {
    unwrapped(schema, ty).last().unwrap_or(ty)
}

/// Is a type with a name marked, or a wrapper around it?
fn is_secret(schema: &Schema, ty: &Type) -> bool {
    let marked = |ty: &Type| matches!(ty, Type::Named(name) if schema.secret.contains(name));
    !schema.secret.is_empty() && unwrapped(schema, ty).any(marked)
}

/// The type, and one wrapper after the other taken off.
fn unwrapped<'a>(schema: &'a Schema, ty: &'a Type) -> impl Iterator<Item = &'a Type> {
    let inner = |ty: &&'a Type| match ty {
        Type::Named(name) => match schema.types.get(name) {
            Some(Named::Wrapper(inner)) => Some(inner),
            _ => None,
        },
        _ => None,
    };
    // As many as there are types: wrappers around each other end nowhere.
    std::iter::successors(Some(ty), inner).take(schema.types.len() + 2)
}

fn is_option(ty: &Type) -> bool {
    matches!(ty, Type::Option(_))
}

/// Is it the same but for the types in it?
fn same_form(old: &Type, new: &Type) -> bool {
    match (old, new) {
        (Type::Basic(one), Type::Basic(other)) => one == other,
        (Type::Tuple(one), Type::Tuple(other)) => one.len() == other.len(),
        _ => {
            std::mem::discriminant(old) == std::mem::discriminant(new)
                && !matches!(old, Type::Named(_))
        }
    }
}
