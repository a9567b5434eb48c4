//! Running programs with a bound on time: a compiler that hangs is a failure, not a long wait.

use std::fs::File;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// How long it ran.
    pub(crate) took: Duration,
}

/// Runs a program whose output goes to files in `folder`; kills it, and all that it started, if it
/// takes longer than `most`.
pub(crate) fn run(command: &mut Command, folder: &Path, most: Duration) -> Result<Ended> {
    let (out, err) = (folder.join("stdout"), folder.join("stderr"));
    // A pipe would have to be read while we wait, and a process that was forgotten would hold it.
    command.stdin(Stdio::null()).stdout(File::create(&out)?).stderr(File::create(&err)?);
    let started = Instant::now();
    let mut child = command
        .process_group(0)
        .spawn()
        .with_context(|| format!("{command:?} could not be started"))?;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > most {
            let group = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL)?;
            child.wait()?;
            bail!("{command:?} was killed: it took longer than {most:?}\n{}", text(&err)?);
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    if let Some(signal) = status.signal() {
        bail!("{command:?} was ended by signal {signal}\n{}", text(&err)?);
    }
    let took = started.elapsed();
    Ok(Ended { code: status.code(), stdout: text(&out)?, stderr: text(&err)?, took })
}

/// The command inside namespaces of its own, after `script`, which ends by running `"$@"`: it may
/// mount what the command shall find.
pub(crate) fn unshared(script: &str, inner: &Command) -> Command {
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script, "sh"]).arg(inner.get_program()).args(inner.get_args());
    if let Some(folder) = inner.get_current_dir() {
        command.current_dir(folder);
    }
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

fn text(path: &Path) -> Result<String> {
    Ok(String::from_utf8_lossy(&std::fs::read(path)?).into_owned())
}

/// Cargo runs one at a time: all projects share one target folder, and waiting for another is no
/// time that a build took.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn what_takes_too_long_is_killed_with_all_that_it_started() -> Result<()> {
    let folder = crate::project::folder().join("run");
    std::fs::create_dir_all(&folder)?;
    let mut command = Command::new("sh");
    command.args(["-c", "sleep 600 & echo $!; wait"]);
    let error = run(&mut command, &folder, Duration::from_millis(300)).unwrap_err().to_string();
    assert!(error.contains("it took longer than 300ms"), "{error}");
    let started = text(&folder.join("stdout"))?;
    let status = || std::fs::read_to_string(format!("/proc/{}/status", started.trim()));
    // Gone, or dead and not yet waited for; on a busy machine a killed process takes its time.
    let alive = || status().is_ok_and(|status| !status.contains("State:\tZ"));
    let begin = Instant::now();
    while alive() {
        assert!(begin.elapsed() < Duration::from_secs(30), "process {started} lives on");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut command = Command::new("sh");
    let error = run(command.args(["-c", "kill -SEGV $$"]), &folder, Duration::from_secs(60));
    assert!(error.unwrap_err().to_string().contains("ended by signal 11"));
    Ok(())
}
