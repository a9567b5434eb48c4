//! Writers that are killed at any moment leave nothing torn, and nothing that stays.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use cell_tests::Progress;
use macro_runtime::bridge::answer::{Answer, Question, Source};
use macro_runtime::store::{Age, Store};
use macro_runtime::{CacheDir, Notice, Notices, Options, Runtime};

use crate::processes::{large, start};

/// Rounds in a normal run, and with `SLOW_TESTS`.
fn rounds() -> u64 {
    if std::env::var_os("SLOW_TESTS").is_some() { 10_000 } else { 25 }
}

/// Starts the role, waits until it says that it works, lets it go on for a time that differs from
/// round to round, and kills it.
fn kill_in_round(role: &str, folder: &Path, round: u64) {
    let ready = folder.join("ready");
    let _ = fs::remove_file(&ready);
    let mut child = start(role, folder);
    while !ready.exists() {
        assert!(child.try_wait().unwrap().is_none(), "{role} ended by itself");
        std::thread::yield_now();
    }
    let until = Instant::now() + Duration::from_micros(round * 7_919 % 12_000);
    while Instant::now() < until {
        std::hint::spin_loop();
    }
    // SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
}

fn answer(number: u64) -> Answer {
    Answer {
        question: Question { cell: "search".into(), function: "schema".into(), arguments: vec![] },
        // Long enough that writing it is not one call.
        reply: Ok(number.to_string().repeat(20_000).into_bytes()),
        source: Source::default(),
    }
}

/// The role `write`: one answer, again and again, with other content.
pub(crate) fn write_for_ever(folder: &Path) {
    let store = Store::of_project(folder);
    for number in 0.. {
        let answer = answer(number);
        store.put_answer(&answer, Age::Fresh).unwrap();
        fs::write(folder.join("ready"), b"").unwrap();
    }
}

#[test]
fn a_killed_writer_of_the_store_leaves_whole_files_and_the_next_one_cleans_up() {
    let folder = tempfile::tempdir().unwrap();
    let key = answer(0).question.key();
    let answers = folder.path().join(".cell/answers/search");
    let mut leftovers = 0;
    let mut progress = Progress::new("killed writers", rounds());
    for round in 0..rounds() {
        kill_in_round("write", folder.path(), round);
        let bytes = fs::read(answers.join(key.to_string())).unwrap();
        Answer::decode(&bytes).unwrap_or_else(|e| panic!("round {round}: {e}"));
        leftovers += fs::read_dir(&answers).unwrap().count() - 1;
        // The next writer removes what this one left.
        let next = answer(round);
        Store::of_project(folder.path()).put_answer(&next, Age::Fresh).unwrap();
        assert_eq!(fs::read_dir(&answers).unwrap().count(), 1, "round {round}");
        progress.done(round + 1);
    }
    assert!(leftovers > 0, "no round hit a writer at work: this test proves nothing");
}

/// One of many questions, and what somebody says to it.
fn answer_to(number: u64, reply: &str) -> Answer {
    Answer {
        question: Question {
            cell: "search".into(),
            function: "schema".into(),
            arguments: number.to_be_bytes().to_vec(),
        },
        // Long enough that writing it is not one call.
        reply: Ok(reply.repeat(4_000).into_bytes()),
        source: Source::default(),
    }
}

/// The role `add`: one answer after the other to questions that others answer at the same time, and to
/// every fifth once more, in the place of what there is.
pub(crate) fn add_for_ever(folder: &Path) {
    let mine = format!("{} ", std::process::id());
    for number in 0.. {
        // Who begins sweeps what killed ones left, and nothing of those that live.
        let store = Store::of_project(folder);
        let answer = answer_to(number, &mine);
        store.add_answer(&answer, Age::Settled).unwrap();
        if number % 5 == 0 {
            store.put_answer(&answer, Age::Settled).unwrap();
        }
        fs::write(folder.join(format!("ready-{}", std::process::id())), b"").unwrap();
    }
}

/// Two writers who answer the same questions, killed one after the other.
fn kill_two_in_round(folder: &Path, round: u64) {
    let mut writers = [start("add", folder), start("add", folder)];
    for writer in &mut writers {
        let ready = folder.join(format!("ready-{}", writer.id()));
        while !ready.exists() {
            assert!(writer.try_wait().unwrap().is_none(), "a writer ended by itself");
            std::thread::yield_now();
        }
    }
    let mut until = Instant::now();
    for (number, writer) in (0..).zip(&mut writers) {
        assert!(writer.try_wait().unwrap().is_none(), "a writer ended by itself");
        until += Duration::from_micros((round * 7_919 + number * 3_571) % 6_000);
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        // SIGKILL.
        writer.kill().unwrap();
        writer.wait().unwrap();
    }
}

