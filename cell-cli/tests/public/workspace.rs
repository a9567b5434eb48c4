//! Both workspaces, built; and rustc with the native crate in it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use macro_bridge::project::Project;

use crate::crates::Crates;
use crate::report::Report;
use crate::source::{ASYNC_TRAIT, Derive, Source};
use crate::{manifest, narrow, scratch, server, strip};

/// The crates, and how many attributes each has.
const PUBLIC: [(&str, usize); 3] =
    [("async-trait", 1), ("derive_more-impl", 1), ("thiserror-impl", 1)];

/// How `thiserror` has its macro, and how it has ours.
const ALL_OF_IMPL: &str = "pub use thiserror_impl::*;";
const OURS: &str = "pub use thiserror_impl::ThisError as Error;";

/// What was built.
pub(crate) struct Workspace {
    folder: PathBuf,
    library: PathBuf,
    project: Project,
    address: SocketAddr,
}

/// The macros that are compared.
pub(crate) struct Macros {
    pub(crate) derive_more: Vec<Derive>,
}

impl Workspace {
    /// Puts the workspaces together and builds what changed.
    pub(crate) fn build(crates: &Crates) -> Result<Self> {
        // Two tests want it, and both are in one folder.
        static TURN: Mutex<()> = Mutex::new(());
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = scratch::folder()?;
        for (name, attributes) in PUBLIC {
            copy_crate(crates.folder(name)?, &folder.join("crates").join(name), attributes)?;
        }
        narrow::copy(&folder.join("crates"))?;
        copy_template(&folder)?;
        lock(&folder, "guests", "guests/Cargo.lock")?;
        lock(&folder, "native", "Cargo.lock")?;
        let guests = folder.join("guests/Cargo.toml");
        run(cell()
            .args(["build-macros", "--locked", "--offline", "--manifest-path"])
            .arg(&guests)
            .arg("--target-dir")
            .arg(folder.join("guests/target")))?;
        run(cell().arg("lock").current_dir(folder.join("project")))?;
        run(cargo()
            .args(["build", "--locked", "--offline", "--manifest-path"])
            .arg(folder.join("native/Cargo.toml"))
            .env("CARGO_TARGET_DIR", folder.join("native/target")))?;
        let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        let library = folder.join(format!("native/target/debug/{prefix}public_macros{suffix}"));
        let project = Project::load(&folder.join("project"))?;
        let address = server::start(project.clone())?;
        Ok(Self { folder, library, project, address })
    }

    /// Builds `thiserror` with a macro that yields either result; returns its library.
    pub(crate) fn this_error(&self, crates: &Crates) -> Result<PathBuf> {
        let (from, to) = (crates.folder("thiserror")?, self.folder.join("crates/thiserror"));
        for file in scratch::files(from)? {
            let target = to.join(&file);
            if file == Path::new("Cargo.toml") {
                scratch::write(&target, manifest::facade(&fs::read_to_string(from.join(file))?)?)?;
            } else if file == Path::new("src/lib.rs") {
                let text = fs::read_to_string(from.join(file))?;
                ensure!(text.contains(ALL_OF_IMPL), "another crate than it was");
                scratch::write(&target, text.replace(ALL_OF_IMPL, OURS))?;
            } else if file.starts_with("src") || file == Path::new("build.rs") {
                scratch::write(&target, fs::read(from.join(file))?)?;
            }
        }
        lock(&self.folder, "crates/thiserror", "Cargo.lock")?;
        run(cargo()
            .args(["build", "--locked", "--offline", "--manifest-path"])
            .arg(to.join("Cargo.toml"))
            .env("CARGO_TARGET_DIR", self.folder.join("native/target")))?;
        Ok(self.folder.join("native/target/debug/libthiserror.rlib"))
    }

    /// What rustc says of a file in the folder `of`, where macros yield what `emit` says.
    pub(crate) fn says(
        &self,
        (of, file): (&Path, &Path),
        (name, library): (&str, &Path),
        emit: &str,
    ) -> Result<String> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = Command::new(rustc)
            .current_dir(of)
            .arg(file)
            .args(["--edition", "2021", "--crate-type", "bin", "--emit", "metadata"])
            .arg("--out-dir")
            .arg(self.folder.join("out"))
            .arg("-L")
            .arg(self.folder.join("native/target/debug/deps"))
            .arg("--extern")
            .arg(format!("{name}={}", library.display()))
            .env("CARGO_MANIFEST_DIR", self.folder.join("project"))
            .env("PUBLIC_MACROS_EMIT", emit)
            .env("PUBLIC_MACROS_ADDRESS", self.address.to_string())
            .output()
            .context("rustc could not be started")?;
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// The proc-macros.
    pub(crate) fn library(&self) -> &Path {
        &self.library
    }

    /// What `cell.lock` says the components have.
    pub(crate) fn macros(&self) -> Result<Macros> {
        let names = |cell: &str| {
            let cell = self.project.lock.cells.get(cell).with_context(|| format!("no cell {cell}"));
            cell.map(|cell| cell.macros.keys().cloned().collect::<Vec<_>>())
        };
        ensure!(names("async_trait")? == ["async_trait"]);
        ensure!(names("thiserror")? == ["Error"]);
        let derive = |name: String| Derive { path: format!("derive_more::{name}"), name };
        Ok(Macros { derive_more: names("derive_more")?.into_iter().map(derive).collect() })
    }

