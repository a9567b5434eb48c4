//! Guest crates to core modules, the same bytes in every checkout.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::{CrateType, Message, Metadata, MetadataCommand};

use crate::TARGET;
use crate::compiler::Compiler;
use crate::error::{Error, Kind, Result};
use crate::kit::{Kit, remap};
use crate::packages::{Guest, Workspace};
use crate::profile;

/// What is passed on to every cargo that is run.
#[derive(Clone, Debug, Default)]
pub struct Switches {
    /// `--locked`
    pub locked: bool,
    /// `--offline`
    pub offline: bool,
    /// `--quiet`
    pub quiet: bool,
    /// `--verbose`
    pub verbose: bool,
    /// `--color`: `auto`, `always` or `never`.
    pub color: Option<String>,
    /// The sources are other people's: nothing is said of lints. And there are many of them, one after
    /// the other with the same target folder, so what several need is compiled once.
    pub foreign: bool,
    /// A program and its arguments that runs cargo where it compiles, with less rights. Cargo is then
    /// told to use no network, so everything has to be there.
    pub runner: Vec<OsString>,
}

/// Settings of a user's machine that would change what is built. Flags for guests belong into
/// `target.wasm32-unknown-unknown.rustflags` of a config file, which cargo joins with ours.
const NOT_PASSED_ON: [&str; 9] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "RUSTC_WORKSPACE_WRAPPER",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_BOOTSTRAP",
    "CELL_TRACE",
];

/// How cargo is run for the target.
pub(crate) struct Cargo<'a> {
    pub(crate) compiler: &'a Compiler,
    pub(crate) switches: &'a Switches,
    pub(crate) wrapper: &'a Path,
    /// The package that a guest's `proc-macro2` is compiled from.
    pub(crate) inside: Option<PathBuf>,
    /// The folder with the `std` that is compiled, if that is not the compiler's.
    pub(crate) library: Option<PathBuf>,
    pub(crate) graph: &'static str,
    pub(crate) rustflags: Vec<String>,
}

impl Cargo<'_> {
    /// A cargo command in `folder` that builds there, whatever the caller's environment says.
    pub(crate) fn command(&self, folder: &Path, subcommand: &str) -> Command {
        let mut command = self.plain(subcommand);
        command.current_dir(folder).env("CARGO_TARGET_DIR", folder.join("target"));
        command
    }

    fn plain(&self, subcommand: &str) -> Command {
        let runner = self.switches.runner.split_first().filter(|_| subcommand == "rustc");
        let mut command = match runner {
            Some((runner, arguments)) => {
                let mut command = Command::new(runner);
                command.args(arguments).arg(&self.compiler.cargo).args([subcommand, "--offline"]);
                command
            }
            None => {
                let mut command = Command::new(&self.compiler.cargo);
                command.arg(subcommand);
                command
            }
        };
        for name in NOT_PASSED_ON {
            command.env_remove(name);
        }
        // Whoever runs us in a build script or a test has variables of another package, and by them the
        // wrapper would take a question about the compiler for a compilation.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["CARGO_PROFILE_", "CARGO_PKG_"].iter().any(|start| text.starts_with(start)) {
                command.env_remove(&name);
            }
        }
        command.env("RUSTC", &self.compiler.rustc).env("CARGO_INCREMENTAL", "0");
        command.env("CELL_GRAPH", self.graph);
        command.env("CELL_INSIDE", self.inside.as_deref().unwrap_or(Path::new("")));
        command.env("CELL_FOREIGN", if self.switches.foreign { "1" } else { "" });
        command.env("CELL_LIBRARY", self.library.as_deref().unwrap_or(Path::new("")));
        if cfg!(unix) {
            command.env("RUSTC_WRAPPER", self.wrapper);
        } else {
            command.env_remove("RUSTC_WRAPPER");
        }
        let flags: Vec<_> = self.rustflags.iter().map(|f| toml::Value::from(f.as_str())).collect();
        let flags = toml::Value::Array(flags);
        command.arg("--config").arg(format!("target.{TARGET}.rustflags={flags}"));
        let Switches { locked: _, offline, quiet, verbose, color, foreign: _, runner: _ } =
            self.switches;
        command.args((*offline && runner.is_none()).then_some("--offline"));
        if subcommand != "metadata" {
            command.args(quiet.then_some("--quiet"));
            command.args(verbose.then_some("--verbose"));
        }
        command.args(color.iter().flat_map(|color| ["--color", color]));
        command
    }

    /// Everything that a manifest's packages depend on for the target; fetches what is missing.
    pub(crate) fn metadata(&self, manifest: &Path) -> Result<Metadata> {
        let mut command = self.plain("metadata");
        command.args(["--format-version", "1", "--filter-platform", TARGET, "--manifest-path"]);
        command.arg(manifest).stdin(Stdio::null()).stderr(Stdio::inherit());
        command.args(self.switches.locked.then_some("--locked"));
        let output = command.output().map_err(|e| Error::io("run", &self.compiler.cargo, e))?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(Error::new(
                Kind::Build,
                format!("cargo cannot resolve the dependencies of `{}`", manifest.display()),
            )
            .help("the reason is above; without a network, run `cargo fetch` for it beforehand"));
        }
        MetadataCommand::parse(text.as_ref()).map_err(|e| {
            Error::new(Kind::Malformed, format!("cannot read what `cargo metadata` says: {e}"))
        })
    }
}

