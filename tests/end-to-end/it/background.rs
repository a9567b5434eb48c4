//! The macro server in the background: whoever started it has nobody to wait for and nobody to
//! bury, a terminal is neither held nor written to, and who only listens does not keep it.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use macro_bridge::wire::{self, HELLO};
use rustix::process::Pid;

use crate::project::Host;
use crate::run::turn;
use crate::served::{SOURCE, Served};

/// State, parent, group, session and terminal of a process: what stands behind its name, which may
/// hold blanks.
pub(crate) fn stat(process: &Path) -> Result<Vec<String>> {
    let stat = fs::read_to_string(process.join("stat"))?;
    let words = stat.rsplit(')').next().context("a name")?.split_whitespace();
    Ok(words.map(str::to_owned).collect())
}

/// The processes that a process has started and not yet waited for, dead ones among them.
pub(crate) fn children(parent: Pid) -> Vec<String> {
    let parent = parent.as_raw_nonzero().to_string();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let of_parent = |process: &Path| stat(process).is_ok_and(|words| words[1] == parent);
    let name = |process: &Path| fs::read_to_string(process.join("comm")).unwrap_or_default();
    let processes = processes.map(|entry| entry.path()).filter(|process| of_parent(process));
    processes.map(|process| name(&process)).collect()
}

/// As a shell reads it.
fn quoted(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let quote =
        |word: &std::ffi::OsStr| format!("'{}'", word.to_string_lossy().replace('\'', "'\\''"));
    words.map(quote).collect::<Vec<_>>().join(" ")
}

/// `script` gives cargo a terminal of its own, which is gone when cargo has ended.
#[test]
fn a_terminal_is_left_alone() -> Result<()> {
    let mut served = Served::new("background-terminal", Host::Thin)?;
    served.project.environment.retain(|(name, _)| *name != "CELL_LOG");
    served.project.write("src/lib.rs", SOURCE)?;
    let cargo = served.project.cargo()?;
    let shown = served.project.root.join("terminal");
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--flush", "--command", &quoted(&cargo)]).arg(&shown);
    script.current_dir(&served.project.root).env("SHELL", "/bin/sh");
    for (name, value) in cargo.get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None => script.env_remove(name),
        };
    }
    script.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = {
        let _turn = turn();
        script.status().context("`script`, which is part of util-linux")?
    };
    let text = fs::read_to_string(&shown)?;
    ensure!(status.success(), "{text}");
    // It was not ended with the terminal.
    let server = served.server().context("cargo waited for the server, or it is gone")?;
    let process = Path::new("/proc").join(server.as_raw_nonzero().to_string());
    ensure!(stat(&process)?[4] == "0", "the server has a terminal");
    for entry in fs::read_dir(process.join("fd"))? {
        let open = fs::read_link(entry?.path())?;
        ensure!(!open.starts_with("/dev/pts"), "the server has opened {}", open.display());
    }
    // Cargo itself writes JSON.
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let other: Vec<&str> = lines.filter(|line| !line.starts_with('{')).collect();
    ensure!(text.contains("build-finished"), "cargo had another terminal: {text}");
    // What `script` itself says.
    let said = other.iter().find(|line| !line.starts_with("Script "));
    ensure!(said.is_none(), "on the terminal: {said:?}");
    served.forget();
    served.expect("macro-server", SOURCE)?;
    ensure!(served.server()? == server, "another server was started");
    Ok(())
}

/// rust-analyzer keeps its connection for days.
#[test]
fn who_asks_nothing_keeps_no_server() -> Result<()> {
    let idle = Duration::from_secs(5);
    let mut served = Served::new("background-idle", Host::Thin)?;
    served.set("CELL_SERVER_IDLE", idle.as_secs().to_string());
    let greet = || -> Result<UnixStream> {
        let mut stream = UnixStream::connect(served.socket()?)?;
        wire::write(&mut stream, &[HELLO.as_bytes()])?;
        ensure!(wire::read(&mut stream)? == HELLO.as_bytes());
        Ok(stream)
    };
    let mut tries = 0;
    let (begin, mut stream) = loop {
        served.forget();
        served.expect("macro-server", SOURCE)?;
        let begin = Instant::now();
        match greet() {
            Ok(stream) => break (begin, stream),
            // A machine that does other things: it was idle before we came.
            Err(_) if tries < 5 => tries += 1,
            Err(error) => return Err(error),
        }
    };
    served.no_server()?;
    let lived = begin.elapsed();
    ensure!(lived >= idle, "it ended after {lived:?}, and was greeted before that");
    ensure!(stream.read(&mut [0])? == 0, "somebody still answers");
    Ok(())
}

/// What is to start the server never does. Nobody waits for it longer than for a slow one, and it is
/// not left behind.
#[test]
fn a_command_that_hangs_is_ended() -> Result<()> {
    let mut served = Served::new("background-hangs", Host::Embedded)?;
    let command = served.folder.path().join("cell");
    fs::write(&command, "#!/bin/sh\necho $$ > \"$0.pid\"\nexec sleep 600\n")?;
    fs::set_permissions(&command, fs::Permissions::from_mode(0o700))?;
    served.set("CELL_BIN", command.display().to_string());
    let (found, ended) = served.check(SOURCE)?;
    ensure!(found.values().all(|(how, _)| how == "engine-inside-rustc"), "{found:?}");
    ensure!(ended.stderr.contains("it takes too long to start"), "{}", ended.stderr);
    let process = fs::read_to_string(command.with_extension("pid"))?;
    let process = Path::new("/proc").join(process.trim());
    ensure!(!process.exists(), "{} lives on: {:?}", process.display(), stat(&process));
    Ok(())
}
