//! What a dependency costs a clean build, in seconds and in memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use super::{fixture, folder, median, peak, report};
use crate::step;

/// A crate that is built, and how often.
struct Variant {
    name: &'static str,
    dependency: &'static str,
    /// With the profile that the README tells those who build with `embedded`?
    advised: bool,
    runs: usize,
}

const THIN: &str =
    r#"cell-sdk = { path = "ROOT/cell-sdk", default-features = false, features = ["macros"] }"#;
const EMBEDDED: &str =
    r#"cell-sdk = { path = "ROOT/cell-sdk", default-features = false, features = ["embedded"] }"#;

const VARIANTS: [Variant; 5] = [
    Variant { name: "nothing", dependency: "", advised: false, runs: 5 },
    Variant { name: "thin host", dependency: THIN, advised: false, runs: 5 },
    Variant {
        name: "`serde` with `derive`",
        dependency: r#"serde = { version = "1.0.229", features = ["derive"] }"#,
        advised: false,
        runs: 5,
    },
    Variant { name: "`embedded`", dependency: EMBEDDED, advised: false, runs: 1 },
    Variant { name: "`embedded`, README's lines", dependency: EMBEDDED, advised: true, runs: 1 },
];

/// Seconds of clean builds in cargo's `dev` profile.
pub(super) fn times() -> Result<()> {
    let root = folder()?.join("builds");
    let mut times: Vec<Vec<(f64, f64)>> = VARIANTS.iter().map(|_| Vec::new()).collect();
    for variant in &VARIANTS {
        write(&root, variant, "")?;
        step::run(&mut cargo(&root, &["fetch"]))?;
    }
    // In turns, so that a slow minute of the machine does not fall on one of them.
    for round in 0..VARIANTS.iter().map(|variant| variant.runs).max().unwrap_or(0) {
        for (variant, times) in VARIANTS.iter().zip(&mut times) {
            if round >= variant.runs {
                continue;
            }
            write(&root, variant, "")?;
            let _ = fs::remove_dir_all(root.join("target"));
            let (begin, before) = (Instant::now(), processor()?);
            step::run(&mut cargo(&root, &["build", "--offline", "--quiet"]))?;
            times.push((begin.elapsed().as_secs_f64(), processor()? - before));
        }
    }
    let medians: Vec<_> = VARIANTS
        .iter()
        .zip(times)
        .map(|(variant, times)| {
            let (wall, processor) = times.into_iter().unzip();
            report::Build {
                name: variant.name,
                runs: variant.runs,
                wall: median(wall),
                processor: median(processor),
            }
        })
        .collect();
    report::builds(&medians)
}

/// Seconds of processor time of all processes that we started and that have ended.
fn processor() -> Result<f64> {
    let text = fs::read_to_string("/proc/self/stat")?;
    ended(&text).context("/proc/self/stat says something else")
}

/// Fields 16 and 17 of a process's `stat`, which are in hundredths of a second on every Linux.
fn ended(stat: &str) -> Option<f64> {
    // The name, in parentheses, may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(13);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some((next()? + next()?) / 100.0)
}

