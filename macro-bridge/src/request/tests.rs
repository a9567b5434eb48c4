//! What the key of an expansion depends on, and what it does not.

use super::strategy::{call, request, request_of};
use super::*;
use crate::outside::Content;
use crate::table::source::table_of;
use proptest::prelude::*;

fn example() -> Request {
    let mut request = request_of(
        &[("ledger::cache", "seconds = 5"), ("ledger::table", "")],
        "struct A { b : u8 }",
    );
    request.place = Place { package: "shop".into(), krate: "shop_lib".into() };
    request
}

#[test]
fn parts_of_the_table() {
    let request = example();
    assert_eq!(request.item(), 3..9);
    assert_eq!(request.title(), "ledger::cache + ledger::table");
    assert_eq!(request.table.render(request.item()), "struct A { b : u8 }");
}

#[test]
fn the_key_depends_on_every_part() {
    let plain = example();
    let mut seen = std::collections::BTreeMap::from([(plain.key(), "nothing")]);
    let mut changed = |what: &'static str, change: &dyn Fn(&mut Request)| {
        let mut request = example();
        change(&mut request);
        assert_ne!(request, plain, "{what}");
        if let Some(other) = seen.insert(request.key(), what) {
            panic!("{what} and {other} have one key");
        }
    };
    changed("form", &|r| r.form = MacroKind::Derive);
    changed("item", &|r| {
        *r = request_of(
            &[("ledger::cache", "seconds = 5"), ("ledger::table", "")],
            "struct B { b : u8 }",
        );
    });
    changed("spacing", &|r| r.table.rows[1].sub = 1);
    changed("arguments", &|r| {
        *r = request_of(
            &[("ledger::cache", "seconds = 6"), ("ledger::table", "")],
            "struct A { b : u8 }",
        );
    });
    changed("whose arguments", &|r| {
        *r = request_of(
            &[("ledger::cache", "seconds ="), ("ledger::table", "5")],
            "struct A { b : u8 }",
        );
    });
    changed("arguments or item", &|r| r.calls[1].arguments = 3..4);
    changed("number of calls", &|r| {
        r.calls.remove(0);
        r.calls[0].arguments = 0..3;
    });
    changed("cell", &|r| r.calls[0].cell = "other".into());
    changed("name", &|r| r.calls[0].name = "other".into());
    changed("cell or name", &|r| {
        r.calls[0].cell = "ledge".into();
        r.calls[0].name = "rcache".into();
    });
    changed("kind", &|r| r.calls[0].kind = MacroKind::Derive);
    changed("component", &|r| r.calls[0].component = Digest::of(b"other"));
    changed("wants", &|r| r.calls[0].wants = wants::GATHERED);
    changed("needs", &|r| r.calls[0].needs.push("ledger::table".into()));
    changed("helpers", &|r| r.calls[0].helpers.push("ledger::table".into()));
    changed("more helpers", &|r| r.calls[0].helpers = vec!["a".into(), "b".into()]);
    changed("joined helpers", &|r| r.calls[0].helpers = vec!["ab".into()]);
    let permission = || CallPermission { cell: "a".into(), function: "b".into() };
    changed("granted", &|r| r.calls[0].granted.push(permission()));
    changed("fuel", &|r| r.calls[0].limits.fuel += 1);
    changed("memory", &|r| r.calls[0].limits.memory += 1);
    changed("rows", &|r| r.calls[0].limits.rows += 1);
    changed("bytes", &|r| r.calls[0].limits.bytes += 1);
    changed("allowed", &|r| r.calls[0].allowed.0 = 1);
    let text = |text: &str| Some(text.to_owned());
    let variable = |name: &str, value: Option<String>| {
        let (name, value) = (name.to_owned(), value);
        move |r: &mut Request| {
            r.calls[0].outside.variables.push((name.clone(), value.clone()));
        }
    };
    changed("a variable", &variable("AB", text("c")));
    changed("its value", &variable("AB", text("d")));
    changed("name or value", &variable("A", text("bc")));
    changed("an empty one", &variable("AB", text("")));
    changed("one that is not set", &variable("AB", None));
    let file = |path: &str, content: Option<&[u8]>| {
        let path = path.to_owned();
        let content = content.map(|bytes| Content::new(bytes.to_vec()));
        move |r: &mut Request| r.calls[0].outside.files.push((path.clone(), content.clone()))
    };
    changed("a file", &file("AB", Some(b"c")));
    changed("its content", &file("AB", Some(b"d")));
    changed("an empty file", &file("AB", Some(b"")));
    changed("one that is not there", &file("AB", None));
    changed("both", &|r| {
        variable("AB", None)(r);
        file("AB", None)(r);
    });
    changed("a variable of one that is off", &|r| {
        r.calls[0].profile = OFF.into();
        variable("AB", None)(r);
    });
    changed("a variable of one that sees the profile", &|r| {
        r.calls[0].wants = wants::PROFILE;
        variable("AB", None)(r);
    });
    changed("of the other call", &|r| r.calls[1].allowed.0 = 1);
    changed("order", &|r| r.calls.swap(0, 1));
}

