//! Cells as they are.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cell_answers::{Asker, REPLY, Why};
use cell_model::Code;
use cell_model::schema::read;
use cell_service::Service as _;

use crate::peer::listen;
use crate::tables::{
    Cell, LIES, LOCKED, MORE_ELSEWHERE, OTHER_ANSWER, SECRET_ANSWER, TABLES, Tables, UNMARKED,
    arguments, columns, number, schema,
};
use crate::{LONG, Place};

fn refusal(place: &Place, method: &str, arguments: &[u8]) -> Why {
    place.ask(&schema(), method, arguments, LONG).expect_err("no answer").why
}

#[test]
fn an_answer_is_the_cells() {
    let place = Place::new();
    let _cell = Cell::start::<LOCKED>(&place.folder());
    let answered = place.columns(&schema(), LONG).expect("an answer");
    assert_eq!(answered.reply, columns("accounts"));
    assert_eq!((answered.schema, answered.component), (schema().hash(), None));
    let full = place.ask(&schema(), "Tables::columns", &arguments("é"), LONG);
    assert_eq!(full.expect("an answer").reply, columns("é"));
}

/// Nobody is asked.
#[test]
fn what_is_no_question() {
    let place = Place::new();
    let says = |method: &str, arguments: &[u8]| refusal(&place, method, arguments).to_string();
    assert!(says("tabels", &[0x80]).starts_with("there is no method `tabels`; macros may ask"));
    assert!(says("put", &[0x80]).contains("not marked `#[compile_time]`"));
    assert_eq!(
        says("columns", &number("table", 7)),
        "the arguments are not those of the method: `table`: expected string, found 7"
    );
    assert_eq!(
        says("columns", &arguments(&"x".repeat(REPLY))),
        "the arguments have more than 1048576 bytes"
    );
}

#[test]
fn faults_are_the_cells_and_the_cell_goes_on() {
    let place = Place::new();
    let _cell = Cell::start::<LOCKED>(&place.folder());
    let why = refusal(&place, "refuse", &[0x80]);
    assert_eq!(why.to_string(), "the cell refused: not you");
    assert!(matches!(why, Why::Refused(fault) if fault.code == Code::Denied));
    let why = refusal(&place, "fail", &[0x80]);
    assert!(matches!(&why, Why::Refused(fault) if fault.code == Code::HandlerPanicked), "{why:?}");
    let most = refusal(&place, "large", &number("bytes", REPLY as u64));
    assert_eq!(most, Why::TooLarge { arguments: false, most: REPLY });
    let fits = place.ask(&schema(), "large", &number("bytes", REPLY as u64 - 5), LONG);
    assert_eq!(fits.expect("an answer").reply.len(), REPLY);
    place.columns(&schema(), LONG).expect("an answer");
}

/// The deadline reaches the cell, and the connection is still good.
#[test]
fn a_question_that_takes_too_long() {
    let place = Place::new();
    let _cell = Cell::start::<LOCKED>(&place.folder());
    place.columns(&schema(), LONG).expect("an answer");
    let slow = number("milliseconds", 60_000);
    let refusal = place.ask(&schema(), "sleep", &slow, Duration::from_millis(300));
    assert_eq!(refusal.expect_err("nothing in time").why, Why::Silent);
}

#[test]
fn an_answer_of_another_type() {
    let place = Place::new();
    let _cell = Cell::start::<LIES>(&place.folder());
    let why = refusal(&place, "columns", &arguments("a"));
    assert_eq!(
        why.to_string(),
        "the cell's answer is not what its schema says: `[0]`: expected a map of fields, found \"id\""
    );
}

#[test]
fn a_release_that_differs_elsewhere_answers() {
    let place = Place::new();
    let _cell = Cell::start::<MORE_ELSEWHERE>(&place.folder());
    let running = Tables::<MORE_ELSEWHERE>::schema().hash();
    for _ in 0..2 {
        let answered = place.columns(&schema(), LONG).expect("an answer");
        assert_eq!((answered.reply, answered.schema), (columns("accounts"), running));
    }
}

#[test]
fn a_release_that_differs_in_the_question_does_not() {
    let place = Place::new();
    let _cell = Cell::start::<OTHER_ANSWER>(&place.folder());
    let why = refusal(&place, "columns", &arguments("a"));
    let text = why.to_string();
    assert!(text.starts_with("the running cell has another schema (locked "), "{text}");
    assert!(text.contains("Column.name: it was `string` and is `option<string>`"), "{text}");
    let Why::OtherSchema { locked, running, .. } = why else { panic!("{text}") };
    assert_eq!(locked, schema().hash());
    assert_eq!(running, Some(Tables::<OTHER_ANSWER>::schema().hash()));
    place.ask(&schema(), "sleep", &number("milliseconds", 0), LONG).expect("that is the same");
    let renamed = read(&TABLES.replace("service Tables", "service Tabled")).expect("a schema");
    let why = place.columns(&renamed, LONG).expect_err("no such service").why;
    assert_eq!(why.to_string(), "the running cell has no such service any more");
}

