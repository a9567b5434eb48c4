//! Many processes and one cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cell_tests::Progress;
use macro_runtime::{CacheDir, Notice, Notices, Options, Runtime};

use crate::guest::Guest;

/// Says to a copy of this test program what it shall do instead of testing: `<role> <folder>`.
const ROLE: &str = "CELL_RUNTIME_TEST_ROLE";

/// Starts a copy of this test program that runs only [`role`].
pub(crate) fn start(role: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::role", "--test-threads", "1"])
        .env(ROLE, format!("{role} {}", folder.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Not a test but the work of the other processes: does nothing when it is not asked to.
#[test]
fn role() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let (role, folder) = role.split_once(' ').unwrap();
    let folder = PathBuf::from(folder);
    match role {
        "describe" => describe(&folder, &large()),
        "describe-small" => describe(&folder, &small()),
        "write" => crate::kill::write_for_ever(&folder),
        "add" => crate::kill::add_for_ever(&folder),
        "compile" => crate::kill::compile_for_ever(&folder),
        other => panic!("no role `{other}`"),
    }
}

/// Waits for the file `go`, so that all begin together, then describes one component and writes
/// how it got its code.
fn describe(folder: &Path, component: &[u8]) {
    fs::write(folder.join(format!("ready-{}", std::process::id())), b"").unwrap();
    while !folder.join("go").exists() {
        std::thread::sleep(Duration::from_micros(500));
    }
    let cache = Some(CacheDir::at(folder.join("cache")));
    let runtime = Runtime::new(Options { cache, ..Options::default() }).unwrap();
    runtime.describe("ledger", component).unwrap();
    let compiled = runtime.statistics().compiled;
    fs::write(folder.join(format!("compiled-{}", std::process::id())), compiled.to_string())
        .unwrap();
}

/// A guest that takes a moment to compile.
pub(crate) fn large() -> Vec<u8> {
    let mut guest = Guest::copying();
    let body: String = (0..200)
        .map(|n| {
            format!(
                "(i32.store (i32.const {n}) (i32.mul (i32.load (i32.const 8)) (i32.const {n})))"
            )
        })
        .collect();
    guest.more = (0..40).map(|n| format!("(func $f{n} {body})")).collect();
    guest.component()
}

/// One that takes little, for many rounds.
fn small() -> Vec<u8> {
    Guest::copying().component()
}

const PROCESSES: usize = 16;

/// Starts the processes of one round and lets them go when all are there.
fn start_together(role: &str, folder: &Path) -> Vec<Child> {
    let children: Vec<Child> = (0..PROCESSES).map(|_| start(role, folder)).collect();
    while files(folder, "ready-").len() < PROCESSES {
        std::thread::sleep(Duration::from_micros(500));
    }
    fs::write(folder.join("go"), b"").unwrap();
    children
}

fn files(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(prefix);
    entries.filter(named).collect()
}

/// How many components each process compiled that lived to say so.
fn compiled(folder: &Path) -> Vec<u64> {
    let text = |path: &PathBuf| fs::read_to_string(path).unwrap();
    // A process that is killed while it writes this leaves nothing in the file.
    files(folder, "compiled-").iter().filter_map(|path| text(path).parse().ok()).collect()
}

#[test]
fn of_sixteen_processes_on_an_empty_cache_one_compiles() {
    let folder = tempfile::tempdir().unwrap();
    for mut child in start_together("describe", folder.path()) {
        assert!(child.wait().unwrap().success());
    }
    let mut compiled = compiled(folder.path());
    compiled.sort_unstable();
    assert_eq!(compiled, [[0; PROCESSES - 1].as_slice(), &[1]].concat());
}

#[test]
fn of_sixteen_processes_half_are_killed_and_the_others_do_not_notice() {
    let rounds = if std::env::var_os("SLOW_TESTS").is_some() { 10_000 } else { 5 };
    let mut killed_before_the_end = 0;
    let mut progress = Progress::new("sixteen processes", rounds);
    for round in 0..rounds {
        let folder = tempfile::tempdir().unwrap();
        let children = start_together("describe-small", folder.path());
        // Moments that differ from round to round and child to child, over the time that all take.
        let began = Instant::now();
        let mut survivors = Vec::new();
        for (number, mut child) in children.into_iter().enumerate() {
            if number % 2 == 1 {
                survivors.push(child);
                continue;
            }
            let moment = (round * 7_919 + number as u64 * 1_301) % 12_000;
            while began.elapsed() < Duration::from_micros(moment) {
                std::hint::spin_loop();
            }
            killed_before_the_end += u64::from(child.try_wait().unwrap().is_none());
            // SIGKILL.
            child.kill().unwrap();
            child.wait().unwrap();
        }
        for mut child in survivors {
            assert!(child.wait().unwrap().success(), "round {round}");
        }
        // Whoever was killed in the middle of it gave way to another; never did two finish.
        let compiled: u64 = compiled(folder.path()).iter().sum();
        assert!(compiled <= 1, "round {round}: {compiled} of the processes compiled");
        let heard = Arc::new(Mutex::new(Vec::<Notice>::new()));
        let hearer = Arc::clone(&heard);
        let notices = Notices::to(move |notice| hearer.lock().unwrap().push(notice.clone()));
        let cache = Some(CacheDir::at(folder.path().join("cache")));
        let runtime = Runtime::new(Options { cache, notices }).unwrap();
        runtime.describe("ledger", &small()).unwrap();
        assert_eq!(runtime.statistics().compiled, 0, "round {round}: nothing was kept");
        assert_eq!(*heard.lock().unwrap(), [], "round {round}");
        progress.done(round + 1);
    }
    assert!(killed_before_the_end > 0, "nobody was killed at work: this test proves nothing");
}
