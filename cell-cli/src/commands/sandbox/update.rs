//! `cell sandbox update`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use cargo_metadata::semver::Version;
use cell_sandbox::graph::{self, Found};

use super::{add, edit, remove};
use crate::arguments::Global;
use crate::arguments::sandbox::{SandboxHow, SandboxUpdate};
use crate::sandbox::{State, Workspace};
use crate::shell::Shell;
use crate::{Exit, files};

/// Natively again, cargo's newest, and sandboxed again.
pub(super) fn run(options: &SandboxUpdate, global: &Global, shell: &Shell) -> Result<Exit> {
    let workspace = Workspace::open(global)?;
    let wanted = match options.crates.is_empty() {
        true => workspace.made(),
        false => workspace.select_made(&options.crates)?,
    };
    if wanted.is_empty() {
        shell.note("no crate is sandboxed");
        return Ok(Exit::Done);
    }
    if global.locked {
        shell.say_error("`Cargo.lock` would change, and `--locked` was given");
        return Ok(Exit::Failed);
    }
    let keys: Vec<String> = wanted.keys().cloned().collect();
    let versions: BTreeSet<Release> =
        wanted.values().map(|made| of(&made.name, &made.version)).collect();
    // Another version of the same crate that runs natively is not what was asked for.
    let others: BTreeSet<Release> = workspace
        .found
        .iter()
        .map(|one| of(&one.name, &one.version))
        .filter(|one| !versions.contains(one))
        .collect();
    let path = workspace.root.join("cell.toml");
    let mut rights = files::read_text(&path)?;
    remove::remove(&workspace, &keys, global, shell)?;
    let without = files::read_text(&path).ok();
    cargo_update(&workspace.root, &versions, global)?;
    let workspace = Workspace::open(global)?;
    let names: BTreeSet<&str> = versions.iter().map(|(name, _)| name.as_str()).collect();
    let found: Vec<&Found> = workspace
        .found
        .iter()
        .filter(|one| names.contains(one.name.as_str()))
        .filter(|one| !others.contains(&of(&one.name, &one.version)))
        .filter(|one| workspace.state(one) == State::Can)
        .collect();
    // What people wrote of a crate stays, under the name that its new version has.
    let before: Vec<Release> = wanted.values().map(|made| of(&made.name, &made.version)).collect();
    let after: Vec<Release> = found.iter().map(|one| of(&one.name, &one.version)).collect();
    let mut gone = Vec::new();
    for ((key, made), next) in wanted.iter().zip(successors(&before, &after)) {
        match next.and_then(|next| found.get(next)) {
            Some(one) => {
                rights = edit::renamed(&rights, key, &graph::key(one, &workspace.found))?;
                let (name, old, new) = (&made.name, &made.version, &one.version);
                match old == new {
                    true => shell.status("Fresh", format!("{name} {new}")),
                    false => shell.status("Updating", format!("{name} {old} -> {new}")),
                }
            }
            None => {
                gone.push(key.clone());
                shell.status(
                    "Native",
                    format!("{} {} is not used any more", made.name, made.version),
                );
            }
        }
    }
    if found.is_empty() {
        return Ok(Exit::Done);
    }
    if let Some(rights) = edit::without(&rights, &gone)? {
        files::replace(&path, rights.as_bytes())?;
    }
    let how = SandboxHow { yes: true, ..options.how.clone() };
    let exit = add::add(&workspace, &found, (&how, false), global, shell);
    if !matches!(exit, Ok(Exit::Done)) {
        match without {
            Some(without) => drop(files::replace(&path, without.as_bytes())?),
            None => remove::remove_file(&path)?,
        }
        shell.note("these crates run natively now");
    }
    exit
}

