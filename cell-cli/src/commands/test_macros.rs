//! `cell test-macros`: guests natively and as components, side by side.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result};
use guest_toolchain::packages::{self, Guest, Workspace};

use crate::arguments::authors::TestMacros;
use crate::arguments::{BuildMacros, Global};
use crate::commands::build_macros;
use crate::commands::macros::table;
use crate::golden::{self, Component, Ended};
use crate::shell::{Shell, count};
use crate::{Exit, engine, files};

pub(crate) fn run(options: &TestMacros, global: &Global, shell: &Shell) -> Result<Exit> {
    let started = Instant::now();
    let manifest = build_macros::manifest(global);
    let workspace = packages::workspace(&manifest)?;
    let guests: Vec<Guest> = workspace.select(&options.packages)?.into_iter().cloned().collect();
    let mut rows = vec![["guest", "case", "native", "component"].map(str::to_owned)];
    let mut said = Vec::new();
    // The native side first: it is quicker, and writes what shall come out if that is wanted.
    let mut natives = BTreeMap::new();
    for guest in &guests {
        let progress = shell.progress("Testing", format!("{} natively", guest.name));
        natives.insert(guest.name.clone(), native(guest, options, global, shell)?);
        drop(progress);
    }
    let components = components(&workspace, &guests, options, global, shell)?;
    let runtime = engine::runtime()?;
    let mut failed = 0;
    for guest in &guests {
        let name = &guest.name;
        let native = &natives[name];
        rows.push([name.clone(), "tests".to_owned(), native.counts(), "-".to_owned()]);
        if !native.good {
            failed += 1;
            said.push(format!("`{name}`, natively:\n{}", native.output.trim_end()));
        }
        let bytes = files::read(&components.join(format!("{name}.wasm")))?;
        let description = runtime.describe(name, &bytes)?;
        let component =
            Component { cell: name, bytes: &bytes, description: &description, runtime: &runtime };
        for path in golden::cases(&guest.manifest) {
            let case = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let native = native.cases.get(&case);
            let (word, why) = match component.run(&path) {
                Ended::Good => ("ok", None),
                Ended::Asks => ("asks cells", None),
                Ended::Wrong(why) => ("failed", Some(why)),
            };
            failed += usize::from(why.is_some()) + usize::from(native.is_none());
            if native.is_none() {
                said.push(format!(
                    "{}: no test of `{name}` runs it\n\
                     help: `macro_guest_sdk::testing::Golden` does, in a test of the package",
                    path.display()
                ));
            }
            said.extend(why.map(|why| format!("{}, in the component: {why}", path.display())));
            let native = native.cloned().unwrap_or_else(|| "not run".to_owned());
            rows.push([name.clone(), case, native, word.to_owned()]);
        }
    }
    for text in &said {
        shell.say_error(text);
    }
    write!(shell.stdout(), "{}", table(&rows))?;
    if failed > 0 {
        let help =
            "`cell test-macros --bless` takes what comes out natively for what shall come out";
        let what = count(failed, "thing is", "things are");
        shell.say_error(format_args!("{what} not as it shall be\nhelp: if it is, {help}"));
        return Ok(Exit::Failed);
    }
    let tested = count(guests.len(), "guest", "guests");
    let took = started.elapsed().as_secs_f64();
    shell.status("Tested", format_args!("{tested}, natively and as components, in {took:.2}s"));
    Ok(Exit::Done)
}

/// What `cargo test` said of a guest.
#[derive(Debug, Default, PartialEq)]
struct Native {
    good: bool,
    passed: usize,
    failed: usize,
    /// How golden cases ended.
    cases: BTreeMap<String, String>,
    output: String,
}

impl Native {
    fn counts(&self) -> String {
        match (self.passed, self.failed) {
            (0, 0) if !self.good => "not compiled".to_owned(),
            (passed, 0) if self.good => format!("{passed} passed"),
            (passed, failed) => format!("{passed} passed, {failed} failed"),
        }
    }
}

fn native(guest: &Guest, options: &TestMacros, global: &Global, shell: &Shell) -> Result<Native> {
    let folder = tempfile::tempdir()?;
    let results = folder.path().join("results");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["test", "--no-fail-fast", "--color", shell.color_word(), "--package", &guest.name]);
    cargo.arg("--manifest-path").arg(&guest.manifest);
    cargo.args(global.locked.then_some("--locked")).args(global.offline.then_some("--offline"));
    cargo.env("CELL_GOLDEN_RESULTS", &results).env_remove("CELL_TRACE").stdin(Stdio::null());
    cargo.env("CELL_BLESS", if options.bless { "1" } else { "0" });
    let output = cargo.output().context("cargo could not be started")?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let mut native = read(&stdout, &files::read_text(&results).unwrap_or_default());
    native.good = output.status.success();
    native.output = format!("{}{stdout}", String::from_utf8_lossy(&output.stderr));
    if shell.verbose {
        shell.pass_on(&native.output);
    }
    Ok(native)
}

/// Reads what the test programs wrote: the lines `test result: ok. 3 passed; 0 failed; ..`, and those of
/// golden cases.
fn read(stdout: &str, results: &str) -> Native {
    let mut native = Native::default();
    for line in stdout.lines().map(|line| anstream::adapter::strip_str(line).to_string()) {
        let Some(counts) = line.strip_prefix("test result: ") else { continue };
        let number = |word: &str| {
            let mut parts = counts.split([';', '.']).map(str::trim);
            parts.find_map(|part| part.strip_suffix(word)?.trim().parse::<usize>().ok())
        };
        native.passed += number("passed").unwrap_or(0);
        native.failed += number("failed").unwrap_or(0);
    }
    for (name, how) in results.lines().filter_map(|line| line.split_once('\t')) {
        native.cases.insert(name.to_owned(), how.to_owned());
    }
    native
}

/// Builds what is not there of these sources; not where `cell build-macros` writes, since what is there
/// is committed.
fn components(
    workspace: &Workspace,
    guests: &[Guest],
    options: &TestMacros,
    global: &Global,
    shell: &Shell,
) -> Result<PathBuf> {
    let folder = workspace.target.join("cell").join("test-macros");
    let mut stale = Vec::new();
    for guest in guests {
        if build_macros::stale(workspace, guest, &folder)?.is_some() {
            stale.push(guest.name.clone());
        }
    }
    if !stale.is_empty() {
        let build = BuildMacros {
            packages: stale,
            check: false,
            rustc: options.rustc.clone(),
            out_dir: Some(folder.clone()),
            target_dir: options.target_dir.clone(),
        };
        let manifest: &Path = &workspace.root.join("Cargo.toml");
        let global = Global { manifest_path: Some(manifest.to_owned()), ..global.clone() };
        build_macros::run(&build, &global, shell)?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_added_up_and_cases_read() {
        let stdout = "running 2 tests\ntest a ... ok\n\
             test result: \u{1b}[32mok\u{1b}[m. 2 passed; 0 failed; 0 ignored; finished in 0.00s\n\
             test result: FAILED. 1 passed; 3 failed; 0 ignored\n";
        let native = read(stdout, "struct\tok\nenum\tfailed\n");
        assert_eq!((native.passed, native.failed), (3, 3));
        assert_eq!(native.cases["enum"], "failed");
        assert_eq!(native.counts(), "3 passed, 3 failed");
        assert_eq!(read("error: x", "").counts(), "not compiled");
        let good = Native { good: true, passed: 7, ..Native::default() };
        assert_eq!(good.counts(), "7 passed");
    }
}
