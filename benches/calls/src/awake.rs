//! Cores that do not sleep.
//!
//! A core with nothing to do sleeps, and waking it takes longer than a call does; in a virtual machine
//! many times as long, and how long depends on what it did before. So a figure of two cores says as
//! much about sleep as about calls. A process that runs only when nobody else wants the core keeps it
//! awake, for all ways alike.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::place::{CLIENT, Lane, SERVER, pin};

/// No figure takes as long. A process that is left over ends then.
const LONGEST: Duration = Duration::from_secs(120);

/// Processes that keep both cores awake until this is dropped.
pub(crate) struct Awake(Vec<Child>);

impl Awake {
    /// They are there in the lane that wants them.
    pub(crate) fn in_lane(lane: Lane) -> Result<Self> {
        let mut awake = Self(Vec::new());
        if lane == Lane::Awake {
            for core in [CLIENT, SERVER] {
                let mut command = Command::new("chrt");
                command.args(["--idle", "0"]).arg(std::env::current_exe()?);
                command.args(["spin", &core.to_string()]).stdin(Stdio::piped());
                let child = command.spawn();
                awake.0.push(child.context("cannot run `chrt`; Debian has it in `util-linux`")?);
            }
        }
        Ok(awake)
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What such a process does.
pub(crate) fn spin(core: usize) -> Result<()> {
    pin(core)?;
    // Ends when the one that started it is gone, however that ended.
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    let begin = Instant::now();
    while begin.elapsed() < LONGEST {
        std::hint::spin_loop();
    }
    Ok(())
}
