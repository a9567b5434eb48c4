//! Cells that somebody else starts, cells in a terminal, and cells that cargo builds.

use std::io::{BufRead as _, BufReader, ErrorKind};
use std::os::unix::net::UnixListener;
use std::process::Stdio;
use std::time::Duration;

use cell::Builder;
use cell_services::Ledger;
use rustix::process::{Pid, Signal, kill_process};

use crate::actor::{COUNT, END, FAIL, LINGER};
use crate::project::{Project, kill};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_elses_cell_is_waited_for() {
    let mut project = Project::new();
    project.elsewhere("postgres").cell("ledger", &["postgres"], &[]);
    let (_, said) = project.says(1, &["up", "--wait", "2"]);
    assert!(said.contains("waiting for `postgres`: it does not run"), "{said}");
    assert!(said.contains("2 s for ledger: waiting for postgres"), "{said}");
    let postgres = Builder::new("postgres").with(Ledger::default()).in_folder(project.sockets());
    let postgres = postgres.start().expect("a free name");
    let (_, said) = project.says(0, &["up"]);
    assert!(said.contains("Found postgres, which this project has not started"), "{said}");
    let status = project.status();
    assert_eq!(status["postgres"]["state"], "not-ours");
    assert_eq!(status["postgres"]["process"], std::process::id());
    project.says(0, &["status"]);

    let (text, _) = project.says(0, &["discover"]);
    let process = format!("postgres  -  process {}\n  service    Ledger  ", std::process::id());
    assert!(text.contains(&process), "{text}");
    assert!(text.contains("  question   Ledger::tables\n"), "{text}");
    let (text, _) = project.says(0, &["discover", "--json"]);
    let found: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let names: Vec<&str> = found["cells"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|c| c["name"].as_str())
        .collect();
    assert_eq!(names[..2], ["ledger", "postgres"]);
    assert!(names[2].starts_with("supervisor-"), "{names:?}");

    let (_, said) = project.says(0, &["stop", "--all"]);
    assert!(said.contains("`postgres` goes on"), "{said}");
    assert!(project.processes().is_empty());
    project.says(0, &["health", "postgres"]);
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_runs_already_is_not_started_and_not_stopped() {
    let mut project = Project::new();
    project.cell("ledger", &[], &[]);
    let there = Builder::new("ledger").with(Ledger::default()).in_folder(project.sockets());
    let there = there.start().expect("a free name");
    let (_, said) = project.says(0, &["up"]);
    assert!(said.contains("Found ledger"), "{said}");
    let (_, said) = project.says(1, &["run", "ledger"]);
    let process = std::process::id();
    assert!(said.contains(&format!("`ledger` runs already, as process {process}")), "{said}");
    there.stop().await;
    project.wait_for("ledger", "nobody starts it", |cell| cell["state"] == "stopped");
    // And nobody looks for it any more: whoever did would do so ten times a second.
    let there = UnixListener::bind(project.sockets().join("ledger.sock")).expect("a free name");
    there.set_nonblocking(true).expect("it");
    std::thread::sleep(Duration::from_millis(1_000));
    let asked = there.accept().map(|_| ()).map_err(|error| error.kind());
    assert_eq!(asked, Err(ErrorKind::WouldBlock));
    drop(there);
    project.says(0, &["up"]);
    assert_ne!(project.process("ledger"), process);
}

#[test]
fn a_cell_that_the_project_does_not_start_may_be_missing() {
    let mut project = Project::new();
    project.elsewhere("postgres").cell("ledger", &[], &[]);
    project.says(1, &["status"]);
    project.says(0, &["up"]);
    project.says(0, &["status"]);
    project.says(0, &["stop", "ledger"]);
    project.says(1, &["status"]);
}

#[test]
fn a_stop_waits_until_the_process_is_gone() {
    let mut project = Project::new();
    project.cell("short", &[], &[(LINGER, "1500")]).cell("long", &[], &[(LINGER, "100000")]);
    let runs = |name: &str| {
        let run = project.command(&["run", name]).stdout(Stdio::null()).spawn().expect("it");
        let found = project.wait_for(name, "it runs", |cell| cell["process"].is_u64());
        (run, found["process"].as_u64().expect("it") as u32)
    };
    let (mut short, process) = runs("short");
    project.says(0, &["stop", "short"]);
    let left = project.processes();
    assert!(!left.iter().any(|words| words.starts_with(&format!("{process} "))), "{left:?}");
    short.wait().expect("it");
    let (mut long, process) = runs("long");
    let (_, said) = project.says(1, &["stop", "long", "--wait", "2"]);
    let words = format!("takes no more calls, and its process {process} runs still, after 2 s");
    assert!(said.contains(&words), "{said}");
    kill(process);
    long.wait().expect("it");
}

#[test]
fn one_cell_in_a_terminal() {
    let mut project = Project::new();
    project.cell("ledger", &[], &[]);
    project.cell("exchange", &["ledger"], &[(END, "7")]);
    project.cell("bad", &["ledger"], &[(FAIL, "9")]);
    let (out, said) = project.says(9, &["run", "bad", "--", "--skip", "more"]);
    assert!(said.contains("Started ledger"), "{said}");
    assert!(out.contains("begins, given [\"--quiet\", \"--skip\", \"more\"]"), "{out}");
    let mut exchange = project.command(&["run", "exchange"]);
    let mut exchange = exchange.stdout(Stdio::piped()).spawn().expect("it");
    let found = project.wait_for("exchange", "it runs", |cell| cell["process"].is_u64());
    assert_eq!(found["state"], "not-ours");
    project.says(0, &["stop", "exchange"]);
    assert_eq!(exchange.wait().expect("it").code(), Some(7));
    let mut exchange = project.command(&["run", "exchange"]);
    let mut exchange = exchange.stdout(Stdio::null()).spawn().expect("it");
    let found = project.wait_for("exchange", "it runs", |cell| cell["process"].is_u64());
    kill(found["process"].as_u64().expect("it") as u32);
    assert_eq!(exchange.wait().expect("it").code(), Some(128 + 9));
}

#[test]
fn all_cells_in_a_terminal() {
    let mut project = Project::new();
    project.cell("ledger", &[], &[(COUNT, "1")]).cell("exchange", &["ledger"], &[]);
    let mut up = project.command(&["up", "--foreground"]);
    let mut up = up.stdout(Stdio::piped()).spawn().expect("it");
    let mut lines = BufReader::new(up.stdout.take().expect("a pipe")).lines();
    let (mut ledger, mut exchange) = (false, false);
    while !(ledger && exchange) {
        let line = lines.next().expect("it goes on").expect("text");
        ledger |= line.starts_with("ledger   | ") && line.ends_with("number 5");
        exchange |= line.starts_with("exchange | ") && line.contains("exchange begins");
    }
    let (_, said) = project.says(1, &["up", "--foreground"]);
    assert!(said.contains("runs in the background") && said.contains("cell stop --all"), "{said}");
    project.wait_for("exchange", "it is ready", |cell| cell["state"] == "ready");
    project.says(0, &["up"]);
    let process = Pid::from_child(&up);
    kill_process(process, Signal::INT).expect("it runs");
    let rest: Vec<String> = lines.map(|line| line.expect("text")).collect();
    assert_eq!(up.wait().expect("it").code(), Some(0));
    let end = |name: &str| {
        rest.iter().rposition(|line| line.starts_with(name) && line.contains("ended with code 0"))
    };
    assert!(end("exchange").is_some() && end("exchange") < end("ledger"), "{rest:#?}");
    project.assert_nobody_is_left();
}

#[test]
fn packages_are_built_first() {
    let mut project = Project::new();
    let this = std::env::current_exe().expect("this binary");
    let program = |extra: &str| {
        format!(
            "use std::os::unix::process::CommandExt as _;\nfn main() {{\n    {extra}\n    let words = std::env::args().skip(1);\n    \
             panic!(\"{{}}\", std::process::Command::new({this:?}).args(words).exec());\n}}\n"
        )
    };
    let manifest = "[package]\nname = \"market-ledger\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                    [[bin]]\nname = \"ledger\"\npath = \"src/main.rs\"\n[workspace]\n";
    project.write("Cargo.toml", manifest);
    project.write("src/main.rs", "fn main() { nonsense }");
    let run = |name: &str| {
        format!(
            "package = \"market-ledger\"\nargs = [\"actor::plays_a_cell\", \"--exact\", \"--nocapture\"]\n\
             env = {{ CELL_TEST_NAME = \"{name}\" }}"
        )
    };
    project.started("ledger", &run("ledger")).started("other", &run("other"));
    let (_, said) = project.says(1, &["up"]);
    assert!(said.contains("cannot find value `nonsense`"), "{said}");
    assert!(said.contains("cargo could not build market-ledger: nothing was started"), "{said}");
    assert_eq!(project.processes(), Vec::<String>::new());
    project.write("src/main.rs", &program(""));
    let (_, said) = project.says(0, &["up"]);
    assert_eq!(said.matches("Started").count(), 2, "{said}");
    let (_, said) = project.says(0, &["up"]);
    assert!(!said.contains("warning"), "{said}");
    // Later than the start, in a measure that may be coarse.
    std::thread::sleep(Duration::from_millis(20));
    project.write("src/main.rs", &program("println!(\"new\");"));
    let (_, said) = project.says(0, &["up"]);
    assert!(said.contains("`ledger` was built anew since it was started"), "{said}");
    project.says(0, &["stop", "ledger"]);
    project.says(0, &["up", "ledger"]);
    let (logs, _) = project.says(0, &["logs", "ledger"]);
    assert!(logs.contains(" new\n"), "{logs}");
    project.write("src/bin/two.rs", "fn main() {}");
    let (_, said) = project.says(1, &["up", "ledger"]);
    assert!(said.contains("several programs: ledger, two"), "{said}");
    assert!(said.contains("bin = \"ledger\"` under `[cells.ledger.run]`"), "{said}");
}
