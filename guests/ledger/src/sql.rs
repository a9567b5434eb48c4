//! Names in SQL, and the column types of Rust types.

use syn::{GenericArgument, PathArguments, Type};

/// Words that PostgreSQL and SQLite do not take as bare names.
const RESERVED: [&str; 33] = [
    "all",
    "and",
    "as",
    "asc",
    "by",
    "case",
    "check",
    "column",
    "create",
    "default",
    "desc",
    "do",
    "end",
    "from",
    "grant",
    "group",
    "in",
    "index",
    "into",
    "join",
    "limit",
    "not",
    "null",
    "on",
    "or",
    "order",
    "primary",
    "references",
    "select",
    "table",
    "to",
    "user",
    "where",
];

/// Can it be a name at all? A quote inside would end the name early.
pub(crate) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|ch| ch.is_ascii_lowercase() || ch == '_')
        && chars.all(|ch| ch.is_ascii_lowercase() || ch.is_ascii_digit() || ch == '_')
}

/// The name as it is written in a statement.
pub(crate) fn quoted(name: &str) -> String {
    if is_name(name) && !RESERVED.contains(&name) { name.to_owned() } else { format!("\"{name}\"") }
}

/// `LedgerEntry` is the table `ledger_entry`.
pub(crate) fn snake_case(name: &str) -> String {
    let mut out = String::new();
    let mut after_lower = false;
    for ch in name.chars() {
        if ch.is_uppercase() && after_lower {
            out.push('_');
        }
        after_lower = !ch.is_uppercase();
        out.extend(ch.to_lowercase());
    }
    out
}

/// The column type that holds every value of a Rust type; `None` if it is not known.
pub(crate) fn column_type(ty: &Type) -> Option<&'static str> {
    let ty = bare(ty);
    if let Type::Path(path) = ty {
        let segment = path.path.segments.last()?;
        let name = segment.ident.to_string();
        let argument = only_argument(&segment.arguments);
        return match (name.as_str(), argument.map(bare)) {
            ("Box" | "Rc" | "Arc" | "Cow", Some(inner)) => column_type(inner),
            ("Vec", Some(inner)) => bytes(inner),
            (_, Some(_)) => None,
            (name, None) => scalar(name),
        };
    }
    match ty {
        Type::Reference(reference) => column_type(&reference.elem),
        Type::Slice(slice) => bytes(&slice.elem),
        Type::Array(array) => bytes(&array.elem),
        _ => None,
    }
}

/// The type inside an `Option`: a column that may be null.
pub(crate) fn inside_option(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = bare(ty) else { return None };
    let segment = path.path.segments.last()?;
    if segment.ident == "Option" { only_argument(&segment.arguments) } else { None }
}

/// The type without the invisible groups and parentheses that macros put around it.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

fn bytes(element: &Type) -> Option<&'static str> {
    match bare(element) {
        Type::Path(path) if path.path.is_ident("u8") => Some("bytea"),
        _ => None,
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

fn scalar(name: &str) -> Option<&'static str> {
    Some(match name {
        "bool" => "boolean",
        "i8" | "u8" | "i16" => "smallint",
        "u16" | "i32" => "integer",
        "u32" | "i64" | "isize" => "bigint",
        "u64" | "usize" => "numeric(20)",
        "u128" | "i128" => "numeric(39)",
        "f32" => "real",
        "f64" => "double precision",
        "char" | "str" | "String" => "text",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_types_have_column_types() {
        for (ty, expected) in [
            ("u64", Some("numeric(20)")),
            ("std::string::String", Some("text")),
            ("&'static str", Some("text")),
            ("Cow<'a, str>", Some("text")),
            ("Box<[u8]>", Some("bytea")),
            ("Vec<u8>", Some("bytea")),
            ("[u8; 32]", Some("bytea")),
            ("(i16)", Some("smallint")),
            ("Vec<String>", None),
            ("HashMap<u8, u8>", None),
            ("T", None),
            ("(u8, u8)", None),
        ] {
            let ty: Type = syn::parse_str(ty).expect(ty);
            assert_eq!(column_type(&ty), expected);
        }
        let option: Type = syn::parse_str("core::option::Option<u8>").expect("a type");
        assert_eq!(inside_option(&option).and_then(column_type), Some("smallint"));
        assert_eq!(column_type(&option), None);
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        assert_eq!(
            ["id", "order", "größe", "1st"].map(quoted),
            ["id", "\"order\"", "\"größe\"", "\"1st\""]
        );
        assert!(
            is_name("_a1") && !is_name("") && !is_name("1a") && !is_name("a\"b") && !is_name("A")
        );
    }

    #[test]
    fn type_names_become_table_names() {
        assert_eq!(
            ["Account", "LedgerEntry", "HTTPLog", "a"].map(snake_case),
            ["account", "ledger_entry", "httplog", "a"]
        );
    }
}
