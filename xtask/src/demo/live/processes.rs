//! The processes of a demo: all those whose environment names its home. Linux has them in `/proc`.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::step;

/// How long a killed process may take to go away.
const PATIENCE: Duration = Duration::from_secs(15);

/// Kills them when it goes, whatever went wrong meanwhile.
pub(super) struct Ended<'a>(pub(super) &'a Path);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        if let Err(error) = kill(self.0) {
            step::say("warning:", &format!("processes may be left: {error:#}"));
        }
    }
}

/// Kills all of them with -9, at once: those that look after others too. Their names.
pub(super) fn kill(home: &Path) -> Result<Vec<String>> {
    let begun = Instant::now();
    let mut names = Vec::new();
    loop {
        let found = of(home);
        if found.is_empty() {
            names.sort();
            return Ok(names);
        }
        ensure!(begun.elapsed() < PATIENCE, "{} processes do not end", found.len());
        let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
        let mut command = step::command("kill", &[&["-9"][..], &ids].concat());
        // One may have ended meanwhile: then it says so.
        let _ = command.stderr(std::process::Stdio::null()).status()?;
        if names.is_empty() {
            names.extend(found.into_iter().map(|(_, name)| name));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Process id and name.
fn of(home: &Path) -> Vec<(String, String)> {
    let variable = format!("CELL_HOME={}", home.display());
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let process = |entry: fs::DirEntry| {
        let id = entry.file_name().to_string_lossy().into_owned();
        id.parse::<u32>().ok()?;
        let variables = fs::read(entry.path().join("environ")).ok()?;
        let its = variables.split(|byte| *byte == 0).any(|one| one == variable.as_bytes());
        let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
        its.then(|| (id, name.trim().to_owned()))
    };
    entries.filter_map(process).collect()
}
