//! A struct as other languages see it.

use macro_guest_sdk::{Error, Result};
use syn::{Data, DeriveInput, Fields, GenericArgument, PathArguments, Type};

/// A struct with named fields.
pub(crate) struct Model {
    name: String,
    fields: Vec<(String, Kind)>,
}

/// What a field can be.
enum Kind {
    Text,
    Flag,
    Float,
    /// From, to; JavaScript has no numbers that are larger, so there is no `u128`.
    Integer(i128, i128),
    Maybe(Box<Kind>),
    List(Box<Kind>),
}

impl Model {
    /// Reads a struct; says of all fields at once what is wrong with them.
    pub(crate) fn read(item: &DeriveInput) -> Result<Self> {
        let Data::Struct(syn::DataStruct { fields: Fields::Named(named), .. }) = &item.data else {
            return Err(Error::new(&item.ident, "only a struct with named fields can be exported"));
        };
        if !item.generics.params.is_empty() {
            return Err(Error::new(&item.generics, "other languages do not know these parameters"));
        }
        let (mut fields, mut errors) = (Vec::new(), Error::none());
        for field in &named.named {
            let Some(name) = &field.ident else { continue };
            let name = name.to_string();
            match kind(&field.ty) {
                Ok(kind) => fields.push((name.trim_start_matches("r#").to_owned(), kind)),
                Err(error) => errors.combine(error),
            }
        }
        errors.finish(Self { name: item.ident.to_string(), fields })
    }

    /// The name of its files: `user_name` of `UserName`.
    pub(crate) fn file(&self) -> String {
        let mut name = String::new();
        for c in self.name.chars() {
            if c.is_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.extend(c.to_lowercase());
        }
        name
    }

    /// A Pydantic model that takes what the struct can hold, and nothing else.
    pub(crate) fn python(&self) -> String {
        let mut out = String::from(
            "from typing import Annotated, Optional\n\nfrom pydantic import BaseModel, ConfigDict, Field\n\n\n",
        );
        out.push_str(&format!("class {}(BaseModel):\n", self.name));
        out.push_str("    model_config = ConfigDict(extra=\"forbid\", strict=True)\n\n");
        for (name, kind) in &self.fields {
            let absent = if matches!(kind, Kind::Maybe(_)) { " = None" } else { "" };
            out.push_str(&format!("    {name}: {}{absent}\n", kind.python()));
        }
        out
    }

    /// A TypeScript type.
    pub(crate) fn typescript(&self) -> String {
        let mut out = format!("export interface {} {{\n", self.name);
        for (name, kind) in &self.fields {
            let line = match kind {
                Kind::Maybe(inside) => format!("{name}?: {} | null", inside.typescript()),
                kind => format!("{name}: {}", kind.typescript()),
            };
            out.push_str(&format!("  {line};\n"));
        }
        out + "}\n"
    }
}

impl Kind {
    fn python(&self) -> String {
        match self {
            Self::Text => "str".to_owned(),
            Self::Flag => "bool".to_owned(),
            Self::Float => "float".to_owned(),
            Self::Integer(from, to) => format!("Annotated[int, Field(ge={from}, le={to})]"),
            Self::Maybe(inside) => format!("Optional[{}]", inside.python()),
            Self::List(inside) => format!("list[{}]", inside.python()),
        }
    }

    fn typescript(&self) -> String {
        match self {
            Self::Text => "string".to_owned(),
            Self::Flag => "boolean".to_owned(),
            Self::Float | Self::Integer(..) => "number".to_owned(),
            Self::Maybe(inside) => format!("({} | null)", inside.typescript()),
            Self::List(inside) => format!("{}[]", inside.typescript()),
        }
    }
}

fn kind(ty: &Type) -> Result<Kind> {
    let unknown = || Error::new(ty, "other languages do not know this type");
    let Type::Path(path) = ty else { return Err(unknown()) };
    let last = path.path.segments.last().ok_or_else(unknown)?;
    let inside = || match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(inside)) => kind(inside).map(Box::new),
            _ => Err(unknown()),
        },
        _ => Err(unknown()),
    };
    Ok(match last.ident.to_string().as_str() {
        "String" => Kind::Text,
        "bool" => Kind::Flag,
        "f32" | "f64" => Kind::Float,
        "u8" => Kind::Integer(0, u8::MAX.into()),
        "u16" => Kind::Integer(0, u16::MAX.into()),
        "u32" => Kind::Integer(0, u32::MAX.into()),
        "u64" => Kind::Integer(0, u64::MAX.into()),
        "i8" => Kind::Integer(i8::MIN.into(), i8::MAX.into()),
        "i16" => Kind::Integer(i16::MIN.into(), i16::MAX.into()),
        "i32" => Kind::Integer(i32::MIN.into(), i32::MAX.into()),
        "i64" => Kind::Integer(i64::MIN.into(), i64::MAX.into()),
        "Option" => Kind::Maybe(inside()?),
        "Vec" => Kind::List(inside()?),
        _ => return Err(unknown()),
    })
}
