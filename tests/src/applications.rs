//! Applications that other people published, with many proc-macro crates in their graph, to run those
//! crates sandboxed. Names, versions and checksums stand here, their sources nowhere: cargo fetches the
//! packages, which bring their `Cargo.lock` and their tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use macro_bridge::digest::Digest;

/// A package of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// SHA-256 of the package, as the registry has it.
    pub checksum: &'static str,
    /// The root of its library, or of its program if it has none.
    pub root: &'static str,
    /// What macro crates are granted to read, each below the folder of the package that uses it.
    pub files: &'static [(&'static str, &'static [&'static str])],
}

/// A program and library that makes books: serde, clap, tokio, and what else a web server needs.
pub const MDBOOK: Application = Application {
    name: "mdbook",
    version: "0.4.52",
    checksum: "93c284d2855916af7c5919cf9ad897cfc77d3c2db6f55429c7cfb769182030ec",
    root: "src/lib.rs",
    // handlebars derives its parser from it.
    files: &[("pest_derive", &["src/grammar.pest"])],
};

/// A web server for files: actix, rustls, strum, maud, and rstest in its tests.
pub const MINISERVE: Application = Application {
    name: "miniserve",
    version: "0.32.0",
    checksum: "c8d246952fc9cb8f63ed4de070fa5a2713e48c25320b618294eb6c4935085e26",
    root: "src/main.rs",
    // Its style sheets, which become one text each; and which name it has given to rstest.
    files: &[
        (
            "include_sass",
            &[
                "data/style.scss",
                "data/themes/archlinux.scss",
                "data/themes/monokai.scss",
                "data/themes/squirrel.scss",
                "data/themes/zenburn.scss",
            ],
        ),
        ("rstest_macros", &["Cargo.toml"]),
    ],
};

/// All of them.
pub const ALL: [Application; 2] = [MDBOOK, MINISERVE];

impl Application {
    /// Puts its files into a folder that is not there yet, as a workspace of its own.
    ///
    /// # Errors
    /// If the package cannot be fetched, is not the one that is meant, or cannot be unpacked.
    pub fn unpack(&self, to: &Path) -> Result<()> {
        let package = self.package()?;
        fs::create_dir_all(to)?;
        let mut tar = Command::new("tar");
        tar.arg("-xzf").arg(&package).arg("-C").arg(to).args(["--strip-components", "1"]);
        ensure!(tar.status().context("no tar")?.success(), "cannot unpack {}", package.display());
        let manifest = to.join("Cargo.toml");
        let text = fs::read_to_string(&manifest)?;
        // Else cargo would look for one in the folders above.
        Ok(fs::write(&manifest, own_workspace(&text))?)
    }

    /// Writes into its `cell.toml` what macro crates may read. `cell lock` is to follow.
    ///
    /// # Errors
    /// If a crate has no table there.
    pub fn grant(&self, root: &Path) -> Result<()> {
        let file = root.join("cell.toml");
        let mut text = fs::read_to_string(&file)?;
        for (name, files) in self.files {
            let head = format!("[sandbox.{name}]\n");
            ensure!(text.contains(&head), "{} says nothing of {name}", file.display());
            text = text.replacen(&head, &format!("{head}grants = {{ files = {files:?} }}\n"), 1);
        }
        Ok(fs::write(&file, text)?)
    }

    /// The file of the package.
    fn package(&self) -> Result<PathBuf> {
        if let Some(found) = self.cached()? {
            return Ok(found);
        }
        let Self { name, version, .. } = self;
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["info", "--quiet"]).arg(format!("{name}@{version}"));
        // Not in a workspace, which might have one of this name.
        let output = cargo.current_dir(std::env::temp_dir()).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{name} {version} cannot be fetched: {said}");
        self.cached()?.with_context(|| format!("cargo left no package of {name} {version}"))
    }

    /// The package, if cargo has it.
    fn cached(&self) -> Result<Option<PathBuf>> {
        let Self { name, version, checksum, .. } = self;
        let registries = cargo_home()?.join("registry/cache");
        for registry in fs::read_dir(registries).into_iter().flatten().flatten() {
            let file = registry.path().join(format!("{name}-{version}.crate"));
            let Ok(bytes) = fs::read(&file) else { continue };
            if Digest::of(&bytes).to_string() != *checksum {
                bail!("{} is another package: its SHA-256 is not {checksum}", file.display());
            }
            return Ok(Some(file));
        }
        Ok(None)
    }
}

fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = std::env::var_os("CARGO_HOME") {
        return Ok(home.into());
    }
    Ok(std::env::home_dir().context("no home folder")?.join(".cargo"))
}

fn own_workspace(manifest: &str) -> String {
    let has = manifest.lines().any(|line| line.trim() == "[workspace]");
    if has { manifest.to_owned() } else { format!("{manifest}\n[workspace]\n") }
}
