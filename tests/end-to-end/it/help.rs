//! Is a text of ours of use: does it name whose fault it is, and can its help be followed?

use anyhow::{Context as _, Result, ensure};
use cell_cli::arguments::Arguments;
use cell_cli::manifest::Manifest;
use clap::Parser as _;
use macro_bridge::failure::{Fault, Kind};

/// The first line says whether it is the macro, its component or the project that is at fault.
pub(crate) fn names_the_fault(kind: Kind, text: &str) -> Result<()> {
    let first = text.lines().next().unwrap_or_default();
    let all: &[&str] = match kind.fault() {
        Fault::Macro => &["macro `"],
        Fault::Component => &["component of cell `"],
        Fault::Project => &["cell.toml", "cell.lock", ".cell/", "recorded", "component"],
        // What the user wrote is in the words that a test expects.
        Fault::Code => return Ok(()),
        Fault::Host => &["Cell"],
        Fault::Cell => &["cell `"],
    };
    ensure!(all.iter().any(|word| first.contains(word)), "nobody is at fault in: {first}");
    Ok(())
}

/// There is help, and what it tells to run or to write is taken by the command's own parsers.
pub(crate) fn can_be_followed(text: &str) -> Result<()> {
    let help: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("help: ")).collect();
    ensure!(!help.is_empty(), "no help");
    for line in help {
        let quoted: Vec<&str> = line.split('`').skip(1).step_by(2).collect();
        for command in quoted.iter().filter(|part| part.starts_with("cell ")) {
            let parsed = Arguments::try_parse_from(command.split_whitespace());
            // 0: `--help` and `--version`.
            let good = parsed.as_ref().map_or_else(|e| e.exit_code() == 0, |_| true);
            ensure!(good, "`{command}` is no command");
        }
        for table in quoted.iter().filter(|part| part.starts_with("[cells.")) {
            let written = settings(table, &quoted).context("what to write in the table?")?;
            Manifest::parse(&written).with_context(|| format!("not a cell.toml: {written}"))?;
        }
    }
    Ok(())
}

/// A `cell.toml` as a help line tells to write it.
fn settings(table: &str, quoted: &[&str]) -> Option<String> {
    let inside = table.strip_prefix("[cells.")?.strip_suffix(']')?;
    let Some((cell, _)) = inside.split_once('.') else {
        return Some(format!("{table}\npath = \"x\"\n"));
    };
    let assignment = quoted.iter().find(|part| part.contains(" = ["));
    let key = ["fuel", "memory", "rows", "output"].into_iter().find(|key| quoted.contains(key));
    let line = match (assignment, key) {
        (Some(line), _) => (*line).to_owned(),
        (None, Some(key)) => format!("{key} = 7"),
        (None, None) => return None,
    };
    Some(format!("[cells.{cell}]\npath = \"x\"\n{table}\n{line}\n"))
}

#[test]
fn help_that_cannot_be_followed_is_found() {
    let wrong = |help: &str| can_be_followed(help).unwrap_err().to_string();
    assert_eq!(wrong("something\nnote: nothing"), "no help");
    assert!(wrong("x\nhelp: run `cell lokc`").contains("no command"));
    assert!(wrong("x\nhelp: raise `feul` under `[cells.a.limits]`").contains("what to write"));
    assert!(wrong("x\nhelp: `allow = [\"evil\"]` under `[cells.a.output]`").contains("not a"));
    for good in [
        "run `cell lock --check`, or `cell lock --help`",
        "raise `fuel` under `[cells.a.limits]`",
        "`calls = [\"a::b\"]` under `[cells.a.grants]`",
        "add `[cells.a]` with its `path`",
    ] {
        assert!(can_be_followed(&format!("x\nhelp: {good}")).is_ok(), "{good}");
    }
}
