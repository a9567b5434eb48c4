//! Cells as processes of their own: signals, and the environment.

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use cell::Code;
use cell_model::ops;
use cell_services::ProbeClient;
use rustix::process::{Pid, Signal, kill_process};

use crate::place::Folder;

fn command(arguments: [&str; 2], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
    command.args(arguments).env_clear().envs(variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A cell, killed if a test leaves it.
struct Process(Option<Child>);

impl Process {
    async fn start(folder: &Folder, what: &str, variables: &[(&str, &str)]) -> Self {
        let path = folder.path();
        let place = [("CELL_FOLDER", path.to_str().expect("UTF-8"))];
        let mut command = command([what, "probe"], &[&place[..], variables].concat());
        let this = Self(Some(command.spawn().expect("a process")));
        until(async || folder.synapse("probe", "").await.is_ok()).await;
        this
    }

    fn signal(&self, signal: Signal) {
        let child = self.0.as_ref().expect("it runs");
        kill_process(Pid::from_child(child), signal).expect("it runs");
    }

    async fn end(mut self) -> Output {
        let child = self.0.take().expect("it runs");
        let ended = tokio::task::spawn_blocking(|| child.wait_with_output());
        let ended = tokio::time::timeout(Duration::from_secs(60), ended).await;
        ended.expect("it ends").expect("a thread").expect("its output")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

async fn until(done: impl AsyncFn() -> bool) {
    let begin = Instant::now();
    while !done().await {
        assert!(begin.elapsed() < Duration::from_secs(60), "it did not come so far");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A call that is under way.
async fn waiting(
    folder: &Folder,
    milliseconds: u64,
) -> tokio::task::JoinHandle<Result<u64, cell::Fault>> {
    let caller = folder.caller::<cell_services::Probe>("probe");
    let client = ProbeClient::with(caller.with_timeout(Duration::from_secs(600)));
    let call = tokio::spawn(async move { client.wait(milliseconds).await });
    until(async || {
        let samples = crate::open_metrics::read(&folder.metrics("probe").await);
        samples.sum("cell_calls_in_flight", &[]) == 1.0
    })
    .await;
    call
}

#[tokio::test]
async fn a_signal_lets_calls_end() {
    for signal in [Signal::TERM, Signal::INT] {
        let folder = Folder::new();
        let process = Process::start(&folder, "serve", &[]).await;
        let call = waiting(&folder, 400).await;
        process.signal(signal);
        assert_eq!(call.await.expect("a task"), Ok(400));
        let ended = process.end().await;
        assert!(ended.status.success(), "{ended:?}");
        assert_eq!(ended.stdout, b"ended well\n");
        // Nothing is left but the lock, which is free.
        let left = std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), ["probe.lock"]);
        let _again = folder.probe("probe");
    }
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    let folder = Folder::new();
    let process = Process::start(&folder, "serve", &[("CELL_PATIENCE", "1h")]).await;
    let call = waiting(&folder, 3_600_000).await;
    process.signal(Signal::TERM);
    // The name is free before the calls have ended: another one may start.
    until(async || folder.synapse("probe", "").await.is_err()).await;
    assert!(!call.is_finished());
    process.signal(Signal::INT);
    assert_eq!(call.await.expect("a task").unwrap_err().code, Code::Disconnected);
    let ended = process.end().await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stdout.is_empty());
    let _again = folder.probe("probe");
}

#[tokio::test]
async fn patience_comes_to_its_end() {
    let folder = Folder::new();
    let process = Process::start(&folder, "serve", &[("CELL_PROBE_PATIENCE", "50ms")]).await;
    let call = waiting(&folder, 3_600_000).await;
    process.signal(Signal::TERM);
    assert_eq!(call.await.expect("a task").unwrap_err().code, Code::Disconnected);
    assert_eq!(process.end().await.status.code(), Some(1));
}

/// What a process says of the configuration of the cell `order-book`.
fn configured(variables: &[(&str, &str)]) -> Result<String, String> {
    let ran = command(["config", "order-book"], variables).output().expect("a process");
    let said = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    if ran.status.success() { Ok(said(ran.stdout)) } else { Err(said(ran.stderr)) }
}

#[test]
fn every_key_has_a_default_a_general_and_an_own_variable() {
    // The key, how its field is written, the default, two values and how they are, a wrong value.
    type Row = [&'static str; 8];
    const TABLE: [Row; 11] = [
        ["NAME", " name: ", "\"order-book\"", "b", "\"b\"", "c-1", "\"c-1\"", "a/b"],
        ["FOLDER", " folder: ", "None", "/a", "Some(\"/a\")", "/b", "Some(\"/b\")", "run"],
        ["CONNECTIONS", " connections: ", "1024", "7", "7", "1000000", "1000000", "0"],
        ["CALLS", " calls: ", "1024", "7", "7", "8", "8", "many"],
        ["BYTES", " bytes: ", "134217728", "64KiB", "65536", "3GiB", "3221225472", "4GiB"],
        ["MESSAGE", " message: ", "67108864", "4096", "4096", "64MiB", "67108864", "65MiB"],
        ["UNWRITTEN", " unwritten: ", "8388608", "1MiB", "1048576", "1024", "1024", "1023"],
        ["GREETING", " greeting: ", "5s", "250ms", "250ms", "1m", "60s", "5"],
        ["READING", " patience: ", "10s", "250ms", "250ms", "24h", "86400s", "0s"],
        ["PATIENCE", " }, patience: ", "10s", "7s", "7s", "1h", "3600s", "25h"],
        ["DEADLINE", " deadline: ", "None", "7s", "Some(7s)", "1ms", "Some(1ms)", "-1s"],
    ];
    for [key, field, default, general, as_general, own, as_own, wrong] in TABLE {
        let (all, its) = (format!("CELL_{key}"), format!("CELL_ORDER_BOOK_{key}"));
        let finds = |variables: &[(&str, &str)], expected: &str| {
            let found = configured(variables).expect("nothing is wrong");
            let rest = found.split_once(field).unwrap_or_else(|| panic!("{field} in {found}")).1;
            let fits = rest.strip_prefix(expected).is_some_and(|it| it.starts_with([',', ' ']));
            assert!(fits, "{key} with {variables:?} is {found}, not {expected}");
        };
        finds(&[], default);
        finds(&[(&all, general)], as_general);
        finds(&[(&its, own)], as_own);
        finds(&[(&all, general), (&its, own)], as_own);
        // Somebody else's.
        finds(&[(&format!("CELL_LEDGER_{key}"), own)], default);
        for variable in [&all, &its] {
            let error = configured(&[(variable, wrong)]).unwrap_err();
            let value = format!("`{variable}` is `{wrong}`\nhelp: set it to ");
            assert!(error.contains(&value), "{error}");
        }
        // One that is not used is not looked at.
        finds(&[(&all, wrong), (&its, own)], as_own);
    }
}

#[tokio::test]
async fn a_cell_is_what_its_environment_says() {
    let folder = Folder::new();
    let variables = [("CELL_PROBE_CALLS", "7"), ("CELL_CALLS", "8"), ("CELL_BYTES", "2MiB")];
    let process = Process::start(&folder, "serve", &variables).await;
    let synapse = folder.synapse("probe", "Probe").await.unwrap();
    assert_eq!((synapse.peer().calls, synapse.peer().bytes), (7, 2 << 20));
    drop(synapse);
    process.signal(Signal::TERM);
    assert!(process.end().await.status.success());
}

#[tokio::test]
async fn both_ways_to_start_a_cell_make_the_same() {
    let mut found = Vec::new();
    for what in ["serve", "ignite"] {
        let folder = Folder::new();
        let process = Process::start(&folder, what, &[]).await;
        let ops::Reply::Inspect(mut about) = folder.ops("probe", ops::Request::Inspect).await
        else {
            panic!()
        };
        assert!(about.process != std::process::id() && about.started > 0);
        (about.process, about.started) = (0, 0);
        let schema = folder.ops("probe", ops::Request::Schema { service: "Probe".into() }).await;
        found.push((about, schema, folder.describe("probe").await));
        process.signal(Signal::TERM);
        assert!(process.end().await.status.success());
    }
    assert_eq!(found[0], found[1]);
    let (about, _, description) = &found[0];
    let component = description.component.as_ref().expect("a component");
    assert_eq!(about.component.as_ref(), Some(&component.digest));
    assert_eq!(description.questions, ["Probe::kinds"]);
}
