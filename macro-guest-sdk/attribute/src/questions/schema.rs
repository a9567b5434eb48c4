//! Reads what a schema says of the methods that macros may ask, and of the types that these reach.
//!
//! `cell-model` reads all of a schema, and defines the format; with what it stands on it takes three
//! times as long to build as the rest of this crate, in every build of every guest, and each change
//! of it would make all components look outdated. So this reads the part that is needed, and a test
//! compares the two. What no question reaches is not looked at: it may be of a later format.

use std::collections::{BTreeMap, BTreeSet};

/// What cells are asked, of all their services.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Asked {
    pub(super) methods: BTreeMap<String, Method>,
    pub(super) types: BTreeMap<String, Named>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Method {
    pub(super) arguments: Vec<Field>,
    pub(super) returns: Type,
    /// As the schema has it, for documentation.
    pub(super) line: String,
}

#[derive(Debug, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) ty: Type,
    /// May it be missing?
    pub(super) default: bool,
}

#[derive(Debug, PartialEq)]
pub(super) enum Named {
    Struct(Vec<Field>),
    Wrapper(Type),
    Enum(Vec<Variant>),
}

#[derive(Debug, PartialEq)]
pub(super) struct Variant {
    pub(super) name: String,
    pub(super) content: Content,
    /// Does it stand for what is not known?
    pub(super) default: bool,
}

#[derive(Debug, PartialEq)]
pub(super) enum Content {
    Unit,
    Tuple(Vec<Type>),
    Struct(Vec<Field>),
}

