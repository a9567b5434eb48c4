//! The same through rustc: expansions that are made inside it, those of the macro server, those in
//! the expansion cache and recorded ones are the same, and so is all that rustc says of them.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use cell_tests::Progress;
use macro_bridge::digest::Digest;
use macro_bridge::expansion::{compact, file};
use macro_bridge::failure::texts::output::NOT_ASKED;
use macro_bridge::host::entry;
use serde_json::Value;

use crate::cases::{Case, HEAD};
use crate::project::Host;
use crate::same::project;
use crate::served::{Found, Served};

/// Items of one crate.
const ITEMS: u64 = 500;

/// What rustc found and said.
#[derive(Debug, PartialEq)]
struct Outcome {
    /// Digests of the expansions, by key.
    expansions: Vec<(String, String)>,
    messages: Vec<String>,
}

/// Checks a source of which each expansion must be found in one way.
fn outcome(served: &Served, how: &str, source: &str) -> Result<Outcome> {
    let (found, ended): (Found, _) = served.try_check(source)?;
    let other = found.values().find(|(word, _)| word != how);
    ensure!(other.is_none(), "{other:?}, not {how}: {}", ended.stderr);
    let expansions = found.into_iter().map(|(key, (_, output))| (key, output)).collect();
    let mut messages = Vec::new();
    for line in ended.stdout.lines() {
        let line: Value = serde_json::from_str(line).context("cargo prints JSON")?;
        if line["reason"] == "compiler-message" {
            messages.push(without_reason(&line["message"].to_string()));
        }
    }
    Ok(Outcome { expansions, messages })
}

/// What helps where only a session is missing, which a macro inside rustc never is told.
const SESSION: &str =
    "help: `cell up` starts the project's cells, and as long as they run builds may ask them";

/// Why nobody was asked, and so what helps, depends on where a macro ran, and nothing else may.
fn without_reason(message: &str) -> String {
    let mut parts = message.split(NOT_ASKED);
    let first = parts.next().unwrap_or_default().to_owned();
    // In JSON a line ends so.
    let kept =
        parts.fold(first, |kept, part| kept + part.find("\\n").map_or("", |end| &part[end..]));
    ["\\n       ", "\\n"]
        .iter()
        .fold(kept, |kept, end| kept.replace(&format!("{end}{SESSION}"), ""))
}

/// The beginning of what only one of them has.
fn difference(one: &Outcome, other: &Outcome) -> String {
    let only = |one: &Outcome, other: &Outcome| {
        let keys = one.expansions.iter().filter(|key| !other.expansions.contains(key));
        let messages = one.messages.iter().filter(|text| !other.messages.contains(text));
        let all = keys.map(|key| format!("{key:?}")).chain(messages.cloned());
        let all: Vec<String> = all.take(5).collect();
        all.join("\n")
    };
    format!("only here:\n{}\nonly there:\n{}", only(one, other), only(other, one))
}

#[test]
fn ten_thousand_expansions_are_the_same_in_rustc() -> Result<()> {
    let slow = std::env::var_os("SLOW_TESTS").is_some();
    let least = if slow { 10_000 } else { 1 };
    let mut served = project("same-in-rustc", Host::Embedded)?;
    // As cargo would tell what it has built anew, the first time.
    served.check("")?;
    let mut progress = Progress::new("same in rustc", least);
    let mut expansions = 0;
    for krate in 0.. {
        if expansions >= least {
            break;
        }
        let items: String =
            (krate * ITEMS..(krate + 1) * ITEMS).map(|seed| Case::new(seed).source()).collect();
        let source = format!("{HEAD}{items}");
        let recorded = served.project.root.join(".cell/expansions");
        let _ = fs::remove_dir_all(&recorded);
        served.forget();
        served.set("CELL_SERVER", "off");
        let expected = outcome(&served, "engine-inside-rustc", &source)?;
        // Failures are in the messages.
        let count = expected.expansions.len() as u64;
        ensure!(count > ITEMS / 2, "only {count} expansions: {:#?}", expected.messages);
        expansions += count;
        let kept = outcome(&served, "expansion-cache", &source)?;
        served.forget();
        served.set("CELL_SERVER", "");
        let by_server = outcome(&served, "macro-server", &source)?;
        let cached = outcome(&served, "expansion-cache", &source)?;
        // The records are what the cache has, as files.
        fs::create_dir_all(&recorded)?;
        for (key, _) in &expected.expansions {
            let digest = Digest::parse(key).context("a key")?;
            let entry = fs::read(entry(&served.expansions(), &digest))?;
            let expansion = compact::read_entry(&entry, &digest).ok().context("a good entry")?;
            fs::write(recorded.join(key), file::encode(&digest, "", &expansion))?;
        }
        let recorded = outcome(&served, "recorded", &source)?;
        for (what, outcome) in [
            ("its own in the cache", kept),
            ("the server", by_server),
            ("the server's in the cache", cached),
            ("recorded", recorded),
        ] {
            ensure!(
                outcome == expected,
                "crate {krate}: {what} and inside rustc: {}",
                difference(&outcome, &expected)
            );
        }
        progress.done(expansions);
    }
    Ok(())
}
