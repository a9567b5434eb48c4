//! Writing `.cell`, as `Project` reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::SystemTime;

use macro_runtime::bridge::answer::{Answer, Question, Source};
use macro_runtime::bridge::digest::Digest;
use macro_runtime::bridge::failure::Kind;
use macro_runtime::bridge::lock::Lock;
use macro_runtime::bridge::project::Project;
use macro_runtime::store::{Age, Store};
use macro_runtime::{Components as _, load};

fn answer(reply: &str) -> Answer {
    Answer {
        question: Question { cell: "search".into(), function: "schema".into(), arguments: vec![1] },
        reply: Ok(reply.into()),
        source: Source::default(),
    }
}

#[test]
fn the_first_answer_to_a_question_stays() {
    let folder = tempfile::tempdir().unwrap();
    let wins = |reply: &str| {
        let store = Store::of_project(folder.path());
        let answer = answer(reply);
        store.add_answer(&answer, Age::Settled).unwrap().then_some(answer)
    };
    let replies: Vec<String> = (0..16).map(|number| number.to_string()).collect();
    let first: Vec<Answer> = std::thread::scope(|scope| {
        let threads: Vec<_> = replies.iter().map(|reply| scope.spawn(|| wins(reply))).collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
    });
    let [first] = &first[..] else { panic!("{first:?}") };
    assert_eq!(wins("later"), None);
    let answers = folder.path().join(".cell/answers/search");
    let files: Vec<_> = fs::read_dir(&answers).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files, [answers.join(first.question.key().to_string())]);
    assert_eq!(&Answer::decode(&fs::read(&files[0]).unwrap()).unwrap(), first);
    // No build that already ran has to run again.
    let modified = fs::metadata(&files[0]).unwrap().modified().unwrap();
    assert!(modified.elapsed().unwrap().as_secs() > 1_000_000);
}

#[test]
fn a_component_is_named_by_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::of_project(folder.path());
    let digest = store.put_component(b"bytes").unwrap();
    assert_eq!(digest, Digest::of(b"bytes"));
    assert_eq!(digest, load::digest(b"bytes"), "both implementations agree");
    let path = folder.path().join(format!(".cell/components/{digest}.wasm"));
    assert_eq!(fs::read(&path).unwrap(), b"bytes");
    // One that was damaged is repaired.
    fs::write(&path, b"bites").unwrap();
    store.put_component(b"bytes").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"bytes");
}

#[test]
fn an_answer_is_found_where_projects_look() {
    let folder = tempfile::tempdir().unwrap();
    let answer = answer("1");
    let key = answer.question.key();
    Store::of_project(folder.path()).put_answer(&answer, Age::Settled).unwrap();
    let path = folder.path().join(format!(".cell/answers/search/{key}"));
    assert_eq!(Answer::decode(&fs::read(path).unwrap()).unwrap(), answer);
}

#[test]
fn the_time_of_a_file_says_whether_cargo_has_to_look_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::of_project(folder.path());
    let key = answer("").question.key();
    let path = folder.path().join(format!(".cell/answers/search/{key}"));
    let begin = SystemTime::now() - std::time::Duration::from_secs(60);
    let modified = || fs::metadata(&path).unwrap().modified().unwrap();

    store.put_answer(&answer("1"), Age::Settled).unwrap();
    assert!(modified() < begin);
    store.put_answer(&answer("2"), Age::Fresh).unwrap();
    assert!(modified() > begin);
    // The same again is not written, however it is meant.
    let before = modified();
    store.put_answer(&answer("2"), Age::Settled).unwrap();
    assert_eq!(modified(), before);
}

#[test]
fn names_of_cells_cannot_lead_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::of_project(folder.path());
    for cell in ["", ".", "..", "../..", "a/b", "/etc", "a\\b", "a\0b", ".hidden"] {
        let mut answer = answer("1");
        answer.question.cell = cell.to_owned();
        let error = store.put_answer(&answer, Age::Fresh).unwrap_err();
        assert!(error.to_string().contains("could not be written"), "{cell}");
        assert!(store.add_answer(&answer, Age::Settled).is_err(), "{cell}");
    }
    assert!(!folder.path().join(".cell").exists());
}

#[test]
fn a_store_that_cannot_be_written_says_where() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".cell"), b"a file").unwrap();
    let error = Store::of_project(folder.path()).put_component(b"bytes").unwrap_err();
    assert!(error.to_string().contains(".cell/components/"), "{error}");
}

/// A project without cells, and where the component with a digest would be.
fn project(root: &std::path::Path, digest: &Digest) -> (Project, std::path::PathBuf) {
    let lock = Lock {
        manifest: *digest,
        profile: "default".into(),
        profiles: BTreeMap::new(),
        cells: BTreeMap::new(),
        packages: BTreeSet::new(),
    };
    let project = Project { root: root.to_owned(), lock };
    let path = project.component_path(digest);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    (project, path)
}

#[test]
fn only_files_of_a_size_that_components_have_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let digest = Digest::of(b"bytes");
    let (project, path) = project(folder.path(), &digest);
    let refused = |words: &str| {
        let failure = project.component(&digest).unwrap_err();
        assert_eq!(failure.kind, Kind::NoComponent);
        assert!(failure.to_string().contains(words), "{failure}");
        assert!(failure.help[0].contains("`cell lock`"), "{failure}");
    };
    refused("is not here");
    let pipe = || {
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    };
    pipe();
    refused("it is not a file");
    // And it stands in nobody's way who writes the component anew.
    Store::of_project(folder.path()).put_component(b"bytes").unwrap();
    assert_eq!(project.component(&digest).unwrap(), b"bytes");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    refused("it is not a file");
    fs::remove_dir(&path).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
    refused("it is not a file");
    fs::remove_file(&path).unwrap();
    // Without a byte on the disk.
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    refused("larger than");
}
