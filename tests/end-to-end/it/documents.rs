//! The documents say nothing that is not so: commands in them exist, files that they link to are
//! there.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use cell_cli::arguments::Arguments;
use clap::Parser as _;

use crate::book::shown::chapters;
use crate::project::workspace;

const DOCUMENTS: [&str; 8] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "docs/benchmarks.md",
    "docs/errors.md",
    "benches/README.md",
];

/// Those, and the chapters of the book.
fn documents() -> Result<Vec<String>> {
    Ok(DOCUMENTS.into_iter().map(str::to_owned).chain(chapters()?).collect())
}

/// Lines of a shell: `$ cell lock`.
fn commands(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("$ "))
}

/// Words between backquotes that begin like one of our commands.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.lines().filter(|line| !line.starts_with("```"));
    let parts = prose.flat_map(|line| line.split('`').skip(1).step_by(2));
    parts.filter(|part| part.starts_with("cell ") || part.starts_with("cargo xtask "))
}

#[test]
fn every_command_in_the_documents_exists() -> Result<()> {
    let xtask = std::fs::read_to_string(workspace().join("xtask/src/main.rs"))?;
    let mut count = 0;
    // That one is the commands' own help, which names some by halves.
    for name in documents()?.into_iter().filter(|name| !name.ends_with("/commands.md")) {
        let text = std::fs::read_to_string(workspace().join(&name)).context(name.clone())?;
        for command in commands(&text).chain(quoted(&text)) {
            count += 1;
            // What a shell does with it is not the command's.
            let command = command.split(" > ").next().unwrap_or_default();
            let set = |word: &&str| word.contains('=') && !word.starts_with('-');
            let words: Vec<&str> = command.split_whitespace().skip_while(set).collect();
            match words.as_slice() {
                ["cell", ..] => {
                    let parsed = Arguments::try_parse_from(&words);
                    // 0: `--help`.
                    let good = parsed.as_ref().map_or_else(|e| e.exit_code() == 0, |_| true);
                    ensure!(good, "{name}: `{command}` is no command");
                }
                ["cargo", "xtask", task, ..] => {
                    ensure!(xtask.contains(&format!("\n  {task}")), "{name}: no task `{task}`");
                }
                [
                    "cargo",
                    "add" | "build" | "check" | "clean" | "doc" | "install" | "new" | "run"
                    | "test",
                    ..,
                ] => {}
                ["cat" | "cd" | "mkdir", _] => {}
                other => anyhow::bail!("{name}: nobody checks `{}`", other.join(" ")),
            }
        }
    }
    ensure!(count > 20, "only {count} commands were found");
    Ok(())
}

#[test]
fn every_link_leads_to_a_file() -> Result<()> {
    for name in documents()? {
        let path = workspace().join(&name);
        let text = std::fs::read_to_string(&path)?;
        let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        for (link, _) in links.filter(|(link, _)| !link.contains("://") && !link.starts_with('#')) {
            let file = link.split('#').next().unwrap_or_default();
            let target = path.parent().unwrap_or(Path::new("")).join(file);
            ensure!(target.exists(), "{name}: there is no {link}");
        }
    }
    Ok(())
}
