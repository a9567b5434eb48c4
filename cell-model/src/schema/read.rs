//! Reads a schema's text, which may come from anybody.

use std::collections::BTreeMap;

use super::write::FORMAT;
use super::{
    Basic, Content, DEPTH, Field, Method, Named, Schema, TEXT, Type, Variant, is_name,
    method_number,
};

/// Why a text is no schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is larger than [`TEXT`].
    #[error("it has {0} bytes, {TEXT} are allowed")]
    TooLarge(usize),
    /// Another format, or a version that this release does not read.
    #[error("its first line is `{0}`, not `{FORMAT}`")]
    Format(String),
    /// A line that cannot be read, counted from 1.
    #[error("line {line}: {why}")]
    Line {
        /// Its number.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// A type that is used and not there.
    #[error("`{user}` names `{name}`, which is no type of this schema")]
    NoType {
        /// Where.
        user: String,
        /// The missing type.
        name: String,
    },
    /// A type that nobody uses: another text would have the same meaning.
    #[error("nothing names the type `{0}`")]
    Unused(String),
    /// Methods that could not be told apart on the wire.
    #[error("the methods `{0}` and `{1}` have one number: rename one of them")]
    SameNumber(String, String),
    /// It means something, but it is not written in the one way in which schemas are.
    #[error("it is not in canonical form")]
    NotCanonical,
}

/// Reads a text.
///
/// # Errors
/// [`ReadError`] if it is anything but the canonical text of one schema.
pub fn read(text: &str) -> Result<Schema, ReadError> {
    if text.len() > TEXT {
        return Err(ReadError::TooLarge(text.len()));
    }
    let mut lines = Lines { rest: text, number: 0 };
    let first = lines.next().unwrap_or_default();
    if first != FORMAT {
        return Err(ReadError::Format(first.chars().take(60).collect()));
    }
    let mut schema = Schema::default();
    while let Some(line) = lines.next() {
        let number = lines.number;
        let said = item(&mut schema, line, &mut lines);
        said.map_err(|why| ReadError::Line { line: lines.number.max(number), why })?;
    }
    check(&schema)?;
    if schema.to_string() == text { Ok(schema) } else { Err(ReadError::NotCanonical) }
}

/// Lines with their numbers.
struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let (line, rest) = self.rest.split_once('\n')?;
        self.rest = rest;
        self.number += 1;
        Some(line)
    }

    /// The next line without its indentation, if it is indented by exactly `depth` blanks.
    fn indented(&mut self, depth: usize) -> Option<&'a str> {
        let (line, _) = self.rest.split_once('\n')?;
        let inside = line.get(depth..)?;
        let blanks = line.bytes().take_while(|byte| *byte == b' ').count();
        (blanks == depth).then(|| {
            self.next();
            inside
        })
    }
}

type Read<T> = Result<T, String>;

fn item(schema: &mut Schema, line: &str, lines: &mut Lines<'_>) -> Read<()> {
    if line.is_empty() {
        return Ok(());
    }
    let (line, secret) = match line.strip_prefix("secret ") {
        Some(line) => (line, true),
        None => (line, false),
    };
    let (word, rest) = line.split_once(' ').ok_or("one word")?;
    let named = match word {
        "service" if schema.service.is_empty() && !secret => {
            schema.service = name(rest)?;
            return Ok(());
        }
        "method" if !secret => {
            let mut cursor = Cursor(rest);
            let key = cursor.name()?;
            let method = method(&mut cursor)?;
            return add(&mut schema.methods, key, method);
        }
        "type" => {
            let mut cursor = Cursor(rest);
            let key = cursor.name()?;
            cursor.require(" = ")?;
            let inside = cursor.ty(DEPTH)?;
            cursor.end()?;
            add(&mut schema.types, key.clone(), Named::Wrapper(inside))?;
            key
        }
        "struct" => {
            let key = free(&schema.types, name(rest)?)?;
            let fields = fields(lines, 2)?;
            add(&mut schema.types, key.clone(), Named::Struct(fields))?;
            key
        }
        "enum" => {
            let key = free(&schema.types, name(rest)?)?;
            let mut variants = Vec::new();
            while let Some(line) = lines.indented(2) {
                variants.push(variant(line, lines)?);
            }
            once(variants.iter().map(|variant| variant.name.as_str()))?;
            if variants.iter().filter(|variant| variant.default).count() > 1 {
                return Err("two variants are the default".to_owned());
            }
            add(&mut schema.types, key.clone(), Named::Enum(variants))?;
            key
        }
        _ => return Err(format!("`{word}`")),
    };
    if secret {
        schema.secret.insert(named);
    }
    Ok(())
}

