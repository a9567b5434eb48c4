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
        api: "0.1.0".into(),
        component: Digest::of(b"component"),
        macros: [("table", table), ("cache", cache), ("query", query)]
            .map(|(name, m)| (name.to_owned(), m))
            .into(),
        grants: vec![CallPermission { cell: "search".into(), function: "schema".into() }],
        limits: Limits { fuel: 7, ..Limits::default() },
        allowed: Allowed(policy::bit("unsafe").unwrap()),
    };
    Lock {
        manifest: Digest::of(b"cell.toml"),
        profile: "default".into(),
        cells: [("ledger".to_owned(), ledger)].into(),
    }
}

#[test]
fn reads_what_it_writes() {
    let lock = example();
    assert_eq!(Lock::parse(&lock.to_string()), Ok(lock));
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
    check("profile default", "profile a\nprofile b", "merged");
    check("allow unsafe", "allow everything", "output policy");
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
