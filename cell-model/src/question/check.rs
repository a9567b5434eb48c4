//! Compares MessagePack with a schema's types, by the rules by which serde's derives write and read
//! them: structs as maps of their fields, variants without content as their names, others as maps of
//! one entry.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::read::{Broken, Piece, Reader};
use super::shown::{SHOWN, cut, next, piece_shown, shown, type_shown};
use crate::message::DEPTH;
use crate::schema::{Basic, Content, Field, Named, Schema, Type, Variant};

/// Where bytes are not what a schema says, and what is there instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// From the value's outside to its inside, `columns[3].name`; empty for the value itself.
    pub place: String,
    /// What was expected, and found.
    pub what: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            return f.write_str(&self.what);
        }
        write!(f, "`{}`: {}", self.place, self.what)
    }
}

impl std::error::Error for Mismatch {}

/// Compares with a map of arguments.
pub(super) fn arguments(schema: &Schema, fields: &[Field], bytes: &[u8]) -> Result<(), Mismatch> {
    let mut check = Check::new(schema, bytes, Unknown::Refused);
    let found = check.fields(fields, DEPTH - 1).and_then(|()| check.end());
    found.map_err(Wrong::into_mismatch)
}

/// Compares with a value of this type.
pub(super) fn reply(schema: &Schema, ty: &Type, bytes: &[u8]) -> Result<(), Mismatch> {
    let mut check = Check::new(schema, bytes, Unknown::Skipped);
    let found = check.value(ty, DEPTH - 1).and_then(|()| check.end());
    found.map_err(Wrong::into_mismatch)
}

/// What becomes of names that the schema does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unknown {
    Refused,
    Skipped,
}

/// A mismatch while it is on its way out.
struct Wrong {
    /// The innermost first.
    steps: Vec<String>,
    what: String,
}

/// Characters of a place that are kept: names and depths come from anybody.
const PLACE: usize = 300;

impl Wrong {
    fn new(what: impl Into<String>) -> Self {
        Self { steps: Vec::new(), what: what.into() }
    }

    fn within(mut self, step: impl fmt::Display) -> Self {
        self.steps.push(step.to_string());
        self
    }

    fn into_mismatch(self) -> Mismatch {
        let place: String = self.steps.iter().rev().map(String::as_str).collect();
        let place = place.trim_start_matches(['.', ':']);
        let place = match place.char_indices().rev().nth(PLACE - 1) {
            // The inside says more than the outside.
            Some((at, _)) if at > 0 => format!("..{}", &place[at..]),
            _ => place.to_owned(),
        };
        Mismatch { place, what: self.what }
    }
}

impl From<Broken> for Wrong {
    fn from(broken: Broken) -> Self {
        Self::new(match broken {
            Broken::End => "the bytes end here",
            Broken::Unused => "the byte 0xc1, which is no MessagePack",
        })
    }
}

type Checked = Result<(), Wrong>;

static BYTE: Type = Type::Basic(Basic::U8);

struct Check<'a> {
    schema: &'a Schema,
    reader: Reader<'a>,
    unknown: Unknown,
    /// Fields by name, for each list of them that was met. Found once: a list of values meets the same
    /// ones again and again.
    shapes: HashMap<(*const Field, usize), Shape<'a>>,
    /// Variants by name, likewise.
    variants: HashMap<(*const Variant, usize), HashMap<&'a str, usize>>,
}

#[derive(Default)]
struct Shape<'a> {
    places: HashMap<&'a str, usize>,
    /// How many may not be missing.
    required: usize,
}

impl<'a> Check<'a> {
    fn new(schema: &'a Schema, bytes: &'a [u8], unknown: Unknown) -> Self {
        let (shapes, variants) = (HashMap::new(), HashMap::new());
        Self { schema, reader: Reader(bytes), unknown, shapes, variants }
    }

    /// Nothing may follow.
    fn end(&self) -> Checked {
        match self.reader.0.len() {
            0 => Ok(()),
            rest => Err(Wrong::new(format!("{rest} bytes follow the value"))),
        }
    }

