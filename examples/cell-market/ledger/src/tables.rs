//! The ledger's tables, for macros that ask while an application compiles.
//!
//! A table is what a method of the service streams, row by row: its columns are taken from the
//! schema of the rows, so they are those that the ledger really has.

use cell::Service;
use cell::schema::{Field, Named, Schema, Type};

use crate::Ledger;
use crate::types::{Column, ColumnType, NoSuchTable, Table};

/// Each table, and the type of its rows.
const TABLES: [(&str, &str); 2] = [("accounts", "Account"), ("movements", "Movement")];

/// A table by its name.
pub(crate) fn table(name: &str) -> Result<Table, NoSuchTable> {
    let found = TABLES.iter().find(|(table, _)| *table == name);
    let known = || TABLES.iter().map(|(table, _)| (*table).to_owned()).collect();
    let (_, row) = found.ok_or_else(|| NoSuchTable { known: known() })?;
    let mut columns = Vec::new();
    add_fields(&<Ledger as Service>::schema(), row, "", &mut columns);
    Ok(Table { name: name.to_owned(), columns })
}

/// What a row holds in a struct of its own is a column for each part: `id_by` and `id_number`.
fn add_fields(schema: &Schema, name: &str, prefix: &str, columns: &mut Vec<Column>) {
    let Some(Named::Struct(fields)) = schema.types.get(name) else { return };
    for Field { name, ty, .. } in fields {
        let name = format!("{prefix}{name}");
        match ty {
            Type::Named(inside) => add_fields(schema, inside, &format!("{name}_"), columns),
            Type::Basic(basic) => columns.push(Column { name, ty: column_type(basic.word()) }),
            _ => columns.push(Column { name, ty: ColumnType::Other }),
        }
    }
}

/// What a word of the schema says of a column.
fn column_type(word: &str) -> ColumnType {
    let (sign, bits) = word.split_at(1);
    match (word, sign, bits.parse()) {
        ("string" | "char", ..) => ColumnType::Text,
        (_, "u" | "i", Ok(bits)) => ColumnType::Integer { bits, signed: sign == "i" },
        _ => ColumnType::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(table: &Table) -> Vec<String> {
        let column = |column: &Column| match column.ty {
            ColumnType::Text => format!("{}: text", column.name),
            ColumnType::Integer { bits, signed } => {
                format!("{}: {}{bits}", column.name, if signed { 'i' } else { 'u' })
            }
            ColumnType::Other => format!("{}: ?", column.name),
        };
        table.columns.iter().map(column).collect()
    }

    #[test]
    fn tables_have_the_columns_of_their_rows() {
        let found = |name| table(name).map(|table| columns(&table).join(", "));
        let accounts = "id: u64, owner: text, asset: u32, balance: u64, opening: u64";
        assert_eq!(found("accounts"), Ok(accounts.to_owned()));
        let movements = "sequence: u64, id_by: u64, id_number: u64, amount: i64, balance: u64";
        assert_eq!(found("movements"), Ok(movements.to_owned()));
        let known = ["accounts", "movements"].map(str::to_owned).to_vec();
        assert_eq!(table("account"), Err(NoSuchTable { known }));
    }
}
