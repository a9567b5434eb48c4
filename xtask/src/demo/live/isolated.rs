//! A build that has nothing but cargo, the compiler and the project.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::{Built, Stage};
use crate::step;

/// Builds and runs the program without network, in an environment that names no home, no cell and no
/// server, and with nobody's `PATH`.
pub(super) fn build(stage: &Stage, name: &str, embedded: bool) -> Result<Built> {
    let empty = stage.folder.join(format!("nobody-{name}"));
    fs::create_dir_all(&empty)?;
    let trace = stage.folder.join(format!("trace-{name}"));
    let cargo = |verb| command(stage.words(verb, embedded), &empty);
    // First what does not belong to the package, then the package itself: what is up to date runs no
    // macro and leaves no trace.
    step::run(&mut cargo("build")?)?;
    let mut clean = command(stage.words("clean", false), &empty)?;
    step::run(clean.arg("--quiet"))?;
    step::run(cargo("build")?.env("CELL_TRACE", &trace))?;
    let output = cargo("run")?.arg("--quiet").output()?;
    ensure!(output.status.success(), "the program failed ({})", output.status);
    Built::read(&trace, output.stdout)
}

/// A command of cargo, in a network of its own where the system has such.
fn command(words: Vec<String>, empty: &std::path::Path) -> Result<Command> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut command = if can_unshare() {
        let program = cargo.to_string_lossy().into_owned();
        step::command("unshare", &[&["-rn", &program][..], &words].concat())
    } else {
        step::say("   ..", "this system has no `unshare -rn`: only cargo is kept from the network");
        step::command(cargo, &words)
    };
    let path = path()?;
    let kept =
        ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "CARGO_TERM_COLOR", "CARGO_INCREMENTAL"];
    let kept = kept.map(|name| (name, std::env::var_os(name)));
    command.env_clear().env("PATH", path);
    for (name, value) in kept {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    // Cargo and rustup have their folders in a home, which is empty here.
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let home = std::env::var_os("HOME").map(PathBuf::from);
        if std::env::var_os(name).is_none()
            && let Some(home) = home
        {
            command.env(name, home.join(folder));
        }
    }
    for name in ["HOME", "CELL_HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME"] {
        command.env(name, empty);
    }
    Ok(command)
}

/// Where cargo, rustc and the linker are, and no `cell`.
fn path() -> Result<OsString> {
    let all = std::env::var_os("PATH").context("there is no PATH")?;
    let file = format!("cell{}", std::env::consts::EXE_SUFFIX);
    let without = std::env::split_paths(&all).filter(|folder| !folder.join(&file).exists());
    Ok(std::env::join_paths(without)?)
}

fn can_unshare() -> bool {
    let mut command = Command::new("unshare");
    command.args(["-rn", "true"]).stdout(std::process::Stdio::null());
    command.stderr(std::process::Stdio::null()).status().is_ok_and(|status| status.success())
}