#[derive(Debug, PartialEq)]
pub(super) enum Type {
    /// One of [`BASIC`].
    Basic(&'static str),
    Named(String),
    Option(Box<Self>),
    List(Box<Self>),
    Set(Box<Self>),
    Map(Box<Self>, Box<Self>),
    Result(Box<Self>, Box<Self>),
    Array(Box<Self>, u32),
    Tuple(Vec<Self>),
}

/// The words of types without parts.
pub(super) const BASIC: [&str; 17] = [
    "unit", "bool", "u8", "u16", "u32", "u64", "u128", "i8", "i16", "i32", "i64", "i128", "f32",
    "f64", "char", "string", "bytes",
];

const FORMAT: &str = "cell-schema 1";
const MARK: &str = " at compile time";
/// How deep types may nest; a text that nests more is no schema.
const DEPTH: usize = 32;

type Read<T> = Result<T, String>;

/// Adds what `text` says to `to`.
///
/// # Errors
/// What is wrong with the text, or why it cannot stand beside what is there.
pub(super) fn read(text: &str, to: &mut Asked) -> Read<()> {
    let mut lines = text.lines().enumerate();
    if lines.next().map(|(_, line)| line) != Some(FORMAT) {
        return Err(format!("its first line is not `{FORMAT}`"));
    }
    // Heads of types with the lines below them, by name.
    let mut blocks: BTreeMap<&str, Vec<(usize, &str)>> = BTreeMap::new();
    let mut open: Option<&str> = None;
    let mut secret = BTreeSet::new();
    let mut needed: Vec<String> = Vec::new();
    for (index, line) in lines {
        let numbered = (index + 1, line);
        if let (true, Some(block)) = (line.starts_with(' '), open) {
            blocks.entry(block).or_default().push(numbered);
            continue;
        }
        open = None;
        let plain = line.strip_prefix("secret ");
        let line = plain.unwrap_or(line);
        let mut words = line.split(' ');
        match (words.next(), words.next()) {
            (Some("method"), Some(_)) => {
                if let Some(method) = line.strip_suffix(MARK) {
                    let (name, method) = at(numbered, self::method(method))?;
                    method.arguments.iter().for_each(|field| names(&field.ty, &mut needed));
                    names(&method.returns, &mut needed);
                    if to.methods.insert(name.clone(), method).is_some() {
                        return Err(format!("another service of the cell has a method `{name}`"));
                    }
                }
            }
            (Some("struct" | "enum" | "type"), Some(name)) => {
                blocks.entry(name).or_default().push((index + 1, line));
                open = Some(name);
                secret.extend(plain.map(|_| name));
            }
            _ => {}
        }
    }
    let clash = to.methods.keys().find(|name| blocks.contains_key(name.as_str()));
    if let Some(name) = clash {
        return Err(format!("a method and a type are called `{name}`"));
    }
    let mut done = BTreeSet::new();
    while let Some(name) = needed.pop() {
        if !done.insert(name.clone()) {
            continue;
        }
        if secret.contains(name.as_str()) {
            return Err(format!(
                "`{name}` is secret, and what macros are told is recorded in files"
            ));
        }
        let block = blocks.get(name.as_str()).ok_or_else(|| format!("it has no type `{name}`"))?;
        let named = named(block)?;
        parts(&named).into_iter().for_each(|ty| names(ty, &mut needed));
        if to.types.get(&name).is_some_and(|other| *other != named) {
            return Err(format!("another service of the cell has another type `{name}`"));
        }
        to.types.insert(name, named);
    }
    Ok(())
}

fn at<T>((number, _): (usize, &str), read: Read<T>) -> Read<T> {
    read.map_err(|why| format!("line {number}: {why}"))
}

/// The types directly in a type with a name.
pub(super) fn parts(named: &Named) -> Vec<&Type> {
    fn of_fields(fields: &[Field]) -> Vec<&Type> {
        fields.iter().map(|field| &field.ty).collect()
    }
    match named {
        Named::Struct(fields) => of_fields(fields),
        Named::Wrapper(inside) => vec![inside],
        Named::Enum(variants) => {
            let content = variants.iter().map(|variant| match &variant.content {
                Content::Unit => Vec::new(),
                Content::Tuple(types) => types.iter().collect(),
                Content::Struct(fields) => of_fields(fields),
            });
            content.flatten().collect()
        }
    }
}

/// The names in a type.
fn names(ty: &Type, to: &mut Vec<String>) {
    match ty {
        Type::Basic(_) => {}
        Type::Named(name) => to.push(name.clone()),
        Type::Option(one) | Type::List(one) | Type::Set(one) | Type::Array(one, _) => {
            names(one, to)
        }
        Type::Map(one, two) | Type::Result(one, two) => {
            names(one, to);
            names(two, to);
        }
        Type::Tuple(types) => types.iter().for_each(|ty| names(ty, to)),
    }
}

/// `method name(..) -> type`, without the mark.
fn method(line: &str) -> Read<(String, Method)> {
    let mut cursor = Cursor(line);
    cursor.require("method ")?;
    let name = cursor.name()?;
    cursor.require("(")?;
    let arguments = cursor.until(")", Cursor::field)?;
    cursor.require(" -> ")?;
    if cursor.take("stream ") {
        return Err(format!("`{name}` gives a stream, which is no answer to a macro"));
    }
    let returns = cursor.ty(DEPTH)?;
    cursor.end()?;
    Ok((name, Method { arguments, returns, line: line["method ".len()..].to_owned() }))
}

fn named(block: &[(usize, &str)]) -> Read<Named> {
    let [head, lines @ ..] = block else { return Err("a type without a line".to_owned()) };
    let mut cursor = Cursor(head.1);
    let kind = cursor.name()?;
    cursor.take(" ");
    cursor.name()?;
    match kind.as_str() {
        "struct" => {
            at(*head, cursor.end())?;
            Ok(Named::Struct(fields(lines, "  ")?))
        }
        "type" => {
            let inside = (|| {
                cursor.require(" = ")?;
                let inside = cursor.ty(DEPTH)?;
                cursor.end().map(|()| inside)
            })();
            Ok(Named::Wrapper(at(*head, inside)?))
        }
        _ => {
            at(*head, cursor.end())?;
            let mut variants = Vec::new();
            let mut lines = lines;
            while let [first, rest @ ..] = lines {
                let below = rest.iter().take_while(|(_, line)| line.starts_with("    ")).count();
                let (inside, rest) = rest.split_at(below);
                variants.push(variant(*first, inside)?);
                lines = rest;
            }
            Ok(Named::Enum(variants))
        }
    }
}

fn fields(lines: &[(usize, &str)], indent: &str) -> Read<Vec<Field>> {
    let field = |line: &(usize, &str)| {
        let mut cursor = Cursor(line.1);
        let field = cursor.require(indent).and_then(|()| cursor.field());
        at(*line, field.and_then(|field| cursor.end().map(|()| field)))
    };
    lines.iter().map(field).collect()
}

fn variant(line: (usize, &str), inside: &[(usize, &str)]) -> Read<Variant> {
    let mut cursor = Cursor(line.1);
    let mut head = || {
        cursor.require("  ")?;
        let name = cursor.name()?;
        let with = cursor.take(" with");
        let tuple = cursor.take("(");
        let types = if tuple { cursor.until(")", |c| c.ty(DEPTH))? } else { Vec::new() };
        let default = cursor.take(" or default");
        cursor.end()?;
        let content = if tuple { Content::Tuple(types) } else { Content::Unit };
        Ok((Variant { name, content, default }, with))
    };
    let (mut variant, with) = at(line, head())?;
    if with {
        variant.content = Content::Struct(fields(inside, "    ")?);
    } else if let Some(first) = inside.first() {
        return at(*first, Err("it belongs to nothing".to_owned()));
    }
    Ok(variant)
}

/// What is left of a line.
struct Cursor<'a>(&'a str);

