//! Which answers `cell sync` and `cell vendor` find, and which they remove: only what surely nothing
//! uses.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::place::Place;
use crate::project::{Host, clean};
use crate::run::{Ended, run, turn};

/// The `cell` command in the project, with more environment.
fn cell(place: &Place, words: &[&str], environment: &[(&str, &str)]) -> Result<Ended> {
    let project = &place.served.project;
    let mut command = clean(Command::new(env!("CARGO_BIN_EXE_cell-end-to-end")))?;
    command.args(words).current_dir(&project.root).env("CELL_HOME", &project.home);
    command.envs(environment.iter().copied());
    let _turn = turn();
    run(&mut command, &project.root, Duration::from_secs(120))
}

/// What was found to be otherwise: all of it is said at the end.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn unless(&mut self, good: bool, case: &str, ended: &Ended) {
        if !good {
            self.0.push(format!("{case}: {:?} {}", ended.code, ended.stderr));
        }
    }

    fn none(self) -> Result<()> {
        ensure!(self.0.is_empty(), "{:#?}", self.0);
        Ok(())
    }
}

/// A program that compiles when its library does, and both ask.
#[test]
fn sync_asks_until_there_is_nothing_left_to_ask() -> Result<()> {
    let mut place = Place::new("live-rounds", Host::Thin)?;
    place.oracle("word")?;
    let library = "#[cell::wasm(asks::value(1))]\npub struct A;\n";
    let program = "#[cell::wasm(asks::value(2))]\nstruct B;\nfn main() { B::VALUE; }\n";
    place.served.project.write("src/lib.rs", library)?;
    place.served.project.write("src/main.rs", program)?;
    let mut wrong = Wrong::default();
    let ended = cell(&place, &["sync", "--check"], &[])?;
    wrong.unless(ended.code == Some(1) && place.answers()?.is_empty(), "it only looks", &ended);
    let ended = cell(&place, &["sync"], &[])?;
    let both = ended.code == Some(0) && place.answers()?.len() == 2;
    wrong.unless(both && ended.stderr.contains("Recorded 2 answers"), "both ask", &ended);
    // No more than once each, and once by `--check`.
    wrong.unless(place.count() == 3, "each is asked once", &ended);
    // What does not compile may ask what nobody knows of.
    let broken = format!("{library}pub const N: u8 = \"\";\n");
    place.served.project.write("src/lib.rs", broken)?;
    for words in [&["sync"][..], &["sync", "--check"]] {
        let ended = cell(&place, words, &[])?;
        let said = ended.stderr.contains("what its other macros ask is not known");
        wrong.unless(ended.code == Some(1) && said, "it does not compile", &ended);
    }
    wrong.unless(place.answers()?.len() == 2, "something was removed", &ended);
    wrong.none()
}

