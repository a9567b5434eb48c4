//! The server's process, and what its client asks it that is no call.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use rustix::time::{ClockId, clock_gettime};

use crate::block_on;
use crate::peer::{Peer, Run, Way};
use crate::place::{Lane, Place};

/// Seconds of processor time of this process, all threads, user and system.
pub(crate) fn processor() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Bytes of memory of a process: what it shares with others counts in part.
pub(crate) fn memory(process: u32) -> Result<f64> {
    let file = format!("/proc/{process}/smaps_rollup");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
    proportional(&text).with_context(|| format!("{file} has no line `Pss:`"))
}

fn proportional(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024.0)
}

/// What the server's process does.
pub(crate) struct Serve {
    pub(crate) place: Place,
    pub(crate) bytes: usize,
}

impl Run for Serve {
    type Output = ();

    fn run<P: Peer>(self) -> Result<()> {
        // This thread sleeps while calls are measured. It ends the process when the client is gone,
        // however that ended.
        std::thread::spawn(|| {
            let lines = std::io::stdin().lines();
            for _ in lines.map_while(Result::ok) {
                say(&processor().to_string());
            }
            std::process::exit(0);
        });
        block_on(P::serve(&self.place, self.bytes, || say("listening")))
    }
}

/// A line for the client, which may be gone.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// A server's process, as its client sees it. It ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Server {
    /// Starts one, and waits until it listens.
    pub(crate) fn start(place: &Place, way: Way, lane: Lane, bytes: usize) -> Result<Self> {
        let _ = fs::remove_file(place.socket());
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", way.word(), lane.word(), &bytes.to_string()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().context("a pipe")?);
        let mut server = Self { child, questions, answers };
        let line = server.line()?;
        ensure!(line == "listening", "the server says `{line}`");
        Ok(server)
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Seconds of processor time that it has used.
    pub(crate) fn processor(&mut self) -> Result<f64> {
        let questions = self.questions.as_mut().context("a pipe")?;
        writeln!(questions)?;
        questions.flush()?;
        Ok(self.line()?.parse()?)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        let count = self.answers.read_line(&mut line)?;
        ensure!(count > 0, "the server has ended");
        Ok(line.trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_linux_says_of_memory() {
        let text = "Rss:      2000 kB\nPss:       304 kB\nPss_Anon:  120 kB\n";
        assert_eq!(proportional(text), Some(304.0 * 1024.0));
        assert_eq!(proportional("Rss: 1 kB\n"), None);
        assert!(memory(std::process::id()).unwrap() > 10_000.0);
    }

    #[test]
    fn processor_time_passes() {
        let before = processor();
        let sum: u64 = (0..3_000_000).map(std::hint::black_box).sum();
        assert!(sum > 0 && processor() > before);
    }
}
