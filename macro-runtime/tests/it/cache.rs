//! The cache of compiled code: what is trusted, and that nothing about it can fail an expansion.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use macro_runtime::{CacheDir, Notice, Notices, Options, Runtime, Statistics};
use tempfile::TempDir;

use crate::guest::{Guest, Shelf, call, request};

struct Fixture {
    folder: TempDir,
    component: Vec<u8>,
}

/// What one process with this cache saw.
struct Seen {
    statistics: Statistics,
    notices: Vec<Notice>,
}

impl Fixture {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), component: Guest::copying().component() }
    }

    /// A new runtime on the cache expands, which must work.
    fn expand(&self) -> Seen {
        expand_in(&CacheDir::at(self.folder.path()), &self.component)
    }

    fn compiled(&self) -> PathBuf {
        self.folder.path().join("compiled")
    }

    /// The one file of compiled code.
    fn entry(&self) -> PathBuf {
        let mut files = entries(&self.compiled());
        assert_eq!(files.len(), 1);
        files.remove(0)
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && path.file_name().unwrap().len() > 64)
        .collect()
}

fn expand_in(dir: &CacheDir, component: &[u8]) -> Seen {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let notices = {
        let heard = Arc::clone(&heard);
        Notices::to(move |notice| heard.lock().unwrap().push(notice.clone()))
    };
    let options = Options { cache: Some(dir.clone()), notices };
    let runtime = Runtime::new(options).unwrap();
    for _ in 0..2 {
        runtime
            .expand(&request(vec![call("ledger", component)]), &Shelf::of(&[component]), &())
            .unwrap();
    }
    let notices = heard.lock().unwrap().clone();
    Seen { statistics: runtime.statistics(), notices }
}

const COMPILED: Statistics = Statistics { compiled: 1, from_cache: 0 };
const CACHED: Statistics = Statistics { compiled: 0, from_cache: 1 };

#[test]
fn the_second_process_compiles_nothing_and_fetches_nothing() {
    let fixture = Fixture::new();
    assert_eq!(fixture.expand().statistics, COMPILED);
    let options =
        Options { cache: Some(CacheDir::at(fixture.folder.path())), ..Options::default() };
    let runtime = Runtime::new(options).unwrap();
    let shelf = Shelf::of(&[]);
    runtime.expand(&request(vec![call("ledger", &fixture.component)]), &shelf, &()).unwrap();
    assert_eq!(*shelf.asked.borrow(), 0);
    assert_eq!(runtime.statistics(), CACHED);
}

#[test]
fn only_this_user_can_read_it() {
    let fixture = Fixture::new();
    fixture.expand();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&fixture.compiled()), 0o700);
    assert_eq!(mode(&fixture.compiled().join("key")), 0o600);
    assert_eq!(mode(&fixture.entry()), 0o600);
}

#[test]
fn every_flipped_byte_is_found_and_repaired() {
    let fixture = Fixture::new();
    fixture.expand();
    let entry = fixture.entry();
    let good = fs::read(&entry).unwrap();
    // All of the header and of the first and last of the body, and every 997th between.
    let places = (0..200).chain((200..good.len()).step_by(997)).chain([good.len() - 1]);
    for at in places {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        fs::write(&entry, &bad).unwrap();
        let cache = CacheDir::at(fixture.folder.path());
        let options = Options { cache: Some(cache), ..Options::default() };
        let runtime = Runtime::new(options).unwrap();
        let shelf = Shelf::of(&[&fixture.component]);
        runtime.expand(&request(vec![call("ledger", &fixture.component)]), &shelf, &()).unwrap();
        assert_eq!(runtime.statistics(), COMPILED, "byte {at}");
        assert_eq!(fs::read(&entry).unwrap().len(), good.len());
    }
    assert_eq!(fixture.expand().statistics, CACHED, "the last one was repaired too");
}

#[test]
fn every_cut_is_found_and_repaired() {
    let fixture = Fixture::new();
    fixture.expand();
    let entry = fixture.entry();
    let good = fs::read(&entry).unwrap();
    for length in [0, 1, 16, 87, 88, 119, 120, 121, good.len() / 2, good.len() - 1] {
        fs::write(&entry, &good[..length]).unwrap();
        let seen = fixture.expand();
        assert_eq!(seen.statistics, COMPILED, "{length} bytes");
        assert_eq!(seen.notices, [Notice::CacheEntryIgnored { path: entry.clone() }]);
    }
    // And bytes behind the end.
    fs::write(&entry, [good.as_slice(), b"x"].concat()).unwrap();
    assert_eq!(fixture.expand().statistics, COMPILED);
    assert_eq!(fixture.expand().statistics, CACHED);
}

#[test]
fn compiled_code_of_another_key_is_not_run() {
    let (fixture, other) = (Fixture::new(), Fixture::new());
    fixture.expand();
    other.expand();
    assert_eq!(fixture.component, other.component);
    fs::copy(other.entry(), fixture.entry()).unwrap();
    assert_eq!(fixture.expand().statistics, COMPILED);
}

#[test]
fn compiled_code_of_another_component_is_not_run() {
    let fixture = Fixture::new();
    fixture.expand();
    let entry = fixture.entry();
    let other = Guest::default().component();
    expand_in(&CacheDir::at(fixture.folder.path()), &other);
    let others = entries(&fixture.compiled()).into_iter().find(|path| *path != entry).unwrap();
    fs::copy(others, &entry).unwrap();
    assert_eq!(fixture.expand().statistics, COMPILED);
}

