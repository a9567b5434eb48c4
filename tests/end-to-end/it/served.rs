//! A project whose compilers may use a macro server of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::guests::ledger;
use crate::project::{Host, Project};
use crate::report::errors;
use crate::run::Ended;

pub(crate) const SOURCE: &str = "#[cell::wasm(ledger::table(name = \"accounts\"))]
#[cell::wasm(ledger::cache)]
pub struct Account { #[ledger::primary_key] pub id: u64, pub owner: String }
#[cell::wasm(ledger::table(name = \"entries\"))]
pub struct Entry { #[ledger::primary_key] pub id: u64 }
pub fn f(account: &Account) -> &u64 { account.get_id() }
";

/// How an expansion was found, and the digest of what it is.
pub(crate) type Found = BTreeMap<String, (String, String)>;

pub(crate) struct Served {
    pub(crate) project: Project,
    /// Short, as sockets' paths have to be; `CELL_HOME` is in it. All servers that name it are ours.
    pub(crate) folder: tempfile::TempDir,
}

impl Served {
    pub(crate) fn new(name: &str, host: Host) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("cell-").tempdir()?;
        let mut project = Project::new(name, host)?;
        project.home = folder.path().join("h");
        project.environment = vec![
            ("CELL_SERVER", String::new()),
            ("CELL_BIN", env!("CARGO_BIN_EXE_cell-end-to-end").to_owned()),
            // Longer than builds take on a machine that does other things; it is killed at the end.
            ("CELL_SERVER_IDLE", "600".to_owned()),
            ("CELL_LOG", "1".to_owned()),
            ("CELL_TRACE", project.root.join("trace").display().to_string()),
        ];
        project.write("cell.toml", format!("[cells.ledger]\npath = {:?}\n", ledger()))?;
        project.cell_does(&["lock"])?;
        Ok(Self { project, folder })
    }

    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.project.environment.retain(|(known, _)| *known != name);
        self.project.environment.push((name, value.into()));
    }

    /// Checks a source, right or wrong.
    pub(crate) fn try_check(&self, source: &str) -> Result<(Found, Ended)> {
        let _ = fs::remove_dir_all(self.project.root.join("trace"));
        let ended = self.project.check(source)?;
        Ok((traced(&self.project.root.join("trace"))?, ended))
    }

    /// Checks a source that is right.
    pub(crate) fn check(&self, source: &str) -> Result<(Found, Ended)> {
        let (found, ended) = self.try_check(source)?;
        let errors = errors(&ended)?;
        ensure!(errors.is_empty(), "{errors:#?}\n{}", ended.stderr);
        Ok((found, ended))
    }

    /// The same, and all its expansions must have been found in one way.
    pub(crate) fn expect(&self, how: &str, source: &str) -> Result<Found> {
        let (found, ended) = self.check(source)?;
        ensure!(!found.is_empty(), "nothing was expanded");
        for (word, _) in found.values() {
            ensure!(word == how, "{word}, not {how}: {}", ended.stderr);
        }
        Ok(found)
    }

    pub(crate) fn expansions(&self) -> PathBuf {
        self.project.home.join("cache").join(macro_bridge::host::home::EXPANSIONS)
    }

    pub(crate) fn forget(&self) {
        let _ = fs::remove_dir_all(self.expansions());
    }

    pub(crate) fn sockets(&self) -> PathBuf {
        self.project.home.join("cache/run")
    }

    pub(crate) fn socket(&self) -> Result<PathBuf> {
        macro_bridge::host::home::socket(&self.sockets()).context("a short path")
    }

    pub(crate) fn servers(&self) -> Vec<Pid> {
        servers(self.folder.path())
    }

    pub(crate) fn server(&self) -> Result<Pid> {
        let servers = self.servers();
        ensure!(servers.len() == 1, "{} servers", servers.len());
        Ok(servers[0])
    }

    pub(crate) fn kill_servers(&self) {
        for pid in self.servers() {
            let _ = kill_process(pid, Signal::KILL);
        }
    }

    /// Waits until no server is left.
    pub(crate) fn no_server(&self) -> Result<()> {
        let begin = Instant::now();
        while !self.servers().is_empty() {
            ensure!(begin.elapsed() < Duration::from_secs(60), "a server does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.kill_servers();
    }
}

/// Macro servers, not those that start them, whose environment names a folder.
pub(crate) fn servers(folder: &Path) -> Vec<Pid> {
    let folder = folder.as_os_str().as_encoded_bytes();
    let contains = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|here| here == part);
    let is_one = |process: &Path| {
        // Both are empty for one that is dead and not buried.
        let read = |name: &str| fs::read(process.join(name)).unwrap_or_default();
        contains(&read("cmdline"), b"--detached") && contains(&read("environ"), folder)
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .filter(|(_, process)| is_one(process))
        .filter_map(|(number, _)| Pid::from_raw(number))
        .collect()
}

pub(crate) fn traced(folder: &Path) -> Result<Found> {
    let mut found = Found::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "trace") {
            continue;
        }
        for line in fs::read_to_string(&path)?.lines() {
            let mut words = line.split(' ');
            if let (Some(word @ ("expansion" | "output")), Some(key), Some(value)) =
                (words.next(), words.next(), words.next())
            {
                let one = found.entry(key.to_owned()).or_default();
                *(if word == "output" { &mut one.1 } else { &mut one.0 }) = value.to_owned();
            }
        }
    }
    Ok(found)
}
