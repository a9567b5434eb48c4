//! `cell compare`: what a change of a schema breaks.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use cell_model::Schema;
use cell_model::schema::compatible::compare;
use cell_model::schema::read;

use crate::Exit;
use crate::arguments::cells::Compare;
use crate::commands::cells::published;
use crate::shell::{Shell, count};

pub(crate) fn run(options: &Compare, shell: &Shell) -> Result<Exit> {
    let old = file(&options.against)?;
    let new = match (&options.schema, &options.cell) {
        (Some(path), _) => file(path)?,
        (None, Some(cell)) => {
            let text = published(cell, Some(&old.service))?;
            read(&text)
                .with_context(|| format!("the schema of the cell `{cell}` cannot be read"))?
        }
        (None, None) => unreachable_by_the_parser()?,
    };
    if old.hash() == new.hash() {
        shell.status("Checked", format_args!("`{}` is the same", new.service));
        return Ok(Exit::Done);
    }
    let changes = compare(&old, &new);
    let mut out = shell.stdout();
    changes.iter().try_for_each(|change| writeln!(out, "{change}"))?;
    let broken = changes.iter().filter(|change| change.breaks.is_some()).count();
    if broken > 0 {
        shell.failed("Broken", format_args!("by {}", count(broken, "change", "changes")));
        return Ok(Exit::Failed);
    }
    shell.status("Checked", format_args!("clients of `{}` go on working", old.service));
    Ok(Exit::Done)
}

fn unreachable_by_the_parser() -> Result<Schema> {
    anyhow::bail!("there is neither a schema nor a cell to compare")
}

fn file(path: &Path) -> Result<Schema> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    read(&text).with_context(|| format!("{} is no schema", path.display()))
}
