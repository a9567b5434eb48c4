//! This test's binary as a cell of a project: what it does stands in its environment.

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use cell::Builder;
use cell_services::Ledger;

/// What a cell is told, in the order of what it does.
pub(crate) const NAME: &str = "CELL_TEST_NAME";
/// Names with commas: they take calls while this cell runs, or it says so and fails.
pub(crate) const NEEDS: &str = "CELL_TEST_NEEDS";
/// Fails at once, with this code.
pub(crate) const FAIL: &str = "CELL_TEST_FAIL";
/// Starts a process that would outlive it.
pub(crate) const CHILD: &str = "CELL_TEST_CHILD";
/// Waits so many milliseconds before it serves.
pub(crate) const DELAY: &str = "CELL_TEST_DELAY";
/// Neither ends when it is asked to, nor when it gets a SIGTERM.
pub(crate) const STUBBORN: &str = "CELL_TEST_STUBBORN";
/// Counts in its output, a number every millisecond.
pub(crate) const COUNT: &str = "CELL_TEST_COUNT";
/// Goes on for so many milliseconds when it takes no calls any more.
pub(crate) const LINGER: &str = "CELL_TEST_LINGER";
/// Ends with this code when it is asked to end.
pub(crate) const END: &str = "CELL_TEST_END";

fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn say(text: &str) {
    // Past the test's harness, which would add its own.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Do all that this cell needs listen?
fn needs_are_there() -> bool {
    let run = PathBuf::from(told("CELL_HOME").expect("a home")).join("run");
    let needs = told(NEEDS).unwrap_or_default();
    needs.split(',').filter(|need| !need.is_empty()).all(|need| {
        let there = UnixStream::connect(run.join(format!("{need}.sock"))).is_ok();
        if !there {
            say(&format!("{need} is not there"));
        }
        there
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::zombie_processes, reason = "who is to outlive this process is not waited for")]
async fn plays_a_cell() {
    let Some(name) = told(NAME) else { return };
    say(&format!("{name} begins, given {:?}", std::env::args().skip(4).collect::<Vec<_>>()));
    if let Some(code) = told(FAIL) {
        eprintln!("{name} has no disk");
        std::process::exit(code.parse().expect("a code"));
    }
    assert!(needs_are_there());
    if told(CHILD).is_some() {
        let child = Command::new("sleep").arg("1000").spawn().expect("a process");
        say(&format!("child {}", child.id()));
    }
    let delay = told(DELAY).map_or(0, |delay| delay.parse().expect("milliseconds"));
    tokio::time::sleep(Duration::from_millis(delay)).await;
    if told(COUNT).is_some() {
        std::thread::spawn(|| {
            for number in 0.. {
                say(&format!("number {number}"));
                std::thread::sleep(Duration::from_millis(1));
            }
        });
    }
    let cell = Builder::new(&name).with(Ledger::default()).start().expect("a free name");
    if told(STUBBORN).is_some() {
        let kind = tokio::signal::unix::SignalKind::terminate();
        let mut signals = tokio::signal::unix::signal(kind).expect("a signal");
        loop {
            signals.recv().await;
            say("no");
        }
    }
    cell.until_stopped().await.expect("it ends well");
    needs_are_there();
    let linger = told(LINGER).map_or(0, |linger| linger.parse().expect("milliseconds"));
    tokio::time::sleep(Duration::from_millis(linger)).await;
    say("ends well");
    if let Some(code) = told(END) {
        std::process::exit(code.parse().expect("a code"));
    }
}