/// Which of these each one became: one that is compatible, and else, as a requirement like `>=1, <3`
/// allows, the only one that is left of those of its name.
fn successors(before: &[Release], after: &[Release]) -> Vec<Option<usize>> {
    let mut next: Vec<Option<usize>> = before
        .iter()
        .map(|(name, old)| after.iter().position(|(it, new)| it == name && follows(old, new)))
        .collect();
    for (index, (name, _)) in before.iter().enumerate() {
        let left = |it: &usize| next.get(*it).is_some_and(Option::is_none);
        let olds = (0..before.len()).filter(|it| before[*it].0 == *name).filter(left);
        let news = (0..after.len()).filter(|it| after[*it].0 == *name);
        let mut news = news.filter(|it| !next.contains(&Some(*it)));
        if olds.eq([index])
            && let (Some(new), None) = (news.next(), news.next())
        {
            next[index] = Some(new);
        }
    }
    next
}

/// Is this what cargo takes instead of what a version alone requires? See Cargo's book, "Default
/// requirements".
fn follows(old: &str, new: &str) -> bool {
    let (Ok(old), Ok(new)) = (Version::parse(old), Version::parse(new)) else { return old == new };
    let line = |version: &Version| match (version.major, version.minor) {
        (0, 0) => (0, 0, version.patch),
        (0, minor) => (0, minor, 0),
        (major, _) => (major, 0, 0),
    };
    line(&old) == line(&new)
}

/// A crate's name and version.
type Release = (String, String);

fn of(name: &str, version: &str) -> Release {
    (name.to_owned(), version.to_owned())
}

fn cargo_update(root: &Path, versions: &BTreeSet<Release>, global: &Global) -> Result<()> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.arg("update");
    cargo.args(
        versions.iter().flat_map(|(name, version)| ["-p".into(), format!("{name}@{version}")]),
    );
    cargo.args(global.offline.then_some("--offline")).args(global.quiet.then_some("--quiet"));
    cargo.arg("--manifest-path").arg(root.join("Cargo.toml"));
    if !cargo.status().context("cannot run cargo")?.success() {
        bail!(
            "cargo found no newer versions, for reasons that are above; the crates run natively now"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{follows, of, successors};

    #[test]
    fn a_version_is_followed_by_those_that_are_compatible() {
        for (old, new) in
            [("1.0.0", "1.2.3"), ("0.3.1", "0.3.2"), ("0.0.4", "0.0.4"), ("1.0.0", "1.0.0")]
        {
            assert!(follows(old, new), "{old} {new}");
        }
        for (old, new) in [("1.0.0", "2.0.0"), ("0.3.1", "0.4.0"), ("0.0.4", "0.0.5")] {
            assert!(!follows(old, new), "{old} {new}");
        }
    }

    #[test]
    fn each_becomes_what_is_compatible_and_else_what_alone_is_left() {
        let next = |before: &[&str], after: &[&str]| {
            let words = |list: &[&str]| list.iter().map(|it| of("words", it)).collect::<Vec<_>>();
            successors(&words(before), &[words(after), vec![of("others", "9.0.0")]].concat())
        };
        assert_eq!(next(&["1.0.0", "2.0.0"], &["2.1.0", "1.1.0"]), [Some(1), Some(0)]);
        assert_eq!(next(&["1.0.0"], &["2.0.0"]), [Some(0)]);
        assert_eq!(next(&["1.0.0", "2.0.0"], &["3.0.0", "1.0.0"]), [Some(1), Some(0)]);
        // Both use one now.
        assert_eq!(next(&["2.0.0", "2.1.0"], &["2.2.0"]), [Some(0), Some(0)]);
        assert_eq!(next(&["1.0.0", "2.0.0"], &["2.2.0"]), [None, Some(0)]);
        // Which of them became what, nobody knows.
        assert_eq!(next(&["1.0.0", "2.0.0"], &["3.0.0"]), [None, None]);
        assert_eq!(next(&["1.0.0"], &["3.0.0", "4.0.0"]), [None]);
        assert_eq!(next(&["1.0.0"], &[]), [None]);
    }
}
