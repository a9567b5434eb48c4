//! Running cargo as those who are measured would, with a clock beside it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::step;

/// Seconds that passed, and seconds of processor time of all processes that it took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Took {
    pub(super) wall: f64,
    pub(super) processor: f64,
}

/// Cargo in a folder, with a target folder there, and with nothing in the environment that changes
/// how it builds.
pub(super) fn cargo(folder: &Path, words: &[&str]) -> Command {
    let mut command = step::cargo(words);
    command.current_dir(folder).env("CARGO_TARGET_DIR", folder.join("target"));
    command.env("CELL_HOME", folder.join("target/home")).env("CARGO_TERM_COLOR", "never");
    let ours = ["RUSTFLAGS", "CARGO_BUILD_JOBS", "CARGO_INCREMENTAL", "RUSTC_WRAPPER"];
    // The last is of the compiler's allocator, which some machines tune.
    for name in ours.into_iter().chain(["CELL_TRACE", "CELL_LOG", "CELL_SERVER", "MALLOC_CONF"]) {
        command.env_remove(name);
    }
    command
}

/// Runs a command that must succeed.
pub(super) fn timed(command: &mut Command) -> Result<Took> {
    let (begin, before) = (Instant::now(), processor()?);
    said(command)?;
    Ok(Took { wall: begin.elapsed().as_secs_f64(), processor: processor()? - before })
}

/// Runs a command that must succeed; what it wrote to stdout.
pub(super) fn said(command: &mut Command) -> Result<String> {
    let output = command.output().context("cannot start a command")?;
    if !output.status.success() {
        let shown = command.get_program().to_string_lossy().into_owned();
        bail!("{shown} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Seconds of processor time of all processes that we started and that have ended.
fn processor() -> Result<f64> {
    let text = fs::read_to_string("/proc/self/stat")?;
    ended(&text).context("/proc/self/stat says something else")
}

/// Fields 16 and 17 of a process's `stat`, which are in hundredths of a second on every Linux.
fn ended(stat: &str) -> Option<f64> {
    // The name, in parentheses, may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(13);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some((next()? + next()?) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::ended;

    #[test]
    fn reads_what_linux_says_of_ended_processes() {
        let stat = "7 (a b) S) S 1 7 7 0 -1 4194560 1 2 3 4 11 12 150 50 20 0 1 0 99 1 2";
        assert_eq!(ended(stat), Some(2.0));
        assert_eq!(ended("7"), None);
    }
}
