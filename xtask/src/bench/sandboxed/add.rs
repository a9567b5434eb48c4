//! What `cell sandbox add --all` takes, crate by crate, and what it leaves in the repository.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use super::sample;
use super::side::Side;
use crate::bench::home::Home;
use crate::bench::measure::said;
use crate::bench::samples::Samples;
use crate::step;

/// Sandboxes all macro crates of an application, and grants them what they need.
pub(super) fn run(side: &Side, (cell, home): (&Path, &Home), samples: &mut Samples) -> Result<()> {
    let name = side.application.name;
    side.fetch()?;
    step::say("   ..", &format!("{name}: cell sandbox add --all"));
    let command = |words: &[&str]| {
        let mut command = Command::new(cell);
        command.args(words).args(["--color", "never"]).current_dir(&side.folder);
        command.env("CARGO_TARGET_DIR", side.folder.join("target"));
        // A server would stay for a while, and be in the way.
        command.env("CELL_SERVER", "off");
        home.given(&mut command);
        command
    };
    let sdk = step::root().join("cell-sdk").display().to_string();
    let mut add = command(&["sandbox", "add", "--all", "--yes", "--sdk-path", &sdk]);
    let begun = Instant::now();
    let output = add.output()?;
    let whole = begun.elapsed().as_secs_f64();
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "nothing was sandboxed: {text}");
    let crates = built(&text);
    let (first, later) = crates.split_first().context("nothing was sandboxed")?;
    samples.push(sample(name, "add", "whole"), whole);
    samples.push(sample(name, "add", "first"), first.1);
    for (krate, took) in later {
        samples.push(sample(name, "add", "later"), *took);
        samples.push(sample(name, "added", krate), *took);
    }
    side.application.grant(&side.folder)?;
    said(&mut command(&["lock"]))?;
    let mut sizes = Vec::new();
    for krate in fs::read_dir(side.folder.join(".cell/sandbox"))? {
        // One for each set of features.
        for entry in fs::read_dir(krate?.path())? {
            let path = entry?.path();
            if path.extension().is_some_and(|it| it == "wasm") {
                sizes.push(fs::metadata(path)?.len());
            }
        }
    }
    samples.push(sample(name, "components", "count"), sizes.len() as f64);
    samples.push(sample(name, "components", "bytes"), sizes.iter().sum::<u64>() as f64);
    Ok(())
}

/// `Built serde_derive 1.0.229: 2 macros, 691 KiB, in 10.6s`: the crate with its version, and seconds.
fn built(text: &str) -> Vec<(String, f64)> {
    let line = |line: &str| {
        let (name, rest) = line.trim_start().strip_prefix("Built ")?.split_once(": ")?;
        let (_, took) = rest.rsplit_once(", in ")?;
        Some((name.to_owned(), took.strip_suffix('s')?.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::built;

    #[test]
    fn seconds_of_each_crate_are_read() {
        let text = "    Updating crates.io index\n       Built a_b 1.0.229: 2 macros, 691 KiB, in 10.6s\n\
                    \x20      Built c 2.0.0-rc.1: 1 macro, 2 sets of features, 5 KiB, in 0.5s\n\
                    \x20   Finished 2 crates sandboxed in 11.1s\n";
        let expected = [("a_b 1.0.229".to_owned(), 10.6), ("c 2.0.0-rc.1".to_owned(), 0.5)];
        assert_eq!(built(text), expected);
    }
}
