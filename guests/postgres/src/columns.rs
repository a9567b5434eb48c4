//! The columns of a struct.

use macro_guest_sdk::{Diagnostic, Error};
use syn::{Data, DataStruct, DeriveInput, Fields, GenericArgument, PathArguments, Type};

/// A field that is a column.
pub(crate) struct Column {
    /// Its name, without `r#`.
    pub(crate) name: String,
    /// The type in SQL.
    pub(crate) sql: &'static str,
    pub(crate) nullable: bool,
    pub(crate) primary: bool,
}

/// The columns of `item`, exactly one of them the key. What is wrong goes into `errors`.
pub(crate) fn read(item: &DeriveInput, errors: &mut Error) -> Vec<Column> {
    let Data::Struct(DataStruct { fields: Fields::Named(fields), .. }) = &item.data else {
        let message = "a table needs a struct with named fields: they are its columns";
        errors.combine(Error::new(&item.ident, message));
        return Vec::new();
    };
    let mut columns: Vec<Column> = Vec::new();
    for field in &fields.named {
        let Some(ident) = &field.ident else { continue };
        let inner = inside_option(&field.ty);
        let Some(sql) = column_type(inner.unwrap_or(&field.ty)) else {
            errors.combine(Error::new(&field.ty, "the column type of this is not known"));
            continue;
        };
        let primary = field.attrs.iter().any(|attribute| {
            let segments = &attribute.path().segments;
            segments.last().is_some_and(|segment| segment.ident == "primary_key")
        });
        if primary && columns.iter().any(|column| column.primary) {
            errors.combine(Error::new(ident, "a second primary key"));
        }
        if primary && inner.is_some() {
            errors.combine(Error::new(&field.ty, "a primary key is never null"));
        }
        let name = ident.to_string().trim_start_matches("r#").to_owned();
        columns.push(Column { name, sql, nullable: inner.is_some(), primary });
    }
    if errors.diagnostics().is_empty() && !columns.iter().any(|column| column.primary) {
        let error = Diagnostic::error(&item.ident, "no field is the primary key");
        errors.combine(error.help("put `#[Postgres::primary_key]` on one"));
    }
    columns
}

fn inside_option(ty: &Type) -> Option<&Type> {
    let last = last_segment(ty).filter(|last| last.ident == "Option")?;
    let PathArguments::AngleBracketed(list) = &last.arguments else { return None };
    match list.args.first() {
        Some(GenericArgument::Type(inner)) => Some(inner),
        _ => None,
    }
}

/// By the last name of the type: it cannot be known what it stands for.
fn column_type(ty: &Type) -> Option<&'static str> {
    Some(match last_segment(ty)?.ident.to_string().as_str() {
        "bool" => "boolean",
        "i16" | "u8" => "smallint",
        "i32" | "u16" => "integer",
        "i64" | "u32" => "bigint",
        "u64" => "numeric(20)",
        "f32" => "real",
        "f64" => "double precision",
        "String" => "text",
        "Uuid" => "uuid",
        "Decimal" => "numeric",
        _ => return None,
    })
}

fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        _ => None,
    }
}
