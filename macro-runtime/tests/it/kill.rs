//! Writers that are killed at any moment leave nothing torn, and nothing that stays.

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
