//! A set of crates built twice: as proc-macros, and as components behind `cell sandbox`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use cargo_metadata::{Message, MetadataCommand, PackageId};
use macro_bridge::digest::Digest;
use macro_bridge::project::Project;
use macro_bridge::request::MacroKind;

use crate::crates::Set;
use crate::scratch;

/// A crate that rustc can use.
#[derive(Clone, Debug)]
pub(crate) struct Library {
    pub(crate) version: String,
    pub(crate) edition: String,
    /// The folder of its package.
    pub(crate) folder: PathBuf,
    /// What the compiler made of it.
    pub(crate) file: PathBuf,
}

/// One of both builds.
pub(crate) struct Side {
    pub(crate) folder: PathBuf,
    /// Where both are built: what neither replaces is compiled once.
    pub(crate) target: PathBuf,
    /// What the workspace depends on, by package.
    pub(crate) libraries: BTreeMap<String, Library>,
}

/// How a crate became a component.
#[derive(Clone, Debug, Default)]
pub(crate) struct Made {
    pub(crate) macros: Vec<(String, MacroKind)>,
    /// Bytes of the component.
    pub(crate) size: u64,
    /// Seconds that `cell sandbox add` took for it; nothing if it was there from before.
    pub(crate) seconds: String,
}

/// Both.
pub(crate) struct Workspace {
    pub(crate) native: Side,
    pub(crate) sandboxed: Side,
    pub(crate) made: BTreeMap<String, Made>,
    /// What `cell sandbox add` said of crates that it could not build.
    pub(crate) failed: BTreeMap<String, String>,
}

impl Workspace {
    /// Builds what changed. Tests do so one after the other.
    pub(crate) fn build(set: Set) -> Result<Self> {
        static ONE: Mutex<()> = Mutex::new(());
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = scratch::folder()?.join(set.name);
        let native = folder.join("native");
        copy(set, &native)?;
        let native = Side::build(native)?;
        let sandboxed = folder.join("sandboxed");
        let mut said = add(set, &sandboxed)?;
        let project = Project::load(&sandboxed)?;
        let sandboxed = Side::build(sandboxed)?;
        let mut made = BTreeMap::new();
        let mut failed = BTreeMap::new();
        for one in set.crates {
            let Some(cell) = project.lock.cells.get(one.name) else {
                let reason = said.failed.remove(one.name);
                failed.insert(one.name.to_owned(), reason.context("a crate is not sandboxed")?);
                continue;
            };
            let component = format!(".cell/sandbox/{}/component.wasm", one.name);
            let macros = cell.macros.iter().map(|(name, it)| (name.clone(), it.kind)).collect();
            let size = fs::metadata(sandboxed.folder.join(component))?.len();
            let seconds = said.seconds.remove(one.name).unwrap_or_default();
            made.insert(one.name.to_owned(), Made { macros, size, seconds });
        }
        Ok(Self { native, sandboxed, made, failed })
    }
}

/// Puts the workspace there.
fn copy(set: Set, to: &Path) -> Result<()> {
    for file in ["Cargo.toml", "Cargo.lock", "lib.rs"] {
        let from = scratch::template().join(set.name).join(file);
        scratch::write(&to.join(file), fs::read(&from)?)?;
    }
    Ok(())
}

/// What a command said of each crate.
#[derive(Default)]
struct Said {
    seconds: BTreeMap<String, String>,
    failed: BTreeMap<String, String>,
}

impl Said {
    /// `Built serde_derive 1.0.229: 2 macros, 691 KiB, in 10.6s`
    fn parse(text: &str) -> Self {
        let mut said = Self::default();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let (verb, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            if verb == "Built" {
                let seconds = words.next_back().unwrap_or_default().trim_end_matches('s');
                said.seconds.insert(name.to_owned(), seconds.to_owned());
            } else if let Some((_, reason)) =
                line.split_once(" cannot be built for the sandbox: ").filter(|_| verb == "Native")
            {
                said.failed.insert(name.to_owned(), reason.to_owned());
            }
        }
        said
    }
}

/// Runs `cell sandbox add` in a new copy, unless everything that it depends on is as it was.
fn add(set: Set, folder: &Path) -> Result<Said> {
    let (stamp, record) = (folder.join("target/stamp"), folder.join("target/said"));
    let wanted = inputs(set)?;
    // For work on the comparison itself.
    let kept = std::env::var_os("CELL_SANDBOXED_KEEP").is_some();
    let same = kept || fs::read_to_string(&stamp).is_ok_and(|there| there == wanted);
    if !same || !folder.join("cell.lock").is_file() {
        for file in ["cell.toml", "cell.lock", "Cargo.toml", "Cargo.lock"] {
            let _ = fs::remove_file(folder.join(file));
        }
        let _ = fs::remove_dir_all(folder.join(".cell"));
        copy(set, folder)?;
        let sdk = scratch::repository().join("cell-sdk");
        let mut cell = Command::new(env!("CARGO_BIN_EXE_cell"));
        cell.args(["sandbox", "add", "--all", "--yes", "--color", "never", "--sdk-path"]);
        // In the home of who runs the tests, where the standard library for components may be already.
        let said = run(cell.arg(sdk).current_dir(folder))?;
        allow_everything(folder)?;
        scratch::write(&record, said)?;
        scratch::write(&stamp, wanted)?;
    }
    Ok(Said::parse(&fs::read_to_string(record)?))
}

