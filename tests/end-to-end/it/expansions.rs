//! The user's cache of expansions: whatever is wrong with an entry, it is not used, and the next
//! expansion puts a good one in its place.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use macro_bridge::digest::Digest;
use macro_bridge::expansion::{Expansion, Output, compact};
use macro_bridge::failure::Kind;
use macro_bridge::host::entry;
use macro_bridge::table::{Token, kind};

use crate::project::Host;
use crate::served::{SOURCE, Served};

/// The entries of [`SOURCE`].
fn entries(served: &Served) -> Result<Vec<PathBuf>> {
    let found = served.check(SOURCE)?.0;
    let path = |key: &String| {
        let key = Digest::parse(key).context("a digest")?;
        Ok(entry(&served.expansions(), &key))
    };
    found.keys().map(path).collect()
}

fn close(path: &Path, mode: u32) -> Result<()> {
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(mode))?)
}

#[test]
fn entries_that_are_not_what_they_should_be() -> Result<()> {
    let served = Served::new("expansions", Host::Thin)?;
    let entries = entries(&served)?;
    let [first, second] = entries.as_slice() else { anyhow::bail!("{entries:?}") };
    let good = fs::read(first)?;
    let elsewhere = served.folder.path().join("elsewhere");
    fs::write(&elsewhere, &good)?;
    close(&elsewhere, 0o600)?;
    let name = first.file_name().context("a name")?.to_string_lossy().into_owned();
    let refused_and_healed = |what: &str| -> Result<()> {
        let (found, _) = served.check(SOURCE)?;
        let (how, _) = found.get(&name).context("an expansion")?;
        ensure!(how == "macro-server", "{what}: {how}");
        // The server writes an entry when it has replied.
        let healed = || {
            fs::symlink_metadata(first).is_ok_and(|found| found.is_file())
                && fs::read(first).is_ok_and(|bytes| bytes == good)
        };
        let begin = Instant::now();
        while !healed() {
            ensure!(begin.elapsed() < Duration::from_secs(20), "{what}: it stays");
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    };
    // Which bytes matter is a question for the library; every bit does.
    for at in [20, good.len() - 2] {
        let mut flipped = good.clone();
        flipped[at] ^= 1;
        fs::write(first, flipped)?;
        refused_and_healed("flipped")?;
    }
    fs::write(first, &good[..good.len() / 2])?;
    refused_and_healed("cut")?;
    fs::copy(second, first)?;
    refused_and_healed("of another key")?;
    fs::write(first, of_version(&good, b"cell-cached-expansion 0\n")?)?;
    refused_and_healed("of another version")?;
    fs::remove_file(first)?;
    symlink(&elsewhere, first)?;
    refused_and_healed("a link to a good one")?;
    ensure!(fs::read(&elsewhere)? == good, "it was written through the link");
    fs::remove_file(first)?;
    ensure!(Command::new("mkfifo").arg(first).status()?.success(), "no pipe");
    refused_and_healed("a pipe")?;
    close(first, 0o666)?;
    refused_and_healed("that others may write")?;
    let folder = first.parent().context("a folder")?;
    close(folder, 0o777)?;
    refused_and_healed("in a folder that others may write")?;
    ensure!(fs::metadata(folder)?.permissions().mode() & 0o022 == 0, "it is still open");
    if rustix::process::geteuid().is_root() {
        chown(first, Some(4711), None)?;
        refused_and_healed("of another user")?;
    }
    let away = served.folder.path().join("away");
    fs::rename(folder, &away)?;
    symlink(&away, folder)?;
    refused_and_healed("in a folder behind a link")?;
    served.expect("expansion-cache", SOURCE)?;
    Ok(())
}

/// Somebody wrote an entry by hand, with a sum that is right: an error with a way out, no panic.
#[test]
fn an_entry_that_no_engine_made() -> Result<()> {
    let served = Served::new("expansions-forged", Host::Thin)?;
    let entries = entries(&served)?;
    let key = entries[0].file_name().and_then(|name| Digest::parse(&name.to_string_lossy()));
    let key = key.context("a digest")?;
    let token = Token { kind: kind::IDENT, b: 2, ..Token::default() };
    let output = Output { text: "1x".to_owned(), rows: vec![token], ..Output::default() };
    let forged = compact::entry(&key, &Expansion { output, ..Expansion::default() });
    fs::write(&entries[0], forged)?;
    let error = served.check(SOURCE).unwrap_err().to_string();
    let (code, words) =
        (Kind::Internal.code(), "the expansion from the expansion cache is no token");
    ensure!(error.contains(code) && error.contains(words), "{error}");
    served.project.cell_does(&["cache", "gc", "--keep", "0"])?;
    served.expect("macro-server", SOURCE)?;
    Ok(())
}

/// The same entry as another release would write it: its first line has the same length.
fn of_version(entry: &[u8], version: &[u8]) -> Result<Vec<u8>> {
    let (first, rest) = entry.split_at_checked(version.len()).context("a first line")?;
    ensure!(first.ends_with(b"\n"), "{}", first.escape_ascii());
    Ok([version, rest].concat())
}

/// What is in it may be anybody's, so nothing of it is used and nothing is added.
#[test]
fn a_whole_cache_that_is_not_this_users_alone() -> Result<()> {
    let served = Served::new("expansions-open", Host::Thin)?;
    served.expect("macro-server", SOURCE)?;
    served.expect("expansion-cache", SOURCE)?;
    close(&served.expansions(), 0o777)?;
    served.expect("macro-server", SOURCE)?;
    served.expect("macro-server", SOURCE)?;
    close(&served.expansions(), 0o700)?;
    served.expect("expansion-cache", SOURCE)?;
    if rustix::process::geteuid().is_root() {
        chown(served.expansions(), Some(4711), None)?;
        served.expect("macro-server", SOURCE)?;
        served.expect("macro-server", SOURCE)?;
        chown(served.expansions(), Some(0), None)?;
        served.expect("expansion-cache", SOURCE)?;
    }
    let elsewhere = served.folder.path().join("elsewhere");
    fs::rename(served.expansions(), &elsewhere)?;
    symlink(&elsewhere, served.expansions())?;
    served.expect("macro-server", SOURCE)?;
    served.expect("macro-server", SOURCE)?;
    Ok(())
}

#[test]
fn the_command_finds_damage_and_removes_it() -> Result<()> {
    let served = Served::new("expansions-verify", Host::Thin)?;
    let entries = entries(&served)?;
    fs::write(&entries[0], "cell-cached-expansion 1\n")?;
    let found = served.project.cell(&["cache", "verify"])?;
    ensure!(found.code == Some(1), "{}", found.stderr);
    let name = entries[0].display().to_string();
    ensure!(found.stderr.contains(&name), "{}", found.stderr);
    ensure!(found.stderr.contains("which is damaged"), "{}", found.stderr);
    ensure!(found.stderr.contains("Verified 1 expansions"), "{}", found.stderr);
    served.project.cell_does(&["cache", "verify"])
}
