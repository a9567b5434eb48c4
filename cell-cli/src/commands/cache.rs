//! `cell cache`: what is kept for this user, in all projects.

use std::io::Write as _;

use anyhow::{Context as _, Result};
use macro_runtime::expansions::{ALL_BYTES, Contents};
use macro_runtime::{Expansions, Notices};

use crate::Exit;
use crate::arguments::{Cache, CacheAction};
use crate::shell::Shell;

pub(crate) fn run(options: &Cache, shell: &Shell) -> Result<Exit> {
    let dir = crate::engine::cache().context("this user has no home, so nothing is kept")?;
    let expansions = Expansions::new(&dir, Notices::default());
    match options.action {
        CacheAction::Stats => {
            let Contents { entries, bytes } = expansions.contents();
            let compiled = compiled(dir.path());
            let mut out = shell.stdout();
            writeln!(out, "folder      {}", dir.path().display())?;
            writeln!(out, "expansions  {entries:>8}  {:>10}", size(bytes))?;
            writeln!(out, "compiled    {:>8}  {:>10}", compiled.entries, size(compiled.bytes))?;
        }
        CacheAction::Gc { keep } => {
            let limit = keep.map_or(ALL_BYTES, |mib| mib.saturating_mul(1 << 20));
            let removed = expansions.shrink(limit);
            let text = format!("{} expansions, {}", removed.entries, size(removed.bytes));
            shell.status("Removed", text);
        }
        CacheAction::Verify => {
            let (good, damaged) = expansions.verify();
            for path in &damaged {
                shell.failed("Removed", format_args!("{}, which is damaged", path.display()));
            }
            shell.status("Verified", format_args!("{good} expansions"));
            if !damaged.is_empty() {
                return Ok(Exit::Failed);
            }
        }
    }
    Ok(Exit::Done)
}

/// Compiled components; `macro-runtime` bounds and checks them whenever it uses them.
fn compiled(cache: &std::path::Path) -> Contents {
    let mut contents = Contents::default();
    for entry in std::fs::read_dir(cache.join("compiled")).into_iter().flatten().flatten() {
        if let Some(found) = entry.metadata().ok().filter(|_| entry.file_name().len() > 64) {
            contents.entries += 1;
            contents.bytes += found.len();
        }
    }
    contents
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_048_576 => format!("{} KiB", bytes.div_ceil(1 << 10)),
        _ => format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
    }
}
