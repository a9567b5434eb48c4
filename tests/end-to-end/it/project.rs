//! A throw-away project: a crate that depends on `cell-sdk`, with `cell.toml`, `cell.lock` and
//! `.cell`, which cargo checks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use cell_cli::lock::{Component, Kept, Schemas, make};
use cell_cli::manifest::Manifest;
use macro_bridge::digest::Digest;
use macro_bridge::lock::{Lock, LockedCell, LockedComponent, LockedMacro};
use macro_bridge::project::manifest_digest;
use macro_bridge::request::MacroKind;
use macro_runtime::{CacheDir, Options, Runtime, Store, load};

use crate::run::{Ended, run, turn};

/// Longer than anything here takes, also on a machine that does other things.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// What expands macros in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// Recorded expansions only.
    Thin,
    /// wasmtime inside rustc.
    Embedded,
    /// Recorded expansions, and typed clients.
    Services,
}

pub(crate) struct Project {
    pub(crate) root: PathBuf,
    /// `CELL_HOME` of all that runs here.
    pub(crate) home: PathBuf,
    /// More environment for cargo.
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl Project {
    /// A crate in a folder of the target folder, always the same one for a name: cargo knows crates
    /// by their folder, and would keep something for each that there ever was.
    pub(crate) fn new(name: &str, host: Host) -> Result<Self> {
        let root = folder().join("projects").join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("src"))?;
        let home = folder().join("home");
        forget_expansions(&home);
        let project = Self { root, home, environment: Vec::new() };
        project.write("Cargo.toml", cargo_toml(name, host)?)?;
        // The versions that are built already.
        fs::copy(workspace().join("Cargo.lock"), project.root.join("Cargo.lock"))?;
        Ok(project)
    }

    /// With a `CELL_HOME` in which there is nothing.
    pub(crate) fn fresh_home(mut self) -> Result<Self> {
        self.home = self.root.join("home");
        fs::create_dir_all(&self.home)?;
        Ok(self)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<()> {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().context("a file in a folder")?)?;
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
    }

    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.root.join(name);
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// Writes `cell.toml`, and the lock and store that belong to it, as `cell lock` does; of each
    /// component only the macros in `only` are locked. (`misbehave` has more than there are numbers.)
    pub(crate) fn lock_only(&self, cell_toml: &str, only: impl Fn(&str) -> bool) -> Result<()> {
        self.lock(cell_toml, only, false)
    }

    /// The same with all macros, and no numbers for them.
    pub(crate) fn lock_without_numbers(&self, cell_toml: &str) -> Result<()> {
        self.lock(cell_toml, |_| true, true)
    }

    fn lock(&self, cell_toml: &str, only: impl Fn(&str) -> bool, all: bool) -> Result<()> {
        let manifest = Manifest::parse(cell_toml)?;
        let cache = Some(CacheDir::at(folder().join("home/cache-of-tests")));
        let runtime = Runtime::new(Options { cache, ..Options::default() })?;
        let store = Store::of_project(&self.root);
        let mut components = BTreeMap::new();
        for (name, cell) in &manifest.cells {
            let bytes = fs::read(cell.path.as_deref().context("a component")?)?;
            let found = runtime.describe(name, &bytes)?;
            let digest = store.put_component(&bytes)?;
            let mut macros: Vec<_> =
                found.macros.into_iter().filter(|one| only(&one.name)).collect();
            if all {
                // Function-like macros get no number.
                macros.iter_mut().for_each(|one| one.kind = MacroKind::Function);
            }
            let (outside, api) = (found.audit.outside(), found.audit.api);
            components.insert(name.clone(), Component { api, digest, macros, outside });
        }
        let digest = manifest_digest(cell_toml);
        let mut lock = make(digest, &manifest, &components, &Schemas::new(), &Kept::default())?;
        if all {
            let macros = lock.cells.values_mut().flat_map(|cell| cell.macros.values_mut());
            macros.for_each(|one| one.kind = MacroKind::Attribute);
        }
        self.write("cell.toml", cell_toml)?;
        self.write("cell.lock", lock.to_string())
    }

    /// A lock and store with a component that `cell lock` would refuse: what a project has that was
    /// locked by another version of Cell, or by somebody who means harm. It has an attribute `table`.
    pub(crate) fn lock_anyway(&self, cell: &str, component: &[u8]) -> Result<Digest> {
        let table = LockedMacro {
            kind: MacroKind::Attribute,
            slot: Some(0),
            wants: 0,
            needs: Vec::new(),
            helpers: Vec::new(),
            calls: Vec::new(),
        };
        let locked = LockedCell {
            component: Some(LockedComponent {
                api: macro_bridge::API_VERSION.to_owned(),
                digest: load::digest(component),
            }),
            macros: BTreeMap::from([("table".to_owned(), table)]),
            ..LockedCell::default()
        };
        let cell_toml = format!("[cells.{cell}]\npath = \"{cell}.wasm\"\n");
        let lock = Lock {
            manifest: manifest_digest(&cell_toml),
            profile: "default".to_owned(),
            profiles: BTreeMap::new(),
            cells: BTreeMap::from([(cell.to_owned(), locked)]),
            packages: BTreeSet::new(),
        };
        self.write("cell.toml", cell_toml)?;
        self.write("cell.lock", lock.to_string())?;
        Ok(Store::of_project(&self.root).put_component(component)?)
    }

