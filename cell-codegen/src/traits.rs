//! Which traits the types of a schema can have beyond those that all have.

use std::collections::{BTreeMap, BTreeSet};

use cell_model::schema::{Basic, Content, Named, Type};

/// Types of a cell by name.
type Types = BTreeMap<String, Named>;

/// Names of types that are compared exactly: there is no floating-point number in them.
pub(crate) fn exact(types: &Types) -> BTreeSet<&str> {
    // From all, those are taken away that have a float, or a type that was taken away.
    let mut exact: BTreeSet<&str> = types.keys().map(String::as_str).collect();
    loop {
        let floats = |name: &&str| {
            let parts = types.get(*name).map(parts).unwrap_or_default();
            parts.into_iter().any(|ty| match ty {
                Type::Basic(basic) => matches!(basic, Basic::F32 | Basic::F64),
                Type::Named(other) => !exact.contains(other.as_str()),
                _ => false,
            })
        };
        let gone: Vec<&str> = exact.iter().copied().filter(floats).collect();
        if gone.is_empty() {
            return exact;
        }
        exact.retain(|name| !gone.contains(name));
    }
}

/// Names of types that stand in sets or are keys of maps, and of those in them. `more` are types that
/// are used elsewhere, as those of arguments are.
pub(crate) fn keys<'a>(
    types: &'a Types,
    more: impl IntoIterator<Item = &'a Type>,
) -> BTreeSet<&'a str> {
    let everywhere = types.values().flat_map(parts).chain(more.into_iter().flat_map(walk));
    let mut open: Vec<&str> = Vec::new();
    for ty in everywhere {
        if let Type::Set(key) | Type::Map(key, _) = ty {
            open.extend(walk(key).into_iter().filter_map(name));
        }
    }
    let mut keys = BTreeSet::new();
    while let Some(next) = open.pop() {
        if keys.insert(next) {
            let inside = types.get(next).map(parts).unwrap_or_default();
            open.extend(inside.into_iter().filter_map(name));
        }
    }
    keys
}

fn name(ty: &Type) -> Option<&str> {
    match ty {
        Type::Named(name) => Some(name),
        _ => None,
    }
}

/// All types that stand in a named one.
fn parts(named: &Named) -> Vec<&Type> {
    match named {
        Named::Wrapper(inside) => walk(inside),
        Named::Struct(fields) => fields.iter().flat_map(|field| walk(&field.ty)).collect(),
        Named::Enum(variants) => {
            let contents = variants.iter().flat_map(|variant| match &variant.content {
                Content::Unit => Vec::new(),
                Content::Tuple(types) => types.iter().flat_map(walk).collect(),
                Content::Struct(fields) => {
                    fields.iter().flat_map(|field| walk(&field.ty)).collect()
                }
            });
            contents.collect()
        }
    }
}

/// A type and all in it. They nest no deeper than a schema may.
fn walk(ty: &Type) -> Vec<&Type> {
    let inside = match ty {
        Type::Basic(_) | Type::Named(_) => Vec::new(),
        Type::Option(inside) | Type::List(inside) | Type::Set(inside) | Type::Array(inside, _) => {
            walk(inside)
        }
        Type::Map(one, other) | Type::Result(one, other) => [walk(one), walk(other)].concat(),
        Type::Tuple(types) => types.iter().flat_map(walk).collect(),
    };
    [vec![ty], inside].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_and_keys_are_found_through_other_types() {
        let text = "cell-schema 1
service S
method f(a: map<tuple<Id, Side>, Far>, b: Loop) -> unit

struct Far
  a: list<option<Near>>

type Id = Inner

struct Inner
  a: string

struct Loop
  a: list<Loop>

struct Near
  a: result<f64, unit>

enum Side
  Left
  Right
";
        let schema = cell_model::schema::read(text).expect("a schema");
        let names = |set: BTreeSet<&str>| set.into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(names(exact(&schema.types)), "Id Inner Loop Side");
        let arguments = schema.methods["f"].arguments.iter().map(|field| &field.ty);
        assert_eq!(names(keys(&schema.types, arguments)), "Id Inner Side");
    }
}
