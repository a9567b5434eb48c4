//! Support for tests that drive rustc: a project in a temporary folder, and rustc on a source file
//! in it with the environment that cargo would give it.
#![forbid(unsafe_code)]

pub mod applications;
pub mod bridge;
mod progress;
pub mod random;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, ensure};
use macro_bridge::lock::Lock;
use macro_bridge::project::manifest_digest;

pub use progress::Progress;

/// A project with its own folder.
pub struct Fixture {
    folder: PathBuf,
    /// Proc-macro libraries by crate name.
    libraries: BTreeMap<String, PathBuf>,
}

impl Fixture {
    /// A project with this lock, made to fit an empty `cell.toml`.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn with_lock(mut lock: Lock) -> Result<Self> {
        let folder = folder()?;
        lock.manifest = manifest_digest("");
        fs::write(folder.join("cell.toml"), "")?;
        fs::write(folder.join("cell.lock"), lock.to_string())?;
        Ok(Self { folder, libraries: BTreeMap::new() })
    }

    /// Makes a proc-macro library known to rustc as `name`.
    #[must_use]
    pub fn library(mut self, name: &str, path: impl Into<PathBuf>) -> Self {
        self.libraries.insert(name.to_owned(), path.into());
        self
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.folder
    }

    /// Runs rustc on `source` once; what it makes is in the folder `out`.
    ///
    /// # Errors
    /// If rustc cannot be started.
    pub fn rustc(&self, source: &str, arguments: &[&str]) -> Result<Output> {
        let mut command = self.command("RUSTC", "rustc", source)?;
        command.args(["-Cdebuginfo=0", "--out-dir", "out"]).args(arguments);
        command.output().context("rustc could not be started")
    }

    /// Runs the tests in the documentation of `source`.
    ///
    /// # Errors
    /// If rustdoc cannot be started.
    pub fn doctests(&self, source: &str) -> Result<Output> {
        let mut command = self.command("RUSTDOC", "rustdoc", source)?;
        command.args(["--test", "--crate-type", "lib"]);
        command.output().context("rustdoc could not be started")
    }

    /// A tool on `source` in `main.rs`, with the environment that cargo would give it. `variable` may
    /// say where it is.
    fn command(&self, variable: &str, tool: &str, source: &str) -> Result<Command> {
        fs::write(self.root().join("main.rs"), source)?;
        let mut command = Command::new(std::env::var_os(variable).unwrap_or_else(|| tool.into()));
        command
            .current_dir(self.root())
            .args(["main.rs", "--edition", "2021"])
            .env("CARGO_MANIFEST_DIR", self.root())
            .env("CARGO_PKG_NAME", "fixture")
            .env("CARGO_CRATE_NAME", "fixture")
            .env_remove("CELL_TRACE");
        for (name, path) in &self.libraries {
            ensure!(path.exists(), "there is no proc-macro library {name} at {}", path.display());
            command.arg("--extern").arg(format!("{name}={}", path.display()));
        }
        Ok(command)
    }
}

/// What a command printed on standard error.
#[must_use]
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The workspace's folder.
#[must_use]
pub fn workspace() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}

/// A folder that no other fixture has, in the target folder.
fn folder() -> Result<PathBuf> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = target()?.join(format!("fixture-projects/{}-{number}", std::process::id()));
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Fixtures are removed when they are done with; those of a test that was killed stay until
/// `cargo clean`.
impl Drop for Fixture {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Cargo's target folder: a test is `<target>/debug/deps/<name>`.
///
/// # Errors
/// If this program does not know where it is.
pub fn target() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    test.ancestors().nth(3).map(PathBuf::from).context("this test is not in a target folder")
}

/// Builds a proc-macro package that is a workspace of its own; returns its library.
///
/// # Errors
/// If cargo fails, or makes no library.
pub fn proc_macro_library(folder: &Path, name: &str) -> Result<PathBuf> {
    let target = target()?.join("fixtures");
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--locked", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .status()?;
    ensure!(status.success(), "{} does not build", folder.display());
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let library = target.join(format!("debug/{prefix}{name}{suffix}"));
    ensure!(library.exists(), "{} makes no library", folder.display());
    Ok(library)
}
