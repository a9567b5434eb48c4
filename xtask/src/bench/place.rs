//! `benches/macros` built for one host, and the rustc that it measures in.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::measure::said;
use super::{fixture, folder, target};
use crate::step;

/// How proc-macros are built. Name, cargo's profile, its folder in a target folder.
pub(super) struct Host {
    pub(super) name: &'static str,
    pub(super) profile: &'static str,
    built: &'static str,
}

/// All that are measured.
pub(super) const HOSTS: [Host; 3] = [
    Host { name: "optimised", profile: "optimised", built: "optimised" },
    Host { name: "README's lines", profile: "documented", built: "documented" },
    Host { name: "unoptimised", profile: "dev", built: "debug" },
];

/// The host with this profile.
pub(super) fn host(profile: &str) -> Result<&'static Host> {
    HOSTS.iter().find(|host| host.profile == profile).context("there is no such profile")
}

/// One host, and the folders it works in.
pub(super) struct Place {
    pub(super) folder: PathBuf,
    library: PathBuf,
}

impl Place {
    /// Builds the macros, and makes empty projects for them in a folder of `part`.
    pub(super) fn prepare(part: &str, host: &Host) -> Result<Self> {
        let target = target()?;
        let manifest = step::root().join("benches/Cargo.toml").display().to_string();
        let words =
            ["build", "--locked", "--package", "bench-macros", "--manifest-path", &manifest];
        let mut command = step::cargo(&words);
        command.args(["--profile", host.profile]).arg("--target-dir").arg(&target);
        step::run(&mut command)?;
        let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        let library = target.join(host.built).join(format!("{prefix}bench_macros{suffix}"));
        ensure!(library.is_file(), "there is no {}", library.display());
        let folder = folder()?.join(part).join(host.profile);
        let _ = fs::remove_dir_all(&folder);
        fixture::project(&folder.join("fresh"))?;
        fixture::project(&folder.join("records"))?;
        Ok(Self { folder, library })
    }

    /// rustc on structs of these sizes; `recorded` says in which project.
    pub(super) fn rustc(&self, sizes: &[usize], recorded: bool) -> Result<Command> {
        let source = self.folder.join("main.rs");
        let structs = sizes.iter().map(|size| fixture::structure("bench_macros::Measure", *size));
        fs::write(&source, structs.collect::<String>())?;
        let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        command
            .current_dir(&self.folder)
            .args(["main.rs", "--edition", "2021", "--crate-type", "lib", "--emit", "metadata"])
            .args(["--out-dir", "out", "--extern"])
            .arg(format!("bench_macros={}", self.library.display()))
            .env("CARGO_MANIFEST_DIR", self.folder.join(if recorded { "records" } else { "fresh" }))
            .env("CARGO_PKG_NAME", "measured")
            .env("CARGO_CRATE_NAME", "measured")
            .env("CELL_HOME", self.folder.join("home"))
            .env("CRITERION_HOME", self.folder.join("criterion"))
            .env("CELL_BENCH_RECORDS", self.folder.join("records"))
            .env_remove("CELL_TRACE")
            .env_remove("CELL_SERVER")
            .env_remove("MALLOC_CONF");
        Ok(command)
    }

    /// Nanoseconds of the first expansion of a rustc, on a struct of `fields` fields: those that
    /// passed, and those of processor time.
    pub(super) fn first(command: &mut Command, way: &str, fields: usize) -> Result<(f64, f64)> {
        let text = said(command.env("CELL_BENCH", "first").env("CELL_BENCH_WAY", way))?;
        let expected = format!("{way}/Fields{fields} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&expected));
        let line = line.with_context(|| format!("no time in `{text}`"))?;
        let (wall, processor) = line.split_once(' ').context("one time where two should be")?;
        Ok((wall.parse()?, processor.trim().parse()?))
    }
}
