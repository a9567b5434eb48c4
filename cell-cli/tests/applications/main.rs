//! Applications that other people published, with all their macros behind `cell sandbox`: they build, the
//! same tests of theirs pass, `check` is content, and `remove` gives every byte back.
//!
//! Which applications is said in `cell_tests::applications`; cargo fetches them. All is built in a folder for
//! temporary files, since tests of theirs look for a `Cargo.lock` in the folders above, and removed at the
//! end; with `CELL_APPLICATIONS=<folder>` it is built and stays there.

mod suite;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use cell_tests::applications::{Application, MDBOOK, MINISERVE};
use serde_json::Value;

/// What is expected of an application.
struct Expected {
    application: Application,
    /// The macro crates that run sandboxed, as `name version`.
    sandboxed: &'static [&'static str],
    /// Those that only other macro crates use, with what is said of them before.
    left: &'static [(&'static str, &'static str)],
    /// Those that cannot be built as components, and why.
    native: &'static [(&'static str, &'static str)],
    /// Tests that are left out on both sides, and why.
    skipped: &'static [(&'static str, &'static str)],
    /// Tests that may fail natively, and why. They then have to fail in the same way.
    failing: &'static [(&'static str, &'static str)],
    /// At least so many tests pass.
    passed: usize,
}

#[test]
fn mdbook_passes_its_tests() -> Result<()> {
    slow(&Expected {
        application: MDBOOK,
        sandboxed: &[
            "cssparser-macros 0.6.1",
            "derive_builder_macro 0.20.2",
            "displaydoc 0.2.5",
            "futures-macro 0.3.31",
            "match_token 0.35.0",
            "pest_derive 2.8.1",
            "phf_macros 0.11.3",
            "rustversion 1.0.21",
            "serde_derive 1.0.219",
            "thiserror-impl 2.0.12",
            "tokio-macros 2.5.0",
            "yoke-derive 0.8.0",
            "zerofrom-derive 0.1.6",
            "zerovec-derive 0.11.1",
        ],
        left: &[("darling_macro 0.20.11", "only for darling")],
        native: &[],
        skipped: &[],
        failing: &[
            (
                "preprocess::cmd::tests::round_trip_write_and_parse_input",
                "the book that it reads is not in the package",
            ),
            ("remove_emphasis_works", "the preprocessor that it starts is not in the package"),
            ("test::failing_tests", "newer releases of Rust say more in a panic"),
        ],
        passed: 240,
    })
}

#[test]
fn miniserve_passes_its_tests() -> Result<()> {
    slow(&Expected {
        application: MINISERVE,
        sandboxed: &[
            "actix-macros 0.2.4",
            "actix-multipart-derive 0.7.0",
            "actix-web-codegen 4.3.0",
            "async-trait 0.1.89",
            "clap_derive 4.5.47",
            "derive_more 0.99.20",
            "derive_more-impl 2.0.1",
            "displaydoc 0.2.5",
            "futures-macro 0.3.31",
            "include_sass 0.13.4",
            "maud_macros 0.27.0",
            "openssl-macros 0.1.1",
            "phf_macros 0.11.3",
            "pin-project-internal 1.1.10",
            "rstest_macros 0.26.1",
            "serde_derive 1.0.225",
            "strum_macros 0.27.2",
            "thiserror-impl 1.0.69",
            "thiserror-impl 2.0.16",
            "time-macros 0.2.24",
            "tokio-macros 2.5.0",
            "tracing-attributes 0.1.30",
            "yoke-derive 0.8.0",
            "zerofrom-derive 0.1.6",
            "zerovec-derive 0.11.1",
        ],
        left: &[("darling_macro 0.20.11", "only for darling")],
        native: &[("derivative 2.2.0", "its `syn` 1 leaves `proc_macro` out on WebAssembly")],
        skipped: &[("bind_ipv4_ipv6::case_2", "without IPv6 its server stays there for ever")],
        failing: &[],
        passed: 280,
    })
}

fn slow(expected: &Expected) -> Result<()> {
    if std::env::var_os("SLOW_TESTS").is_none() {
        return Ok(());
    }
    run(expected)
}

