//! The canonical text: one way to write each schema.

use std::fmt::{self, Display, Formatter};

use super::{Content, Field, Method, Named, Schema, Type, Variant};

/// The first line.
pub(super) const FORMAT: &str = "cell-schema 1";

impl Display for Schema {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FORMAT}\nservice {}", self.service)?;
        for (name, method) in &self.methods {
            write_method(f, name, method)?;
        }
        for (name, named) in &self.types {
            write_named(f, self.secret.contains(name), name, named)?;
        }
        Ok(())
    }
}

fn write_method(f: &mut Formatter<'_>, name: &str, method: &Method) -> fmt::Result {
    let Method { arguments, returns, streams, compile_time } = method;
    write!(f, "method {name}(")?;
    for (index, argument) in arguments.iter().enumerate() {
        write!(f, "{}{argument}", if index == 0 { "" } else { ", " })?;
    }
    let stream = if *streams { "stream " } else { "" };
    let mark = if *compile_time { " at compile time" } else { "" };
    writeln!(f, ") -> {stream}{returns}{mark}")
}

fn write_named(f: &mut Formatter<'_>, secret: bool, name: &str, named: &Named) -> fmt::Result {
    let mark = if secret { "secret " } else { "" };
    write!(f, "\n{mark}")?;
    match named {
        Named::Wrapper(inside) => writeln!(f, "type {name} = {inside}"),
        Named::Struct(fields) => {
            writeln!(f, "struct {name}")?;
            fields.iter().try_for_each(|field| writeln!(f, "  {field}"))
        }
        Named::Enum(variants) => {
            writeln!(f, "enum {name}")?;
            variants.iter().try_for_each(|variant| write_variant(f, variant))
        }
    }
}

fn write_variant(f: &mut Formatter<'_>, variant: &Variant) -> fmt::Result {
    let Variant { name, content, default } = variant;
    let mark = if *default { " or default" } else { "" };
    match content {
        Content::Unit => writeln!(f, "  {name}{mark}"),
        Content::Tuple(types) => {
            write!(f, "  {name}(")?;
            write_list(f, types)?;
            writeln!(f, "){mark}")
        }
        Content::Struct(fields) => {
            writeln!(f, "  {name} with{mark}")?;
            fields.iter().try_for_each(|field| writeln!(f, "    {field}"))
        }
    }
}

fn write_list(f: &mut Formatter<'_>, types: &[Type]) -> fmt::Result {
    types.iter().enumerate().try_for_each(|(index, ty)| {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}{ty}")
    })
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mark = if self.default { " or default" } else { "" };
        write!(f, "{}: {}{mark}", self.name, self.ty)
    }
}

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic(basic) => f.write_str(basic.word()),
            Self::Named(name) => f.write_str(name),
            Self::Option(inside) => write!(f, "option<{inside}>"),
            Self::List(inside) => write!(f, "list<{inside}>"),
            Self::Set(inside) => write!(f, "set<{inside}>"),
            Self::Map(key, value) => write!(f, "map<{key}, {value}>"),
            Self::Result(value, error) => write!(f, "result<{value}, {error}>"),
            Self::Array(inside, length) => write!(f, "array<{inside}, {length}>"),
            Self::Tuple(types) => {
                f.write_str("tuple<")?;
                write_list(f, types)?;
                f.write_str(">")
            }
        }
    }
}