/// Flags that replace the folder of each package by its name and version: a panic in a guest names
/// its place, and that must not be a place on the machine of who built it.
pub(crate) fn remap_packages(metadata: &Metadata) -> Vec<String> {
    let target = (metadata.target_directory.as_std_path(), "target".to_owned());
    let packages = metadata.packages.iter().filter_map(|package| {
        let folder = package.manifest_path.parent()?;
        Some((folder.as_std_path(), format!("{}-{}", package.name, package.version)))
    });
    // The last flag that fits is taken, so folders inside others come later.
    let mut folders: Vec<_> = packages.chain([target]).collect();
    folders.sort();
    folders.iter().map(|(from, to)| remap(from, to)).collect()
}

/// Builds guests and says where their core modules are, by name.
///
/// # Errors
/// If cargo fails (it has said why on stderr) or leaves no module behind.
pub fn build(
    compiler: &Compiler,
    kit: &Kit,
    workspace: &Workspace,
    guests: &[&Guest],
    target_dir: Option<&Path>,
    switches: &Switches,
) -> Result<BTreeMap<String, PathBuf>> {
    let wrapper = kit.wrapper();
    let manifest = workspace.root.join("Cargo.toml");
    let prepared = prepare((compiler, kit, &wrapper), &manifest, target_dir, switches)?;
    let mut modules = BTreeMap::new();
    for guest in guests {
        let mut command = prepared.rustc(&guest.name, target_dir);
        // Guests are also `rlib` for their tests, and cargo optimises across crates only where
        // nothing but the module is made.
        command.args(["--crate-type", "cdylib", "--message-format=json-render-diagnostics"]);
        modules.insert(guest.name.clone(), module(&mut command, guest, compiler)?);
    }
    Ok(modules)
}

/// The root of a package's library as the compiler sees it after it expanded all macros: what is
/// compiled, and what a `macro_rules!` made. `manifest` is that of the package's workspace.
///
/// # Errors
/// If cargo fails; it has said why on stderr.
pub fn expanded(
    compiler: &Compiler,
    kit: &Kit,
    (manifest, package): (&Path, &str),
    features: &[String],
    target_dir: Option<&Path>,
    switches: &Switches,
) -> Result<String> {
    let wrapper = kit.wrapper();
    let prepared = prepare((compiler, kit, &wrapper), manifest, target_dir, switches)?;
    let mut command = prepared.rustc(package, target_dir);
    command.args(["--no-default-features", "--features"]).arg(features.join(","));
    // As the component will be made, so that what both need is compiled once.
    command.args(["--crate-type", "cdylib"]);
    // The wrapper lets this one call of the compiler print what it keeps to itself.
    command.args(["--", "-Zunpretty=expanded"]);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| Error::io("run", &compiler.cargo, e))?;
    if !output.status.success() {
        return Err(Error::new(Kind::Build, format!("`{package}` could not be built"))
            .note(format!("built with {}, {}", compiler.id(), compiler.origin)));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| Error::new(Kind::Malformed, "the compiler printed what is no text"))
}

/// cargo, ready to build packages of one workspace.
struct Prepared<'a> {
    cargo: Cargo<'a>,
    manifest: PathBuf,
    settings: Vec<String>,
}

