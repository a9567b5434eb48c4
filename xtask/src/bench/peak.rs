//! The largest resident size of each rustc in a build: xtask stands before rustc as cargo's
//! `RUSTC_WRAPPER` and looks at `/proc`, every few milliseconds, at what Linux itself records.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, Result};

/// Where a wrapper writes; its presence makes a wrapper of us.
pub(crate) const FILE: &str = "CELL_BENCH_PEAKS";

/// Runs the rustc that cargo names, and adds a line with crate name and kilobytes to `file`.
pub(crate) fn wrap(file: &Path, words: &[String]) -> Result<ExitCode> {
    let (rustc, rest) = words.split_first().context("cargo names no rustc")?;
    let mut child = Command::new(rustc).args(rest).env_remove(FILE).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        peak = peak.max(fs::read_to_string(&status).ok().and_then(|text| size(&text)).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(3));
    };
    if let Some(name) = after(rest, "--crate-name") {
        let mut list = OpenOptions::new().create(true).append(true).open(file)?;
        list.write_all(format!("{name} {peak}\n").as_bytes())?;
    }
    Ok(ExitCode::from(u8::try_from(ended.code().unwrap_or(1)).unwrap_or(1)))
}

fn after<'a>(words: &'a [String], option: &str) -> Option<&'a str> {
    words.iter().skip_while(|word| *word != option).nth(1).map(String::as_str)
}

/// The line `VmHWM:` of a process's status, in kilobytes.
pub(super) fn size(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Crate names and kilobytes in a list.
pub(super) fn read(file: &Path) -> Result<Vec<(String, u64)>> {
    let text = fs::read_to_string(file).context("no rustc ran")?;
    let line = |line: &str| {
        let (name, size) = line.split_once(' ')?;
        Some((name.to_owned(), size.parse().ok()?))
    };
    Ok(text.lines().filter_map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_linux_and_cargo_write() {
        assert_eq!(size("VmPeak:\t 9 kB\nVmHWM:\t   1234 kB\nVmRSS:\t 5 kB\n"), Some(1234));
        assert_eq!(size("Name:\tx\n"), None);
        let words = ["--crate-name", "app", "--edition"].map(str::to_owned);
        assert_eq!(after(&words, "--crate-name"), Some("app"));
        assert_eq!(after(&words, "--edition"), None);
    }
}
