//! What the people of a project commit, in a folder of its own, built with nothing but Rust: no
//! network, no home, no server, no `cell`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::place::Place;
use crate::project::{clean, folder, workspace};
use crate::run::{Ended, run, turn};
use crate::served::{Found, traced};

/// Nothing of Cell but the thin host is built here, once for all copies.
const PATIENCE: Duration = Duration::from_secs(300);

pub(crate) struct Copy {
    pub(crate) root: PathBuf,
    /// In which there is nothing.
    home: tempfile::TempDir,
}

impl Copy {
    /// The project of `place`, with a `Cargo.toml` that could be published.
    pub(crate) fn of(place: &Place, name: &str) -> Result<Self> {
        let from = &place.served.project.root;
        let copy = Self::at(name)?;
        for name in ["src/lib.rs", "cell.toml", "cell.lock", "oracle.schema"] {
            copy.write(name, &fs::read(from.join(name))?)?;
        }
        copy_folder(&from.join(".cell"), &copy.root.join(".cell"))?;
        let manifest = String::from_utf8(place.served.project.read("Cargo.toml")?)?;
        let package = manifest.lines().find(|line| line.starts_with("name = "));
        let manifest = format!(
            "[package]\n{}\nversion = \"0.1.0\"\nedition = \"2024\"\n\
             description = \"A project\"\nlicense = \"MIT\"\n[workspace]\n[dependencies]\n\
             cell-sdk = {{ path = {:?}, version = \"0.1.0\", default-features = false, \
             features = [\"macros\"] }}\n",
            package.context("a name")?,
            workspace().join("cell-sdk"),
        );
        copy.write("Cargo.toml", manifest.as_bytes())?;
        copy.write(".gitignore", b"/Cargo.lock\n/stdout\n/stderr\n/trace\n")?;
        Ok(copy)
    }

    /// An empty folder.
    pub(crate) fn at(name: &str) -> Result<Self> {
        let root = folder().join("copies").join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root)?;
        Ok(Self { root, home: tempfile::tempdir()? })
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().context("a file in a folder")?)?;
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Runs git, and returns what it says.
    pub(crate) fn git(&self, words: &[&str]) -> Result<String> {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.autocrlf=false"]);
        command.args(words).current_dir(&self.root).env("GIT_CONFIG_GLOBAL", "/dev/null");
        let ended = run(&mut command, self.home.path(), PATIENCE)?;
        ensure!(ended.code == Some(0), "git {words:?}: {}{}", ended.stdout, ended.stderr);
        Ok(ended.stdout)
    }

    /// Cargo, alone in the world.
    pub(crate) fn cargo(&self, words: &[&str]) -> Result<Ended> {
        let tools = toolchain()?;
        let mut command = clean(Command::new("unshare"))?;
        let home = self.home.path().join("home");
        fs::create_dir_all(&home)?;
        // A network of its own with nothing in it; sockets are files, so no folder has any either.
        command.args(["-rn", "--"]).arg(tools.join("cargo")).args(words).arg("--offline");
        command
            .current_dir(&self.root)
            .env("CARGO_HOME", cargo_home()?)
            .env("RUSTC", tools.join("rustc"))
            .env("PATH", "/usr/bin:/bin")
            .env("CARGO_TARGET_DIR", folder().join("copies-target"))
            .env("CELL_TRACE", self.trace());
        for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_STATE_HOME", "CELL_HOME"] {
            command.env(name, &home);
        }
        let ended = {
            let _turn = turn();
            run(&mut command, self.home.path(), PATIENCE)?
        };
        let left = fs::read_dir(&home)?.count();
        ensure!(left == 0, "the build left something at home");
        Ok(ended)
    }

    /// Builds what must compile, and returns what was expanded: all of it recorded.
    pub(crate) fn recorded(&self, words: &[&str]) -> Result<Found> {
        let _ = fs::remove_dir_all(self.trace());
        // Looked at again, whatever another copy of that name has built.
        let source = fs::read(self.root.join("src/lib.rs"))?;
        self.write("src/lib.rs", &source)?;
        let ended = self.cargo(words)?;
        ensure!(ended.code == Some(0), "cargo {words:?}: {}", ended.stderr);
        let found = traced(&self.trace())?;
        ensure!(!found.is_empty(), "nothing was expanded");
        let other = found.values().find(|(how, _)| how != "recorded");
        ensure!(other.is_none(), "{other:?}: {}", ended.stderr);
        Ok(found)
    }

    fn trace(&self) -> PathBuf {
        self.home.path().join("trace")
    }
}

pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// Where the compiler itself is: behind the name there may be a chooser that looks into the home.
fn toolchain() -> Result<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "sysroot"]).output()?;
    let sysroot = String::from_utf8(output.stdout)?;
    Ok(Path::new(sysroot.trim()).join("bin"))
}

/// Where cargo keeps what it fetched.
fn cargo_home() -> Result<PathBuf> {
    match std::env::var_os("CARGO_HOME") {
        Some(home) => Ok(home.into()),
        None => Ok(Path::new(&std::env::var_os("HOME").context("a home")?).join(".cargo")),
    }
}
