//! Many processes and one cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use macro_runtime::{CacheDir, Options, Runtime};

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
        "describe" => describe(&folder),
        "write" => crate::kill::write_for_ever(&folder),
        "compile" => crate::kill::compile_for_ever(&folder),
        other => panic!("no role `{other}`"),
    }
}

/// Waits for the file `go`, so that all begin together, then describes one component and writes
/// how it got its code.
fn describe(folder: &Path) {
    fs::write(folder.join(format!("ready-{}", std::process::id())), b"").unwrap();
    while !folder.join("go").exists() {
        std::thread::yield_now();
    }
    let cache = Some(CacheDir::at(folder.join("cache")));
    let runtime = Runtime::new(Options { cache, ..Options::default() }).unwrap();
    runtime.describe("ledger", &large()).unwrap();
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

#[test]
fn of_sixteen_processes_on_an_empty_cache_one_compiles() {
    const PROCESSES: usize = 16;
    let folder = tempfile::tempdir().unwrap();
    let mut children: Vec<Child> =
        (0..PROCESSES).map(|_| start("describe", folder.path())).collect();
    let files = |prefix: &str| -> Vec<PathBuf> {
        fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(prefix))
            .collect()
    };
    while files("ready-").len() < PROCESSES {
        std::thread::yield_now();
    }
    fs::write(folder.path().join("go"), b"").unwrap();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let compiled: Vec<String> =
        files("compiled-").iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    assert_eq!(compiled.len(), PROCESSES);
    assert_eq!(compiled.iter().filter(|count| *count == "1").count(), 1);
    assert_eq!(compiled.iter().filter(|count| *count == "0").count(), PROCESSES - 1);
}