/// Only root can give a file away.
#[test]
fn files_of_another_user_are_not_used() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let fixture = Fixture::new();
    fixture.expand();
    let (entry, key) = (fixture.entry(), fixture.compiled().join("key"));
    for (path, what) in [(&entry, "compiled code"), (&key, "a key")] {
        chown(path, Some(4711), Some(4711)).unwrap();
        let old = fs::read(path).unwrap();
        assert_eq!(fixture.expand().statistics, COMPILED, "{what}");
        assert_eq!(fs::metadata(path).unwrap().uid(), 0, "{what} was replaced");
        assert_eq!(fs::read(path).unwrap() == old, path == &entry, "{what}");
        assert_eq!(fixture.expand().statistics, CACHED, "{what}");
    }
    chown(fixture.compiled(), Some(4711), Some(4711)).unwrap();
    for _ in 0..2 {
        let seen = fixture.expand();
        assert_eq!(seen.statistics, COMPILED);
        assert!(matches!(&*seen.notices, [Notice::CacheUnusable { .. }]), "{:?}", seen.notices);
    }
}

#[test]
fn a_key_that_others_may_read_is_not_used() {
    let fixture = Fixture::new();
    fixture.expand();
    let key = fixture.compiled().join("key");
    let old = fs::read(&key).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(fixture.expand().statistics, COMPILED);
    assert_ne!(fs::read(&key).unwrap(), old, "a new one was made");
    assert_eq!(fixture.expand().statistics, CACHED);
}

#[test]
fn a_lost_or_damaged_key_costs_one_compilation() {
    let fixture = Fixture::new();
    for damage in [&b""[..], b"short", &[7; 33]] {
        fixture.expand();
        fs::write(fixture.compiled().join("key"), damage).unwrap();
        assert_eq!(fixture.expand().statistics, COMPILED);
        assert_eq!(fixture.expand().statistics, CACHED);
    }
}

#[test]
fn links_are_not_followed() {
    let fixture = Fixture::new();
    fixture.expand();
    let entry = fixture.entry();
    let aside = fixture.folder.path().join("aside");
    fs::rename(&entry, &aside).unwrap();
    symlink(&aside, &entry).unwrap();
    assert_eq!(fixture.expand().statistics, COMPILED);
    assert!(!fs::symlink_metadata(&entry).unwrap().is_symlink(), "it was replaced");
    assert_eq!(fixture.expand().statistics, CACHED);
    let key = fixture.compiled().join("key");
    fs::rename(&key, &aside).unwrap();
    symlink(&aside, &key).unwrap();
    assert_eq!(fixture.expand().statistics, COMPILED);
    assert!(!fs::symlink_metadata(&key).unwrap().is_symlink(), "it was replaced");
    assert_eq!(fixture.expand().statistics, CACHED);
}

#[test]
fn a_pipe_in_its_place_does_not_hang_it() {
    let fixture = Fixture::new();
    fixture.expand();
    let entry = fixture.entry();
    fs::remove_file(&entry).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&entry).status().unwrap();
    assert!(made.success());
    assert_eq!(fixture.expand().statistics, COMPILED);
    assert_eq!(fixture.expand().statistics, CACHED);
}

#[test]
fn a_folder_that_cannot_be_used_is_said_once_and_costs_compilations() {
    let fixture = Fixture::new();
    type Prepare = fn(&Path);
    let cases: [(&str, Prepare); 3] = [
        ("not a folder", |path| fs::write(path, b"a file").unwrap()),
        ("others may write", |path| {
            fs::create_dir(path).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
        }),
        ("a link", |path| {
            let target = path.with_file_name("target");
            fs::create_dir(&target).unwrap();
            symlink(target, path).unwrap();
        }),
    ];
    for (name, prepare) in cases {
        let folder = fixture.folder.path().join(name);
        fs::create_dir(&folder).unwrap();
        prepare(&folder.join("compiled"));
        for _ in 0..2 {
            let seen = expand_in(&CacheDir::at(&folder), &fixture.component);
            assert_eq!(seen.statistics, COMPILED, "{name}");
            assert_eq!(seen.notices.len(), 1, "{name}: {:?}", seen.notices);
            assert!(matches!(seen.notices[0], Notice::CacheUnusable { .. }), "{name}");
        }
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_said_once_and_still_read() {
    let fixture = Fixture::new();
    fixture.expand();
    let entry = fixture.entry();
    // Root may write anywhere: a folder in the file's place stops everyone.
    fs::remove_file(&entry).unwrap();
    fs::create_dir_all(entry.join("in the way")).unwrap();
    let seen = fixture.expand();
    assert_eq!(seen.statistics, COMPILED);
    assert!(
        seen.notices.iter().any(|n| matches!(n, Notice::CacheNotWritten { .. })),
        "{:?}",
        seen.notices
    );
    let names: Vec<_> = fs::read_dir(fixture.compiled()).unwrap().flatten().collect();
    assert!(!names.iter().any(|n| n.file_name().to_string_lossy().starts_with(".new-")));
    fs::remove_dir_all(&entry).unwrap();
    fixture.expand();
    assert_eq!(fixture.expand().statistics, CACHED);
}

#[test]
fn a_folder_that_was_loosened_for_reading_is_tightened() {
    let fixture = Fixture::new();
    fixture.expand();
    fs::set_permissions(fixture.compiled(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(fixture.expand().statistics, CACHED);
    let mode = fs::metadata(fixture.compiled()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}