    /// Runs the `cell` command here.
    pub(crate) fn cell(&self, words: &[&str]) -> Result<Ended> {
        let mut command = clean(Command::new(env!("CARGO_BIN_EXE_cell-end-to-end")))?;
        command.args(words).current_dir(&self.root).env("CELL_HOME", &self.home);
        let _turn = turn();
        run(&mut command, &self.root, PATIENCE)
    }

    /// Runs the `cell` command, which must do what it is asked.
    pub(crate) fn cell_does(&self, words: &[&str]) -> Result<()> {
        let ended = self.cell(words)?;
        ensure!(ended.code == Some(0), "cell {words:?}: {}", ended.stderr);
        Ok(())
    }

    /// Runs the tests in this source.
    pub(crate) fn test(&self, source: &str) -> Result<Ended> {
        self.write("src/lib.rs", source)?;
        let mut command = self.cargo_with(&["test", "--offline", "--quiet"])?;
        let _turn = turn();
        run(&mut command, &self.root, PATIENCE)
    }

    /// The optimised machine code of this source, as text.
    pub(crate) fn assembly(&self, source: &str) -> Result<String> {
        self.write("src/lib.rs", source)?;
        let emit = format!("--emit=asm={}", self.root.join("code.s").display());
        let flags = ["-C", "opt-level=3", "-C", "debuginfo=0", "-C", "codegen-units=1", &emit];
        let mut command = self.cargo_with(&["rustc", "--offline", "--quiet", "--lib", "--"])?;
        command.args(flags);
        let _turn = turn();
        let ended = run(&mut command, &self.root, PATIENCE)?;
        ensure!(ended.code == Some(0), "{}", ended.stderr);
        Ok(String::from_utf8(self.read("code.s")?)?)
    }

    /// `cargo check`, as it would be started; see [`Project::check`].
    pub(crate) fn cargo(&self) -> Result<Command> {
        self.cargo_for(&["check"])
    }

    /// Cargo with these words, as it would be started; it says in JSON what the compiler says.
    pub(crate) fn cargo_for(&self, words: &[&str]) -> Result<Command> {
        let json = ["--offline", "--quiet", "--message-format", "json"];
        self.cargo_with(&[words, &json].concat())
    }

    pub(crate) fn cargo_with(&self, words: &[&str]) -> Result<Command> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = clean(Command::new(cargo))?;
        command
            .args(words)
            .current_dir(&self.root)
            .env("CELL_HOME", &self.home)
            // A `cell` that is installed is not what is tested.
            .env("CELL_SERVER", "off")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    /// A program that cargo built.
    pub(crate) fn program(&self, package: &str) -> Result<Command> {
        clean(Command::new(target().join("debug").join(package)))
    }

    /// Checks the crate with this source, by `wrap`'s command.
    pub(crate) fn check_by(
        &self,
        source: &str,
        wrap: impl FnOnce(Command) -> Command,
    ) -> Result<Ended> {
        self.check_below("#![allow(warnings)]", source, wrap)
    }

    /// The same with another first line, where that is.
    pub(crate) fn check_below(
        &self,
        head: &str,
        source: &str,
        wrap: impl FnOnce(Command) -> Command,
    ) -> Result<Ended> {
        // Written each time: cargo does not look at the files of a project that we change.
        self.write("src/lib.rs", format!("{head}\n{source}"))?;
        let mut command = wrap(self.cargo()?);
        let _turn = turn();
        run(&mut command, &self.root, PATIENCE)
    }

    pub(crate) fn check(&self, source: &str) -> Result<Ended> {
        self.check_by(source, |command| command)
    }
}

/// What an earlier run found out is found out again; compiled code may stay.
fn forget_expansions(home: &Path) {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let _ = fs::remove_dir_all(home.join("cache").join(macro_bridge::host::home::EXPANSIONS));
    });
}

/// Where all projects are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("end-to-end")
}

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map(PathBuf::from).unwrap_or_default()
}

/// The target folder of the tests, `<target>/tmp` being given: wasmtime is built there already, and
/// a project with the same profile and features uses it.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().map(PathBuf::from).unwrap_or_default()
}

/// Without what cargo told this test, and what the user's shell says of Cell.
pub(crate) fn clean(mut command: Command) -> Result<Command> {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let of_cargo = text.starts_with("CARGO") && !matches!(&*text, "CARGO_HOME");
        if of_cargo || text.starts_with("CELL_") {
            command.env_remove(&name);
        }
    }
    command.env_remove("CI");
    command.env("CARGO_TARGET_DIR", target()).env("CARGO_INCREMENTAL", "0");
    command.env("CARGO_TERM_COLOR", "never");
    Ok(command)
}

/// Packages have names of their own: cargo takes two of one name, each at the root of a workspace,
/// for the same one.
fn cargo_toml(name: &str, host: Host) -> Result<String> {
    let workspace = workspace();
    let ours = fs::read_to_string(workspace.join("Cargo.toml"))?;
    // Same profile, and `one-build` for the same features: without either wasmtime is built anew.
    let profile = ours.find("[profile.dev]").context("the workspace has a profile")?;
    let features = match host {
        Host::Thin => "[\"macros\"]",
        Host::Embedded => "[\"macros\", \"embedded\"]",
        Host::Services => "[\"services\"]",
    };
    Ok(format!(
        "[package]\nname = \"app-{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n\
         [dependencies]\n\
         cell-sdk = {{ path = {:?}, default-features = false, features = {features} }}\n\
         [build-dependencies]\none-build = {{ path = {:?} }}\n{}",
        workspace.join("cell-sdk"),
        workspace.join("tests/features"),
        &ours[profile..]
    ))
}