    /// A value of a type, in which lists and maps may nest so deep.
    fn value(&mut self, ty: &'a Type, depth: usize) -> Checked {
        let (mut ty, mut optional) = (ty, false);
        // Options and wrappers are not on the wire; those around each other end nowhere.
        for _ in 0..DEPTH {
            match ty {
                Type::Option(inside) => (ty, optional) = (inside, true),
                Type::Named(name) => match self.schema.types.get(name) {
                    Some(Named::Wrapper(inside)) => ty = inside,
                    _ if optional && self.reader.is_nil() => return self.nil(),
                    Some(Named::Struct(fields)) if fields.is_empty() => return self.unit(depth),
                    Some(Named::Struct(fields)) => return self.fields(fields, depth),
                    Some(Named::Enum(variants)) => return self.variant(name, variants, depth),
                    None => return Err(Wrong::new(format!("the schema has no type `{name}`"))),
                },
                _ if optional && self.reader.is_nil() => return self.nil(),
                _ => return self.plain(ty, depth),
            }
        }
        // Whatever it is, it is there or not.
        if optional && self.reader.is_nil() {
            return self.nil();
        }
        Err(Wrong::new("its type is a type within a type without end"))
    }

    fn nil(&mut self) -> Checked {
        self.reader.next()?;
        Ok(())
    }

    /// A type that is neither an option nor one with a name.
    fn plain(&mut self, ty: &'a Type, depth: usize) -> Checked {
        match (ty, self.reader.next()?) {
            // Those of a language that has no type for bytes, and of Rust if there are none.
            (Type::Basic(Basic::Bytes), Piece::List(count)) => self.list(&BYTE, count, depth),
            (Type::Basic(basic), piece) => basic_value(*basic, &piece),
            // As serde's `Vec<u8>` is written; no other list is.
            (Type::List(inside), Piece::Bytes(_)) if **inside == Type::Basic(Basic::U8) => Ok(()),
            (Type::List(inside), Piece::List(count)) => self.list(inside, count, depth),
            (Type::Array(inside, length), Piece::List(count)) if count == *length => {
                self.list(inside, count, depth)
            }
            (Type::Tuple(types), Piece::List(count)) if count as usize == types.len() => {
                let depth = deeper(depth)?;
                for (place, ty) in types.iter().enumerate() {
                    self.value(ty, depth)
                        .map_err(|wrong| wrong.within(format_args!(".{place}")))?;
                }
                Ok(())
            }
            (Type::Set(inside), Piece::List(count)) => {
                let (depth, mut seen) = (deeper(depth)?, HashSet::new());
                for place in 0..count {
                    self.once(&mut seen, |check| check.value(inside, depth))
                        .map_err(|wrong| wrong.within(format_args!("[{place}]")))?;
                }
                Ok(())
            }
            (Type::Map(key, value), Piece::Map(count)) => {
                let (depth, mut seen) = (deeper(depth)?, HashSet::new());
                for _ in 0..count {
                    let at = self.reader;
                    self.once(&mut seen, |check| check.value(key, depth))
                        .map_err(|wrong| wrong.within("[key]"))?;
                    self.value(value, depth)
                        .map_err(|wrong| wrong.within(format_args!("[{}]", next(at))))?;
                }
                Ok(())
            }
            (Type::Result(value, error), Piece::Map(1)) => {
                let depth = deeper(depth)?;
                let (ty, step) = match self.reader.next()? {
                    Piece::Text(b"Ok") => (value, "::Ok"),
                    Piece::Text(b"Err") => (error, "::Err"),
                    other => return Err(unexpected("`Ok` or `Err`", &other)),
                };
                self.value(ty, depth).map_err(|wrong| wrong.within(step))
            }
            (_, other) => Err(unexpected(&type_shown(ty), &other)),
        }
    }

    fn list(&mut self, inside: &'a Type, count: u32, depth: usize) -> Checked {
        let depth = deeper(depth)?;
        for place in 0..count {
            self.value(inside, depth).map_err(|wrong| wrong.within(format_args!("[{place}]")))?;
        }
        Ok(())
    }

