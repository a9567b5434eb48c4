//! What a dependency costs a clean build, in seconds and in memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::effort::Effort;
use super::home::{self, Home};
use super::measure::{self, timed};
use super::samples::Samples;
use super::{fixture, folder, peak, report, statistics};
use crate::step;

/// The part's name.
pub(super) const PART: &str = "builds";

/// A crate that is built.
pub(super) struct Variant {
    /// For people.
    pub(super) name: &'static str,
    /// For files.
    pub(super) key: &'static str,
    dependency: &'static str,
    /// What stands in the crate.
    uses: Uses,
    /// With the profile that the README tells those who build with `embedded`?
    advised: bool,
    /// How often it is built, and how often in a quick run.
    runs: [usize; 2],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Uses {
    Nothing,
    /// A macro of so many components, each of them recorded.
    Cells(usize),
    Serde,
}

const THIN: &str =
    r#"cell-sdk = { path = "ROOT/cell-sdk", default-features = false, features = ["macros"] }"#;
const EMBEDDED: &str =
    r#"cell-sdk = { path = "ROOT/cell-sdk", default-features = false, features = ["embedded"] }"#;
/// Cargo asks for it in a crate that has the lock file of the peers.
const SERDE: &str = r#"serde = { version = "1.0.229", features = ["derive"] }"#;
/// Also of the queries that are compared with questions.
pub(super) const SQLX: &str = r#"sqlx = { version = "0.9.0", default-features = false, features = ["macros", "postgres", "runtime-tokio"] }"#;

const PLAIN: Variant = Variant {
    name: "nothing",
    key: "nothing",
    dependency: "",
    uses: Uses::Nothing,
    advised: false,
    runs: [12, 3],
};

/// In the order of the tables.
pub(super) const VARIANTS: [Variant; 8] = [
    PLAIN,
    Variant { name: "thin host", key: "thin", dependency: THIN, uses: Uses::Cells(1), ..PLAIN },
    Variant {
        name: "thin host, two components",
        key: "components-2",
        dependency: THIN,
        uses: Uses::Cells(2),
        ..PLAIN
    },
    Variant {
        name: "thin host, five components",
        key: "components-5",
        dependency: THIN,
        uses: Uses::Cells(5),
        ..PLAIN
    },
    Variant {
        name: "`serde` with `derive`",
        key: "serde",
        dependency: SERDE,
        uses: Uses::Serde,
        ..PLAIN
    },
    Variant {
        name: "`sqlx` with `macros`, `postgres`, `runtime-tokio`",
        key: "sqlx",
        dependency: SQLX,
        runs: [3, 1],
        ..PLAIN
    },
    Variant { name: "`embedded`", key: "embedded", dependency: EMBEDDED, runs: [1, 0], ..PLAIN },
    Variant {
        name: "`embedded`, README's lines",
        key: "advised",
        dependency: EMBEDDED,
        advised: true,
        runs: [1, 0],
        ..PLAIN
    },
];

/// Seconds of clean builds in cargo's `dev` profile.
pub(super) fn times(effort: Effort) -> Result<()> {
    let cell = home::command()?;
    let home = Home::new(&cell)?;
    let root = folder()?.join(PART);
    let _ = fs::remove_dir_all(&root);
    let runs = |variant: &Variant| effort.of(variant.runs[0], variant.runs[1]);
    let wanted = || VARIANTS.iter().filter(|variant| runs(variant) > 0);
    for variant in wanted() {
        let folder = root.join(variant.key);
        write(&folder, variant, &source(variant))?;
        if let Uses::Cells(count) = variant.uses {
            components(&folder, &cell, count)?;
            // Records what the crate uses.
            let mut vendor = Command::new(&cell);
            // A server would stay for a while, and be in the way.
            vendor.args(["vendor", "--quiet"]).current_dir(&folder).env("CELL_SERVER", "off");
            step::run(home.given(vendor.env("CARGO_TARGET_DIR", folder.join("target"))))?;
        }
        step::run(&mut cargo(&folder, &["fetch", "--quiet"]))?;
    }
    let mut samples = Samples::default();
    // In turns, so that a slow minute of the machine does not fall on one of them.
    for round in 0..wanted().map(runs).max().unwrap_or(0) {
        step::say("   ..", &format!("clean builds, round {}", round + 1));
        for variant in wanted().filter(|variant| round < runs(variant)) {
            let folder = root.join(variant.key);
            let _ = fs::remove_dir_all(folder.join("target"));
            let took = timed(&mut cargo(&folder, &["build", "--offline", "--quiet"]))?;
            samples.push(format!("build/{}", variant.key), took.wall);
            samples.push(format!("build-processor/{}", variant.key), took.processor);
            let _ = fs::remove_dir_all(folder.join("target"));
        }
    }
    samples.write(PART, effort.quick)?;
    report::builds(&samples, effort)
}

/// One struct, with one macro of each component.
fn source(variant: &Variant) -> String {
    match variant.uses {
        Uses::Nothing => String::new(),
        Uses::Serde => fixture::structure("serde::Serialize", 10),
        Uses::Cells(count) => (0..count)
            .map(|number| {
                let alias = format!("Ledger{number}");
                let item = fixture::structure(&format!("{alias}::Model"), 10 + number);
                format!("cell::cell_remote!({alias} = \"ledger{number}\");\n{item}")
            })
            .collect(),
    }
}

/// A project with so many components: the one of `ledger`, each with a section of its own that says
/// nothing, so that they are different ones.
fn components(folder: &Path, cell: &Path, count: usize) -> Result<()> {
    let bytes = fs::read(step::root().join("guests/components/ledger.wasm"))?;
    let mut manifest = String::new();
    for number in 0..count {
        let name = format!("ledger{number}");
        let mut bytes = bytes.clone();
        // A custom section: its number, its length, the length of its name, its name.
        bytes.extend([0, 2, 1, b'a' + number as u8]);
        fs::write(folder.join(format!("{name}.wasm")), bytes)?;
        manifest.push_str(&format!("[cells.{name}]\npath = \"{name}.wasm\"\n\n"));
    }
    fs::write(folder.join("cell.toml"), manifest)?;
    step::run(Command::new(cell).args(["lock", "--quiet"]).current_dir(folder))
}

/// Peaks of rustc: for the dependencies, and for a crate with one macro on a struct of ten fields.
pub(super) fn memory(effort: Effort) -> Result<()> {
    let root = folder()?.join("memory");
    let mut rows = Vec::new();
    let of = |key: &str| VARIANTS.iter().find(|variant| variant.key == key);
    // To build with `embedded` takes minutes.
    let wanted = [of("thin"), of("embedded").filter(|_| !effort.quick)];
    for variant in wanted.into_iter().flatten() {
        let use_it = format!(
            "cell::cell_remote!(Ledger = \"ledger\");\n{}",
            fixture::structure("Ledger::Model", 10)
        );
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
        let later = statistics::median(&later) as u64;
        rows.push((variant.name, "the crate, later".to_owned(), later));
    }
    report::memory(&rows, effort)
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
    // The versions that this project is tested with, or those of the peers; cargo drops what is not
    // needed.
    let peer = [SERDE, SQLX].contains(&variant.dependency);
    let versions = if peer { "benches/peers/Cargo.lock" } else { "Cargo.lock" };
    fs::copy(step::root().join(versions), root.join("Cargo.lock"))?;
    fs::write(root.join("src/lib.rs"), source)?;
    Ok(())
}

/// The lines of the README that are to be put into a `Cargo.toml`.
fn advice(readme: &str) -> Result<&str> {
    let begin = readme.find("[profile.dev.package]").context("no profile in README.md")?;
    let block = &readme[begin..];
    Ok(&block[..block.find("```").context("no end of the profile in README.md")?])
}

fn copy(from: &PathBuf, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)?.flatten() {
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Cargo as for a package from a registry: it compiles dependencies that are folders incrementally,
/// which costs the thin host a third more and is nothing that users of a release see.
fn cargo(root: &Path, words: &[&str]) -> Command {
    let mut command = measure::cargo(root, words);
    command.env("CARGO_INCREMENTAL", "0");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_measured_with_the_profile_of_the_readme() {
        let read = |file: &str| fs::read_to_string(step::root().join(file)).unwrap();
        let (readme, measured) = (read("README.md"), read("benches/Cargo.toml"));
        let lines: Vec<&str> = advice(&readme).unwrap().lines().skip(1).collect();
        assert!(lines.len() > 3);
        assert!(
            measured.contains(&format!("[profile.documented.package]\n{}\n", lines.join("\n")))
        );
    }

    #[test]
    fn peers_are_those_whose_versions_are_locked() {
        let file = step::root().join("benches/peers/Cargo.toml");
        let manifest = fs::read_to_string(file).unwrap();
        for dependency in [SERDE, SQLX] {
            assert!(manifest.contains(&format!("\n{dependency}\n")), "{dependency}");
        }
    }
}
