//! `cell new macro`: what it makes passes its tests at once, natively and as a component, in a workspace
//! and outside; and `cell dev` builds it when it changes.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::project::{Host, Project, clean, folder, workspace};
use crate::run::{Ended, run, turn};

/// Compiles guests, natively and for WebAssembly.
const PATIENCE: Duration = Duration::from_secs(900);

/// The command with the user's own `CELL_HOME`, where the kit for guests is.
fn cell(project: &Project) -> Result<Command> {
    let mut command = clean(Command::new(env!("CARGO_BIN_EXE_cell-end-to-end")))?;
    if let Some(home) = std::env::var_os("CELL_HOME") {
        command.env("CELL_HOME", home);
    }
    command.env("CELL_SERVER", "off").current_dir(&project.root);
    Ok(command)
}

fn does(project: &Project, words: &[&str]) -> Result<Ended> {
    let mut command = cell(project)?;
    let _turn = turn();
    run(command.args(words), &folder(), PATIENCE)
}

#[test]
fn a_new_macro_passes_its_tests_and_is_built_when_it_changes() -> Result<()> {
    let user = Project::new("user-of-new-macro", Host::Thin)?;
    let sdk = workspace().join("cell-sdk").to_string_lossy().into_owned();
    let good = |words: &[&str]| -> Result<Ended> {
        let ended = does(&user, words)?;
        ensure!(ended.code == Some(0), "{words:?}: {}{}", ended.stdout, ended.stderr);
        Ok(ended)
    };
    // The package is no workspace of guests.
    good(&["new", "macro", "first", "--sdk-path", &sdk, "--no-build"])?;
    let at = ["--manifest-path", "first/Cargo.toml"];
    good(&["new", "macro", "second", "--sdk-path", &sdk, at[0], at[1]])?;
    let component = user.root.join("first/components/second.wasm");
    ensure!(component.is_file(), "no component");
    good(&["build-macros", "--check", "-p", "second", at[0], at[1]])?;
    let tested = in_one_line(&good(&["test-macros", at[0], at[1]])?.stdout);
    for line in ["first tests 4 passed -", "first enum ok ok", "second struct ok ok"] {
        ensure!(tested.contains(line), "`{line}` is not in: {tested}");
    }

    // A wrong expectation is wrong on both sides, and what comes out can be taken.
    let expected = "first/second/tests/golden/struct.expanded.rs";
    let text = String::from_utf8(user.read(expected)?)?;
    user.write(expected, text.replace("user.name", "user.nane"))?;
    let only = ["test-macros", "-p", "second", at[0], at[1]];
    let ended = does(&user, &only)?;
    let line = "second struct failed failed";
    ensure!(ended.code == Some(1) && in_one_line(&ended.stdout).contains(line), "{ended:?}");
    ensure!(ended.stderr.contains("+ ") && ended.stderr.contains("--bless"), "{ended:?}");
    good(&[&only[..], &["--bless"]].concat())?;
    ensure!(user.read(expected)? == text.as_bytes(), "the template is not what is written");

    watched(&user)
}

/// A table without its columns, whose widths depend on what is in them.
fn in_one_line(table: &str) -> String {
    table.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `cell dev` builds what has changed, once, and locks it.
fn watched(user: &Project) -> Result<()> {
    user.write("cell.toml", "[cells.second]\npath = \"first/components/second.wasm\"\n")?;
    let ended = does(user, &["lock"])?;
    ensure!(ended.code == Some(0), "{ended:?}");
    let lock = user.read("cell.lock")?;
    let log = user.root.join("dev.log");
    let mut dev = cell(user)?;
    let _turn = turn();
    dev.args(["dev", "--lock"]).stdin(Stdio::null()).stdout(Stdio::null());
    let mut dev = dev.stderr(fs::File::create(&log)?).spawn()?;
    let end = |dev: &mut std::process::Child| -> Result<()> {
        kill_process(Pid::from_child(dev), Signal::INT)?;
        dev.wait()?;
        Ok(())
    };
    let said = || fs::read_to_string(&log).unwrap_or_default();
    let wait = |what: &str, there: &dyn Fn() -> bool| -> Result<()> {
        let begin = Instant::now();
        while !there() {
            ensure!(begin.elapsed() < PATIENCE, "{what}: {}", said());
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    };
    let watches = || -> Result<()> {
        wait("it begins", &|| said().contains("Live"))?;
        let source = "first/second/src/lib.rs";
        let text = String::from_utf8(user.read(source)?)?;
        user.write(source, format!("{text}\nnot Rust\n"))?;
        wait("a mistake", &|| said().contains("`second` could not be built"))?;
        user.write(source, text.replace("\"{}{name}\"", "\"{}<{name}>\""))?;
        wait("a component", &|| said().contains("Locked 1 cell"))?;
        ensure!(user.read("cell.lock")? != lock, "the lock is the same: {}", said());
        Ok(())
    };
    let outcome = watches();
    end(&mut dev)?;
    outcome.context("cell dev")?;
    ensure!(said().matches("Changed").count() == 2, "{}", said());
    Ok(())
}
