use super::*;

fn info(name: &str, kind: MacroKind) -> MacroInfo {
    MacroInfo {
        name: name.to_owned(),
        kind,
        doc: String::new(),
        helpers: vec![],
        needs: vec![],
        context: 0,
        calls: vec![],
    }
}

fn project(cells: &[(&str, Vec<MacroInfo>)]) -> (Manifest, BTreeMap<String, Component>) {
    let text: String =
        cells.iter().map(|(name, _)| format!("[cells.{name}]\npath = \"{name}.wasm\"\n")).collect();
    let components = cells.iter().map(|(name, macros)| {
        let digest = Digest::of(name.as_bytes());
        let component = Component {
            api: "0.1.0".to_owned(),
            digest,
            macros: macros.clone(),
            outside: Vec::new(),
        };
        ((*name).to_owned(), component)
    });
    (Manifest::parse(&text).unwrap(), components.collect())
}

fn lock(cells: &[(&str, Vec<MacroInfo>)], old: &str) -> Lock {
    let (manifest, components) = project(cells);
    make(Digest::of(b"cell.toml"), &manifest, &components, &Schemas::new(), &kept(old)).unwrap()
}

const ATTRIBUTE: MacroKind = MacroKind::Attribute;

#[test]
fn macros_keep_their_numbers_and_new_ones_get_others() {
    let first = lock(&[("b", vec![info("x", ATTRIBUTE), info("y", ATTRIBUTE)])], "");
    let slot = |name: &str| first.cells["b"].macros[name].slot;
    assert_eq!((slot("x"), slot("y")), (Some(0), Some(1)));
    // `a` comes before `b` by name, and still gets a later number.
    let cells = [("a", vec![info("x", ATTRIBUTE)]), ("b", vec![info("y", ATTRIBUTE)])];
    let second = lock(&cells, &first.to_string());
    assert_eq!(second.cells["b"].macros["y"].slot, Some(1));
    assert_eq!(second.cells["a"].macros["x"].slot, Some(2), "0 was given to b::x once");
    assert_eq!(lock(&cells, &second.to_string()), second, "locking again changes nothing");
}

#[test]
fn kinds_have_numbers_of_their_own() {
    let macros =
        vec![info("a", ATTRIBUTE), info("d", MacroKind::Derive), info("f", MacroKind::Function)];
    let lock = lock(&[("c", macros)], "");
    let slot = |name: &str| lock.cells["c"].macros[name].slot;
    assert_eq!((slot("a"), slot("d"), slot("f")), (Some(0), Some(0), Some(0)));
}

#[test]
fn numbers_survive_a_merge_that_the_lock_does_not() {
    let cells = [("a", vec![info("x", ATTRIBUTE)]), ("b", vec![info("x", ATTRIBUTE)])];
    let ours = lock(&cells[..1], "").to_string();
    let theirs = lock(&cells[1..], "").to_string();
    let merged = format!("{ours}<<<<<<< ours\n{theirs}");
    assert!(Lock::parse(&merged).is_err());
    let lock = lock(&cells, &merged);
    assert_eq!(lock.cells["a"].macros["x"].slot, Some(0));
    assert_eq!(lock.cells["b"].macros["x"].slot, Some(1));
}

#[test]
fn used_up_numbers_are_given_again_and_the_65th_macro_is_refused() {
    let many = |count: usize| (0..count).map(|n| info(&format!("m{n}"), ATTRIBUTE)).collect();
    let old = lock(&[("a", many(64))], "").to_string();
    let new = lock(&[("b", many(64))], &old);
    assert_eq!(new.cells["b"].macros.len(), 64);
    let (manifest, components) = project(&[("a", many(65))]);
    let none = Schemas::new();
    let failure = make(Digest::of(b""), &manifest, &components, &none, &kept(&old)).unwrap_err();
    assert!(failure.to_string().contains("65 macros"), "{failure}");
}

#[test]
fn the_65th_function_like_macro_works_without_a_number() {
    let many = (0..65).map(|n| info(&format!("m{n}"), MacroKind::Function)).collect();
    let lock = lock(&[("a", many)], "");
    let without = lock.cells["a"].macros.values().filter(|one| one.slot.is_none()).count();
    assert_eq!(without, 1);
}

