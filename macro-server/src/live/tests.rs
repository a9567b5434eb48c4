use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use macro_bridge::answer::Source;
use macro_bridge::lock::{Lock, LockedCell};
use macro_bridge::project::manifest_digest;
use macro_bridge::request::{self, MacroKind};
use macro_bridge::table::Table;
use macro_runtime::Store;

use super::*;

/// A cell that counts what it is asked, and answers with the count.
#[derive(Default)]
struct Counting {
    asked: AtomicU32,
    slow: Duration,
    patience: Mutex<Vec<Duration>>,
    closed: Option<&'static str>,
}

impl Live for Counting {
    fn session(&self, _root: &Path) -> Result<(), String> {
        self.closed.map_or(Ok(()), |reason| Err(reason.to_owned()))
    }

    fn ask(
        &self,
        _: &Project,
        asked: &Question,
        patience: Duration,
        _: u32,
    ) -> Result<Answer, Failure> {
        std::thread::sleep(self.slow);
        guard(&self.patience).push(patience);
        let count = self.asked.fetch_add(1, Ordering::Relaxed);
        if asked.function == "sleeps" {
            return Err(texts::live::silent(asked, patience, false));
        }
        if asked.function == "dies" {
            return Err(texts::live::absent(asked, false));
        }
        assert_ne!(asked.function, "panics");
        let reply = Ok(vec![count as u8]);
        Ok(Answer { question: asked.clone(), reply, source: Source::default() })
    }
}

struct Place {
    _folder: tempfile::TempDir,
    project: Project,
    gate: Gate,
}

fn place(live: lock::Live) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_owned();
    std::fs::write(root.join("cell.toml"), "").unwrap();
    let services = [("Ledger".to_owned(), Digest::of(b"schema"))].into();
    let cell = LockedCell { services, live, ..LockedCell::default() };
    let cells = [("ledger".to_owned(), cell)].into();
    let lock = Lock {
        manifest: manifest_digest(""),
        profile: "default".into(),
        profiles: BTreeMap::new(),
        cells,
        packages: Default::default(),
    };
    std::fs::write(root.join("cell.lock"), lock.to_string()).unwrap();
    let empty = Lock { cells: BTreeMap::new(), ..lock };
    let gate = Gate::new(Duration::from_secs(9), u64::MAX, 2);
    Place { _folder: folder, project: Project { root, lock: empty }, gate }
}

fn question(function: &str) -> Question {
    Question { cell: "ledger".into(), function: function.into(), arguments: b"xx".to_vec() }
}

/// A function-like macro: nothing may stand behind it.
fn request() -> Request {
    Request {
        form: MacroKind::Function,
        calls: Vec::new(),
        place: request::Place::default(),
        table: Table::default(),
    }
}

fn ask(place: &Place, answers: &Answers, function: &str) -> Result<Option<Answer>, Failure> {
    let visit = place.gate.visit();
    let _turn = visit.turn();
    answers.of(&place.project, &request(), (Asking::May, 1), &place.gate).ask(&question(function))
}

#[test]
fn what_many_ask_is_asked_once_and_recorded() {
    let place = place(lock::Live::default());
    let cell = Arc::new(Counting { slow: Duration::from_millis(50), ..Counting::default() });
    let answers = Answers::new(Some(cell.clone()));
    let replies: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..16).map(|_| scope.spawn(|| ask(&place, &answers, "schema"))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap().unwrap().unwrap()).collect()
    });
    assert!(replies.iter().all(|answer| answer.reply == Ok(vec![0])), "{replies:?}");
    assert_eq!(cell.asked.load(Ordering::Relaxed), 1);
    assert_eq!(place.project.answer(&question("schema")).unwrap().as_ref(), Some(&replies[0]));
    // And never again, by whomever.
    let other = Answers::new(Some(cell.clone()));
    assert_eq!(ask(&place, &other, "schema").unwrap().as_ref(), Some(&replies[0]));
    assert_eq!(cell.asked.load(Ordering::Relaxed), 1);
    assert!(guard(&answers.flights).is_empty());
}

