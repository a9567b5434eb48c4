//! The chapter of the book about commands, made of what the command says of itself. `cargo xtask
//! commands` writes it.

use std::fmt::Write as _;

use cell_cli::arguments::Arguments;
use clap::{Command, CommandFactory as _};

const PATH: &str = "docs/src/reference/commands.md";

const HEAD: &str = "\
# Commands

What `cell --help` and the help of each command say. Made by `cargo xtask commands`; do not edit.

Data goes to stdout, all else to stderr. A command ends with 0 if it did what it was asked, with 1 if it did not or
found something, and with 2 if it does not understand its arguments.
";

#[test]
fn the_reference_of_commands_is_what_they_say() {
    let path = crate::command::workspace().join(PATH);
    let text = text();
    if std::env::var_os("CELL_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "{PATH} is out of date: run `cargo xtask commands`");
}

fn text() -> String {
    let mut command = Arguments::command().term_width(100);
    command.build();
    let mut text = HEAD.to_owned();
    add(&mut text, &command);
    all(&command, &mut |command| add(&mut text, command));
    text
}

/// Each command that people write, those of commands behind them.
fn all(command: &Command, each: &mut dyn FnMut(&Command)) {
    let shown = |one: &&Command| !one.is_hide_set() && one.get_name() != "help";
    for command in command.get_subcommands().filter(shown) {
        each(command);
        all(command, each);
    }
}

fn add(text: &mut String, command: &Command) {
    let top = command.get_bin_name() == Some("cell");
    // What every command takes is said once, and what this machine's environment says not at all.
    let mut command = command.clone().mut_args(|argument| {
        let again = argument.is_global_set() && !top || argument.get_id() == "help";
        argument.hide_env_values(true).hide(again)
    });
    let name = command.get_bin_name().unwrap_or_default().to_owned();
    let help = command.render_long_help().to_string();
    let lines = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let _ = write!(text, "\n## {name}\n\n```text\n{}\n```\n", lines.trim_end());
}
