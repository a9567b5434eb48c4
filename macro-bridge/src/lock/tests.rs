//! Tests of `cell.lock`.

use super::*;
use proptest::prelude::*;

fn example() -> Lock {
    let table = LockedMacro {
        kind: MacroKind::Attribute,
        slot: Some(0),
        wants: 5,
        needs: vec![],
        helpers: vec!["primary_key".into()],
        calls: vec![],
    };
    let cache = LockedMacro {
        slot: Some(3),
        needs: vec!["ledger::table".into()],
        helpers: vec![],
        calls: vec![CallPermission { cell: "search".into(), function: "schema".into() }],
        ..table.clone()
    };
    let query = LockedMacro { kind: MacroKind::Function, slot: None, ..table.clone() };
    let ledger = LockedCell {
        component: Some(LockedComponent { api: "0.1.0".into(), digest: Digest::of(b"component") }),
        services: [("Ledger".to_owned(), Digest::of(b"schema"))].into(),
        macros: [("table", table), ("cache", cache), ("query", query)]
            .map(|(name, m)| (name.to_owned(), m))
            .into(),
        grants: vec![CallPermission { cell: "search".into(), function: "schema".into() }],
        limits: Limits { fuel: 7, ..Limits::default() },
        allowed: Allowed(policy::bit("unsafe").unwrap()),
        live: Live::Within(250),
        krate: Some("ledger-derive 1.0.0 features=a,b".into()),
        outside: Grants {
            imports: vec!["files".into(), "variables".into()],
            variables: vec!["HOME".into(), "MY_*".into()],
            files: vec!["Cargo.toml".into(), "templates/a.html".into()],
        },
    };
    Lock {
        manifest: Digest::of(b"cell.toml"),
        profile: "default".into(),
        profiles: [("ui".to_owned(), [("ledger".to_owned(), "off".to_owned())].into())].into(),
        cells: [("ledger".to_owned(), ledger)].into(),
        packages: ["syn 2.0.0 registry+https://example.org/index aa".to_owned()].into(),
    }
}

#[test]
fn reads_what_it_writes() {
    let lock = example();
    assert_eq!(Lock::parse(&lock.to_string()), Ok(lock));
}

#[test]
fn a_profile_says_what_macros_see_cell_by_cell() {
    let lock = example();
    assert_eq!(lock.profile_of(None, "ledger"), Some("default"));
    assert_eq!(lock.profile_of(Some("default"), "ledger"), Some("default"));
    assert_eq!(lock.profile_of(Some("ui"), "ledger"), Some("off"));
    assert_eq!(lock.profile_of(Some("ui"), "other"), Some("ui"));
    assert_eq!(lock.profile_of(Some("iu"), "ledger"), None);
}

#[test]
fn what_may_be_asked_comes_back() {
    for live in [Live::No, Live::default(), Live::Within(0), Live::Within(u32::MAX)] {
        let mut lock = example();
        ledger(&mut lock).live = live;
        let text = lock.to_string();
        assert_eq!(text.contains("cell ledger live"), live != Live::default(), "{text}");
        assert_eq!(Lock::parse(&text), Ok(lock));
    }
    let twice = example().to_string() + "cell ledger live off\n";
    assert!(Lock::parse(&twice).unwrap_err().reason.starts_with("said twice"));
}

#[test]
fn a_cell_needs_no_component_unless_it_has_macros() {
    let mut lock = example();
    let ledger = ledger(&mut lock);
    ledger.component = None;
    let macros = std::mem::take(&mut ledger.macros);
    assert_eq!(Lock::parse(&lock.to_string()), Ok(lock.clone()));
    self::ledger(&mut lock).macros = macros;
    let error = Lock::parse(&lock.to_string()).unwrap_err();
    assert_eq!(error.reason, "a cell has macros and no `component` line");
}

#[test]
fn every_cut_is_found() {
    let text = example().to_string();
    for length in 0..text.len() {
        assert!(Lock::parse(&text[..length]).is_err(), "read after {length} bytes");
    }
    let cut = Lock::parse(text.trim_end()).unwrap_err();
    assert_eq!(
        (cut.line, cut.reason),
        (text.lines().count(), "cut off: the last line has no line end")
    );
}

#[test]
fn every_line_is_a_fact_of_its_own_in_order() {
    let text = example().to_string();
    let facts: Vec<_> = text.lines().skip(2).collect();
    assert!(facts.is_sorted(), "{text}");
    assert!(
        facts.contains(&"cell ledger macro query function wants=5 helper=primary_key"),
        "{text}"
    );
}

#[test]
fn finds_the_macro_of_a_slot() {
    let lock = example();
    let (cell, _, name, _) = lock.slot(MacroKind::Attribute, 3).unwrap();
    assert_eq!((cell, name), ("ledger", "cache"));
    assert!(lock.slot(MacroKind::Derive, 3).is_none());
    assert!(lock.slot(MacroKind::Attribute, 1).is_none());
}

