//! `#[Postgres::table]`: statements, and the table as a plan entry.

use macro_guest_sdk::{Arguments, Diagnostic, Error, Expansion, Fact, Result, cell_macro};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, LitStr};

use crate::columns::{self, Column};

/// Makes a table of a struct: every field is a column.
///
/// Adds the constants `TABLE`, `COLUMNS` and `KEY`, and the statements `SELECT`, `INSERT`, `UPDATE` and
/// `DELETE` with `$1` and so on for the columns in their order, the key first. The table itself is a
/// plan entry.
///
/// `name = "accounts"` says its name. `#[Postgres::primary_key]` stands on exactly one field. Other
/// macros on the struct are told the table, its key, its columns, and when its rows change.
#[cell_macro(attribute, helpers(primary_key), plan = facts)]
pub(crate) fn table(arguments: Arguments, item: DeriveInput) -> Result<Expansion> {
    let mut errors = Error::none();
    let table = name(arguments, &mut errors);
    let columns = columns::read(&item, &mut errors);
    errors.finish(())?;

    let key = columns.iter().find(|column| column.primary).map_or("", |column| &column.name);
    let others: Vec<&str> =
        columns.iter().filter(|column| !column.primary).map(|column| &*column.name).collect();
    let all: Vec<&str> = std::iter::once(key).chain(others.iter().copied()).collect();
    let places: Vec<String> = (1..=all.len()).map(|place| format!("${place}")).collect();
    let sets: Vec<String> =
        others.iter().zip(2..).map(|(name, at)| format!("{name} = ${at}")).collect();
    let select = format!("select {} from {table} where {key} = $1", all.join(", "));
    let insert = format!("insert into {table} ({}) values ({})", all.join(", "), places.join(", "));
    let update = format!("update {table} set {} where {key} = $1", sets.join(", "));
    let delete = format!("delete from {table} where {key} = $1");
    // Without another column there is nothing to set.
    let update = (!sets.is_empty()).then(|| constant(&item, "UPDATE", "Changes a row.", &update));
    let statements = [
        constant(&item, "TABLE", "The name of the table.", &table),
        constant(&item, "KEY", "The name of its key.", key),
        constant(&item, "SELECT", "Finds a row by its key.", &select),
        constant(&item, "INSERT", "Adds a row.", &insert),
        constant(&item, "DELETE", "Removes a row.", &delete),
    ];
    let pairs = columns.iter().map(|Column { name, sql, .. }| quote! { (#name, #sql) });
    let (vis, ident) = (&item.vis, &item.ident);
    let (head, types, tail) = item.generics.split_for_impl();
    let items = quote! {
        #[allow(dead_code)]
        impl #head #ident #types #tail {
            #(#statements)*
            #update
            /// Names and types of its columns.
            #vis const COLUMNS: &'static [(&'static str, &'static str)] = &[#(#pairs),*];
        }
    };
    Ok(Expansion::new().items(items).plan_entry("table", &*table, create(&table, &columns)))
}

fn constant(item: &DeriveInput, name: &str, doc: &str, value: &str) -> TokenStream {
    let (vis, name) = (&item.vis, quote::format_ident!("{name}"));
    quote! {
        #[doc = #doc]
        #vis const #name: &'static str = #value;
    }
}

fn create(table: &str, columns: &[Column]) -> String {
    let column = |Column { name, sql, nullable, primary }: &Column| {
        let end = match (primary, nullable) {
            (true, _) => " primary key",
            (false, false) => " not null",
            (false, true) => "",
        };
        format!("{name} {sql}{end}")
    };
    let columns: Vec<String> = columns.iter().map(column).collect();
    format!("create table {table} ({})", columns.join(", "))
}

fn facts(arguments: Arguments, item: DeriveInput) -> Result<Vec<Fact>> {
    let mut errors = Error::none();
    let table = name(arguments, &mut errors);
    let columns = columns::read(&item, &mut errors);
    if !errors.diagnostics().is_empty() {
        // `table` itself tells what is wrong; here it would be told twice.
        return Ok(Vec::new());
    }
    let mut facts =
        vec![Fact::new("table", table), Fact::new("changes", "insert or update or delete")];
    let key = columns.iter().find(|column| column.primary);
    facts.extend(key.map(|key| Fact::new("primary_key", &key.name)));
    facts.extend(columns.iter().map(|c| Fact::new("column", format!("{} {}", c.name, c.sql))));
    Ok(facts)
}

fn name(arguments: Arguments, errors: &mut Error) -> String {
    let mut name = None;
    let mut wrong = arguments.read("name = \"..\"", |argument, given| {
        (argument == "name").then(|| {
            let literal: LitStr = Arguments::value(given, "a string")?;
            let value = literal.value();
            let sound = |ch: char| ch.is_ascii_lowercase() || ch.is_ascii_digit() || ch == '_';
            if !value.starts_with(|ch: char| ch.is_ascii_lowercase()) || !value.chars().all(sound) {
                let error = Diagnostic::error(&literal, format!("`{value}` is no table name"));
                return Err(error
                    .note("lower-case letters, digits and `_`, a letter first")
                    .into());
            }
            name = Some(value);
            Ok(())
        })
    });
    if name.is_none() && wrong.diagnostics().is_empty() {
        let missing = Diagnostic::error(proc_macro2::Span::call_site(), "the table has no name");
        wrong.combine(missing.help("say it: `table(name = \"accounts\")`"));
    }
    errors.combine(wrong);
    name.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use macro_guest_sdk::testing::{Expanded, Harness};

    use super::*;

    fn expand(arguments: TokenStream, item: TokenStream) -> Expanded {
        Harness::new().expand_attribute::<table>(arguments, item)
    }

    fn account() -> TokenStream {
        quote! {
            pub struct Account {
                owner: String,
                #[Postgres::primary_key]
                id: u64,
                r#type: Option<i16>,
            }
        }
    }

    #[test]
    fn statements_know_the_columns() {
        let expanded = expand(quote!(name = "accounts"), account()).without_errors();
        for part in [
            "KEY : & 'static str = \"id\"",
            "\"select id, owner, type from accounts where id = $1\"",
            "\"insert into accounts (id, owner, type) values ($1, $2, $3)\"",
            "\"update accounts set owner = $2, type = $3 where id = $1\"",
            "\"delete from accounts where id = $1\"",
            "(\"type\" , \"smallint\")",
        ] {
            assert!(expanded.code().contains(part), "{part} in {}", expanded.code());
        }
        let create = "create table accounts (owner text not null, id numeric(20) primary key, type smallint)";
        assert_eq!(expanded.plan[0].body, create);
        let one = quote! { struct S { #[Postgres::primary_key] id: i64 } };
        assert!(!expand(quote!(name = "s"), one).without_errors().code().contains("UPDATE"));
    }

    #[test]
    fn other_macros_are_told() {
        let planned = Harness::new().plan::<table>(quote!(name = "accounts"), account());
        let facts: Vec<_> =
            planned.facts.iter().map(|f| format!("{}={}", f.name, f.value)).collect();
        let expected = "table=accounts changes=insert or update or delete primary_key=id \
                        column=owner text column=id numeric(20) column=type smallint";
        assert_eq!(facts.join(" "), expected);
    }

    #[test]
    fn what_is_wrong_is_said_where_it_is() {
        let errors = |arguments, item| expand(arguments, item).errors();
        assert_eq!(errors(quote!(), account()), ["the table has no name"]);
        assert_eq!(
            errors(quote!(name = "A b"), account()),
            ["`A b` is no table name (at `\"A b\"`)"]
        );
        for (fields, expected) in [
            (quote! { { id: u64 } }, "no field is the primary key (at `S`)"),
            (
                quote! { { #[P::primary_key] a: u8, #[P::primary_key] b: u8 } },
                "a second primary key (at `b`)",
            ),
            (
                quote! { { #[P::primary_key] a: Option<u8> } },
                "a primary key is never null (at `Option < u8 >`)",
            ),
            (
                quote! { { #[P::primary_key] a: Vec<u8> } },
                "the column type of this is not known (at `Vec < u8 >`)",
            ),
            (
                quote! { (u8); },
                "a table needs a struct with named fields: they are its columns (at `S`)",
            ),
        ] {
            assert_eq!(errors(quote!(name = "s"), quote! { struct S #fields }), [expected]);
        }
    }
}
