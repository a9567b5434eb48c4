//! `cargo check` as the engine's front end: rustc runs the macros' host, and leaves in a folder what
//! was expanded, where, and what was missing.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{Metadata, MetadataCommand};
use macro_bridge::project::find_root;
use tempfile::TempDir;

use crate::arguments::{Global, Selection};
use crate::project;
use crate::shell::Shell;

/// A check of one project in a target directory of its own.
pub(crate) struct TracedCheck {
    folder: TempDir,
    manifest: PathBuf,
    target: PathBuf,
    /// Packages whose macros are this project's.
    own: Vec<String>,
    selection: Selection,
    switches: Vec<&'static str>,
    color: &'static str,
}

/// How a run of cargo ended.
pub(crate) struct Run {
    pub(crate) success: bool,
    /// All that it said.
    pub(crate) output: String,
}

impl TracedCheck {
    pub(crate) fn new(
        root: &Path,
        selection: &Selection,
        global: &Global,
        shell: &Shell,
    ) -> Result<Self> {
        let manifest = manifest(root, global)?;
        let mut switches = Vec::new();
        switches.extend(global.locked.then_some("--locked"));
        switches.extend(global.offline.then_some("--offline"));
        let mut command = MetadataCommand::new();
        command.manifest_path(&manifest);
        command.other_options(switches.iter().map(ToString::to_string).collect::<Vec<_>>());
        let metadata = command.exec().map_err(|error| match error {
            cargo_metadata::Error::CargoMetadata { stderr } => {
                anyhow::anyhow!("{}", cargo_words(&stderr))
            }
            other => other.into(),
        })?;
        let target = metadata.target_directory.as_std_path().join("cell");
        fs::create_dir_all(&target)
            .with_context(|| format!("cannot make the folder `{}`", target.display()))?;
        let folder = tempfile::Builder::new().prefix("trace-").tempdir_in(&target)?;
        let own = own_packages(&metadata, root);
        if own.is_empty() {
            bail!(
                "no package of `{}` belongs to `{}`\n\
                 help: name the manifest to compile with `--manifest-path`",
                manifest.display(),
                root.join("cell.toml").display()
            );
        }
        let (selection, color) = (selection.clone(), shell.color_word());
        Ok(Self { folder, manifest, target, own, selection, switches, color })
    }

    /// Where rustc leaves what it did.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Makes cargo compile the project's packages again: those that are up to date run no macros
    /// and would not say what they use.
    pub(crate) fn forget(&self) -> Result<()> {
        let mut command = self.cargo("clean");
        command.arg("--quiet");
        for package in &self.own {
            command.args(["--package", package]);
        }
        let output = command.output().context("cannot run cargo")?;
        if !output.status.success() {
            bail!("{}", cargo_words(&String::from_utf8_lossy(&output.stderr)));
        }
        Ok(())
    }

    /// Compiles as much as can be compiled. `say` is told what cargo is at.
    pub(crate) fn run(&self, say: &dyn Fn(&str)) -> Result<Run> {
        let Selection { packages, lib, bins, features, all_features, no_default_features, .. } =
            &self.selection;
        let mut command = self.cargo("check");
        command.args(["--keep-going", "--color", self.color]);
        if packages.is_empty() {
            command.arg("--workspace");
        }
        for (switch, names) in [("--package", packages), ("--bin", bins), ("--features", features)]
        {
            command.args(names.iter().flat_map(|name| [switch, name]));
        }
        command.args(lib.then_some("--lib"));
        command.args((!lib && bins.is_empty()).then_some("--all-targets"));
        command.args(all_features.then_some("--all-features"));
        command.args(no_default_features.then_some("--no-default-features"));
        command.env("CELL_TRACE", self.folder()).env("CELL_TRACE_REQUESTS", "1");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run cargo")?;
        let mut output = Vec::new();
        if let Some(stderr) = child.stderr.take() {
            let mut stderr = BufReader::new(stderr.take(64 << 20));
            loop {
                let start = output.len();
                if stderr.read_until(b'\n', &mut output)? == 0 {
                    break;
                }
                let line = anstream::adapter::strip_str(&String::from_utf8_lossy(&output[start..]))
                    .to_string();
                if let Some((verb @ ("Checking" | "Compiling" | "Downloading"), what)) =
                    line.trim().split_once(' ')
                {
                    say(&format!("{} {}", verb.to_lowercase(), what.trim()));
                }
            }
        }
        let success = child.wait()?.success();
        Ok(Run { success, output: String::from_utf8_lossy(&output).into_owned() })
    }

    fn cargo(&self, subcommand: &str) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.arg(subcommand).arg("--manifest-path").arg(&self.manifest);
        command.arg("--target-dir").arg(&self.target).args(&self.switches);
        if let Some(target) = &self.selection.target {
            command.args(["--target", target]);
        }
        command
    }
}

/// The manifest to compile: the one that was named, that beside `cell.toml`, or the one from here
/// upwards, as cargo would take it.
pub(crate) fn manifest(root: &Path, global: &Global) -> Result<PathBuf> {
    let named = global.manifest_path.as_deref().filter(|p| p.ends_with("Cargo.toml"));
    if let Some(named) = named {
        return Ok(std::path::absolute(named)?);
    }
    let beside = root.join("Cargo.toml");
    if beside.is_file() {
        return Ok(beside);
    }
    let start = project::start(global)?;
    let above = start.ancestors().map(|folder| folder.join("Cargo.toml")).find(|p| p.is_file());
    above.with_context(|| {
        format!(
            "there is no `Cargo.toml` beside `{}` and none from `{}` upwards\n\
             help: name the one to compile with `--manifest-path`",
            root.join("cell.toml").display(),
            start.display()
        )
    })
}

/// Packages on this machine that are in the project of `root`.
fn own_packages(metadata: &Metadata, root: &Path) -> Vec<String> {
    let own = metadata.packages.iter().filter(|package| {
        let folder = package.manifest_path.parent();
        package.source.is_none()
            && folder.is_some_and(|f| find_root(f.as_std_path()).as_deref() == Some(root))
    });
    own.map(|package| package.id.repr.clone()).collect()
}

/// What cargo said, without its own `error:`, since we put one before.
fn cargo_words(stderr: &str) -> String {
    let text = stderr.trim();
    let at = text.find("error: ").map_or(0, |at| at + "error: ".len());
    text[at..].to_owned()
}
