//! `cell build`: one `cargo build` that may ask the project's cells.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use macro_bridge::asking::Asking;

use crate::arguments::Global;
use crate::arguments::live::Build;
use crate::commands::vendor::recorded_answers;
use crate::live::attended::Attended;
use crate::shell::{Shell, count};
use crate::traced_check::manifest;
use crate::{Exit, project};

pub(crate) fn run(options: &Build, global: &Global, shell: &Shell) -> Result<Exit> {
    let root = project::root(global)?;
    let (cells, _) = project::manifest(&root)?;
    // The compiler will see the same, and whether a package is a dependency only it knows.
    let asking = Asking::of(&|name| match name {
        "CARGO_PRIMARY_PACKAGE" => Some("1".to_owned()),
        _ => std::env::var(name).ok(),
    });
    let attended = match asking.reason() {
        Some(reason) => {
            shell.note(format_args!("{reason}: this is `cargo build`"));
            None
        }
        None => {
            let wait = Duration::from_secs(options.wait);
            Some(Attended::begin(&root, &cells, false, wait, global, shell)?)
        }
    };
    let session = attended.as_ref().map(Attended::session).transpose();
    let before = recorded_answers(&root)?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.arg("build").arg("--manifest-path").arg(manifest(&root, global)?);
    cargo.args(global.locked.then_some("--locked")).args(global.offline.then_some("--offline"));
    cargo.args(shell.verbose.then_some("--verbose")).args(global.quiet.then_some("--quiet"));
    cargo.args(&options.arguments).env("CELL_BIN", std::env::current_exe()?);
    // As long as cargo runs, and no longer.
    let status = session.and_then(|_open| cargo.status().context("cannot run cargo"));
    let ended = attended.map_or(Ok(()), |attended| attended.end(shell));
    let status = status?;
    ended?;
    let new: Vec<PathBuf> = recorded_answers(&root)?.difference(&before).cloned().collect();
    if !new.is_empty() {
        shell.status("Recorded", count(new.len(), "new answer", "new answers"));
        shell.note("commit `.cell/answers`: with it others build without the cells");
    }
    // Whoever runs this in a script expects what cargo says.
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(if code == 0 { Exit::Done } else { Exit::OfCell(code) })
}