    /// What was not there before, byte for byte.
    fn once(
        &mut self,
        seen: &mut HashSet<&'a [u8]>,
        read: impl FnOnce(&mut Self) -> Checked,
    ) -> Checked {
        let before = self.reader.0;
        read(self)?;
        let bytes = &before[..before.len() - self.reader.0.len()];
        if seen.insert(bytes) {
            return Ok(());
        }
        Err(Wrong::new(format!("{} is there twice", next(Reader(bytes)))))
    }

    /// A struct without fields: `struct A;` is written as an empty list, `struct A {}` as an empty map,
    /// and both have one schema.
    fn unit(&mut self, depth: usize) -> Checked {
        let mut ahead = self.reader;
        if ahead.next()? == Piece::List(0) {
            return self.nil();
        }
        self.fields(&[], depth)
    }

    fn fields(&mut self, fields: &'a [Field], depth: usize) -> Checked {
        let count = match self.reader.next()? {
            Piece::Map(count) => count,
            other => return Err(unexpected("a map of fields", &other)),
        };
        let (depth, key) = (deeper(depth)?, (fields.as_ptr(), fields.len()));
        self.shapes.entry(key).or_insert_with(|| Shape {
            places: fields.iter().zip(0..).map(|(field, at)| (&*field.name, at)).collect(),
            required: fields.iter().filter(|field| !field.default).count(),
        });
        let (mut seen, mut required) = (HashSet::new(), 0);
        for _ in 0..count {
            let name = match self.reader.next()? {
                Piece::Text(name) => name,
                other => return Err(unexpected("the name of a field", &other)),
            };
            let known = std::str::from_utf8(name).ok();
            let shape = &self.shapes[&key];
            let Some(field) = known.and_then(|name| fields.get(*shape.places.get(name)?)) else {
                self.unknown_field(fields, name, depth)?;
                continue;
            };
            if !seen.insert(&field.name) {
                return Err(Wrong::new(format!("the field `{}` is there twice", field.name)));
            }
            required += usize::from(!field.default);
            self.value(&field.ty, depth)
                .map_err(|wrong| wrong.within(format_args!(".{}", field.name)))?;
        }
        if required == self.shapes[&key].required {
            return Ok(());
        }
        let missing = fields.iter().find(|field| !field.default && !seen.contains(&field.name));
        let name = missing.map_or("", |field| &field.name);
        Err(Wrong::new(format!("the field `{name}` is missing")))
    }

    fn unknown_field(&mut self, fields: &[Field], name: &[u8], depth: usize) -> Checked {
        if self.unknown == Unknown::Skipped {
            return self.skip(depth);
        }
        let known = fields.iter().take(SHOWN).map(|field| format!("`{}`", field.name));
        let known = cut(&known.collect::<Vec<_>>().join(", "), PLACE);
        let there = if known.is_empty() { "there are none".to_owned() } else { known };
        Err(Wrong::new(format!("there is no field {}: {there}", shown(name))))
    }

    fn variant(&mut self, ty: &str, variants: &'a [Variant], depth: usize) -> Checked {
        let (name, alone) = match self.reader.next()? {
            Piece::Text(name) => (name, true),
            Piece::Map(1) => match self.reader.next()? {
                Piece::Text(name) => (name, false),
                other => return Err(unexpected("the name of a variant", &other)),
            },
            other => return Err(unexpected(&format!("a variant of {ty}"), &other)),
        };
        let known = self.variants.entry((variants.as_ptr(), variants.len())).or_insert_with(|| {
            variants.iter().zip(0..).map(|(variant, at)| (&*variant.name, at)).collect()
        });
        let place = std::str::from_utf8(name).ok().and_then(|name| known.get(name));
        let Some(variant) = place.and_then(|place| variants.get(*place)) else {
            let taken = variants.iter().any(|variant| variant.default);
            if self.unknown == Unknown::Skipped && taken && alone {
                return Ok(());
            }
            return Err(Wrong::new(format!("{ty} has no variant {}", shown(name))));
        };
        let inside = match (&variant.content, alone) {
            (Content::Unit, true) => Ok(()),
            (Content::Unit, false) => Err(Wrong::new("this variant holds nothing")),
            (_, true) => Err(Wrong::new("what this variant holds is missing")),
            (content, false) => self.content(content, depth),
        };
        inside.map_err(|wrong| wrong.within(format_args!("::{}", variant.name)))
    }