    /// Runs rustc on a source and reads what the macros wrote down. That the rest of the source
    /// means nothing (types that are not there, say) is no matter: all macros run before.
    pub(crate) fn run(&self, name: &str, source: &Source) -> Result<Report> {
        let project = self.folder.join("project");
        let report = project.join(format!("{name}.report"));
        let file = format!("{name}.rs");
        fs::write(&report, "")?;
        fs::write(project.join(&file), &source.text)?;
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = Command::new(rustc)
            .current_dir(&project)
            .args([&*file, "--edition", "2021", "--crate-type", "lib", "--emit", "metadata"])
            .args(["-Awarnings", "--error-format", "short", "--out-dir", "out", "--extern"])
            .arg(format!("public={}", self.library.display()))
            .env("CARGO_MANIFEST_DIR", &project)
            .env("PUBLIC_MACROS_REPORT", &report)
            .env("PUBLIC_MACROS_ADDRESS", self.address.to_string())
            .output()
            .context("rustc could not be started")?;
        let said = String::from_utf8_lossy(&output.stderr);
        Report::parse(&fs::read_to_string(&report)?, source)
            .with_context(|| format!("rustc: {}", said.chars().take(2_000).collect::<String>()))
    }
}

impl Macros {
    /// All derives.
    pub(crate) fn derives(&self) -> Vec<Derive> {
        [&[this_error()], &self.derive_more[..]].concat()
    }

    /// All macros as the report calls them.
    pub(crate) fn paths(&self) -> Vec<String> {
        let derives = self.derives().into_iter().map(|derive| derive.path);
        derives.chain([ASYNC_TRAIT.to_owned()]).collect()
    }
}

/// `thiserror::Error`; its name is taken by that of `derive_more`.
pub(crate) fn this_error() -> Derive {
    Derive { name: "ThisError".to_owned(), path: "thiserror::Error".to_owned() }
}

fn copy_crate(from: &Path, to: &Path, attributes: usize) -> Result<()> {
    let all = scratch::files(from)?;
    for file in all.iter().filter(|file| !file.starts_with("tests")) {
        let target = to.join(file);
        if file == Path::new("Cargo.toml") {
            scratch::write(&target, manifest::library(&fs::read_to_string(from.join(file))?)?)?;
        } else if file == Path::new("src/lib.rs") {
            let (text, count) = strip::strip(&fs::read_to_string(from.join(file))?)?;
            ensure!(count == attributes, "{count} attributes in {}", from.display());
            scratch::write(&target, text)?;
        } else if ["src", "doc", "README.md"].iter().any(|part| file.starts_with(part)) {
            scratch::write(&target, fs::read(from.join(file))?)?;
        }
    }
    Ok(())
}

fn copy_template(folder: &Path) -> Result<()> {
    let repository = scratch::repository();
    let repository = repository.to_str().context("the path of the repository is no text")?;
    for part in ["guests", "native", "project", "macros.rs"] {
        let from = scratch::template().join(part);
        let files = if from.is_dir() { scratch::files(&from)? } else { vec![PathBuf::new()] };
        for file in files {
            let inside = Path::new(part).join(file);
            let from = scratch::template().join(&inside);
            // `a.rs/` is another path than `a.rs`.
            let from: PathBuf = from.components().collect();
            let to: PathBuf = folder.join(inside).components().collect();
            let text = fs::read_to_string(from)?.replace("@repository@", repository);
            scratch::write(&to, text)?;
        }
    }
    Ok(())
}

/// The versions of the repository's own lock and of the public crates', in a workspace; and cargo
/// has what they name. The lock is written anew only when one of the two changed: cargo takes out
/// what it does not need.
fn lock(folder: &Path, workspace: &str, ours: &str) -> Result<()> {
    let locks = [scratch::repository().join(ours), scratch::template().join("sources/Cargo.lock")];
    let texts = locks.iter().map(fs::read_to_string).collect::<Result<Vec<_>, _>>()?;
    let merged = manifest::merge_locks(&texts)?;
    let kept = folder.join(format!("{workspace}.lock"));
    let workspace = folder.join(workspace);
    let same = fs::read_to_string(&kept).is_ok_and(|text| text == merged);
    if !same || !workspace.join("Cargo.lock").is_file() {
        fs::write(workspace.join("Cargo.lock"), &merged)?;
    }
    let fetch = || {
        let mut command = cargo();
        command.args(["fetch", "--manifest-path"]).arg(workspace.join("Cargo.toml"));
        command
    };
    // The network only for what is missing.
    run(fetch().arg("--offline")).or_else(|_| run(&mut fetch()))?;
    scratch::write(&kept, merged)
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn cell() -> Command {
    Command::new(env!("CARGO_BIN_EXE_cell"))
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} failed:\n{said}");
    Ok(())
}
