//! The suites that authors published of their crates: what passes with the crate itself passes with its
//! component, and what must not compile is refused in the same words at the same places.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::crates::Crate;
use crate::scratch;
use crate::workspace::{Library, Side, Workspace};

/// What one suite was.
#[derive(Debug, Default)]
pub(crate) struct Suite {
    /// Files of tests that pass, and tests in them.
    pub(crate) files: usize,
    pub(crate) tests: usize,
    /// Files that must not compile.
    pub(crate) refused: usize,
    /// Files of tests that do not pass with the crate itself: they want other crates, or another compiler.
    pub(crate) left_out: Vec<String>,
    pub(crate) differences: Vec<String>,
}

/// Gives what is below `ui` to trybuild. Here both sides are compared, so that every compiler will do.
const DRIVER: &str = "compiletest.rs";

/// Runs the suite in the folder and edition of a package.
pub(crate) fn run(
    krate: Crate,
    workspace: &Workspace,
    (folder, edition): (&Path, &str),
    out: &Path,
) -> Result<Suite> {
    let mut suite = Suite::default();
    let tests = folder.join("tests");
    for file in scratch::sources(&tests) {
        let inside = file.strip_prefix(&tests)?;
        let input = (folder, file.strip_prefix(folder)?, edition);
        if inside == Path::new(DRIVER) {
            continue;
        }
        if inside.components().count() == 1 {
            let native = passes(&workspace.native, input, &out.join("native"))?;
            let Ok(native) = native else {
                suite.left_out.push(inside.display().to_string());
                continue;
            };
            match passes(&workspace.sandboxed, input, &out.join("sandboxed"))? {
                Ok(ours) if ours == native => {
                    suite.files += 1;
                    suite.tests += native;
                }
                other => suite.differences.push(format!("{}: {other:?}", file.display())),
            }
        } else if inside.starts_with("ui") {
            let native = says(&workspace.native, input, &out.join("native"))?;
            let ours = says(&workspace.sandboxed, input, &out.join("sandboxed"))?;
            suite.refused += usize::from(native.contains("error"));
            if native != ours {
                let name = file.display();
                suite.differences.push(format!("{name}:\n--- native\n{native}\n--- ours\n{ours}"));
            }
        }
    }
    ensure!(suite.files + suite.refused > 0, "{} has no suite", krate.name);
    Ok(suite)
}

type Input<'a> = (&'a Path, &'a Path, &'a str);

/// Compiles a file of tests and runs it: how many passed, or what went wrong.
fn passes(side: &Side, input: Input<'_>, out: &Path) -> Result<Result<usize, String>> {
    let mut rustc = rustc(side, input, out)?;
    let output = rustc.args(["--test", "-o"]).arg(out.join("test")).output()?;
    if !output.status.success() {
        return Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let output = Command::new(out.join("test")).current_dir(input.0).output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let count = |text: &str| text.split(" passed").next()?.rsplit(' ').next()?.parse().ok();
    Ok(match said.lines().find(|line| line.starts_with("test result: ok")).and_then(count) {
        Some(count) => Ok(count),
        None => Err(said),
    })
}

/// What rustc says of a file.
fn says(side: &Side, input: Input<'_>, out: &Path) -> Result<String> {
    let mut rustc = rustc(side, input, out)?;
    let output = rustc.args(["--emit", "metadata", "--out-dir"]).arg(out).output()?;
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn rustc(side: &Side, (folder, file, edition): Input<'_>, out: &Path) -> Result<Command> {
    std::fs::create_dir_all(out)?;
    let mut command = crate::rustc::command(side, folder);
    command.arg(file).args(["--edition", edition, "--crate-name", "suite"]);
    for (name, Library { file, .. }) in &side.libraries {
        let name = crate::inputs::library_name(file).with_context(|| name.clone())?;
        command.arg("--extern").arg(format!("{name}={}", file.display()));
    }
    Ok(command)
}