#[test]
fn the_key_does_not_depend_on_what_no_macro_asked_for() {
    let plain = example();
    let key = |change: &dyn Fn(&mut Request)| {
        let mut request = example();
        change(&mut request);
        assert_ne!(request, plain);
        request.key()
    };
    assert_eq!(key(&|r| r.place.package = "other".into()), plain.key());
    assert_eq!(key(&|r| r.place.krate = "other".into()), plain.key());
    assert_eq!(key(&|r| r.calls[0].profile = "other".into()), plain.key());
    // Whether it runs at all is nothing that it has to ask for.
    assert_ne!(key(&|r| r.calls[0].profile = OFF.into()), plain.key());
    // It only makes the text of an error.
    let question = || CallPermission { cell: "a".into(), function: "b".into() };
    assert_eq!(key(&|r| r.calls[0].asked.push(question())), plain.key());
}

#[test]
fn the_key_depends_on_what_was_asked_for() {
    let key = |wants: u32, change: &dyn Fn(&mut Request)| {
        let mut request = example();
        request.calls[1].wants = wants;
        change(&mut request);
        request.key()
    };
    let package: &dyn Fn(&mut Request) = &|it| it.place.package = "other".into();
    let krate: &dyn Fn(&mut Request) = &|it| it.place.krate = "other".into();
    let profile: &dyn Fn(&mut Request) = &|it| it.calls[1].profile = "other".into();
    for (wants, changes) in [
        (wants::PACKAGE, [true, true, false]),
        (wants::PROFILE, [false, false, true]),
        (wants::ITEM_KIND | wants::GATHERED, [false, false, false]),
        (wants::ALL, [true, true, true]),
    ] {
        for (change, expected) in [package, krate, profile].into_iter().zip(changes) {
            assert_eq!(key(wants, change) != key(wants, &|_| {}), expected);
        }
    }
    let moved = key(wants::PACKAGE, &|request| {
        request.place.package = "shops".into();
        request.place.krate = "hop_lib".into();
    });
    assert_ne!(moved, key(wants::PACKAGE, &|_| {}));
}

#[test]
fn places_of_tokens_are_not_in_the_key() {
    let call = Call { arguments: 0..1, ..call("ledger::table") };
    let of = |table: Table| Request {
        form: MacroKind::Attribute,
        table,
        calls: vec![call.clone()],
        place: Place::default(),
    };
    let table = table_of("x fn f ( ) { }");
    let same = table_of("  x   fn f() {  } ");
    assert_eq!(of(table).key(), of(same).key());
}

proptest! {
    #[test]
    fn equal_requests_have_equal_keys(one in request(), other in request()) {
        prop_assert_eq!(one.key(), one.clone().key());
        // `asked` and a place that nobody wants are all that may differ.
        if one.key() == other.key() {
            prop_assert_eq!(&one.table, &other.table);
            prop_assert_eq!(one.title(), other.title());
        }
    }
}