#[test]
fn says_which_line_is_wrong() {
    let good = example().to_string();
    let check = |from: &str, to: &str, expected: &str| {
        assert!(good.contains(from));
        let error = Lock::parse(&good.replacen(from, to, 1)).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    check("cell-lock 1", "cell-lock 2", "another version");
    check("cell-lock 1", "# x", "first line");
    check("manifest", "manifesto", "known");
    check("slot=3", "slot=64", "above 63");
    check("slot=3", "slot=0", "one slot");
    check("limit fuel 7", "limit fuel x", "no number");
    check("cell ledger api 0.1.0", "<<<<<<< ours", "merge conflict");
    check("cell ledger api 0.1.0\n", "", "no `api` line");
    check(&format!("cell ledger component {}\n", Digest::of(b"component")), "", "`component` line");
    check("cell ledger service Ledger", "cell ledger service ../Ledger", "no name");
    check("cell ledger service Ledger ", "cell ledger service Ledger x", "no digest");
    let service = format!("cell ledger service Ledger {}\n", Digest::of(b"schema"));
    check(&service, &format!("{service}{service}"), "merged");
    check("profile default", "profile a\nprofile b", "merged");
    check("allow unsafe", "allow everything", "output policy");
    check("limit fuel 7", "limit fuel 7\ncell ledger limit fuel 8", "merged");
    check("limit fuel 7", "limit fuel -7", "no number");
    check("limit fuel 7", "limit time 7", "no limit");
    check("api 0.1.0", "api 0.1.0\ncell ledger api 0.2.0", "merged");
    check("macro cache", "macro table", "merged");
    check("profile default", "=======", "merge conflict");
    check("profile default\n", "", "no `profile` line");
    check("function wants", "function slot=64 wants", "above 63");
    check("function wants", "function slot=70000 wants", "no slot number");
    check("function wants", "sorcery wants", "no kind of macro");
    check("macro cache", "macro ../cache", "no name");
    check("cell ledger api", "cell ../ledger api", "no name");
    check("cell ledger api", "cell  api", "no name");
    check("helper=primary_key", "helper=", "no word");
    check("helper=primary_key", "helper", "name=value");
    check("call=search::schema", "call=schema", "`cell::function`");
    check("grant call search::schema", "grant call search/x::schema", "`cell::function`");
}

/// Ways to put a text from a component, or from `cell.toml`, into a lock.
const PLACES: [fn(&mut Lock, &str); 7] = [
    |lock, text| lock.profile = text.into(),
    |lock, text| ledger(lock).component.as_mut().unwrap().api = text.into(),
    |lock, text| {
        let table = ledger(lock).macros.remove("table").unwrap();
        ledger(lock).macros.insert(text.into(), table);
    },
    |lock, text| {
        ledger(lock).services = [(text.to_owned(), Digest::of(b"other"))].into();
    },
    |lock, text| ledger(lock).macros.get_mut("table").unwrap().helpers = vec![text.into()],
    |lock, text| {
        let question = CallPermission { cell: "search".into(), function: text.into() };
        ledger(lock).grants = vec![question];
    },
    |lock, text| {
        let cell = lock.cells.remove("ledger").unwrap();
        lock.cells.insert(text.into(), cell);
    },
];

fn ledger(lock: &mut Lock) -> &mut LockedCell {
    lock.cells.get_mut("ledger").unwrap()
}

#[test]
fn names_from_components_cannot_add_facts() {
    let lines = example().to_string().lines().count();
    for evil in
        ["x\ncell ledger allow env", "x allow env", "x\tallow", "", "x\\n", "x\u{2028}y", "x\r"]
    {
        for (place, put) in PLACES.into_iter().enumerate() {
            let mut lock = example();
            put(&mut lock, evil);
            let text = lock.to_string();
            assert_eq!(text.lines().count(), lines, "{evil:?} in place {place}: {text}");
            // Profile and version are only shown; all else names something and is refused.
            match Lock::parse(&text) {
                Ok(read) => {
                    assert!(place < 2, "{evil:?} in place {place}: {text}");
                    assert_eq!(read.cells["ledger"].allowed, example().cells["ledger"].allowed);
                }
                Err(_) => assert!(place >= 2, "{evil:?} in place {place}: {text}"),
            }
        }
    }
}

#[test]
fn branches_that_add_different_cells_merge_by_lines() {
    let ours = example();
    let mut theirs = example();
    let other = LockedCell { macros: BTreeMap::new(), ..theirs.cells["ledger"].clone() };
    theirs.cells.insert("search".into(), other);
    let (ours, text) = (ours.to_string(), theirs.to_string());
    let mut lines: Vec<_> = text.lines().chain(ours.lines()).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.retain(|line| *line != FORMAT);
    let merged = format!("{FORMAT}\r\n{}\r\n", lines.join("\r\n"));
    assert_eq!(Lock::parse(&merged), Ok(theirs), "also with the line ends of Windows");
}

proptest! {
    #[test]
    fn any_text_reads_or_says_why_not(cut in 0usize..900, noise: String) {
        let text = example().to_string();
        let cut = text.floor_char_boundary(cut.min(text.len()));
        let _ = Lock::parse(&format!("{}{noise}{}", &text[..cut], &text[cut..]));
        let _ = Lock::parse(&noise);
    }
}