#[test]
fn of_writers_that_are_killed_each_question_has_one_whole_answer_or_none() {
    let rounds = if std::env::var_os("SLOW_TESTS").is_some() { 10_000 } else { 60 };
    let (mut answers_seen, mut leftovers) = (0, 0);
    let mut progress = Progress::new("killed recorders", rounds);
    for round in 0..rounds {
        let folder = tempfile::tempdir().unwrap();
        kill_two_in_round(folder.path(), round);
        let answers = folder.path().join(".cell/answers/search");
        let mut replies = BTreeMap::new();
        for file in fs::read_dir(&answers).unwrap() {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            if name.starts_with('.') {
                leftovers += 1;
                continue;
            }
            let answer = Answer::decode(&fs::read(file.path()).unwrap())
                .unwrap_or_else(|e| panic!("round {round}, {name}: {e}"));
            assert_eq!(answer.question.key().to_string(), name, "round {round}");
            // All of it is one writer's.
            let reply = String::from_utf8(answer.reply.unwrap()).unwrap();
            let mut words = reply.split_ascii_whitespace();
            let first = words.next().unwrap().to_owned();
            assert!(words.all(|word| word == first), "round {round}, {name}");
            replies.insert(answer.question.arguments, reply);
        }
        answers_seen += replies.len();
        // Nothing keeps the next one from its work, and what is recorded stays.
        let store = Store::of_project(folder.path());
        for number in 0..replies.len() as u64 + 3 {
            let answer = answer_to(number, "next ");
            let there = replies.contains_key(&answer.question.arguments);
            assert_eq!(
                store.add_answer(&answer, Age::Settled).unwrap(),
                !there,
                "round {round}, {number}"
            );
            if let Some(reply) = replies.get(&answer.question.arguments) {
                let bytes = fs::read(answers.join(answer.question.key().to_string())).unwrap();
                let kept = Answer::decode(&bytes).unwrap().reply.unwrap();
                assert_eq!(kept, reply.as_bytes(), "round {round}, {number}");
            }
        }
        let names = fs::read_dir(&answers).unwrap().map(|file| file.unwrap().file_name());
        let left: Vec<_> = names.filter(|name| name.to_string_lossy().starts_with('.')).collect();
        assert!(left.is_empty(), "round {round}: {left:?}");
        progress.done(round + 1);
    }
    assert!(answers_seen as u64 > rounds, "hardly any answer was written");
    assert!(leftovers > 0, "no round hit a writer at work: this test proves nothing");
}

/// The role `compile`: compiles one component, again and again.
pub(crate) fn compile_for_ever(folder: &Path) {
    let component = large();
    loop {
        let cache = Some(CacheDir::at(folder.join("cache")));
        let runtime = Runtime::new(Options { cache, ..Options::default() }).unwrap();
        fs::write(folder.join("ready"), b"").unwrap();
        runtime.describe("ledger", &component).unwrap();
        for entry in fs::read_dir(folder.join("cache/compiled")).unwrap().flatten() {
            if entry.file_name().len() > 64 {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

#[test]
fn a_killed_compiler_leaves_no_lock_and_nothing_that_is_taken_for_code() {
    let folder = tempfile::tempdir().unwrap();
    let component = large();
    let rounds = rounds().min(1_000);
    let mut progress = Progress::new("killed compilers", rounds);
    for round in 0..rounds {
        kill_in_round("compile", folder.path(), round * 3);
        let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::<Notice>::new()));
        let notices = {
            let heard = std::sync::Arc::clone(&heard);
            Notices::to(move |notice| heard.lock().unwrap().push(notice.clone()))
        };
        let cache = Some(CacheDir::at(folder.path().join("cache")));
        let runtime = Runtime::new(Options { cache, notices }).unwrap();
        // A lock that the dead one still held would stop this for two minutes.
        runtime.describe("ledger", &component).unwrap();
        assert_eq!(*heard.lock().unwrap(), [], "round {round}");
        progress.done(round + 1);
    }
}