fn add<T>(to: &mut BTreeMap<String, T>, name: String, value: T) -> Read<()> {
    let name = free(to, name)?;
    to.insert(name, value);
    Ok(())
}

fn free<T>(of: &BTreeMap<String, T>, name: String) -> Read<String> {
    if of.contains_key(&name) { Err(format!("`{name}` is there twice")) } else { Ok(name) }
}

fn once<'a>(names: impl Iterator<Item = &'a str>) -> Read<()> {
    let mut seen = std::collections::BTreeSet::new();
    let mut twice = names.filter(|name| !seen.insert(*name));
    twice.next().map_or(Ok(()), |name| Err(format!("`{name}` is there twice")))
}

fn name(text: &str) -> Read<String> {
    if is_name(text) { Ok(text.to_owned()) } else { Err("no name".to_owned()) }
}

fn method(cursor: &mut Cursor<'_>) -> Read<Method> {
    cursor.require("(")?;
    let mut arguments = Vec::new();
    while !cursor.take(")") {
        if !arguments.is_empty() {
            cursor.require(", ")?;
        }
        arguments.push(cursor.field()?);
    }
    once(arguments.iter().map(|field| field.name.as_str()))?;
    cursor.require(" -> ")?;
    let streams = cursor.take("stream ");
    let returns = cursor.ty(DEPTH)?;
    let compile_time = cursor.take(" at compile time");
    cursor.end()?;
    Ok(Method { arguments, returns, streams, compile_time })
}

fn fields(lines: &mut Lines<'_>, depth: usize) -> Read<Vec<Field>> {
    let mut fields = Vec::new();
    while let Some(line) = lines.indented(depth) {
        let mut cursor = Cursor(line);
        fields.push(cursor.field()?);
        cursor.end()?;
    }
    once(fields.iter().map(|field| field.name.as_str()))?;
    Ok(fields)
}

fn variant(line: &str, lines: &mut Lines<'_>) -> Read<Variant> {
    let mut cursor = Cursor(line);
    let name = cursor.name()?;
    let mut content = Content::Unit;
    let with = cursor.take(" with");
    if cursor.take("(") {
        let mut types = Vec::new();
        while !cursor.take(")") {
            if !types.is_empty() {
                cursor.require(", ")?;
            }
            types.push(cursor.ty(DEPTH)?);
        }
        content = Content::Tuple(types);
    }
    let default = cursor.take(" or default");
    cursor.end()?;
    if with {
        content = Content::Struct(fields(lines, 4)?);
    }
    Ok(Variant { name, content, default })
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
        if self.take(word) { Ok(()) } else { Err(format!("no `{word}` at {}", self.shown())) }
    }

    fn end(&self) -> Read<()> {
        if self.0.is_empty() { Ok(()) } else { Err(format!("something follows: {}", self.shown())) }
    }

    fn shown(&self) -> String {
        if self.0.is_empty() {
            return "the end".to_owned();
        }
        format!("`{}`", self.0.chars().take(30).collect::<String>())
    }

    fn name(&mut self) -> Read<String> {
        let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let end = self.0.bytes().position(|byte| !part(byte)).unwrap_or(self.0.len());
        let (found, rest) = self.0.split_at(end);
        if !is_name(found) {
            return Err(format!("no name at {}", self.shown()));
        }
        self.0 = rest;
        Ok(found.to_owned())
    }

    fn field(&mut self) -> Read<Field> {
        let name = self.name()?;
        self.require(": ")?;
        let ty = self.ty(DEPTH)?;
        let default = self.take(" or default");
        Ok(Field { name, ty, default })
    }

    /// A type that nests `depth` deep at most.
    fn ty(&mut self, depth: usize) -> Read<Type> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(format!("types that nest more than {DEPTH} deep"));
        };
        let name = self.name()?;
        if let Some(basic) = Basic::ALL.iter().find(|basic| basic.word() == name) {
            return Ok(Type::Basic(*basic));
        }
        if !self.take("<") {
            return Ok(Type::Named(name));
        }
        let first = Box::new(self.ty(depth)?);
        let second = |cursor: &mut Self| -> Read<Box<Type>> {
            cursor.require(", ")?;
            Ok(Box::new(cursor.ty(depth)?))
        };
        let ty = match name.as_str() {
            "option" => Type::Option(first),
            "list" => Type::List(first),
            "set" => Type::Set(first),
            "map" => Type::Map(first, second(self)?),
            "result" => Type::Result(first, second(self)?),
            "array" => {
                self.require(", ")?;
                let end = self.0.find('>').ok_or("an array without an end")?;
                let length = self.0[..end].parse().map_err(|_| "an array without a length")?;
                self.0 = &self.0[end..];
                Type::Array(first, length)
            }
            "tuple" => {
                let mut types = vec![*first];
                while self.0.starts_with(", ") {
                    types.push(*second(self)?);
                }
                if types.len() < 2 {
                    return Err("a tuple of one".to_owned());
                }
                Type::Tuple(types)
            }
            _ => return Err(format!("`{name}` has no parameters")),
        };
        self.require(">")?;
        Ok(ty)
    }
}

