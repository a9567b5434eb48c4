//! rustc finds the user's folders with std alone. They are those that the engines write to, which
//! have them from a library, whatever the environment says.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::Command;

use macro_bridge::host::home;
use macro_runtime::CacheDir;

/// With this variable the test says what it finds in its environment.
const ROLE: &str = "CELL_TEST_SAY";

fn folders() -> (Option<String>, Option<String>) {
    let cell_home = std::env::var_os("CELL_HOME");
    let cache = CacheDir::of_user(cell_home.as_deref().map(Path::new));
    let ours = home::expansions().map(|path| path.display().to_string());
    let theirs = cache.map(|cache| cache.path().join(home::EXPANSIONS).display().to_string());
    (ours, theirs)
}

#[test]
fn the_folders_of_rustc_are_those_of_the_engines() {
    if std::env::var_os(ROLE).is_some() {
        let (ours, theirs) = folders();
        assert_eq!(ours, theirs, "with the environment of this process");
        return;
    }
    let values = [None, Some(""), Some("relative"), Some("/a b/ä"), Some("/a/../b/")];
    let mut tried = 0;
    for cell_home in values {
        for cache_home in values {
            // A relative home is none for us, and a folder in the current one for the library.
            for home in values.into_iter().filter(|home| *home != Some("relative")) {
                let mut command = Command::new(std::env::current_exe().unwrap());
                command
                    .env(ROLE, "1")
                    .args(["--exact", "the_folders_of_rustc_are_those_of_the_engines"]);
                let names =
                    [("CELL_HOME", cell_home), ("XDG_CACHE_HOME", cache_home), ("HOME", home)];
                for (name, value) in names {
                    match value {
                        Some(value) => command.env(name, value),
                        None => command.env_remove(name),
                    };
                }
                let output = command.output().unwrap();
                let said = String::from_utf8_lossy(&output.stdout);
                assert!(output.status.success(), "{names:?}: {said}");
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 100);
}