#[test]
fn a_release_that_takes_its_mark_back() {
    let place = Place::new();
    let _cell = Cell::start::<UNMARKED>(&place.folder());
    let why = refusal(&place, "columns", &arguments("a"));
    assert!(matches!(why, Why::NotAsked(_)), "{why:?}");
    assert!(why.to_string().contains("is not marked `#[compile_time]`"), "{why}");
}

/// No cell starts that says so; one that was written by hand may.
#[test]
fn a_release_that_has_a_secret_now() {
    use cell_model::ops::{About, Reply};
    use cell_model::{Channel, message};

    let place = Place::new();
    let asked = std::sync::Arc::new(AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&asked);
    listen(&place.socket(), move |mut peer| {
        peer.greet()?;
        let running = Tables::<SECRET_ANSWER>::schema();
        let about = About {
            name: "ledger".into(),
            version: String::new(),
            started: 0,
            process: 1,
            services: [("Tables".to_owned(), running.hash().to_string())].into(),
            component: None,
        };
        for reply in [Reply::Inspect(about), Reply::Schema(running.to_string())] {
            let (header, _) = peer.next()?;
            let reply = message::encode(&reply).expect("a reply");
            peer.send(crate::peer::response(header.id, Channel::Ops), &reply)?;
        }
        while peer.next().is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    });
    let why = refusal(&place, "columns", &arguments("a"));
    assert_eq!(
        why.to_string(),
        "macros may not ask `Tables::columns`: its value holds the secret type `Column`"
    );
    drop(place);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    // And what was locked is not asked either.
    let place = Place::new();
    let locked = Tables::<SECRET_ANSWER>::schema();
    let why = place.columns(&locked, LONG).expect_err("a secret").why;
    assert!(matches!(why, Why::NotAsked(_)), "{why:?}");
}

#[test]
fn a_cell_that_starts_is_waited_for() {
    let place = Place::new();
    let _cell = Cell::of(&place.folder(), |cell| {
        cell.with_later(async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok(Tables::<LOCKED>::default())
        })
    });
    place.columns(&schema(), LONG).expect("an answer");
}

#[test]
fn a_cell_that_never_starts_is_not_waited_for_longer() {
    let place = Place::new();
    let _cell = Cell::of(&place.folder(), |cell| {
        cell.with_later::<Tables<LOCKED>>(async { Err(std::io::Error::other("no database")) })
    });
    let text = place.why().to_string();
    assert!(text.starts_with("the cell was not ready in time: "), "{text}");
}

/// It is asked, dies, and another one has its name a moment later.
#[test]
fn a_cell_that_dies_while_it_is_asked_and_comes_back() {
    let place = Place::new();
    let (socket, folder) = (place.socket(), place.folder());
    let listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    let restarts = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        let mut peer = crate::peer::Peer(stream);
        peer.until_asked().expect("a question");
        drop((peer, listener));
        std::fs::remove_file(&socket).expect("a socket");
        std::thread::sleep(Duration::from_millis(200));
        Cell::start::<LOCKED>(&folder)
    });
    assert_eq!(place.columns(&schema(), LONG).expect("an answer").reply, columns("accounts"));
    restarts.join().expect("a cell").stop();
}

/// It is idle, ends well, and another one has its name.
#[test]
fn a_cell_that_was_restarted_meanwhile() {
    let place = Place::new();
    for _ in 0..5 {
        let cell = Cell::start::<LOCKED>(&place.folder());
        place.columns(&schema(), LONG).expect("an answer");
        cell.stop();
    }
}

#[test]
fn many_threads_share_a_connection() {
    fn may_be_shared<T: Send + Sync>() {}
    may_be_shared::<Asker>();
    let place = Place::new();
    let cell = Cell::start::<LOCKED>(&place.folder());
    std::thread::scope(|scope| {
        for thread in 0..64 {
            let place = &place;
            scope.spawn(move || {
                for question in 0..20 {
                    let table = format!("{thread}-{question}");
                    let answered = place.ask(&schema(), "columns", &arguments(&table), LONG);
                    assert_eq!(answered.expect("an answer").reply, columns(&table));
                }
            });
        }
    });
    assert_eq!(cell.connections(&place.folder()), 1);
}

#[test]
fn ten_thousand_questions_on_one_connection() {
    let place = Place::new();
    let cell = Cell::start::<LOCKED>(&place.folder());
    let (locked, asked, expected) = (schema(), arguments("a"), columns("a"));
    for _ in 0..10_000 {
        let answered = place.ask(&locked, "columns", &asked, LONG).expect("an answer");
        assert_eq!(answered.reply, expected);
    }
    assert_eq!(cell.connections(&place.folder()), 1);
}

/// In a task too, and while others are silent.
#[test]
fn it_is_dropped_anywhere_and_waits_for_nobody() {
    let place = Place::new();
    let cell = Cell::start::<LOCKED>(&place.folder());
    let asker = Asker::new(place.folder()).expect("a thread");
    let columns =
        |asker: &Asker| asker.ask("ledger", &schema(), "columns", &arguments("a"), LONG, 1);
    columns(&asker).expect("an answer");
    let began = Instant::now();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async { drop(asker) });
    assert!(began.elapsed() < LONG);
    columns(&place.asker).expect("an answer");
    cell.stop();
}
