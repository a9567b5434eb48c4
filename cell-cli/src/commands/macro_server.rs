//! `cell macro-server`: what a compiler starts when it needs an engine.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use macro_bridge::host::home;

use crate::Exit;
use crate::arguments::MacroServer;
use crate::shell::Shell;

#[cfg(not(unix))]
pub(crate) fn run(_options: &MacroServer, _shell: &Shell) -> Result<Exit> {
    bail!("there is no macro server on this system: compilers do without");
}

#[cfg(unix)]
pub(crate) fn run(options: &MacroServer, shell: &Shell) -> Result<Exit> {
    use macro_runtime::Notices;
    use macro_server::{Ended, Settings, detach, serve};

    if !options.foreground {
        // First of all: see there.
        detach::detach().context("cannot leave the compiler's session")?;
    }
    let Some((folder, _)) = home::folders() else { bail!("this user has no home") };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let settings = Settings {
        folder,
        cache: crate::engine::cache(),
        idle: Duration::from_secs(options.idle),
        memory: options.memory.saturating_mul(1 << 20),
        workers: options.jobs.unwrap_or(cores),
    };
    let notices = Notices::to(|notice| eprintln!("cell: {notice}"));
    match serve(settings, notices).context("the macro server cannot run")? {
        Ended::Taken => shell.status("Fresh", "a macro server of this release is running"),
        Ended::Idle => shell.status("Finished", format_args!("idle for {} s", options.idle)),
        Ended::Large => shell.status("Finished", format_args!("more than {} MiB", options.memory)),
    }
    Ok(Exit::Done)
}
