use super::*;

fn unit(lines: &str) -> Unit {
    Unit::parse(&format!("{FORMAT}\nrun 1-2 77\nunit app_server\tapp\t/a b\\\\c\n{lines}")).unwrap()
}

fn traced(lines: &str) -> Trace {
    let mut trace = Trace::default();
    trace.add(&unit(lines));
    trace
}

fn place(text: &str) -> Place {
    Place::parse(text).unwrap()
}

#[test]
fn reads_what_an_expansion_leaves() {
    let [a, b, c] = ["a", "b", "c"].map(|text| Digest::of(text.as_bytes()));
    let trace = traced(&format!(
        "expansion {a} recorded src/a b.rs:1:2\tledger::table\noutput {a} {b}\n\
         took {a} recorded 1 2 3\nanswer search {b} {c}\nplan ledger\ttable\ta\\tb\n\
         artifact ledger\tx.json\nattempt ledger\tfile\t/etc/a\\tb\n\
         expansion {b} missing src\\\\c.rs:3:4\tx::y + x::z\nanswer search {a}"
    ));
    let site = |at: &str, title: &str, key| Site { place: place(at), title: title.into(), key };
    let sites =
        [site("src/a b.rs:1:2", "ledger::table", a), site("src\\c.rs:3:4", "x::y + x::z", b)];
    assert_eq!(trace.sites.keys().cloned().collect::<Vec<_>>(), sites);
    let krate = Crate { package: "app".into(), name: "app_server".into() };
    assert_eq!(trace.sites[&sites[0]], [krate].into());
    let made = Made {
        answers: vec![AnswerUsed { cell: "search".into(), key: b, digest: c }],
        plan: vec![["ledger", "table", "a\tb"].map(str::to_owned)],
        artifacts: vec![["ledger", "x.json"].map(str::to_owned)],
        attempts: vec![["ledger", "file", "/etc/a\tb"].map(str::to_owned)],
    };
    assert_eq!(trace.made[&a], made);
    assert_eq!(trace.made[&b], Made::default(), "its last line is not finished");
    assert_eq!(trace.took, [Took { key: a, how: "recorded".into(), micros: [1, 2, 3] }]);
    assert_eq!((trace.place(&a), trace.keys().len()), ("src/a b.rs:1:2".to_owned(), 2));
}

#[test]
fn failures_keep_code_and_question() {
    let key = Digest::of(b"a");
    let trace = traced(&format!(
        "failed {key} CELL0309 a.rs:1:2\tx::y + v::w\tsearch::schema\tv::w\n\
         failed {key} CELL0301 a.rs:2:2\tx::y\t\t\nfailed {key} CELL0301 a.rs:2:2\n"
    ));
    let said = |f: &Failed| (f.code.clone(), f.question.clone(), f.call.clone());
    let found: Vec<_> = trace.failed.iter().map(said).collect();
    let denied = ("CELL0309".into(), Some("search::schema".into()), Some("v::w".into()));
    assert_eq!(found, [denied, ("CELL0301".into(), None, None)]);
    assert!(trace.sites.is_empty(), "nothing was expanded");
}

#[test]
fn sites_are_in_the_order_of_lines() {
    let key = Digest::of(b"a");
    let trace = traced(&format!("expansion {key} x a.rs:10:1\tt\nexpansion {key} x a.rs:9:1\tt\n"));
    assert_eq!(trace.place(&key), "a.rs:9:1");
}

#[test]
fn noise_is_left_out() {
    let trace = traced("expansion x recorded y\nexpansion\nanswer\nhello\n\nplan a\tb\tc\n");
    assert!(trace.sites.is_empty() && trace.made.is_empty());
}

#[test]
fn a_file_of_another_format_is_none() {
    for text in ["", "cell-trace 1", "cell-trace 2\nrun 1 2\nunit a\tb\tc\n", "expansion\n"] {
        assert_eq!(Unit::parse(text), None, "{text:?}");
    }
    assert!(Unit::parse("cell-trace 1\nrun 1 2\nunit a\tb\n").is_none(), "no folder");
}

#[test]
fn what_we_write_reads_back() {
    let krate = Crate { package: "a\tb".into(), name: "c".into() };
    let unit = Unit::without_macros("1-2", krate, "/a\nb");
    assert_eq!(Unit::parse(&unit.to_string()), Some(unit.clone()));
    assert!(unit.is_empty());
}