#[expect(clippy::print_stdout, reason = "figures for `--nocapture`, and for who reads a failure")]
fn run(expected: &Expected) -> Result<()> {
    let Expected { application, skipped, .. } = expected;
    let name = application.name;
    let temporary = tempfile::tempdir()?;
    let kept = std::env::var_os("CELL_APPLICATIONS").map(PathBuf::from);
    let root = kept.as_deref().unwrap_or(temporary.path()).join(name);
    let [native, sandboxed] = ["native", "sandboxed"].map(|side| root.join(side));
    for folder in [&native, &sandboxed] {
        // What cargo built stays: it is built again if it has to be.
        tree::empty(folder)?;
        application.unpack(folder)?;
    }
    let before = tree::read(&native)?;
    ensure!(tree::read(&sandboxed)? == before, "{name} was unpacked in two ways");

    let begun = Instant::now();
    let plain = suite::run(&cargo(&native), skipped)?;
    println!("{name}: natively {} tests pass, in {}", plain.passed(), since(begun));
    ensure!(plain.passed() >= expected.passed, "only {} tests of {name} pass", plain.passed());
    for (test, why) in *skipped {
        println!("{name}: {test} is left out: {why}");
    }
    for test in plain.failed() {
        let why = expected.failing.iter().find(|(known, _)| *known == test);
        let (_, why) = why.with_context(|| format!("{test} of {name} fails natively"))?;
        println!("{name}: natively {test} fails: {why}");
    }

    let cell = Cell { folder: &sandboxed, home: root.join("home") };
    let mut wanted: Vec<String> =
        expected.sandboxed.iter().map(|one| format!("{one} can be sandboxed")).collect();
    wanted.extend(expected.left.iter().map(|(one, why)| format!("{one} {why}")));
    let native_still: Vec<String> =
        expected.native.iter().map(|(one, _)| format!("{one} can be sandboxed")).collect();
    wanted.extend(native_still.iter().cloned());
    wanted.sort();
    let listed = cell.list("native")?;
    ensure!(listed == wanted, "of {name} there are {listed:#?}");
    let begun = Instant::now();
    let sdk = cell_tests::workspace().join("cell-sdk");
    cell.said(&["sandbox", "add", "--all", "--yes", "--sdk-path", &sdk.display().to_string()])?;
    println!("{name}: `cell sandbox add --all` took {}", since(begun));
    application.grant(&sandboxed)?;
    cell.said(&["lock"])?;
    let listed = cell.list("sandboxed")?;
    ensure!(listed == expected.sandboxed, "of {name} there are {listed:#?}");
    let listed = cell.list("native")?;
    ensure!(listed == native_still, "of {name} these run natively: {listed:#?}");
    for (one, why) in expected.native {
        println!("{name}: {one} runs natively: {why}");
    }

    let begun = Instant::now();
    let ours = suite::run(&|| cell.given(cargo(&sandboxed)()), skipped)?;
    println!("{name}: sandboxed {} tests pass, in {}", ours.passed(), since(begun));
    let differences = plain.differences(&ours);
    ensure!(differences.is_empty(), "{name}, native and sandboxed:\n{}", differences.join("\n"));

    let deny = expected.native.is_empty().then_some("--deny-native");
    cell.said(&[&["sandbox", "check"][..], deny.as_slice()].concat())?;
    ensure!(tree::read(&sandboxed)? != before, "nothing of {name} was changed");
    cell.said(&["sandbox", "remove", "--all"])?;
    // Some tests leave files, natively as well.
    let changed = tree::differences(&tree::read(&native)?, &tree::read(&sandboxed)?);
    ensure!(changed.is_empty(), "`remove` did not give back {}", changed.join(", "));
    Ok(())
}

/// Cargo as it is by default, in a folder, with a target folder there.
fn cargo(folder: &Path) -> impl Fn() -> Command + '_ {
    move || {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(folder).env("CARGO_TARGET_DIR", folder.join("target"));
        // What cargo tells this test of itself is nothing for another application.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text == "CARGO_MANIFEST_DIR" {
                cargo.env_remove(&name);
            }
        }
        for name in ["RUSTFLAGS", "RUST_BACKTRACE", "CELL_SERVER", "CELL_TRACE"] {
            cargo.env_remove(name);
        }
        cargo
    }
}

/// The command, for one application.
struct Cell<'a> {
    folder: &'a Path,
    home: PathBuf,
}

impl Cell<'_> {
    /// Lets a command use it, as those who have it in their `PATH`.
    fn given(&self, mut command: Command) -> Command {
        command.env("CELL_HOME", &self.home).env("CELL_BIN", env!("CARGO_BIN_EXE_cell"));
        command
    }

    fn said(&self, words: &[&str]) -> Result<String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cell"));
        command.args(words).args(["--color", "never"]).current_dir(self.folder);
        command.env("CARGO_TARGET_DIR", self.folder.join("target"));
        let output = self.given(command).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`cell {}`:\n{said}", words.join(" "));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The macro crates that run so, in order, and of those that run natively what is said of that.
    fn list(&self, runs: &str) -> Result<Vec<String>> {
        let said: Value = serde_json::from_str(&self.said(&["sandbox", "list", "--json"])?)?;
        let word = |of: &Value| of.as_str().map(str::to_owned);
        let one = |of: &Value| {
            let name = format!("{} {}", word(&of["name"])?, word(&of["version"])?);
            Some(match (of["runs"].as_str()?, of["can"].as_bool()?) {
                ("sandboxed", _) => name,
                (_, true) => format!("{name} can be sandboxed"),
                _ => {
                    let users = of["used-by"].as_array()?.iter().filter_map(word);
                    let users = users.collect::<Vec<_>>().join(", ");
                    let reason = word(&of["reason"]);
                    format!("{name} {}", reason.unwrap_or_else(|| format!("only for {users}")))
                }
            })
        };
        let all = said["crates"].as_array().context("a list of crates")?;
        let all = all.iter().filter(|of| of["runs"] == runs);
        let mut found = all.map(|of| one(of).context("a crate")).collect::<Result<Vec<_>>>()?;
        found.sort();
        Ok(found)
    }
}

fn since(begun: Instant) -> String {
    format!("{:.0} s", begun.elapsed().as_secs_f64())
}

/// The folder with the tests of a package that cargo fetched is what is compared: so it must be there.
#[test]
fn packages_are_those_that_are_meant() -> Result<()> {
    if std::env::var_os("SLOW_TESTS").is_none() {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    for application in cell_tests::applications::ALL {
        let to = folder.path().join(application.name);
        application.unpack(&to)?;
        for file in ["Cargo.lock", "tests", application.root] {
            ensure!(to.join(file).exists(), "{} has no {file}", application.name);
        }
        let manifest = fs::read_to_string(to.join("Cargo.toml"))?;
        ensure!(manifest.ends_with("[workspace]\n"), "{manifest}");
        let other = Application { checksum: "0", ..application };
        let error = other.unpack(&folder.path().join("other")).err().context("any package")?;
        ensure!(error.to_string().contains("another package"), "{error}");
    }
    Ok(())
}
