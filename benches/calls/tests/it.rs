//! Each way makes calls, in a tiny run. Nothing here looks at how long they took.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A folder for sockets, which goes when this does.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("calls-{name}-{}", std::process::id()));
        std::fs::create_dir(&folder).expect("a folder");
        Self(folder)
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bench-calls"));
        command.args(words).env("CELL_HOME", &self.0).output().expect("it runs")
    }

    fn figures(&self, words: &[&str]) -> BTreeMap<String, f64> {
        let output = self.run(words);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {errors}");
        let text = String::from_utf8(output.stdout).expect("text");
        let line = |line: &str| {
            let (name, value) = line.split_once(' ').expect("a name and a value");
            (name.to_owned(), value.parse().expect("a number"))
        };
        text.lines().map(line).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn each_way_makes_calls() {
    let folder = Folder::new("each");
    for way in ["cell", "messagepack", "raw", "tarpc", "tonic"] {
        for size in ["8", "5000"] {
            let found = folder.figures(&["latency", way, "one", size, "30"]);
            assert!(found["p50"] > 0.0 && found["p50"] <= found["p99"], "{way}: {found:?}");
            assert!(found["rate"] > 0.0 && found["processor"] > 0.0, "{way}: {found:?}");
        }
    }
}

#[test]
fn all_but_the_raw_socket_have_many_calls_in_flight() {
    let folder = Folder::new("many");
    for way in ["cell", "messagepack", "tarpc", "tonic"] {
        let found = folder.figures(&["load", way, "one", "64", "50"]);
        assert!(found["rate"] > 0.0 && found["p50"] > 0.0, "{way}: {found:?}");
    }
    let refused = folder.run(&["load", "raw", "one", "64", "50"]);
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && text.contains("one call at a time"), "{text}");
}

#[test]
fn idle_connections_hold_memory() {
    let folder = Folder::new("idle");
    for way in ["cell", "tarpc", "tonic"] {
        let found = folder.figures(&["idle", way, "one", "100"]);
        assert!(found["client"] > 0.0 && found["server"] > 0.0, "{way}: {found:?}");
    }
}

#[test]
fn what_is_not_known_is_refused() {
    let folder = Folder::new("wrong");
    for words in [
        &["latency", "pigeon", "one", "64", "10"][..],
        &["latency", "cell", "three", "64", "10"],
        &["latency", "cell", "one", "many", "10"],
        &["latency", "cell", "one", "7", "10"],
        &["latency", "cell"],
        &[],
    ] {
        assert!(!folder.run(words).status.success(), "{words:?}");
    }
}