/// Peaks of rustc: for the dependencies, and for a crate with one macro on a struct of ten fields.
pub(super) fn memory() -> Result<()> {
    let root = folder()?.join("memory");
    let mut rows = Vec::new();
    for variant in [&VARIANTS[1], &VARIANTS[3]] {
        let use_it = format!(
            "cell::cell_remote!(Ledger = \"ledger\");\n{}",
            fixture::structure("Ledger::Model", 10)
        );
        write(&root, variant, &use_it)?;
        fixture::project(&root)?;
        write(&root, variant, &use_it)?;
        if variant.dependency == THIN {
            let records = folder()?.join("expansions/dev/records/.cell/expansions");
            ensure!(records.is_dir(), "`cargo xtask bench expansions` makes the records for this");
            copy(&records, &root.join(".cell/expansions"))?;
        }
        let _ = fs::remove_dir_all(root.join("target"));
        let list = build(&root)?;
        let of_app = |(name, _): &&(String, u64)| name == "measured";
        let dependency = list.iter().filter(|one| !of_app(one)).max_by_key(|(_, size)| *size);
        let (name, size) = dependency.context("no dependency was built")?;
        rows.push((variant.name, format!("dependencies (most: `{name}`)"), *size));
        // Clean builds of the crate alone; the first one above was the first ever.
        let first_ever = list.iter().find(of_app).map(|(_, size)| *size);
        rows.push((variant.name, "the crate, first ever".to_owned(), first_ever.unwrap_or(0)));
        let mut later = Vec::new();
        for _ in 0..3 {
            step::run(&mut cargo(&root, &["clean", "--quiet", "-p", "measured"]))?;
            later.extend(build(&root)?.iter().filter(of_app).map(|(_, size)| *size as f64));
        }
        rows.push((variant.name, "the crate, later".to_owned(), median(later) as u64));
    }
    report::memory(&rows)
}

fn build(root: &Path) -> Result<Vec<(String, u64)>> {
    let list = root.join("peaks");
    let _ = fs::remove_file(&list);
    let mut command = cargo(root, &["build", "--offline", "--quiet"]);
    let own = std::env::current_exe()?;
    step::run(command.env("RUSTC_WRAPPER", own).env(peak::FILE, &list))?;
    peak::read(&list)
}

fn write(root: &Path, variant: &Variant, source: &str) -> Result<()> {
    fs::create_dir_all(root.join("src"))?;
    let dependency = variant.dependency.replace("ROOT", &step::root().display().to_string());
    let readme = fs::read_to_string(step::root().join("README.md"))?;
    let profile = if variant.advised { advice(&readme)? } else { "" };
    let manifest = format!(
        "[package]\nname = \"measured\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\n{dependency}\n\n{profile}"
    );
    fs::write(root.join("Cargo.toml"), manifest)?;
    // The versions that this project is tested with; cargo drops what is not needed.
    fs::copy(step::root().join("Cargo.lock"), root.join("Cargo.lock"))?;
    fs::write(root.join("src/lib.rs"), source)?;
    Ok(())
}

/// The lines of the README that are to be put into a `Cargo.toml`.
fn advice(readme: &str) -> Result<&str> {
    let begin = readme.find("[profile.dev.package]").context("no profile in README.md")?;
    let block = &readme[begin..];
    Ok(&block[..block.find("```").context("no end of the profile in README.md")?])
}

/// Cargo in the crate's folder, with nothing that changes how it builds.
fn cargo(root: &Path, words: &[&str]) -> std::process::Command {
    let mut command = step::cargo(words);
    command.current_dir(root).env("CARGO_TARGET_DIR", root.join("target"));
    command.env("CELL_HOME", root.join("target/home"));
    for name in ["RUSTFLAGS", "CARGO_BUILD_JOBS", "RUSTC_WRAPPER", "CELL_TRACE"] {
        command.env_remove(name);
    }
    command
}

fn copy(from: &PathBuf, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)?.flatten() {
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{advice, ended};
    use crate::step;

    #[test]
    fn reads_what_linux_says_of_ended_processes() {
        let stat = "7 (a b) S) S 1 7 7 0 -1 4194560 1 2 3 4 11 12 150 50 20 0 1 0 99 1 2";
        assert_eq!(ended(stat), Some(2.0));
        assert_eq!(ended("7"), None);
    }

    #[test]
    fn hosts_are_measured_with_the_profile_of_the_readme() {
        let read = |file: &str| std::fs::read_to_string(step::root().join(file)).unwrap();
        let (readme, measured) = (read("README.md"), read("benches/Cargo.toml"));
        let lines: Vec<&str> = advice(&readme).unwrap().lines().skip(1).collect();
        assert!(lines.len() > 3);
        assert!(
            measured.contains(&format!("[profile.documented.package]\n{}\n", lines.join("\n")))
        );
    }
}
