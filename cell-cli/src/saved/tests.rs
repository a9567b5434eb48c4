use macro_bridge::failure::Kind;
use macro_bridge::outside::Outside;
use macro_bridge::request::{Allowed, Call, CallPermission, Limits, MacroKind, Place};
use macro_bridge::table::TableBuilder;

use super::*;

fn request(component: Digest) -> Request {
    let mut table = TableBuilder::default();
    table.ident("struct", false);
    table.ident("A", false);
    table.punct(';', false);
    let call = Call {
        cell: "ledger".into(),
        name: "table".into(),
        kind: MacroKind::Attribute,
        component,
        arguments: 0..0,
        wants: 0,
        needs: Vec::new(),
        helpers: vec!["primary_key".into()],
        granted: vec![CallPermission { cell: "search".into(), function: "schema".into() }],
        asked: Vec::new(),
        limits: Limits::default(),
        allowed: Allowed::default(),
        profile: "default".into(),
        outside: Outside::default(),
    };
    Request {
        form: MacroKind::Attribute,
        table: table.finish().unwrap(),
        calls: vec![call],
        place: Place { package: "app".into(), krate: "app".into() },
    }
}

fn question(arguments: &[u8]) -> Question {
    let (cell, function) = ("search".to_owned(), "schema".to_owned());
    Question { cell, function, arguments: arguments.to_vec() }
}

fn saved() -> Saved {
    let component = b"\0asm and \xff more".to_vec();
    let request = request(load::digest(&component));
    let asked = question(b"a");
    let answer =
        Answer { question: asked.clone(), reply: Ok(vec![0, 255]), source: Default::default() };
    let damaged = Failure::new(Kind::BadAnswer, "it is damaged").help("delete it");
    let failure = Failure::new(Kind::OutOfFuel, "all fuel").note("in f").in_call(0);
    Saved {
        by: "0.1.0".into(),
        components: [(load::digest(&component), component)].into(),
        answers: [(asked.key(), Ok(answer)), (question(b"b").key(), Err(damaged))].into(),
        cases: vec![
            Case {
                place: "src/\tmain.rs:4:1".into(),
                request: request.clone(),
                result: Ok(Expansion::default()),
            },
            Case { place: String::new(), request, result: Err(failure) },
        ],
    }
}

#[test]
fn a_file_is_read_back() {
    let text = saved().encode();
    let back = Saved::decode(text.as_bytes()).unwrap();
    assert_eq!(back.encode(), text);
    assert_eq!((back.cases.len(), back.cases[0].place.as_str()), (2, "src/\tmain.rs:4:1"));
    assert!(back.cases[1].result.as_ref().is_err_and(|failure| failure.kind == Kind::OutOfFuel));
    let said = back.ask(&question(b"a")).unwrap().unwrap();
    assert_eq!(said.reply, Ok(vec![0, 255]));
    assert_eq!(back.ask(&question(b"b")).unwrap_err().kind, Kind::BadAnswer);
    assert!(back.ask(&question(b"c")).unwrap().is_none());
}

#[test]
fn what_is_damaged_or_incomplete_is_refused() {
    let text = saved().encode();
    for end in 0..text.len() {
        if let Some(cut) = text.get(..end) {
            assert!(Saved::decode(cut.as_bytes()).is_err(), "cut at {end}");
        }
    }
    let refuses = |change: &dyn Fn(String) -> String, expected: &str| {
        let body = text[..text.rfind("sum ").unwrap()].to_owned();
        let error = Saved::decode(sealed::seal(change(body)).as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    refuses(&|text| text.replace("replay 1", "replay 2"), "reads `cell-replay 1`");
    refuses(&|text| text.replace("replay 1", "other 1"), "first line");
    refuses(&|text| text.replace(" more\n", " mare\n"), "is another one");
    refuses(&|text| text.replacen("request ", "requist ", 1), "line 7");
    let without = |text: String, word: &str| -> String {
        text.split_inclusive('\n').filter(|line| !line.starts_with(word)).collect()
    };
    refuses(&|text| without(text, "component "), "not all");
    refuses(&|text| without(text, "failed "), "not all");
    refuses(&|text| without(text, "request "), "line");
    refuses(&|text| text + "case x\n", "not all");
}

#[test]
fn questions_are_passed_on_and_remembered() {
    let inner = saved();
    let listener = Listener::new(&inner);
    listener.ask(&question(b"a")).unwrap();
    listener.ask(&question(b"b")).unwrap_err();
    listener.ask(&question(b"c")).unwrap();
    let heard = listener.heard();
    assert_eq!(heard.len(), 2, "what has no answer is not remembered");
    assert!(heard[&question(b"a").key()].is_ok() && heard[&question(b"b").key()].is_err());
}