/// What no line alone can show.
fn check(schema: &Schema) -> Result<(), ReadError> {
    if schema.service.is_empty() {
        let why = "there is no service".to_owned();
        return Err(ReadError::Line { line: 2, why });
    }
    let mut numbers = BTreeMap::new();
    for name in schema.methods.keys() {
        if let Some(other) = numbers.insert(method_number(name), name) {
            return Err(ReadError::SameNumber(other.clone(), name.clone()));
        }
    }
    let mut used = std::collections::BTreeSet::new();
    let mut open: Vec<(&str, &Type)> = Vec::new();
    for (name, method) in &schema.methods {
        open.extend(method.arguments.iter().map(|argument| (name.as_str(), &argument.ty)));
        open.push((name, &method.returns));
    }
    while let Some((user, ty)) = open.pop() {
        match ty {
            Type::Basic(_) => {}
            Type::Named(name) => match schema.types.get_key_value(name) {
                Some((name, named)) => {
                    if used.insert(name.as_str()) {
                        open.extend(named.parts().map(|part| (name.as_str(), part)));
                    }
                }
                None => {
                    let (user, name) = (user.to_owned(), name.clone());
                    return Err(ReadError::NoType { user, name });
                }
            },
            other => open.extend(other.parts().map(|part| (user, part))),
        }
    }
    let unused = schema.types.keys().find(|name| !used.contains(name.as_str()));
    unused.map_or(Ok(()), |name| Err(ReadError::Unused(name.clone())))
}

impl Type {
    /// The types directly in it.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Self> {
        let (one, two, many): (Option<&Self>, Option<&Self>, &[Self]) = match self {
            Self::Basic(_) | Self::Named(_) => (None, None, &[]),
            Self::Option(inside) | Self::List(inside) | Self::Set(inside) => {
                (Some(inside), None, &[])
            }
            Self::Array(inside, _) => (Some(inside), None, &[]),
            Self::Map(one, two) | Self::Result(one, two) => (Some(one), Some(two), &[]),
            Self::Tuple(types) => (None, None, types),
        };
        one.into_iter().chain(two).chain(many)
    }
}

impl Named {
    /// The types directly in it.
    pub(super) fn parts(&self) -> Box<dyn Iterator<Item = &Type> + '_> {
        match self {
            Self::Wrapper(inside) => Box::new(std::iter::once(inside)),
            Self::Struct(fields) => Box::new(fields.iter().map(|field| &field.ty)),
            Self::Enum(variants) => {
                Box::new(variants.iter().flat_map(|variant| variant.content.parts()))
            }
        }
    }
}

impl Content {
    fn parts(&self) -> Box<dyn Iterator<Item = &Type> + '_> {
        match self {
            Self::Unit => Box::new(std::iter::empty()),
            Self::Tuple(types) => Box::new(types.iter()),
            Self::Struct(fields) => Box::new(fields.iter().map(|field| &field.ty)),
        }
    }
}
