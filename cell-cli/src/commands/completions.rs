//! `cell completions`: the shell's part.

use std::io::Write as _;

use anyhow::Result;
use clap::CommandFactory as _;

use crate::Exit;
use crate::arguments::{Arguments, Completions};
use crate::shell::Shell;

pub(crate) fn run(options: &Completions, shell: &Shell) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "cell", &mut script);
    shell.stdout().write_all(&script)?;
    Ok(Exit::Done)
}