#[test]
fn an_answer_that_is_there_is_used_whatever_the_cell_says() {
    let place = place(lock::Live::default());
    let answers = Answers::new(Some(Arc::new(Counting::default())));
    let reply = Ok(vec![99]);
    let first = Answer { question: question("schema"), reply, source: Source::default() };
    // Another process records one while this one asks.
    let asked = Answer { reply: Ok(vec![1]), ..first.clone() };
    Store::of_project(&place.project.root).add_answer(&first, Age::Settled).unwrap();
    assert_eq!(answers.records.keep(&place.project, asked, Age::Settled, true).unwrap(), first);
    assert_eq!(ask(&place, &answers, "schema").unwrap(), Some(first));
}

#[test]
fn records_that_somebody_removed_are_made_again() {
    let place = place(lock::Live::default());
    let answers = Answers::new(Some(Arc::new(Counting::default())));
    for function in ["schema", "tables"] {
        let answer = ask(&place, &answers, function).unwrap().unwrap();
        assert_eq!(place.project.answer(&question(function)).unwrap(), Some(answer));
        std::fs::remove_dir_all(place.project.root.join(".cell")).unwrap();
    }
}

#[test]
fn nobody_is_asked_who_may_not_be() {
    let open = place(lock::Live::default());
    let cell = Arc::new(Counting::default());
    let shut = Arc::new(Counting { closed: Some("no session"), ..Counting::default() });
    let off = place(lock::Live::No);
    let asked = |place: &Place, live: Option<Arc<dyn Live>>, asking| {
        let answers = Answers::new(live);
        let visit = place.gate.visit();
        let _turn = visit.turn();
        let of = answers.of(&place.project, &request(), (asking, 1), &place.gate);
        assert_eq!(of.ask(&question("schema")).unwrap(), None);
        of.why_not().into_owned()
    };
    assert!(asked(&open, Some(cell.clone()), Asking::Ci).contains("`CI` is set"));
    assert!(asked(&open, Some(cell.clone()), Asking::Editor).contains("rust-analyzer"));
    assert!(asked(&open, None, Asking::May).contains("asks no cells"));
    assert_eq!(asked(&open, Some(shut.clone()), Asking::May), "no session");
    assert!(asked(&off, Some(cell.clone()), Asking::May).contains("`live = false`"));
    assert_eq!(cell.asked.load(Ordering::Relaxed) + shut.asked.load(Ordering::Relaxed), 0);
    assert!(!open.project.root.join(".cell").exists());
}

#[test]
fn a_build_is_told_of_records_that_an_expansion_cannot_track() {
    let place = place(lock::Live::default());
    let answers = Answers::new(Some(Arc::new(Counting::default())));
    let lock = place.project.lock_path();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let age = |path: &Path| std::fs::metadata(path).unwrap().modified().unwrap();
    let lock_was_touched = |function: &str, request: &Request| {
        std::fs::File::options().append(true).open(&lock).unwrap().set_modified(long_ago).unwrap();
        let visit = place.gate.visit();
        let _turn = visit.turn();
        let of = answers.of(&place.project, request, (Asking::May, 1), &place.gate);
        of.ask(&question(function)).unwrap();
        age(&lock) != long_ago
    };
    let derive = Request { form: MacroKind::Derive, ..request() };
    assert!(!lock_was_touched("derived", &derive));
    assert!(lock_was_touched("called", &request()));
    assert!(!lock_was_touched("called", &request()), "it is recorded by now");
}

#[test]
#[cfg(target_os = "linux")]
fn a_record_is_as_old_as_the_build_that_asked() {
    let place = place(lock::Live::default());
    let answers = Answers::new(Some(Arc::new(Counting::default())));
    let before = SystemTime::now();
    std::thread::sleep(Duration::from_millis(50));
    let mut build = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let began = SystemTime::now();
    std::thread::sleep(Duration::from_millis(50));
    let visit = place.gate.visit();
    let _turn = visit.turn();
    let of = answers.of(&place.project, &request(), (Asking::May, build.id()), &place.gate);
    of.ask(&question("schema")).unwrap();
    build.kill().unwrap();
    build.wait().unwrap();
    let question = question("schema");
    let path = place.project.answer_path(&question.cell, &question.key());
    let recorded = std::fs::metadata(path).unwrap().modified().unwrap();
    assert!(before < recorded && recorded < began, "{before:?} {recorded:?} {began:?}");
}

