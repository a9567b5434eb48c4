//! A user's caches and macro server for one measurement, which nothing else on the machine uses.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use macro_bridge::host::home;

use super::{peak, target};
use crate::step;

/// The `cell` command as people install it.
pub(super) fn command() -> Result<PathBuf> {
    let target = target()?;
    let words = ["build", "--release", "--locked", "--package", "cell-cli"];
    step::run(step::cargo(&words).arg("--target-dir").arg(&target))?;
    let command = target.join("release").join(format!("cell{}", std::env::consts::EXE_SUFFIX));
    ensure!(command.is_file(), "there is no {}", command.display());
    Ok(command)
}

/// The component of a guest of tests. Nothing is built if it is that of the sources.
pub(super) fn component(cell: &Path, guest: &str) -> Result<PathBuf> {
    let folder = super::folder()?.join("components");
    fs::create_dir_all(&folder)?;
    let command = |check: bool| {
        let mut command = Command::new(cell);
        command.args(["build-macros", "--quiet", "--package", guest, "--manifest-path"]);
        command.arg(step::root().join("guests/Cargo.toml")).arg("--out-dir").arg(&folder);
        command.arg("--target-dir").arg(folder.join("target")).env_remove("CARGO_TARGET_DIR");
        command.args(check.then_some("--check"));
        command
    };
    let component = folder.join(format!("{guest}.wasm"));
    if !component.is_file() || !command(true).output()?.status.success() {
        step::run(&mut command(false))?;
    }
    ensure!(component.is_file(), "there is no {}", component.display());
    Ok(component)
}

/// A folder for `CELL_HOME`, and perhaps the server in it. Both go when this does.
pub(super) struct Home {
    folder: PathBuf,
    cell: PathBuf,
    server: Option<Child>,
}

impl Home {
    /// An empty one. In the system's folder for such things: the path of a socket has to be short.
    pub(super) fn new(cell: &Path) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("cell-bench-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        // Not one that somebody else has made: others may write there.
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { folder, cell: cell.to_owned(), server: None })
    }

    /// Where its caches, sockets and states are.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Lets a command use it.
    pub(super) fn given<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("CELL_HOME", &self.folder).env("CELL_BIN", &self.cell)
    }

    /// Starts a server, and waits until it listens.
    pub(super) fn start(&mut self) -> Result<()> {
        let mut command = Command::new(&self.cell);
        command.args(["macro-server", "--foreground", "--idle", "86400"]).current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.server = Some(self.given(&mut command).spawn().context("no macro server")?);
        self.wait(true)
    }

    /// Ends the server that was started here.
    pub(super) fn stop(&mut self) -> Result<()> {
        if let Some(mut server) = self.server.take() {
            server.kill()?;
            server.wait()?;
            let _ = fs::remove_file(self.socket()?);
        }
        Ok(())
    }

    /// Waits until somebody listens, or, where a server ends by itself, until nobody does.
    pub(super) fn wait(&self, there: bool) -> Result<()> {
        let (socket, begin) = (self.socket()?, Instant::now());
        while socket.exists() != there {
            let patient = begin.elapsed() < Duration::from_secs(30);
            ensure!(patient, "the macro server does not {}", if there { "start" } else { "end" });
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// As if this user had expanded nothing yet; compiled code stays.
    pub(super) fn forget_expansions(&self) {
        self.forget(&self.folder.join("cache").join(home::EXPANSIONS));
    }

    /// As if this user had not run any component either; the kits that components are built with stay.
    pub(super) fn forget_compiled(&self) {
        self.forget_expansions();
        self.forget(&self.folder.join("cache/compiled"));
    }

    /// The largest resident size of the server that was started here, in kilobytes.
    pub(super) fn peak(&self) -> Option<u64> {
        let status = format!("/proc/{}/status", self.server.as_ref()?.id());
        peak::size(&fs::read_to_string(status).ok()?)
    }

    /// Takes a folder away, which goes with this. Not removed: for a minute ext4 looks at each file that
    /// was removed before it makes a new one there, and what is measured would wait for it.
    pub(super) fn forget(&self, folder: &Path) {
        let forgotten = self.folder.join("forgotten");
        let _ = fs::create_dir_all(&forgotten);
        let number = fs::read_dir(&forgotten).map_or(0, Iterator::count);
        // On another file system there is no such way.
        if fs::rename(folder, forgotten.join(number.to_string())).is_err() {
            let _ = fs::remove_dir_all(folder);
        }
    }

    fn socket(&self) -> Result<PathBuf> {
        let socket = home::socket(&self.folder.join("cache/run"));
        socket.context("the path of the folder for temporary files is too long for a socket")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = self.stop();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