/// What some ask for beside `CARGO_PKG_*`.
const VARIABLES: [&str; 1] = ["WASMTIME_DEBUG_BINDGEN"];
const FILES: [&str; 3] = ["Cargo.toml", "Cargo.toml.orig", "file.js"];

/// What macros may emit and see is not what is compared: `async_trait` hands an `unsafe fn` back in a new
/// trait, and `wasm_bindgen` wants to know where the package is.
fn allow_everything(folder: &Path) -> Result<()> {
    let text = fs::read_to_string(folder.join("cell.toml"))?;
    let words = macro_bridge::policy::all_words().map(|word| format!("\"{word}\""));
    let all = format!("output = {{ allow = [{}] }}", words.collect::<Vec<_>>().join(", "));
    // Unoptimised, some need several times what they need as users have them.
    let all = format!(
        "{all}\nlimits = {{ fuel = 50_000_000_000 }}\ngrants = {{ env = {VARIABLES:?}, files = {FILES:?} }}"
    );
    let mut out = String::new();
    for line in text.lines().filter(|line| !line.starts_with("output = ")) {
        out.push_str(&format!("{line}\n"));
        if line.starts_with("[sandbox.") {
            out.push_str(&format!("{all}\n"));
        }
    }
    fs::write(folder.join("cell.toml"), out)?;
    let mut cell = Command::new(env!("CARGO_BIN_EXE_cell"));
    cell.env("CELL_HOME", folder.with_file_name("home"));
    run(cell.arg("lock").current_dir(folder)).map(drop)
}

/// A digest of all files that components and what stands in for crates are made of.
fn inputs(set: Set) -> Result<String> {
    let repository = scratch::repository();
    let mut files = Vec::new();
    for folder in ["macro-guest-sdk", "cell-sandbox/src", "guest-toolchain/src"] {
        files.extend(scratch::sources(&repository.join(folder)));
    }
    let template = scratch::template().join(set.name);
    files.extend(["Cargo.toml", "Cargo.lock"].map(|name| template.join(name)));
    let mut all = Vec::new();
    for file in files {
        all.extend(fs::read(file).unwrap_or_default());
    }
    Ok(Digest::of(&all).to_string())
}

impl Side {
    fn build(folder: PathBuf) -> Result<Self> {
        let manifest = folder.join("Cargo.toml");
        let mut cargo = cargo();
        cargo.args(["build", "--message-format", "json-render-diagnostics", "--manifest-path"]);
        let target = folder.with_file_name("target");
        cargo.arg(&manifest).env("CARGO_TARGET_DIR", &target);
        let output = cargo.output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {said}", folder.display());
        let mut files: BTreeMap<PackageId, PathBuf> = BTreeMap::new();
        for message in Message::parse_stream(output.stdout.as_slice()) {
            if let Message::CompilerArtifact(it) = message?
                && !it.target.is_custom_build()
                && let Some(file) =
                    it.filenames.iter().find(|file| !file.as_str().ends_with(".rmeta"))
            {
                files.insert(it.package_id, file.clone().into());
            }
        }
        let metadata = MetadataCommand::new().manifest_path(&manifest).exec()?;
        let resolve = metadata.resolve.as_ref().context("no graph")?;
        let root = resolve.root.as_ref().context("no root")?;
        let root = resolve.nodes.iter().find(|node| node.id == *root).context("no root")?;
        let mut libraries = BTreeMap::new();
        for dependency in &root.deps {
            let package = &metadata[&dependency.pkg];
            // Only a package that has a library of Rust is one.
            let Some(file) = files.get(&dependency.pkg) else { continue };
            let library = Library {
                version: package.version.to_string(),
                edition: package.edition.to_string(),
                folder: package.manifest_path.parent().context("no folder")?.into(),
                file: file.clone(),
            };
            libraries.insert(package.name.to_string(), library);
        }
        Ok(Self { folder, target, libraries })
    }
}

/// The folders of crates whose tests and documentation are inputs, by name.
pub(crate) fn facades() -> Result<BTreeMap<String, (PathBuf, String)>> {
    let metadata = MetadataCommand::new()
        .manifest_path(scratch::template().join("sources/Cargo.toml"))
        .other_options(["--locked".to_owned()])
        .exec()
        .context("the public crates cannot be fetched")?;
    let folders = metadata.packages.into_iter().filter_map(|package| {
        let folder = package.manifest_path.parent()?.to_owned().into_std_path_buf();
        Some((package.name.to_string(), (folder, package.edition.to_string())))
    });
    Ok(folders.collect())
}

pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{command:?} failed:\n{said}");
    Ok(said)
}