#[test]
fn whose_time_was_over_says_nothing_about_anothers() {
    let place = place(lock::Live::default());
    let slow = Duration::from_millis(300);
    let cell = Arc::new(Counting { slow, ..Counting::default() });
    let answers = Answers::new(Some(cell.clone()));
    // The first build has hardly any time left, and asks first.
    answers.builds.has_waited(&place.project.root, 1, BUILD - Duration::from_millis(50));
    let ask = |build: u32| {
        let visit = place.gate.visit();
        let _turn = visit.turn();
        let of = answers.of(&place.project, &request(), (Asking::May, build), &place.gate);
        of.ask(&question("sleeps"))
    };
    std::thread::scope(|scope| {
        let first = scope.spawn(|| ask(1).unwrap_err());
        std::thread::sleep(slow / 3);
        let second = ask(2).unwrap_err();
        assert!(first.join().unwrap().to_string().contains("30 s"));
        assert!(second.to_string().contains("within"), "{second}");
    });
    assert_eq!(cell.asked.load(Ordering::Relaxed), 2);
}

#[test]
fn a_failure_is_told_to_all_and_not_kept() {
    let place = place(lock::Live::default());
    let cell = Arc::new(Counting::default());
    let answers = Answers::new(Some(cell.clone()));
    assert_eq!(ask(&place, &answers, "dies").unwrap_err().kind, Kind::CellAbsent);
    assert_eq!(ask(&place, &answers, "dies").unwrap_err().kind, Kind::CellAbsent);
    assert_eq!(cell.asked.load(Ordering::Relaxed), 2, "when to ask again is the asker's to know");
    assert!(!place.project.root.join(".cell").exists());
}

#[test]
fn who_panics_leaves_nobody_waiting() {
    let place = place(lock::Live::default());
    let answers = Answers::new(Some(Arc::new(Counting::default())));
    let panics = || {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| ask(&place, &answers, "panics")))
    };
    assert!(panics().is_err() && panics().is_err());
    assert!(guard(&answers.flights).is_empty());
    assert!(ask(&place, &answers, "schema").is_ok());
}

#[test]
fn what_cannot_be_recorded_is_not_used() {
    let place = place(lock::Live::default());
    std::fs::write(place.project.root.join(".cell"), "no folder").unwrap();
    let answers = Answers::new(Some(Arc::new(Counting::default())));
    // A record that cannot be read is worse than none.
    assert_eq!(ask(&place, &answers, "schema").unwrap_err().kind, Kind::BadAnswer);
    std::fs::remove_file(place.project.root.join(".cell")).unwrap();
    let folder = place.project.root.join(".cell/answers");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("ledger"), "no folder").unwrap();
    let failure = ask(&place, &answers, "schema").unwrap_err();
    assert!(matches!(failure.kind, Kind::NotKept | Kind::BadAnswer), "{failure}");
}

#[test]
fn a_question_has_its_cells_time_and_a_build_has_one_too() {
    let place = place(lock::Live::Within(40_000));
    let cell = Arc::new(Counting::default());
    let answers = Answers::new(Some(cell.clone()));
    ask(&place, &answers, "one").unwrap();
    let begun = BUILD - Duration::from_secs(1);
    answers.builds.has_waited(&place.project.root, 1, begun);
    ask(&place, &answers, "two").unwrap();
    {
        let patience = guard(&cell.patience);
        assert_eq!(patience[0], BUILD);
        assert!(patience[1] <= Duration::from_secs(1), "{patience:?}");
    }
    // What is left is less than the cell might have: who is silent then used up the build's time.
    let failure = ask(&place, &answers, "sleeps").unwrap_err();
    assert!(failure.to_string().contains("`cell sync`"), "{failure}");
    answers.builds.has_waited(&place.project.root, 1, Duration::from_secs(1));
    let failure = ask(&place, &answers, "three").unwrap_err();
    assert!(failure.kind == Kind::CellSilent && failure.to_string().contains("30 s"), "{failure}");
    // Another build is not concerned.
    let visit = place.gate.visit();
    let _turn = visit.turn();
    let other = answers.of(&place.project, &request(), (Asking::May, 2), &place.gate);
    assert!(other.ask(&question("three")).is_ok());
}
