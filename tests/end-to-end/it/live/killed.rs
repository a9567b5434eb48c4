//! Builds in the middle of which everybody is killed: cargo, rustc, the macro server and the cell.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use cell_tests::Progress;
use macro_bridge::answer::Answer;

use super::actor;
use super::place::Place;
use crate::project::{Host, clean};
use crate::report::expect_none;
use crate::run::turn;

/// Questions of a build, each of which takes the cell a moment.
const QUESTIONS: u64 = 40;

/// The oracle, as a process of its own.
struct Oracle(Child);

impl Oracle {
    fn start(place: &Place, word: &str) -> Result<Self> {
        let mut command = clean(Command::new(std::env::current_exe()?))?;
        command.args(["live::actor::plays_an_oracle", "--exact", "--nocapture", "--quiet"]);
        command.env(actor::WORD, word).env("CELL_HOME", &place.served.project.home);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut oracle = Self(command.spawn()?);
        let socket = place.sockets().join("oracle.sock");
        let begin = Instant::now();
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            let alive = oracle.0.try_wait()?.is_none() && begin.elapsed() < Duration::from_secs(60);
            ensure!(alive, "the oracle does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(oracle)
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // SIGKILL.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Records by path, and how many files there are that a killed writer left.
fn records(place: &Place) -> Result<(BTreeMap<PathBuf, Vec<u8>>, usize)> {
    let folder = place.served.project.root.join(".cell/answers/oracle");
    let (mut records, mut left) = (BTreeMap::new(), 0);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with('.') {
            left += 1;
        } else {
            let bytes = fs::read(entry.path())?;
            let answer = Answer::decode(&bytes);
            let answer = answer.map_err(|e| anyhow::anyhow!("{:?}: {e}", entry.path()))?;
            ensure!(answer.question.key().to_string() == *entry.file_name().to_string_lossy());
            records.insert(entry.path(), bytes);
        }
    }
    Ok((records, left))
}

fn source(round: u64) -> String {
    let site = |number: u64| {
        format!("#[cell::wasm(asks::slow({}))]\npub struct A{round}_{number};\n", 10 + number)
    };
    (0..QUESTIONS).map(site).collect()
}

#[test]
fn after_live_builds_that_were_killed_answers_are_whole_and_the_next_build_goes_well() -> Result<()>
{
    let rounds = if std::env::var_os("SLOW_TESTS").is_some() { 20 } else { 2 };
    let mut place = Place::new("live-killed", Host::Thin)?;
    place.begin_session()?;
    let answers = place.served.project.root.join(".cell/answers");
    let mut progress = Progress::new("killed live builds", rounds);
    let mut in_the_middle = 0;
    for round in 0..rounds {
        let _ = fs::remove_dir_all(&answers);
        let oracle = Oracle::start(&place, &format!("first{round}"))?;
        let source = source(round);
        place.served.project.write("src/lib.rs", format!("#![allow(warnings)]\n{source}"))?;
        let its_turn = turn();
        let mut command = place.served.project.cargo()?;
        command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut child = command.spawn()?;
        let begin = Instant::now();
        // Over the time in which the questions are asked, one after the other.
        while records(&place)?.0.is_empty() && child.try_wait()?.is_none() {
            ensure!(begin.elapsed() < Duration::from_secs(120), "nothing is asked");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(round * 97_531 % 1_100_000));
        let group = rustix::process::Pid::from_child(&child);
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        child.wait()?;
        place.served.kill_servers();
        drop(oracle);
        drop(its_turn);
        place.served.no_server()?;
        let (before, _) = records(&place)?;
        in_the_middle += u64::from((1..QUESTIONS as usize).contains(&before.len()));

        let _oracle = Oracle::start(&place, &format!("second{round}"))?;
        // One question more than could have been answered, so that something is written.
        let source = format!("{source}#[cell::wasm(asks::value({round}))]\npub struct Last;\n");
        expect_none(&place.served.project, &source)?;
        let (after, left) = records(&place)?;
        ensure!(left == 0, "round {round}: {left} files of killed writers are left");
        ensure!(after.len() as u64 == QUESTIONS + 1, "round {round}: {}", after.len());
        let kept = before.iter().all(|(path, bytes)| after.get(path) == Some(bytes));
        ensure!(kept, "round {round}: an answer that was recorded is another one now");
        progress.done(round + 1);
    }
    ensure!(in_the_middle > 0, "no build was killed in the middle: this test proves nothing");
    Ok(())
}