    fn content(&mut self, content: &'a Content, depth: usize) -> Checked {
        let depth = deeper(depth)?;
        match content {
            Content::Unit => self.nil(),
            Content::Tuple(types) if types.len() == 1 => self.value(&types[0], depth),
            Content::Tuple(types) => self.several(types, depth),
            Content::Struct(fields) => self.fields(fields, depth),
        }
    }

    /// What a variant holds in order.
    fn several(&mut self, types: &'a [Type], depth: usize) -> Checked {
        match self.reader.next()? {
            Piece::List(count) if count as usize == types.len() => {}
            other => return Err(unexpected(&format!("a list of {}", types.len()), &other)),
        }
        let depth = deeper(depth)?;
        for (place, ty) in types.iter().enumerate() {
            self.value(ty, depth).map_err(|wrong| wrong.within(format_args!(".{place}")))?;
        }
        Ok(())
    }

    /// Anything that is MessagePack.
    fn skip(&mut self, depth: usize) -> Checked {
        let parts = match self.reader.next()? {
            Piece::List(count) => u64::from(count),
            Piece::Map(count) => 2 * u64::from(count),
            _ => return Ok(()),
        };
        let depth = deeper(depth)?;
        (0..parts).try_for_each(|_| self.skip(depth))
    }
}

fn deeper(depth: usize) -> Result<usize, Wrong> {
    depth.checked_sub(1).ok_or_else(|| Wrong::new(format!("it nests more than {} deep", DEPTH - 1)))
}

fn basic_value(basic: Basic, piece: &Piece<'_>) -> Checked {
    use Basic::{I8, I16, I32, I64, I128, U8, U16, U32, U64, U128};
    let (least, most): (i128, i128) = match basic {
        U8 => (0, u8::MAX.into()),
        U16 => (0, u16::MAX.into()),
        U32 => (0, u32::MAX.into()),
        U64 => (0, u64::MAX.into()),
        // Beyond 64 bits they are bytes; below, another language may write numbers.
        U128 => (0, i128::MAX),
        I8 => (i8::MIN.into(), i8::MAX.into()),
        I16 => (i16::MIN.into(), i16::MAX.into()),
        I32 => (i32::MIN.into(), i32::MAX.into()),
        I64 => (i64::MIN.into(), i64::MAX.into()),
        _ => (i128::MIN, i128::MAX),
    };
    let fits = match (basic, piece) {
        (Basic::Unit, Piece::Nil) | (Basic::Bool, Piece::Bool(_)) => true,
        (U8 | U16 | U32 | U64 | U128 | I8 | I16 | I32 | I64 | I128, Piece::Integer(number)) => {
            (least..=most).contains(number)
        }
        (U128 | I128, Piece::Bytes(bytes)) => bytes.len() == size_of::<u128>(),
        // A number of 32 bits is one of 64 bits; the other way round some of it would be lost.
        (Basic::F32 | Basic::F64, Piece::F32(_)) | (Basic::F64, Piece::F64(_)) => true,
        (Basic::Char, Piece::Text(text)) => {
            std::str::from_utf8(text).is_ok_and(|text| text.chars().count() == 1)
        }
        (Basic::String, Piece::Text(text)) => std::str::from_utf8(text).is_ok(),
        (Basic::Bytes, Piece::Bytes(_)) => true,
        _ => false,
    };
    if fits { Ok(()) } else { Err(unexpected(basic.word(), piece)) }
}

fn unexpected(expected: &str, found: &Piece<'_>) -> Wrong {
    Wrong::new(format!("expected {expected}, found {}", piece_shown(found)))
}