#[test]
fn what_a_run_does_not_see_is_not_removed() -> Result<()> {
    let mut place = Place::new("live-kept", Host::Thin)?;
    let project = &place.served.project;
    let manifest = String::from_utf8(project.read("Cargo.toml")?)?;
    let features = format!("{manifest}\n[features]\nextra = []\n");
    project.write("Cargo.toml", &features)?;
    let cells = String::from_utf8(project.read("cell.toml")?)?;
    project.write("cell.toml", format!("[profiles.ui]\nasks = \"off\"\n{cells}"))?;
    project.cell_does(&["lock"])?;
    let plain = "#[cell::wasm(asks::value(1))]\npub struct A;\n";
    let extra = "#[cfg(feature = \"extra\")]\n#[cell::wasm(asks::value(2))]\npub struct B;\n";
    project.write("src/lib.rs", format!("{plain}{extra}"))?;
    place.oracle("word")?;
    let mut wrong = Wrong::default();
    let ended = cell(&place, &["sync", "--all-features"], &[])?;
    wrong.unless(ended.code == Some(0) && place.answers()?.len() == 2, "all features", &ended);
    let ended = cell(&place, &["vendor", "--all-features"], &[])?;
    let expansions = place.served.project.root.join(".cell/expansions");
    let vendored = || -> Result<usize> { Ok(fs::read_dir(&expansions)?.count()) };
    wrong.unless(ended.code == Some(0) && vendored()? == 2, "all are vendored", &ended);

    for command in ["sync", "vendor"] {
        let ended = cell(&place, &[command], &[])?;
        let kept = ended.code == Some(0) && place.answers()?.len() == 2 && vendored()? == 2;
        let said = ended.stderr.contains("that this run does not use")
            && ended.stderr.contains("were on: use `--all-features`");
        wrong.unless(kept && said, &format!("{command} without a feature"), &ended);
        let words = [command, "--all-features"];
        let ended = cell(&place, &words, &[("CELL_PROFILE", "ui")])?;
        let kept = ended.code == Some(0) && place.answers()?.len() == 2 && vendored()? == 2;
        let said = ended.stderr.contains("`CELL_PROFILE` is `ui`");
        wrong.unless(kept && said, &format!("{command} where nothing runs"), &ended);
    }
    for (words, profile) in [(&["check"][..], ""), (&["check", "--all-features"], "ui")] {
        let ended = cell(&place, words, &[("CELL_PROFILE", profile)])?;
        let said = ended.stderr.contains("where this does not look");
        wrong.unless(ended.code == Some(0) && said, &format!("check {profile}"), &ended);
    }

    // Nobody answers a new question: what the macro uses beside it is not unused.
    place.stop_oracle();
    let new = "#[cell::wasm(asks::values(4))]\npub struct A;\n";
    place.served.project.write("src/lib.rs", format!("{new}{extra}"))?;
    let ended = cell(&place, &["sync", "--all-features"], &[])?;
    let said = ended.stderr.contains("CELL0601") && !ended.stderr.contains("Unused");
    wrong.unless(ended.code == Some(1) && said && place.answers()?.len() == 2, "down", &ended);

    // What is no record, and what stands behind links, is somebody else's.
    place.oracle("word")?;
    place.served.project.write("src/lib.rs", plain)?;
    let root = place.served.project.root.clone();
    let answers = root.join(".cell/answers");
    let other = root.join("other");
    fs::create_dir_all(&other)?;
    let name = "7".repeat(64);
    fs::write(other.join(&name), "mine")?;
    fs::write(answers.join("oracle/README.md"), "mine")?;
    symlink(&other, answers.join("linked"))?;
    symlink(other.join(&name), answers.join("oracle").join(&name))?;
    let ended = cell(&place, &["sync", "--all-features"], &[])?;
    let said = ended.stderr.contains("Unused oracle::value { \"number\": 2 }");
    let damaged = ended.stderr.contains("Damaged");
    wrong.unless(said && ended.code == Some(0) && !damaged, "links", &ended);
    let ended = cell(&place, &["vendor", "--all-features"], &[])?;
    wrong.unless(vendored()? == 1, "what is not used goes", &ended);
    let there = fs::read(other.join(&name)).is_ok()
        && answers.join("oracle").join(&name).is_symlink()
        && answers.join("linked").is_symlink()
        && answers.join("oracle/README.md").is_file();
    wrong.unless(there, "files of others were removed", &ended);
    let records = fs::read_dir(answers.join("oracle"))?.count();
    wrong.unless(records == 3, "one record is left", &ended);

    // Nor is anything written there.
    fs::rename(answers.join("oracle"), other.join("oracle"))?;
    symlink(other.join("oracle"), answers.join("oracle"))?;
    place.served.project.write("src/lib.rs", plain.replace('1', "5"))?;
    let before = fs::read_dir(other.join("oracle"))?.count();
    let ended = cell(&place, &["sync"], &[])?;
    let said = ended.stderr.contains("`.cell/answers/oracle` is a link");
    let same = fs::read_dir(other.join("oracle"))?.count() == before;
    wrong.unless(ended.code == Some(1) && said && same, "through a link", &ended);
    wrong.none()
}

/// Who only asks for itself lets no build ask.
#[test]
fn sync_opens_no_session() -> Result<()> {
    let place = Place::new("live-closed", Host::Thin)?;
    let program = std::env::current_exe()?;
    place.manifest(&format!("[cells.oracle.run]\n{}", super::actor::run(&program, "word")))?;
    place.served.project.write("src/lib.rs", "#[cell::wasm(asks::slow(1500))]\npub struct A;\n")?;
    let stop = std::sync::atomic::AtomicBool::new(false);
    let (seen, ended) = std::thread::scope(|scope| {
        let looks = scope.spawn(|| {
            let mut seen = false;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                seen |= place.has_session().unwrap_or(false);
                std::thread::sleep(Duration::from_millis(5));
            }
            seen
        });
        let ended = cell(&place, &["sync"], &[]);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        (looks.join(), ended)
    });
    let ended = ended?;
    ensure!(ended.code == Some(0) && place.answers()?.len() == 1, "{}", ended.stderr);
    ensure!(seen.is_ok_and(|seen| !seen), "there was a session: {}", ended.stderr);
    Ok(())
}