impl Cursor<'_> {
    fn take(&mut self, word: &str) -> bool {
        let rest = self.0.strip_prefix(word);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn require(&mut self, word: &str) -> Read<()> {
        if self.take(word) { Ok(()) } else { Err(format!("no `{word}` before `{}`", self.0)) }
    }

    fn end(&self) -> Read<()> {
        if self.0.is_empty() { Ok(()) } else { Err(format!("`{}` is not known here", self.0)) }
    }

    fn until<T>(&mut self, end: &str, read: impl Fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut found = Vec::new();
        while !self.take(end) {
            if !found.is_empty() {
                self.require(", ")?;
            }
            found.push(read(self)?);
        }
        Ok(found)
    }

    fn name(&mut self) -> Read<String> {
        let part = |ch: char| ch.is_ascii_alphanumeric() || ch == '_';
        let end = self.0.find(|ch| !part(ch)).unwrap_or(self.0.len());
        let (name, rest) = self.0.split_at(end);
        let unusable = ["", "_", "self", "Self", "super", "crate"].contains(&name);
        if unusable || name.starts_with(|ch: char| ch.is_ascii_digit()) {
            return Err(format!("no name before `{}`", self.0));
        }
        self.0 = rest;
        Ok(name.to_owned())
    }

    fn field(&mut self) -> Read<Field> {
        let name = self.name()?;
        self.require(": ")?;
        let ty = self.ty(DEPTH)?;
        let default = self.take(" or default");
        Ok(Field { name, ty, default })
    }

    fn ty(&mut self, depth: usize) -> Read<Type> {
        let depth = depth.checked_sub(1).ok_or("types that nest too deep")?;
        let name = self.name()?;
        if let Some(basic) = BASIC.into_iter().find(|basic| *basic == name) {
            return Ok(Type::Basic(basic));
        }
        if !self.take("<") {
            return Ok(Type::Named(name));
        }
        let first = Box::new(self.ty(depth)?);
        let mut second = || -> Read<_> {
            self.require(", ")?;
            Ok(Box::new(self.ty(depth)?))
        };
        let ty = match name.as_str() {
            "option" => Type::Option(first),
            "list" => Type::List(first),
            "set" => Type::Set(first),
            "map" => Type::Map(first, second()?),
            "result" => Type::Result(first, second()?),
            "tuple" => {
                let mut types = vec![*first];
                while self.take(", ") {
                    types.push(self.ty(depth)?);
                }
                if !(2..=6).contains(&types.len()) {
                    return Err(format!("a tuple of {}; of 2 to 6 there are", types.len()));
                }
                Type::Tuple(types)
            }
            "array" => {
                self.require(", ")?;
                let end = self.0.find('>').ok_or("an array without an end")?;
                let length = self.0[..end].parse().map_err(|_| "an array without a length")?;
                self.0 = &self.0[end..];
                Type::Array(first, length)
            }
            _ => return Err(format!("`{name}` has no parameters")),
        };
        self.require(">")?;
        Ok(ty)
    }
}

#[cfg(test)]
mod tests;
