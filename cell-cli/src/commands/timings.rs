//! `cell timings`: what macros cost in a build.

use std::io::Write as _;

use anyhow::{Context as _, Result, bail};

use crate::arguments::{Global, Timings};
use crate::shell::Shell;
use crate::timings::{rows, svg, table};
use crate::traced_check::TracedCheck;
use crate::{Exit, project};

pub(crate) fn run(options: &Timings, global: &Global, shell: &Shell) -> Result<Exit> {
    let root = project::root(global)?;
    let check = TracedCheck::new(&root, &options.selection, global, shell)?;
    check.forget()?;
    let progress = shell.progress("Checking", "the project");
    let run = check.run(&|what| progress.say(what))?;
    drop(progress);
    if !run.success {
        shell.pass_on(&run.output);
        bail!("the project does not compile, for reasons that are above");
    }
    let rows = rows(&run.trace);
    if rows.is_empty() {
        shell.note("the project uses no macro of a cell");
        return Ok(Exit::Done);
    }
    write!(shell.stdout(), "{}", table(&rows))?;
    if let Some(path) = &options.svg {
        std::fs::write(path, svg(&rows))
            .with_context(|| format!("cannot write `{}`", path.display()))?;
        shell.status("Drew", format_args!("`{}`", path.display()));
    }
    Ok(Exit::Done)
}
