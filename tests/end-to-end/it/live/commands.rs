//! `cell build` and `cell dev`: cells that run as long as a build, or a developer, needs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::actor;
use super::place::Place;
use crate::project::{Host, clean};
use crate::report::{errors, expect_none};
use crate::run::{Ended, run, turn};

const PATIENCE: Duration = Duration::from_secs(120);

/// A project that starts its oracle, by a link that can be removed.
fn place(name: &str) -> Result<(Place, PathBuf)> {
    let place = Place::new(name, Host::Thin)?;
    let program = place.served.folder.path().join("oracle");
    std::os::unix::fs::symlink(std::env::current_exe()?, &program)?;
    place.manifest(&format!("[cells.oracle.run]\n{}", actor::run(&program, "word")))?;
    Ok((place, program))
}

/// The `cell` command in the project, with more environment.
fn cell(place: &Place, words: &[&str], environment: &[(&str, &str)]) -> Result<Command> {
    let project = &place.served.project;
    let mut command = clean(Command::new(env!("CARGO_BIN_EXE_cell-end-to-end")))?;
    command.args(words).current_dir(&project.root).env("CELL_HOME", &project.home);
    command.env("CELL_SERVER_IDLE", "600").envs(environment.iter().copied());
    Ok(command)
}

fn build(place: &Place, environment: &[(&str, &str)]) -> Result<Ended> {
    let mut command = cell(place, &["--offline", "build"], environment)?;
    let _turn = turn();
    run(&mut command, &place.served.project.root, PATIENCE)
}

/// The words of all processes of this place but macro servers.
fn processes(folder: &Path) -> Vec<String> {
    let folder = folder.as_os_str().as_encoded_bytes();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        let is_ours = read("environ").windows(folder.len()).any(|here| here == folder);
        let words = String::from_utf8_lossy(&read("cmdline")).replace('\0', " ");
        if is_ours && !words.is_empty() && !words.contains("--detached") {
            found.push(words);
        }
    }
    found
}

fn nobody_is_left(place: &Place) -> Result<()> {
    let begin = Instant::now();
    loop {
        let left = processes(place.served.folder.path());
        if left.is_empty() {
            return Ok(());
        }
        ensure!(begin.elapsed() < Duration::from_secs(60), "{left:#?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

const SOURCE: &str = "#![allow(warnings)]\n#[cell::wasm(asks::value(7))]\npub struct A;\n\
                      const _: () = assert!(matches!(A::VALUE.as_bytes(), b\"word-7\"));\n";

#[test]
fn cell_build_starts_the_cells_and_records_what_they_say() -> Result<()> {
    let (place, program) = place("live-build")?;
    place.served.project.write("src/lib.rs", SOURCE)?;
    // Where nobody is asked it is a plain build.
    let ended = build(&place, &[("CI", "true")])?;
    ensure!(ended.code == Some(101), "{}", ended.stderr);
    ensure!(ended.stderr.contains("`CI` is set"), "{}", ended.stderr);
    ensure!(ended.stderr.contains("this is `cargo build`"), "{}", ended.stderr);
    ensure!(ended.stderr.contains("[CELL0210]"), "{}", ended.stderr);
    ensure!(!ended.stderr.contains("Started") && place.answers()?.is_empty(), "{}", ended.stderr);
    nobody_is_left(&place)?;

    let ended = build(&place, &[])?;
    ensure!(ended.code == Some(0), "{}", ended.stderr);
    ensure!(ended.stderr.contains("Recorded 1 new answer"), "{}", ended.stderr);
    ensure!(place.only_answer()? == "\"word-7\"");
    nobody_is_left(&place)?;

    // From here on nobody needs the cell, nor its program.
    fs::remove_file(&program)?;
    place.served.forget();
    place.served.kill_servers();
    let source = SOURCE.replace("#![allow(warnings)]\n", "");
    expect_none(&place.served.project, &source)?;
    let ended = build(&place, &[("CI", "true")])?;
    ensure!(ended.code == Some(0), "{}", ended.stderr);
    ensure!(!ended.stderr.contains("Recorded"), "{}", ended.stderr);
    // What is new cannot be asked, and says so before cargo begins.
    place.served.project.write("src/lib.rs", SOURCE.replace('7', "8"))?;
    let ended = build(&place, &[])?;
    ensure!(ended.code == Some(1) && ended.stderr.contains("oracle"), "{}", ended.stderr);
    ensure!(place.answers()?.len() == 1);
    nobody_is_left(&place)
}

#[test]
fn as_long_as_cell_dev_runs_builds_ask_its_cells() -> Result<()> {
    let (place, _) = place("live-dev")?;
    let project = &place.served.project;
    let log = place.served.folder.path().join("dev");
    let mut command = cell(&place, &["dev"], &[])?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(&log)?);
    let mut dev = command.spawn()?;
    let begin = Instant::now();
    let socket = place.sockets().join("oracle.sock");
    while std::os::unix::net::UnixStream::connect(&socket).is_err() {
        let alive = dev.try_wait()?.is_none() && begin.elapsed() < PATIENCE;
        ensure!(alive, "no oracle: {}", fs::read_to_string(&log)?);
        std::thread::sleep(Duration::from_millis(20));
    }
    let source = SOURCE.replace("#![allow(warnings)]\n", "");
    expect_none(project, &source)?;
    ensure!(place.only_answer()? == "\"word-7\"");
    kill_process(Pid::from_child(&dev), Signal::INT)?;
    let status = dev.wait()?;
    let said = fs::read_to_string(&log)?;
    ensure!(status.success(), "{status}: {said}");
    ensure!(said.contains("builds of this project may ask its cells"), "{said}");
    ensure!(said.contains("Recorded oracle::value"), "{said}");
    nobody_is_left(&place)?;
    // Nobody may be asked any more.
    let ended = project.check(&source.replace('7', "8"))?;
    let text: String = errors(&ended)?.iter().map(|one| one.text.clone()).collect();
    ensure!(text.contains("no session lets the builds of this project ask cells"), "{text}");
    Ok(())
}
