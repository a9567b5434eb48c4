//! Requests for tests: one of given source, and random ones.

use proptest::prelude::*;

use super::{Allowed, Call, CallPermission, Limits, MacroKind, Place, Request};
use crate::digest::Digest;
use crate::outside::{Content, Outside};
use crate::table::TableBuilder;
use crate::table::source::read;
use crate::table::strategy::{self as tables, Tree};

/// A call of `path` without arguments.
pub(crate) fn call(path: &str) -> Call {
    let (cell, name) = path.split_once("::").expect("cell::name");
    Call {
        cell: cell.into(),
        name: name.into(),
        kind: MacroKind::Attribute,
        component: Digest::of(cell.as_bytes()),
        arguments: 0..0,
        wants: 0,
        needs: Vec::new(),
        helpers: Vec::new(),
        granted: Vec::new(),
        asked: Vec::new(),
        limits: Limits::default(),
        allowed: Allowed::default(),
        profile: "default".into(),
        outside: Outside::default(),
    }
}

/// Attributes by path and arguments on an item. For the source see [`read`].
pub(crate) fn request_of(calls: &[(&str, &str)], item: &str) -> Request {
    let mut builder = TableBuilder::default();
    let mut made = Vec::new();
    for (path, arguments) in calls {
        let start = builder.len();
        read(arguments, &mut builder);
        made.push(Call { arguments: start..builder.len(), ..call(path) });
    }
    read(item, &mut builder);
    let table = builder.finish().expect("every group was closed");
    Request { form: MacroKind::Attribute, table, calls: made, place: Place::default() }
}

/// Any request; the macros on it have names `a`, `b` ..
pub(crate) fn request() -> impl Strategy<Value = Request> {
    let calls = prop::collection::vec((any_call(), tables::forest()), 1..4);
    let place = (any::<String>(), "[a-z_]{0,4}");
    let form = proptest::sample::select(&MacroKind::ALL[..]);
    (form, calls, tables::forest(), place).prop_map(|(form, calls, item, place)| {
        let mut trees: Vec<Tree> = Vec::new();
        let mut made = Vec::new();
        for (index, (call, arguments)) in calls.into_iter().enumerate() {
            let start = tables::build(&trees).rows.len();
            trees.extend(arguments);
            let end = tables::build(&trees).rows.len();
            made.push(Call {
                name: char::from(b'a' + index as u8).into(),
                arguments: start..end,
                ..call
            });
        }
        trees.extend(item);
        let (package, krate) = place;
        let place = Place { package, krate };
        Request { form, table: tables::build(&trees), calls: made, place }
    })
}

fn any_call() -> impl Strategy<Value = Call> {
    let word = || "[a-z]{1,3}(::[a-z]{1,3})?";
    let words = move || prop::collection::vec(word(), 0..3);
    let permission =
        || ("[a-z]{1,3}", word()).prop_map(|(cell, function)| CallPermission { cell, function });
    let permissions = move || prop::collection::vec(permission(), 0..3);
    let numbers = any::<(u64, u64, u64, u64)>();
    let names = (any::<bool>(), outside());
    (words(), words(), permissions(), permissions(), 0u32..16, 0u32..128, numbers, names).prop_map(
        |(
            needs,
            helpers,
            granted,
            asked,
            wants,
            allowed,
            (fuel, memory, rows, bytes),
            (dash, outside),
        )| Call {
            needs,
            helpers,
            granted,
            asked,
            wants,
            allowed: Allowed(allowed),
            limits: Limits { fuel, memory, rows, bytes },
            outside,
            ..call(if dash { "my-ledger::x" } else { "größe::x" })
        },
    )
}

/// Mostly nothing, as in most requests.
fn outside() -> impl Strategy<Value = Outside> {
    let variables = prop::collection::btree_map("[A-Z_]{1,3}\\*?", any::<Option<String>>(), 0..3);
    let content = prop::option::of(any::<Vec<u8>>().prop_map(Content::new));
    let files = prop::collection::btree_map("[a-z]{1,3}(/[a-z]{1,3})?", content, 0..3);
    let some = (variables, files).prop_map(|(variables, files)| Outside {
        variables: variables.into_iter().collect(),
        files: files.into_iter().collect(),
    });
    prop_oneof![2 => Just(Outside::default()), 1 => some]
}
