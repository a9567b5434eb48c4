//! Random schemas that could be written.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    Basic, Content, Field, Method, Named, ReadError, Schema, Type, Variant, is_name, read,
};

fn names(most: usize) -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set("[a-z][a-z0-9_]{0,5}", 0..most)
        .prop_map(|set| set.into_iter().filter(|name| is_name(name)).collect())
}

fn ty(named: Vec<String>) -> impl Strategy<Value = Type> {
    let basic = proptest::sample::select(Basic::ALL).prop_map(Type::Basic);
    let leaf = if named.is_empty() {
        basic.boxed()
    } else {
        prop_oneof![basic, proptest::sample::select(named).prop_map(Type::Named)].boxed()
    };
    leaf.prop_recursive(3, 12, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            inner.clone().prop_map(|one| Type::Option(Box::new(one))),
            inner.clone().prop_map(|one| Type::List(Box::new(one))),
            inner.clone().prop_map(|one| Type::Set(Box::new(one))),
            (inner.clone(), any::<u32>())
                .prop_map(|(one, count)| Type::Array(Box::new(one), count)),
            two.clone().prop_map(|(one, other)| Type::Map(Box::new(one), Box::new(other))),
            two.prop_map(|(one, other)| Type::Result(Box::new(one), Box::new(other))),
            prop::collection::vec(inner, 2..4).prop_map(Type::Tuple),
        ]
    })
}

fn fields(named: Vec<String>) -> impl Strategy<Value = Vec<Field>> {
    names(4).prop_flat_map(move |names| {
        let count = names.len();
        let rest = prop::collection::vec((ty(named.clone()), any::<bool>()), count);
        rest.prop_map(move |rest| {
            let with = |(name, (ty, default)): (&String, (Type, bool))| Field {
                name: name.clone(),
                ty,
                default,
            };
            names.iter().zip(rest).map(with).collect()
        })
    })
}

fn variants(named: Vec<String>) -> impl Strategy<Value = Vec<Variant>> {
    names(4).prop_flat_map(move |names| {
        let content = prop_oneof![
            Just(Content::Unit),
            prop::collection::vec(ty(named.clone()), 0..3).prop_map(Content::Tuple),
            fields(named.clone()).prop_map(Content::Struct),
        ];
        let count = names.len();
        (prop::collection::vec(content, count), 0..=count).prop_map(move |(contents, default)| {
            let with = |(index, (name, content)): (usize, (&String, Content))| Variant {
                name: name.clone(),
                content,
                default: index == default,
            };
            names.iter().zip(contents).enumerate().map(with).collect()
        })
    })
}

fn named(all: Vec<String>) -> impl Strategy<Value = Named> {
    prop_oneof![
        ty(all.clone()).prop_map(Named::Wrapper),
        fields(all.clone()).prop_map(Named::Struct),
        variants(all).prop_map(Named::Enum),
    ]
}

fn method(named: Vec<String>) -> impl Strategy<Value = Method> {
    (fields(named.clone()), ty(named), any::<bool>(), any::<bool>()).prop_map(
        |(arguments, returns, streams, compile_time)| Method {
            arguments,
            returns,
            streams,
            compile_time,
        },
    )
}

/// Any schema whose text can be read.
pub(crate) fn schema() -> impl Strategy<Value = Schema> {
    let types = prop::collection::btree_set("T[a-z]{0,3}", 0..4);
    (types, names(5)).prop_flat_map(|(types, methods)| {
        let types: Vec<String> = types.into_iter().collect();
        let named = prop::collection::vec(named(types.clone()), types.len());
        let method = prop::collection::vec(method(types.clone()), methods.len());
        let secret = prop::collection::vec(proptest::bool::weighted(0.2), types.len());
        (named, method, secret).prop_map(move |(named, method, secret)| {
            let marked = types.iter().zip(secret).filter(|(_, secret)| *secret);
            let mut schema = Schema {
                service: "Service".to_owned(),
                methods: methods.iter().cloned().zip(method).collect(),
                types: types.iter().cloned().zip(named).collect::<BTreeMap<_, _>>(),
                secret: marked.map(|(name, _)| name.clone()).collect(),
            };
            // Types that nobody names are not written.
            while let Err(ReadError::Unused(name)) = read(&schema.to_string()) {
                schema.types.remove(&name);
                schema.secret.remove(&name);
            }
            schema
        })
    })
}