#[test]
fn needs_are_written_with_their_cell() {
    let mut cache = info("cache", ATTRIBUTE);
    cache.needs = vec!["table".to_owned(), "search::index".to_owned()];
    let lock = lock(&[("ledger", vec![cache])], "");
    assert_eq!(lock.cells["ledger"].macros["cache"].needs, ["ledger::table", "search::index"]);
}

#[test]
fn a_cell_that_is_only_started_is_not_in_the_lock() {
    let manifest = Manifest::parse("[cells.a.run]\ncommand = [\"a\"]\n").unwrap();
    let none = (BTreeMap::new(), Schemas::new(), Kept::default());
    let lock = make(Digest::of(b""), &manifest, &none.0, &none.1, &none.2).unwrap();
    assert!(lock.cells.is_empty());
}

#[test]
fn says_what_changed() {
    let old =
        lock(&[("a", vec![info("x", ATTRIBUTE), info("y", ATTRIBUTE)]), ("gone", vec![])], "");
    let mut new = lock(
        &[("a", vec![info("x", MacroKind::Derive), info("z", ATTRIBUTE)]), ("b", vec![])],
        &old.to_string(),
    );
    let cell = new.cells.get_mut("a").unwrap();
    cell.component.as_mut().unwrap().digest = Digest::of(b"other");
    cell.grants.push(CallPermission { cell: "s".into(), function: "f".into() });
    cell.limits.fuel += 1;
    let said: Vec<_> = changes(Some(&old), &new).iter().map(ToString::to_string).collect();
    let (a, other, b) =
        (Digest::of(b"a").short(), Digest::of(b"other").short(), Digest::of(b"b").short());
    let expected = [
        "Removing gone".to_owned(),
        format!("Updating a {a} -> {other}"),
        "Removing a::x (attribute)".to_owned(),
        "Removing a::y (attribute)".to_owned(),
        "Adding a::x (derive)".to_owned(),
        "Adding a::z (attribute)".to_owned(),
        "Granting a: s::f".to_owned(),
        "Updating a: limits".to_owned(),
        format!("Adding b {b}"),
    ];
    assert_eq!(said, expected);
    assert_eq!(changes(Some(&new), &new), []);
    let back: Vec<_> = changes(Some(&new), &old).iter().map(ToString::to_string).collect();
    assert!(back.contains(&"Revoking a: s::f".to_owned()), "{back:?}");
}

#[test]
fn compares_what_is_asked_with_what_is_granted() {
    let mut macro_ = info("x", ATTRIBUTE);
    macro_.calls = vec![CallPermission { cell: "s".into(), function: "f".into() }];
    let mut lock = lock(&[("a", vec![macro_])], "");
    let wishes = vec![("a::x".to_owned(), "s::f".to_owned())];
    assert_eq!(not_granted(&lock), [("a".to_owned(), wishes)].into());
    assert!(declares(&lock, "a::x", "s::f"));
    for (path, asked) in [("a::x", "s::g"), ("a::y", "s::f"), ("b::x", "s::f"), ("x", "s::f")] {
        assert!(!declares(&lock, path, asked), "{path} {asked}");
    }
    assert_eq!(not_asked(&lock), []);
    let grants = &mut lock.cells.get_mut("a").unwrap().grants;
    grants.push(CallPermission { cell: "s".into(), function: "g".into() });
    assert_eq!(not_asked(&lock), [("a".to_owned(), "s::g".to_owned())]);
    // Whoever writes the line over the one that is there revokes nothing.
    assert_eq!(calls_with(&lock, "a", ["s::f"]), "calls = [\"s::f\", \"s::g\"]");
    assert_eq!(calls_with(&lock, "b", ["s::f"]), "calls = [\"s::f\"]");
    lock.cells.get_mut("a").unwrap().grants[0].function = "f".to_owned();
    assert_eq!((not_granted(&lock), not_asked(&lock)), (BTreeMap::new(), vec![]));
}
