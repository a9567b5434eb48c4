//! `cell macro-server`: what a compiler starts when it needs an engine.

use std::time::Duration;

use anyhow::{Context as _, Result};
use macro_bridge::host::home;

use crate::Exit;
use crate::arguments::MacroServer;
use crate::shell::Shell;

#[cfg(not(unix))]
pub(crate) fn run(_options: &MacroServer, _shell: &Shell) -> Result<Exit> {
    anyhow::bail!("there is no macro server on this system: compilers do without");
}

#[cfg(unix)]
pub(crate) fn run(options: &MacroServer, shell: &Shell) -> Result<Exit> {
    use std::io::Write as _;

    use std::sync::Arc;

    use macro_runtime::Notices;
    use macro_server::{Ended, Live, Settings, detach, serve};

    use crate::live::cells::Cells;

    if !options.foreground && !options.detached {
        return launch(options, shell);
    }
    if options.detached {
        detach::leave();
    }
    let folder = home::sockets().context("this user has no home")?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let settings = Settings {
        folder,
        cache: crate::engine::cache(),
        idle: Duration::from_secs(options.idle),
        memory: options.memory.saturating_mul(1 << 20),
        workers: options.jobs.unwrap_or(cores),
        live: Some(Arc::new(Cells::new()) as Arc<dyn Live>),
    };
    let notices = Notices::to(|notice| {
        let _ = writeln!(std::io::stderr(), "cell: {notice}");
    });
    match serve(settings, notices).context("the macro server cannot run")? {
        Ended::Taken => shell.status("Fresh", "a macro server of this release is running"),
        Ended::Idle => shell.status("Finished", format_args!("idle for {} s", options.idle)),
        Ended::Large => shell.status("Finished", format_args!("more than {} MiB", options.memory)),
    }
    Ok(Exit::Done)
}

/// Starts this command once more, in the background.
#[cfg(unix)]
fn launch(options: &MacroServer, shell: &Shell) -> Result<Exit> {
    let MacroServer { idle, memory, jobs, .. } = options;
    let folder = home::sockets().context("this user has no home")?;
    let socket = home::socket(&folder)
        .with_context(|| format!("the path of `{}` is too long for a socket", folder.display()))?;
    let mut server = std::process::Command::new(std::env::current_exe()?);
    server.args(["macro-server", "--detached"]);
    server.args(["--idle".to_owned(), idle.to_string()]);
    server.args(["--memory".to_owned(), memory.to_string()]);
    server.args(jobs.iter().flat_map(|jobs| ["--jobs".to_owned(), jobs.to_string()]));
    macro_server::detach::launch(server, &socket).context(
        "the macro server does not start\n\
         help: run `cell macro-server --foreground` to see why",
    )?;
    shell.status("Started", format_args!("a macro server at {}", socket.display()));
    Ok(Exit::Done)
}
