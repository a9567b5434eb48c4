//! The columns of a struct: what `table` and `cache` read from the user's item.

use macro_guest_sdk::{Diagnostic, Error};
use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, Data, DataStruct, DeriveInput, Fields, LitStr, Meta, Type};

use crate::sql;

/// The helper attributes; the host removes them.
const PRIMARY_KEY: &str = "primary_key";
const COLUMN: &str = "column";

/// A field that is a column.
pub(crate) struct Column<'a> {
    pub(crate) field: &'a Ident,
    /// The field's name without `r#`.
    pub(crate) name: String,
    pub(crate) ty: &'a Type,
    /// The type in SQL.
    pub(crate) sql: String,
    pub(crate) nullable: bool,
    pub(crate) primary: bool,
    /// The `#[cfg(..)]` of the field, for all that is generated from it.
    pub(crate) conditions: Vec<&'a Attribute>,
}

/// The columns of `item`. What is wrong goes into `errors`; such fields are left out.
pub(crate) fn read<'a>(item: &'a DeriveInput, errors: &mut Error) -> Vec<Column<'a>> {
    let Data::Struct(DataStruct { fields: Fields::Named(fields), .. }) = &item.data else {
        let message = "a table needs a struct with named fields: they are its columns";
        errors.combine(Error::new(&item.ident, message));
        return Vec::new();
    };
    let mut columns: Vec<Column<'_>> = Vec::new();
    for field in &fields.named {
        let Some(ident) = &field.ident else { continue };
        let written = match written_type(&field.attrs) {
            Ok(written) => written,
            Err(error) => {
                errors.combine(error);
                continue;
            }
        };
        let inner = sql::inside_option(&field.ty);
        let known = sql::column_type(inner.unwrap_or(&field.ty)).map(str::to_owned);
        let Some(sql) = written.or(known) else {
            let error = Diagnostic::error(&field.ty, "the column type of this is not known")
                .help(format!("say it: `#[Ledger::{COLUMN}(\"jsonb\")]`"));
            errors.combine(error);
            continue;
        };
        let name = ident.to_string();
        columns.push(Column {
            field: ident,
            name: name.strip_prefix("r#").map(str::to_owned).unwrap_or(name),
            ty: &field.ty,
            sql,
            nullable: inner.is_some(),
            primary: field.attrs.iter().any(|attribute| is_helper(attribute, PRIMARY_KEY)),
            conditions: field.attrs.iter().filter(|a| a.path().is_ident("cfg")).collect(),
        });
    }
    check_keys(item, &columns, errors);
    columns
}

/// The column that is the primary key.
pub(crate) fn key<'c, 'a>(columns: &'c [Column<'a>]) -> Option<&'c Column<'a>> {
    columns.iter().find(|column| column.primary)
}

fn check_keys(item: &DeriveInput, columns: &[Column<'_>], errors: &mut Error) {
    let mut keys = columns.iter().filter(|column| column.primary);
    let Some(key) = keys.next() else {
        // A field that could not be read may have been the key.
        if errors.diagnostics().is_empty() {
            let error = Diagnostic::error(&item.ident, "no field is the primary key")
                .help(format!("put `#[Ledger::{PRIMARY_KEY}]` on one"));
            errors.combine(error);
        }
        return;
    };
    for second in keys {
        let error = Diagnostic::error(second.field, "a second primary key")
            .note(format!("`{}` is one already", key.name));
        errors.combine(error);
    }
    if key.nullable {
        errors.combine(Error::new(key.ty, "a primary key is never null"));
    }
    if let Some(condition) = key.conditions.first() {
        errors.combine(Error::new(condition, "the primary key is there in every build"));
    }
}

/// Is it `#[name]` or `#[Alias::name]`?
fn is_helper(attribute: &Attribute, name: &str) -> bool {
    let segments = &attribute.path().segments;
    segments.len() <= 2 && segments.last().is_some_and(|segment| segment.ident == name)
}

/// The type in `#[Ledger::column("jsonb")]`.
fn written_type(attributes: &[Attribute]) -> Result<Option<String>, Error> {
    let Some(attribute) = attributes.iter().find(|attribute| is_helper(attribute, COLUMN)) else {
        return Ok(None);
    };
    let Meta::List(list) = &attribute.meta else {
        let tokens: &TokenStream = &quote::ToTokens::to_token_stream(attribute.path());
        return Err(Error::new(tokens, format!("the type is missing: `{COLUMN}(\"jsonb\")`")));
    };
    let text: LitStr = syn::parse2(list.tokens.clone())?;
    let sound = |ch: char| ch.is_ascii_alphanumeric() || " (),_[]".contains(ch);
    if text.value().trim().is_empty() || !text.value().chars().all(sound) {
        return Err(Error::new(&text, "this is no column type"));
    }
    Ok(Some(text.value()))
}
