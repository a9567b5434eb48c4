//! Builds that are killed: whatever sixteen compilers leave in the user's cache, the next build goes
//! well. The library tests of `macro-runtime` do the same to its processes, far more often.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Result, ensure};
use cell_tests::Progress;

use crate::guests::ledger;
use crate::project::{Host, Project};
use crate::run::{run, turn};

const CRATES: usize = 16;

/// A workspace of as many crates as there are compilers, none of which waits for another.
fn workspace() -> Result<Project> {
    let project = Project::new("killed", Host::Embedded)?.fresh_home()?;
    let manifest = String::from_utf8(project.read("Cargo.toml")?)?;
    ensure!(manifest.contains("[workspace]\n"), "the root of a workspace");
    let root = manifest.replace("[workspace]\n", "[workspace]\nmembers = [\"c*\"]\n");
    project.write("Cargo.toml", root)?;
    project.write("src/lib.rs", "")?;
    project.write("cell.toml", format!("[cells.ledger]\npath = {:?}\n", ledger()))?;
    let (_, dependency) = manifest.split_once("cell-sdk = ").unwrap_or_default();
    let dependency = dependency.lines().next().unwrap_or_default();
    for number in 0..CRATES {
        let manifest = format!(
            "[package]\nname = \"killed-{number}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
             [dependencies]\ncell-sdk = {dependency}\n"
        );
        project.write(&format!("c{number}/Cargo.toml"), manifest)?;
        project.write(&format!("c{number}/src/lib.rs"), "")?;
    }
    project.cell_does(&["lock"])?;
    Ok(project)
}

/// Sources that no cargo and no cache has seen.
fn write_sources(project: &Project, round: u32) -> Result<()> {
    for number in 0..CRATES {
        let source = format!(
            "#![allow(warnings)]\n\
             #[cell::wasm(ledger::table(name = \"t{round}_{number}\"))]\n\
             pub struct Row {{ #[ledger::primary_key] pub id: u64 }}\n\
             pub const SAID: &str = Row::TABLE;\n"
        );
        project.write(&format!("c{number}/src/lib.rs"), source)?;
    }
    Ok(())
}

#[test]
fn after_builds_that_were_killed_the_next_one_goes_well() -> Result<()> {
    let rounds = if std::env::var_os("SLOW_TESTS").is_some() { 20 } else { 2 };
    let project = workspace()?;
    let cargo = || -> Result<_> {
        let mut command = project.cargo()?;
        command.args(["--workspace", "--jobs", &CRATES.to_string()]);
        Ok(command)
    };
    let _turn = turn();
    // Everything but the crates themselves.
    let built = run(&mut cargo()?, &project.root, Duration::from_secs(600))?;
    ensure!(built.code == Some(0), "{}{}", built.stdout, built.stderr);
    let mut killed = 0;
    let mut progress = Progress::new("killed builds", u64::from(rounds));
    for round in 0..rounds {
        let _ = fs::remove_dir_all(project.home.join("cache"));
        write_sources(&project, round)?;
        let mut command = cargo()?;
        let output = fs::File::create(project.root.join("killed-output"))?;
        command.stdout(Stdio::null()).stderr(output).process_group(0);
        let mut child = command.spawn()?;
        // Over the time in which compilers start, one of them compiles, and all expand.
        std::thread::sleep(Duration::from_millis(u64::from(150 + round * 397 % 2_000)));
        if child.try_wait()?.is_none() {
            killed += 1;
            let group = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL)?;
        }
        child.wait()?;
        let ended = run(&mut cargo()?, &project.root, Duration::from_secs(120))?;
        ensure!(ended.code == Some(0), "round {round}: {}{}", ended.stdout, ended.stderr);
        // What the last build left is good: with other sources it is used again, and nothing else.
        write_sources(&project, 1_000 + round)?;
        let ended = run(cargo()?.env("CELL_LOG", "1"), &project.root, Duration::from_secs(120))?;
        ensure!(ended.code == Some(0), "round {round}: {}{}", ended.stdout, ended.stderr);
        ensure!(!ended.stderr.contains("damaged"), "round {round}: {}", ended.stderr);
        progress.done(u64::from(round) + 1);
    }
    ensure!(killed > 0, "no build was still going on when it was to be killed");
    Ok(())
}
