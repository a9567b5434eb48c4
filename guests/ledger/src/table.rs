//! `#[Ledger::table]`: accessors, constants, and the table as a plan entry.

use macro_guest_sdk::{Arguments, Diagnostic, Error, Expansion, Fact, Result, cell_macro};
use quote::{format_ident, quote};
use syn::{DeriveInput, LitStr};

use crate::columns::{self, Column};
use crate::sql;

/// Makes a table of a struct.
///
/// Every field is a column. Adds an accessor `get_<field>` for each, and the constants `TABLE`,
/// `COLUMNS` (name and type of the columns that this build has) and `CREATE_TABLE`. The table
/// itself is a plan entry.
///
/// `name = "accounts"` says the table's name; without it, it is that of the struct in snake case.
/// `#[Ledger::primary_key]` stands on exactly one field. `#[Ledger::column("jsonb")]` says a column
/// type that does not follow from the field's type.
#[cell_macro(attribute, helpers(primary_key, column), plan = facts)]
pub(crate) fn table(arguments: Arguments, item: DeriveInput) -> Result<Expansion> {
    let mut errors = Error::none();
    let name = name(arguments, &item, &mut errors);
    let columns = columns::read(&item, &mut errors);
    errors.finish(())?;

    let create = create_table(&name, &columns);
    let (vis, ident) = (&item.vis, &item.ident);
    let (head, types, tail) = item.generics.split_for_impl();
    let pairs = columns.iter().map(|Column { name, sql, conditions, .. }| {
        quote! { #(#conditions)* (#name, #sql) }
    });
    let accessors = columns.iter().map(|column| {
        let Column { field, name, ty, conditions, .. } = column;
        let accessor = format_ident!("get_{}", name, span = field.span());
        let doc = format!("The column `{name}`.");
        quote! {
            #(#conditions)*
            #[doc = #doc]
            #vis fn #accessor(&self) -> &#ty {
                &self.#field
            }
        }
    });
    let items = quote! {
        #[allow(dead_code)]
        impl #head #ident #types #tail {
            /// The name of the table.
            #vis const TABLE: &'static str = #name;
            /// Names and types of its columns, as far as they are fields in this build.
            #vis const COLUMNS: &'static [(&'static str, &'static str)] = &[#(#pairs),*];
            /// The statement that creates it.
            #vis const CREATE_TABLE: &'static str = #create;

            #(#accessors)*
        }
    };
    Ok(Expansion::new().items(items).plan_entry("table", name, create))
}

/// What other macros on the struct are told: the table, its key, and its columns.
fn facts(arguments: Arguments, item: DeriveInput) -> Result<Vec<Fact>> {
    let mut errors = Error::none();
    let name = name(arguments, &item, &mut errors);
    let columns = columns::read(&item, &mut errors);
    if !errors.diagnostics().is_empty() {
        // `table` itself tells what is wrong; here it would be told twice.
        return Ok(Vec::new());
    }
    let mut facts = vec![Fact::new("table", name)];
    facts.extend(columns::key(&columns).map(|key| Fact::new("primary_key", &key.name)));
    facts.extend(columns.iter().map(|c| Fact::new("column", format!("{} {}", c.name, c.sql))));
    Ok(facts)
}

fn name(arguments: Arguments, item: &DeriveInput, errors: &mut Error) -> String {
    let mut name = sql::snake_case(item.ident.to_string().trim_start_matches("r#"));
    let wrong = arguments.read("name = \"..\"", |argument, given| {
        (argument == "name").then(|| {
            let literal: LitStr = Arguments::value(given, "a string")?;
            name = literal.value();
            if !sql::is_name(&name) {
                let lower = sql::snake_case(&name);
                let mut error = Diagnostic::error(&literal, format!("`{name}` is no table name"))
                    .note("lower-case letters, digits and `_`, and no digit first");
                if sql::is_name(&lower) {
                    error = error.suggest(&literal, "in lower case", format!("{lower:?}"));
                }
                return Err(error.into());
            }
            Ok(())
        })
    });
    errors.combine(wrong);
    name
}

/// One table serves all builds: a column whose field is not in every build is there all the same
/// and may be null.
fn create_table(table: &str, columns: &[Column<'_>]) -> String {
    let column = |column: &Column<'_>| {
        let end = match column {
            Column { primary: true, .. } => " primary key",
            Column { nullable: false, conditions, .. } if conditions.is_empty() => " not null",
            _ => "",
        };
        format!("{} {}{end}", sql::quoted(&column.name), column.sql)
    };
    let columns: Vec<String> = columns.iter().map(column).collect();
    format!("create table {} ({})", sql::quoted(table), columns.join(", "))
}

#[cfg(test)]
mod tests;
