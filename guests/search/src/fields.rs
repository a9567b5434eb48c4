//! The fields that are indexed: in the struct, and in the ledger's table.

use macro_guest_sdk::{Diagnostic, Error};
use proc_macro2::Ident;
use syn::{Data, DataStruct, DeriveInput, Field, Fields, Type};

use crate::fit::{self, Terms};
use crate::ledger::{Column, Table};

/// A field that is indexed.
pub(crate) struct Indexed<'a> {
    pub(crate) field: &'a Ident,
    /// Its name, and that of the column, without `r#`.
    pub(crate) name: String,
    /// The column's type: `text` or that of an integer.
    pub(crate) column: String,
    pub(crate) terms: Terms,
    pub(crate) optional: bool,
}

/// The named fields of the item.
pub(crate) fn all<'a>(item: &'a DeriveInput, errors: &mut Error) -> Vec<(&'a Ident, &'a Field)> {
    let Data::Struct(DataStruct { fields: Fields::Named(fields), .. }) = &item.data else {
        let message = "an index needs a struct with named fields: they are what is searched";
        errors.combine(Error::new(&item.ident, message));
        return Vec::new();
    };
    fields.named.iter().filter_map(|field| Some((field.ident.as_ref()?, field))).collect()
}

/// The table as it would be with exactly these fields.
pub(crate) fn as_table(name: &str, fields: &[(&Ident, &Field)]) -> Table {
    let column = |(field, declared): &(&Ident, &Field)| Column {
        name: plain(field),
        ty: fit::column(&declared.ty),
    };
    Table { name: name.to_owned(), columns: fields.iter().map(column).collect() }
}

/// Finds the fields that were named in `fields(..)`. Each that is not right is said, on its own
/// token: where it was named if it is not there, and at its type if that does not fit.
pub(crate) fn find<'a>(
    named: &[Ident],
    fields: &[(&'a Ident, &'a Field)],
    table: Option<&Table>,
    item: &Ident,
    errors: &mut Error,
) -> Vec<Indexed<'a>> {
    let mut found = Vec::new();
    for name in named {
        let text = plain(name);
        let field = fields.iter().find(|(field, _)| plain(field) == text);
        let column = table.map(|table| table.columns.iter().find(|column| column.name == text));
        if field.is_none() || column == Some(None) {
            let without_column = table.filter(|_| column == Some(None));
            errors.combine(absent(name, field.is_none().then_some((item, fields)), without_column));
            continue;
        }
        let (Some(table), Some(Some(column))) = (table, column) else { continue };
        if let Some((field, declared)) = field {
            match fit(field, &declared.ty, column, table) {
                Ok(indexed) => found.push(indexed),
                Err(error) => errors.combine(error),
            }
        }
    }
    let found_in_every_build = |indexed: &Indexed<'_>, errors: &mut Error| {
        let declared = fields.iter().find(|(field, _)| *field == indexed.field);
        let mut attributes = declared.into_iter().flat_map(|(_, field)| &field.attrs);
        if let Some(condition) = attributes.find(|attribute| attribute.path().is_ident("cfg")) {
            errors.combine(Error::new(condition, "an indexed field is there in every build"));
        }
    };
    found.iter().for_each(|indexed| found_in_every_build(indexed, errors));
    found
}

fn fit<'a>(
    field: &'a Ident,
    ty: &Type,
    column: &Column,
    table: &Table,
) -> Result<Indexed<'a>, Diagnostic> {
    let (name, of) = (plain(field), &table.name);
    let Some(kind) = fit::name(&column.ty) else {
        let text = format!("column `{name}` of `{of}` is of no type that can be indexed");
        return Err(Diagnostic::error(field, text).help("leave it out of `fields(..)`"));
    };
    if !fit::holds(ty, &column.ty) {
        let text = format!("this type does not hold what is in column `{name}` of table `{of}`");
        let help = match kind.as_str() {
            "text" => "use `String`, or leave the field out of `fields(..)`".to_owned(),
            integer => format!("use `{integer}` or a larger one, or leave it out of `fields(..)`"),
        };
        let error = Diagnostic::error(ty, text);
        return Err(error.note(format!("for cell `ledger` the column is `{kind}`")).help(help));
    }
    Ok(Indexed {
        field,
        name,
        column: kind,
        terms: fit::terms(&column.ty),
        optional: fit::inside_option(ty).is_some(),
    })
}

/// A name that is missing in the struct, in the table, or in both: one mistake, one error.
fn absent(
    name: &Ident,
    item: Option<(&Ident, &[(&Ident, &Field)])>,
    table: Option<&Table>,
) -> Diagnostic {
    let text = plain(name);
    let message = match (item, table) {
        (Some((item, _)), Some(table)) => {
            format!("neither `{item}` nor table `{}` has `{text}`", table.name)
        }
        (Some((item, _)), None) => format!("`{item}` has no field `{text}`"),
        (None, Some(table)) => format!("table `{}` has no column `{text}`", table.name),
        (None, None) => format!("there is no `{text}`"),
    };
    let mut error = Diagnostic::error(name, message);
    if let Some((item, fields)) = item {
        let known: Vec<String> = fields.iter().map(|(field, _)| plain(field)).collect();
        error = error.help(format!("the fields of `{item}` are {}", list(&known)));
    }
    if let Some(table) = table {
        let column = |column: &Column| match fit::name(&column.ty) {
            Some(kind) => format!("{}: {kind}", column.name),
            None => column.name.clone(),
        };
        let columns: Vec<String> = table.columns.iter().map(column).collect();
        let help =
            format!("the columns of `{}` in cell `ledger` are {}", table.name, list(&columns));
        error = error.help(help);
    }
    error
}

/// Names as a text.
pub(crate) fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The identifier without `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}
