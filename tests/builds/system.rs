//! What the compiler does to the machine during a locked build.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::{Folder, PACKAGE, cargo, clone_into, run};

/// System calls that begin anything with a network or change a file, one line each, as strace prints
/// them.
const CALLS: &str = "trace=socket,connect,bind,openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,\
    unlinkat,link,linkat,symlink,symlinkat,truncate,chmod,fchmodat,execve";

#[test]
fn rustc_connects_nowhere_and_writes_only_where_it_may() -> Result<()> {
    let clone = Folder::new("system")?;
    clone_into(clone.path())?;
    // Dependencies first: only the package with the macros is looked at.
    run(&mut cargo(clone.path(), &["build", "--locked", "--package", "cell-sdk"])?)?;
    let temporary = clone.path().join("tmp");
    let logs = clone.path().join("logs");
    fs::create_dir_all(&temporary)?;
    fs::create_dir_all(&logs)?;
    let plain = cargo(clone.path(), &["build", "--locked", "--package", PACKAGE])?;
    let mut command = Command::new("strace");
    command.args(["-ff", "-qq", "-y", "-s", "400", "-e", CALLS, "-o"]).arg(logs.join("log"));
    command.arg(plain.get_program()).args(plain.get_args());
    command.current_dir(clone.path().join("examples")).env("TMPDIR", &temporary);
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    run(&mut command)?;

    let cache = clone.path().join("empty-home/.cache/cell");
    // `/dev/fd/`: the pipe of cargo's job server, which it hands down open.
    let devices = ["/dev/null".into(), "/dev/fd/".into()];
    let may_write: Vec<PathBuf> =
        [clone.path().join("target"), temporary, cache].into_iter().chain(devices).collect();
    let may_write: Vec<_> = may_write.iter().map(|path| path.display().to_string()).collect();
    let mut rustc_processes = 0;
    for entry in fs::read_dir(&logs)? {
        let log = fs::read_to_string(entry?.path())?;
        // A process of rustc, or a thread of one; the linker replaces its image by another.
        let program = log.lines().find(|line| line.starts_with("execve("));
        let is_rustc = program.is_some_and(|line| line.contains("bin/rustc\""));
        let is_thread = program.is_none() && log.contains(".rmeta");
        if !is_rustc && !is_thread {
            continue;
        }
        rustc_processes += u32::from(is_rustc);
        for line in log.lines().filter(|line| !line.contains(" = -1 ")) {
            let network =
                ["socket(", "connect(", "bind("].iter().any(|call| line.starts_with(call));
            ensure!(!network, "rustc opens a socket: {line}");
            if changes(line) {
                let path = path(line).with_context(|| format!("no path in: {line}"))?;
                let fine = may_write.iter().any(|root| path.starts_with(root));
                ensure!(fine, "rustc writes elsewhere: {line}");
            }
        }
    }
    ensure!(rustc_processes > 0, "no rustc was traced");
    Ok(())
}

/// What the call is about: `unlinkat(7</target>, "a.rmeta", 0)` is about `/target/a.rmeta`.
fn path(line: &str) -> Option<String> {
    let path = line.split('"').nth(1)?;
    if path.starts_with('/') {
        return Some(path.to_owned());
    }
    let (_, folder) = line.split('"').next()?.split_once('<')?;
    Some(format!("{}/{path}", folder.split_once('>')?.0))
}

/// Does this call change a file?
fn changes(line: &str) -> bool {
    let call = line.split('(').next().unwrap_or_default();
    match call {
        "open" | "openat" => {
            ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| line.contains(flag))
        }
        "execve" => false,
        _ => line.contains('"'),
    }
}
