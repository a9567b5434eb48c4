//! The processes of the demo. None outlives it: dropping one kills it, and each ends by itself when
//! the pipe to its stdin closes, which the system does however the demo ends.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::step;

/// How long a cell may take to end when it is told to.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where everything is.
pub(super) struct Built {
    pub(super) programs: PathBuf,
    pub(super) home: PathBuf,
    /// Where they leave what they write.
    pub(super) folder: PathBuf,
}

impl Built {
    /// A file of the demo, as an argument.
    pub(super) fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Starts a program.
    pub(super) fn start(&self, program: &'static str, words: &[&str]) -> Result<Process> {
        let log = self.folder.join(format!("{program}.log"));
        let path = self.programs.join(program).with_extension(std::env::consts::EXE_EXTENSION);
        let mut command = Command::new(path);
        command.args(words).arg("--until-stdin-ends").env("CELL_HOME", &self.home);
        for name in ["CELL_MARKET_LEDGER", "CELL_MARKET_EXCHANGE", "CELL_MARKET_SYNC"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // Of a load, the lines that say how far it is are read.
        if words.contains(&"--progress") {
            command.stderr(Stdio::piped());
        } else {
            command.stderr(File::options().create(true).append(true).open(&log)?);
        }
        let mut child = command.spawn().with_context(|| format!("cannot start `{program}`"))?;
        let progress = child.stderr.take().map(BufReader::new);
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Ok(Process { program, words, child, progress, log })
    }
}

pub(super) struct Process {
    program: &'static str,
    words: Vec<String>,
    child: Child,
    progress: Option<BufReader<ChildStderr>>,
    log: PathBuf,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    pub(super) fn program(&self) -> &'static str {
        self.program
    }

    pub(super) fn words(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }

    /// How much is done, as soon as it is said; `None` at the end.
    pub(super) fn progress(&mut self) -> Result<Option<u64>> {
        let Some(progress) = &mut self.progress else { return Ok(None) };
        let mut line = String::new();
        while progress.read_line(&mut line)? > 0 {
            let mut words = line.split_whitespace();
            if words.next() == Some("progress") {
                let done = words.next().and_then(|word| word.parse().ok());
                return done.map(Some).context("the load does not say how far it is");
            }
            step::say("   ..", line.trim_end());
            line.clear();
        }
        Ok(None)
    }

    /// `kill -9`: `Child::kill` is that.
    pub(super) fn kill(&mut self) -> Result<()> {
        ensure!(self.child.try_wait()?.is_none(), self.ended("ended by itself"));
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits for its end, which must be a good one; what it wrote to stdout.
    pub(super) fn succeed(mut self) -> Result<String> {
        let mut said = String::new();
        if let Some(mut stdout) = self.child.stdout.take() {
            stdout.read_to_string(&mut said)?;
        }
        let status = self.child.wait()?;
        ensure!(status.success(), "{}\n{said}", self.ended(&format!("failed ({status})")));
        Ok(said)
    }

    /// Ends it well: closes its stdin.
    pub(super) fn stop(mut self) -> Result<()> {
        drop(self.child.stdin.take());
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), self.ended(&format!("failed ({status})")));
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                bail!(self.ended("does not end"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn ended(&self, how: &str) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(5).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        format!("`{}` {how}\n{}", self.program, last.join("\n"))
    }
}

/// A file that a process left.
pub(super) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
