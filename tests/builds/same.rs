//! The same tokens, whoever builds, where, and with which profile.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::{Folder, PACKAGE, cargo, clone_into, run, traced};

/// What rustc has after expansion, without the places of tracked files.
fn expanded(clone: &Path, words: &[&str], change: impl Fn(&mut Command)) -> Result<String> {
    let trace = clone.join("trace");
    let _ = std::fs::remove_dir_all(&trace);
    let all = [&["rustc", "--locked", "--quiet", "--package", PACKAGE][..], words].concat();
    let all = [&all[..], &["--", "-Zunpretty=expanded"]].concat();
    let mut command = cargo(clone, &all)?;
    command.env("RUSTC_BOOTSTRAP", "1").env("CELL_TRACE", &trace);
    change(&mut command);
    let text = String::from_utf8(run(&mut command)?.stdout)?;
    ensure!(text.contains("CREATE_TABLE") && text.contains("AccountCache"), "{text}");
    let keys: Vec<_> =
        traced(&trace)?.into_iter().map(|(key, how)| format!("{key} {how}\n")).collect();
    ensure!(keys.len() >= 4, "only {} expansions", keys.len());
    Ok(text.replace(&clone.display().to_string(), "<project>") + &keys.concat())
}

#[test]
fn tokens_are_the_same_in_release_at_another_path_and_for_another_user() -> Result<()> {
    let (first, second) = (Folder::new("first")?, Folder::new("a second, with spaces")?);
    clone_into(first.path())?;
    clone_into(second.path())?;
    let expected = expanded(first.path(), &[], |_| {})?;
    let release = expanded(first.path(), &["--release"], |_| {})?;
    ensure!(release == expected, "release differs:\n{release}\n{expected}");
    let elsewhere = expanded(second.path(), &[], |command| {
        command.env("USER", "somebody-else").env("LANG", "de_DE.UTF-8").env("TZ", "Asia/Tokyo");
    })?;
    ensure!(elsewhere == expected, "the second path differs:\n{elsewhere}\n{expected}");
    Ok(())
}

#[test]
#[cfg(target_os = "linux")]
fn another_user_gets_the_same_program() -> Result<()> {
    let (ours, theirs) = (Folder::new("ours")?, Folder::new("theirs")?);
    clone_into(ours.path())?;
    clone_into(theirs.path())?;
    let words = ["run", "--locked", "--quiet", "--package", PACKAGE];
    let expected = run(&mut cargo(ours.path(), &words)?)?.stdout;
    let plain = cargo(theirs.path(), &words)?;
    let mut command = Command::new("unshare");
    // Another user id, as far as every program in there can see.
    command.args(["--map-user=4711", "--map-group=4711", "--"]);
    command
        .arg(plain.get_program())
        .args(plain.get_args())
        .current_dir(theirs.path().join("examples"));
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    ensure!(run(&mut command)?.stdout == expected, "the program says something else");
    Ok(())
}