fn prepare<'a>(
    (compiler, kit, wrapper): (&'a Compiler, &Kit, &'a Path),
    manifest: &Path,
    target_dir: Option<&Path>,
    switches: &'a Switches,
) -> Result<Prepared<'a>> {
    let rustflags = kit.rustflags(compiler);
    let (inside, library, graph) = (None, None, "guest");
    let mut cargo = Cargo { compiler, switches, wrapper, inside, library, graph, rustflags };
    let metadata = cargo.metadata(manifest)?;
    // Flags that name the folders of one graph would make cargo compile everything again for the next.
    if !(switches.foreign && cfg!(unix)) {
        cargo.rustflags.extend(remap_packages(&metadata));
    }
    cargo.inside = kit.inside(&metadata)?;
    if let Some(inside) = &cargo.inside {
        // Also a flag of its own, so that cargo compiles again when this is another folder.
        let name = inside.file_name().unwrap_or_default().to_string_lossy();
        cargo.rustflags.push(remap(inside, &name));
    }
    if let Some(target_dir) = target_dir {
        let absolute =
            std::path::absolute(target_dir).map_err(|e| Error::io("find", target_dir, e))?;
        cargo.rustflags.push(remap(&absolute, "target"));
    }
    let text = std::fs::read_to_string(manifest).map_err(|e| Error::io("read", manifest, e))?;
    Ok(Prepared { cargo, manifest: manifest.to_owned(), settings: profile::settings(&text) })
}

impl Prepared<'_> {
    /// `cargo rustc` for the library of one package.
    fn rustc(&self, package: &str, target_dir: Option<&Path>) -> Command {
        let mut command = self.cargo.plain("rustc");
        command.args(["--release", "--lib", "--target", TARGET, "--manifest-path"]);
        command.arg(&self.manifest).args(["--package", package]);
        command.args(self.settings.iter().flat_map(|setting| ["--config", setting]));
        command.args(self.cargo.switches.locked.then_some("--locked"));
        if let Some(target_dir) = target_dir {
            command.args([OsString::from("--target-dir"), target_dir.into()]);
        }
        command
    }
}

/// Runs cargo and finds what it says it made.
fn module(command: &mut Command, guest: &Guest, compiler: &Compiler) -> Result<PathBuf> {
    let run = |e| Error::io("run", &compiler.cargo, e);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(run)?;
    let mut module = None;
    if let Some(stdout) = child.stdout.take() {
        for message in Message::parse_stream(BufReader::new(stdout)).flatten() {
            let Message::CompilerArtifact(artifact) = message else { continue };
            if artifact.manifest_path == guest.manifest.as_path()
                && artifact.target.crate_types.contains(&CrateType::CDyLib)
            {
                let made = artifact.filenames.iter().find(|file| file.extension() == Some("wasm"));
                module = made.map(|file| file.clone().into_std_path_buf()).or(module);
            }
        }
    }
    if !child.wait().map_err(run)?.success() {
        return Err(Error::new(Kind::Build, format!("`{}` could not be built", guest.name))
            .note(format!("built with {}, {}", compiler.id(), compiler.origin)));
    }
    module.ok_or_else(|| {
        Error::new(Kind::Build, format!("cargo built no module of `{}`", guest.name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_folders_are_renamed_after_the_outer_ones() {
        let package = |name: &str, folder: &str| {
            format!(
                r#"{{"name":"{name}","version":"1.0.0","id":"{name} 1.0.0","dependencies":[],
                "targets":[],"features":{{}},"manifest_path":"{folder}/Cargo.toml"}}"#
            )
        };
        let text = format!(
            r#"{{"packages":[{},{}],"workspace_members":[],"resolve":null,"workspace_root":"/w",
            "target_directory":"/w/outer/target","version":1}}"#,
            package("inner", "/w/outer/inner"),
            package("outer", "/w/outer"),
        );
        let flags = remap_packages(&MetadataCommand::parse(text).unwrap());
        let expected =
            ["/w/outer=outer-1.0.0", "/w/outer/inner=inner-1.0.0", "/w/outer/target=target"];
        assert_eq!(flags, expected.map(|flag| format!("--remap-path-prefix={flag}")));
    }
}
