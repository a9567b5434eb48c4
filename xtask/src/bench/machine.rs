//! What the figures were made with: nothing that says whose machine it was.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::step;

/// Cores, memory and compiler, in one line.
pub(crate) fn machine() -> Result<String> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let (processor, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let after = |text: &str, key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or("");
        line.trim_start_matches([' ', '\t', ':']).to_owned()
    };
    let kilobytes: u64 =
        after(&memory, "MemTotal").split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    Ok(format!(
        "{cores} cores ({}), {} GiB of memory, {} {}, {}.\n",
        after(&processor, "model name"),
        kilobytes.div_ceil(1 << 20),
        std::env::consts::OS,
        std::env::consts::ARCH,
        rustc()?,
    ))
}

/// `rustc 1.95.0 (59807616e 2026-04-14)`
pub(super) fn rustc() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = step::command(rustc, &["--version"]).output()?;
    Ok(String::from_utf8_lossy(&version.stdout).trim().to_owned())
}

/// The commit that is checked out: its name, its day, and whether files differ from it. Nothing where
/// there is no git.
pub(super) fn commit() -> Option<(String, String, bool)> {
    let git = |words: &[&str]| {
        let output = Command::new("git").args(words).current_dir(step::root()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let (name, day) =
        (git(&["rev-parse", "--short=10", "HEAD"])?, git(&["log", "-1", "--format=%cs"])?);
    // What is published is written by this command.
    let others = [".", ":!docs", ":!README.md", ":!benches/README.md"];
    let changed =
        git(&[&["status", "--porcelain", "--untracked-files=no", "--"][..], &others].concat())?;
    Some((name, day, !changed.is_empty()))
}

/// The version of a package in a lock file.
pub(super) fn version(lock: &Path, package: &str) -> Option<String> {
    locked(&fs::read_to_string(lock).ok()?, package)
}

fn locked(lock: &str, package: &str) -> Option<String> {
    let name = format!("\nname = \"{package}\"\nversion = \"");
    // Of several the newest, which is the last.
    let rest = &lock[lock.rfind(&name)? + name.len()..];
    rest.split_once('"').map(|(version, _)| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        let lock = "[[package]]\nname = \"serde_core\"\nversion = \"2.0.0\"\n\n\
                    [[package]]\nname = \"serde\"\nversion = \"1.0.229\"\nsource = \"x\"\n";
        assert_eq!(locked(lock, "serde").as_deref(), Some("1.0.229"));
        assert_eq!(locked(lock, "sqlx"), None);
        let ours = version(&step::root().join("Cargo.lock"), "wasmtime");
        assert!(ours.is_some_and(|version| version.starts_with("48.")));
    }

    #[test]
    fn the_machine_is_not_named() {
        let text = machine().unwrap();
        let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        assert!(name.trim().len() < 4 || !text.contains(name.trim()), "{text}");
        assert!(text.contains("rustc 1.") && !text.contains('/'), "{text}");
    }
}
