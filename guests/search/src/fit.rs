//! Which types of Rust hold what is in a column.

use syn::{GenericArgument, PathArguments, Type};

use crate::ledger::ColumnType;

/// How a column's values are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terms {
    /// By each of its words.
    Words,
    /// By the number.
    Number,
}

/// A column in words: `text`, `u64`, or nothing if it is of no type that we know.
pub(crate) fn name(column: &ColumnType) -> Option<String> {
    match column {
        ColumnType::Text => Some("text".to_owned()),
        ColumnType::Integer { bits, signed } => {
            let known = matches!(bits, 8 | 16 | 32 | 64 | 128);
            known.then(|| format!("{}{bits}", if *signed { 'i' } else { 'u' }))
        }
        ColumnType::Other => None,
    }
}

pub(crate) fn terms(column: &ColumnType) -> Terms {
    match column {
        ColumnType::Text => Terms::Words,
        _ => Terms::Number,
    }
}

/// Can a field of this type hold every value of the column?
pub(crate) fn holds(ty: &Type, column: &ColumnType) -> bool {
    let Some(name) = last_name(inside_option(ty).unwrap_or(ty)) else { return false };
    match *column {
        ColumnType::Text => matches!(name.as_str(), "String" | "str"),
        ColumnType::Integer { bits, signed } => {
            let (sign, field_bits) = name.split_at(1);
            match (sign, field_bits.parse::<u8>()) {
                ("u", Ok(field)) => !signed && field >= bits,
                // One bit says whether it is negative.
                ("i", Ok(field)) => field >= bits && (signed || field > bits),
                _ => false,
            }
        }
        ColumnType::Other => false,
    }
}

/// The column whose values a field of this type holds, and no others.
pub(crate) fn column(ty: &Type) -> ColumnType {
    let known = [8, 16, 32, 64, 128]
        .into_iter()
        .flat_map(|bits| [false, true].map(|signed| ColumnType::Integer { bits, signed }));
    let last = last_name(inside_option(ty).unwrap_or(ty));
    let named = |column: &ColumnType| name(column) == last;
    if holds(ty, &ColumnType::Text) {
        return ColumnType::Text;
    }
    known.into_iter().find(named).unwrap_or(ColumnType::Other)
}

/// The type in an `Option`.
pub(crate) fn inside_option(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = bare(ty) else { return None };
    let last = path.path.segments.last()?;
    if last.ident == "Option" { only_argument(&last.arguments) } else { None }
}

/// The name of a type that says all, through references and boxes.
fn last_name(ty: &Type) -> Option<String> {
    let path = match bare(ty) {
        Type::Path(path) => path,
        Type::Reference(reference) => return last_name(&reference.elem),
        _ => return None,
    };
    let last = path.path.segments.last()?;
    match (last.ident.to_string().as_str(), only_argument(&last.arguments)) {
        ("Box" | "Rc" | "Arc" | "Cow", Some(inside)) => last_name(inside),
        (_, Some(_)) => None,
        (name, None) => Some(name.to_owned()),
    }
}

/// The type without the invisible groups and parentheses that macros put around it.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

fn only_argument(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(list) = arguments else { return None };
    let mut types = list.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.next().filter(|_| types.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_holds_what_the_column_does() {
        let integer = |bits, signed| ColumnType::Integer { bits, signed };
        for (ty, column, expected) in [
            ("String", ColumnType::Text, true),
            ("&'static str", ColumnType::Text, true),
            ("std::borrow::Cow<'a, str>", ColumnType::Text, true),
            ("Option<Box<str>>", ColumnType::Text, true),
            ("Vec<String>", ColumnType::Text, false),
            ("u64", ColumnType::Text, false),
            ("u64", integer(64, false), true),
            ("(u128)", integer(64, false), true),
            ("u32", integer(64, false), false),
            ("i64", integer(64, false), false),
            ("i128", integer(64, false), true),
            ("i64", integer(64, true), true),
            ("u128", integer(64, true), false),
            ("usize", integer(8, false), false),
            ("String", integer(8, false), false),
            ("T", integer(8, false), false),
            ("u64", ColumnType::Other, false),
        ] {
            let ty: Type = syn::parse_str(ty).expect(ty);
            assert_eq!(holds(&ty, &column), expected, "{column:?}");
        }
    }

    #[test]
    fn a_field_is_a_column_that_it_holds() {
        for (ty, expected) in [
            ("String", Some("text")),
            ("Option<Box<str>>", Some("text")),
            ("u64", Some("u64")),
            ("Option<i8>", Some("i8")),
            ("usize", None),
            ("Vec<u8>", None),
        ] {
            let ty: Type = syn::parse_str(ty).expect(ty);
            let column = column(&ty);
            assert_eq!(name(&column).as_deref(), expected);
            assert_eq!(holds(&ty, &column), expected.is_some());
        }
    }

    #[test]
    fn columns_have_names() {
        let name = |bits| name(&ColumnType::Integer { bits, signed: true });
        assert_eq!((name(64).as_deref(), name(7)), (Some("i64"), None));
    }
}
