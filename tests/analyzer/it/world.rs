//! A copy of a project, a machine on which nothing runs, and rustc to compare with.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use cell_analyzer_tests::{Analyzer, Host, Package, target, workspace};
use tempfile::TempDir;

/// A folder with projects in it, and with an empty home, run folder and `PATH` beside them.
pub(crate) struct World {
    folder: TempDir,
    /// Where sockets are: their paths must be short.
    run: TempDir,
    pub(crate) host: Host,
}

impl World {
    pub(crate) fn new() -> Result<Self> {
        let parent = target()?.join("analyzer-projects");
        fs::create_dir_all(&parent)?;
        let folder = TempDir::with_prefix_in("world-", parent)?;
        for name in ["home", "path", "tmp", "projects"] {
            fs::create_dir(folder.path().join(name))?;
        }
        Ok(Self { folder, run: TempDir::with_prefix("cell-")?, host: Host::build()? })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn run(&self) -> &Path {
        self.run.path()
    }

    /// The variables of a machine on which nothing runs and nothing is installed.
    pub(crate) fn variables(&self) -> Vec<(&'static str, OsString)> {
        let folder = |name: &str| self.folder.path().join(name).into_os_string();
        vec![
            ("PATH", folder("path")),
            ("HOME", folder("home")),
            ("XDG_RUNTIME_DIR", self.run().as_os_str().to_owned()),
            ("XDG_CACHE_HOME", folder("home")),
            ("TMPDIR", folder("tmp")),
        ]
    }

    pub(crate) fn analyzer(&self) -> Result<Analyzer> {
        Analyzer::start(&self.host.library, &self.variables())
    }

    /// The project of `cell-sdk`, whose examples these are.
    pub(crate) fn sdk(&self) -> Result<Package> {
        let folder = self.copy("cell-sdk")?;
        Ok(Package::new(&folder, "cell-sdk", "example"))
    }

    /// The market, and of its packages the application.
    pub(crate) fn market(&self) -> Result<Package> {
        let folder = self.copy("examples/cell-market")?.join("app");
        fs::create_dir(&folder)?;
        Ok(Package::new(&folder, "cell-market-app", "cell_market_app"))
    }

    /// What is recorded of a project, in a folder of this world.
    fn copy(&self, project: &str) -> Result<PathBuf> {
        let (from, to) = (workspace().join(project), self.path().join("projects").join(project));
        for name in ["cell.toml", "cell.lock"] {
            copy(&from.join(name), &to.join(name))?;
        }
        for file in files(&from.join(".cell"))? {
            copy(&file, &to.join(file.strip_prefix(&from)?))?;
        }
        Ok(to)
    }

    /// What rustc makes of the file: with all macros expanded, as source text.
    pub(crate) fn rustc(&self, source: &str, package: &Package) -> Result<String> {
        let file = self.path().join("example.rs");
        fs::write(&file, source)?;
        let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
            .arg(&file)
            .args(["--edition", "2024", "--crate-type", "lib", "-Zunpretty=expanded"])
            .arg("--extern")
            .arg(format!("cell={}", self.host.cell.display()))
            .arg("-L")
            .arg(format!("dependency={}", self.host.dependencies.display()))
            .envs(package.variables())
            // For the option above: there is no stable way to see what a macro made.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CELL_SERVER", "off")
            .env("HOME", self.path().join("home"))
            .output()
            .context("rustc could not be started")?;
        let complaints = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "rustc does not expand it: {complaints}");
        Ok(String::from_utf8(output.stdout)?)
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().context("a file in a folder")?)?;
    fs::copy(from, to).with_context(|| format!("copying {}", from.display()))?;
    Ok(())
}

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => found.extend(files(&entry.path())?),
            false => found.push(entry.path()),
        }
    }
    found.sort();
    Ok(found)
}
