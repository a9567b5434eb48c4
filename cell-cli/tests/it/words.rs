//! Words, codes and streams.

use clap::Parser as _;
use macro_bridge::failure::Kind;

use crate::command::Project;

#[test]
fn a_wrong_word_is_a_usage_error() {
    let project = Project::new();
    project.cell(&["vendro"]).bad(2, &["vendor"]);
    project.cell(&["lock", "--quiet", "--verbose"]).bad(2, &["--quiet"]);
    project.cell(&[]).bad(2, &["Usage"]);
}

#[test]
fn data_goes_to_stdout_and_nothing_else() {
    let project = Project::new();
    let ended = project.cell(&["explain", "303"]).good();
    assert!(ended.stdout.starts_with("CELL0303\n") && ended.stderr.is_empty(), "{}", ended.stderr);
    let all = project.cell(&["explain"]).good().stdout;
    assert_eq!(all.lines().count(), Kind::ALL.len());
    project.cell(&["explain", "999"]).bad(2, &["there is no error `999`"]);
    let script = project.cell(&["completions", "bash"]).good().stdout;
    assert!(script.contains("build-macros"));
}

#[test]
fn colours_only_where_they_are_wanted() {
    let project = Project::new();
    let plain = project.cell(&["lock"]).bad(1, &["error: "]);
    assert!(!plain.stderr.contains('\u{1b}'));
    let colourful = project.cell(&["--color", "always", "lock"]);
    assert!(colourful.stderr.contains('\u{1b}'));
}

/// Every command that an error text tells people to run exists, with these options.
#[test]
fn commands_in_error_texts_can_be_parsed() {
    let texts = ["failure/texts/project.rs", "failure/texts/engine.rs", "project.rs", "lock.rs"];
    let bridge = crate::command::workspace().join("macro-bridge/src");
    let mut found = 0;
    for file in texts {
        let text = std::fs::read_to_string(bridge.join(file)).unwrap();
        for part in text.split('`').skip(1).step_by(2).filter(|part| part.starts_with("cell ")) {
            let words = part.split_whitespace().map(|word| match word {
                word if word.starts_with('{') => "x",
                word => word,
            });
            let parsed = cell_cli::arguments::Arguments::try_parse_from(words);
            let help = parsed.as_ref().err().is_some_and(|e| e.exit_code() == 0);
            assert!(parsed.is_ok() || help, "`{part}` in {file}: {}", parsed.unwrap_err());
            found += 1;
        }
    }
    assert!(found >= 10, "only {found} commands found: has the way of writing them changed?");
}
