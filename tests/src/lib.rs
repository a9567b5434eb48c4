//! Support for tests that drive rustc: a project in a temporary folder, rustc on a source file in
//! it, and the command line's loop of expanding what is missing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, bail, ensure};
use macro_runtime::bridge::digest::Digest;
use macro_runtime::bridge::failure::Failure;
use macro_runtime::bridge::project::Project;

pub mod components;
pub mod engine;

/// A project with its own folder.
pub struct Fixture {
    folder: tempfile::TempDir,
    /// Proc-macro libraries by crate name.
    libraries: BTreeMap<String, PathBuf>,
}

impl Fixture {
    /// A project whose `cell.toml` is `manifest`; each `path` in it must name a component.
    ///
    /// # Errors
    /// If the folder cannot be written or a component cannot be described.
    pub fn new(manifest: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("cell.toml"), manifest)?;
        let fixture = Self { folder, libraries: BTreeMap::new() };
        fixture.lock()?;
        Ok(fixture)
    }

    /// Runs `cell lock`.
    ///
    /// # Errors
    /// If the command fails.
    pub fn lock(&self) -> Result<()> {
        let output = Command::new(components::cell())
            .args(["lock", "-q", "--manifest-path"])
            .arg(self.root().join("cell.toml"))
            .output()
            .context("the `cell` command is not built: run the tests with `cargo xtask test`")?;
        ensure!(output.status.success(), "cell lock: {}", stderr(&output));
        Ok(())
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
        self.folder.path()
    }

    /// Runs rustc on `source` once, with the environment that cargo would give it.
    ///
    /// # Errors
    /// If rustc cannot be started.
    pub fn rustc(&self, source: &str, arguments: &[&str], env: &[(&str, &str)]) -> Result<Output> {
        let file = self.root().join("main.rs");
        fs::write(&file, source)?;
        let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        command
            .current_dir(self.root())
            .arg("main.rs")
            .args(["--edition", "2021", "-Cdebuginfo=0", "--out-dir", "out"])
            .args(arguments)
            .env("CARGO_MANIFEST_DIR", self.root())
            .env("CARGO_PKG_NAME", "fixture")
            .env("CARGO_CRATE_NAME", "fixture")
            .env_remove("CELL_TRACE")
            .envs(env.iter().copied());
        for (name, path) in &self.libraries {
            ensure!(path.exists(), "there is no proc-macro library {name} at {}", path.display());
            command.arg("--extern").arg(format!("{name}={}", path.display()));
        }
        command.output().context("rustc could not be started")
    }

    /// Runs rustc until nothing is missing, as `cell vendor` does, and returns the last run's
    /// output. Failures of macros are not errors here: they are returned.
    ///
    /// # Errors
    /// If rustc cannot be started or a file cannot be read or written.
    pub fn compile(
        &self,
        source: &str,
        arguments: &[&str],
        engine: &engine::Engine,
    ) -> Result<(Output, Vec<(Digest, Failure)>)> {
        let trace = self.root().join("trace");
        let trace_text = trace.to_str().context("the temporary folder is not text")?;
        let mut failures = Vec::new();
        for _ in 0..32 {
            let _ = fs::remove_dir_all(&trace);
            let output = self.rustc(source, arguments, &[("CELL_TRACE", trace_text)])?;
            let project = Project::load(self.root())?;
            let (made, failed) = engine.expand_missing(&project, &trace.join("miss"))?;
            failures = failed;
            if made == 0 {
                return Ok((output, failures));
            }
        }
        bail!("still missing after 32 rounds: {failures:?}")
    }
}

/// What a command printed on standard error.
#[must_use]
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
