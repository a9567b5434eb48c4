//! The compiler that is active here, what comes with it, and what is built with it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::server::Variables;

/// rust-analyzer's proc-macro server of the active toolchain.
///
/// # Errors
/// If there is none.
pub fn proc_macro_server() -> Result<PathBuf> {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&compiler)
        .args(["--print", "sysroot"])
        .output()
        .with_context(|| format!("{} could not be started", compiler.display()))?;
    ensure!(output.status.success(), "{} does not say where it is", compiler.display());
    let sysroot = PathBuf::from(String::from_utf8(output.stdout)?.trim());
    let name = format!("rust-analyzer-proc-macro-srv{}", std::env::consts::EXE_SUFFIX);
    let server = sysroot.join("libexec").join(name);
    ensure!(
        server.is_file(),
        "this toolchain has no proc-macro server for rust-analyzer: there is no {}\n\
         help: it is in the component `rustc` of rustup's toolchains; run these tests with one of those",
        server.display()
    );
    Ok(server)
}

/// The thin host, built as an application that depends on Cell builds it.
#[derive(Clone, Debug)]
pub struct Host {
    /// The proc-macro crate, which rustc and rust-analyzer load.
    pub library: PathBuf,
    /// The crate `cell`, for rustc.
    pub cell: PathBuf,
    /// The folder of what that depends on.
    pub dependencies: PathBuf,
}

impl Host {
    /// Builds it, into a folder beside what the tests themselves are built into. Once for each process.
    ///
    /// # Errors
    /// If it does not build.
    pub fn build() -> Result<Self> {
        static BUILT: Mutex<Option<Host>> = Mutex::new(None);
        let mut built = BUILT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if built.is_none() {
            *built = Some(build()?);
        }
        built.clone().context("it is built")
    }
}

fn build() -> Result<Host> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(workspace())
        .args(["build", "--locked", "--package", "cell-sdk"])
        .args(["--no-default-features", "--features", "macros", "--message-format", "json"])
        .arg("--target-dir")
        .arg(target()?.join("analyzer"))
        .output()
        .context("cargo could not be started")?;
    let complaints = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the host does not build: {complaints}");
    let messages = String::from_utf8(output.stdout)?;
    let library =
        artifact(&messages, "host_macro").context("cargo names no library of the host")?;
    let cell = artifact(&messages, "cell").context("cargo names no library of `cell-sdk`")?;
    let dependencies = library.parent().map(PathBuf::from).unwrap_or_default();
    Ok(Host { library, cell, dependencies })
}

/// The library of a target, from what cargo says that it built.
fn artifact(messages: &str, target: &str) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut made = messages.filter(|message| message["target"]["name"] == target);
    let names = made.find_map(|message| message["filenames"].as_array().cloned())?;
    let mut paths = names.iter().filter_map(Value::as_str).map(PathBuf::from);
    paths.find(|path| path.extension().is_some_and(|kind| kind != "rmeta"))
}

/// A package, as rust-analyzer describes it to macros.
#[derive(Clone, Debug)]
pub struct Package {
    /// Where its `Cargo.toml` is.
    pub folder: PathBuf,
    /// Its name.
    pub name: String,
    /// The name of the crate that is expanded.
    pub krate: String,
}

impl Package {
    /// A package in `folder`.
    #[must_use]
    pub fn new(folder: &Path, name: &str, krate: &str) -> Self {
        Self { folder: folder.to_owned(), name: name.to_owned(), krate: krate.to_owned() }
    }

    /// The variables that rust-analyzer sets for its macros.
    #[must_use]
    pub fn variables(&self) -> Variables {
        let folder = self.folder.display().to_string();
        let manifest = self.folder.join("Cargo.toml").display().to_string();
        let pairs = [
            ("CARGO", "cargo"),
            ("CARGO_CRATE_NAME", &self.krate),
            ("CARGO_MANIFEST_DIR", &folder),
            ("CARGO_MANIFEST_PATH", &manifest),
            ("CARGO_PKG_AUTHORS", ""),
            ("CARGO_PKG_DESCRIPTION", ""),
            ("CARGO_PKG_HOMEPAGE", ""),
            ("CARGO_PKG_LICENSE", ""),
            ("CARGO_PKG_LICENSE_FILE", ""),
            ("CARGO_PKG_NAME", &self.name),
            ("CARGO_PKG_README", ""),
            ("CARGO_PKG_REPOSITORY", ""),
            ("CARGO_PKG_RUST_VERSION", ""),
            ("CARGO_PKG_VERSION", "0.1.0"),
            ("CARGO_PKG_VERSION_MAJOR", "0"),
            ("CARGO_PKG_VERSION_MINOR", "1"),
            ("CARGO_PKG_VERSION_PATCH", "0"),
            ("CARGO_PKG_VERSION_PRE", ""),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }
}

/// The workspace's folder.
#[must_use]
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Cargo's target folder: a test is `<target>/debug/deps/<name>`.
///
/// # Errors
/// If this program does not know where it is.
pub fn target() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    test.ancestors().nth(3).map(PathBuf::from).context("this test is not in a target folder")
}
