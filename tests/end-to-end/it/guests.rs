//! Components: the ones that are built from guests, and some that no compiler makes.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Result, anyhow, bail, ensure};

use crate::project::{clean, folder, workspace};
use crate::run::{run, turn};

/// The committed component of `ledger`.
pub(crate) fn ledger() -> PathBuf {
    workspace().join("guests/components/ledger.wasm")
}

/// The component of `misbehave`, built if there is none of its sources.
pub(crate) fn misbehave() -> Result<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| build("misbehave").map_err(|e| format!("{e:#}")));
    built.clone().map_err(|e| anyhow!(e))
}

/// The component of `stack`, in the same way.
pub(crate) fn stack() -> Result<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| build("stack").map_err(|e| format!("{e:#}")));
    built.clone().map_err(|e| anyhow!(e))
}

/// The component of macros that try what ordinary proc-macros can do.
pub(crate) fn hostile() -> Result<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let build = || build_of("tests/outside/guest/Cargo.toml", "hostile");
    BUILT.get_or_init(|| build().map_err(|e| format!("{e:#}"))).clone().map_err(|e| anyhow!(e))
}

/// The component of a guest, built if there is none of its sources.
pub(crate) fn build(guest: &str) -> Result<PathBuf> {
    build_of("guests/Cargo.toml", guest)
}

fn build_of(manifest: &str, guest: &str) -> Result<PathBuf> {
    // Tests that share this folder may be other processes of a later run: the command itself
    // replaces files at once.
    let components = folder().join("components");
    std::fs::create_dir_all(&components)?;
    let command = |check: bool| -> Result<_> {
        // With the user's own `CELL_HOME`, where the kit is.
        let mut command = Command::new(env!("CARGO_BIN_EXE_cell-end-to-end"));
        let home = std::env::var_os("CELL_HOME").unwrap_or_default();
        command = clean(command)?;
        command
            .env("CELL_HOME", home)
            .env_remove("CARGO_TARGET_DIR")
            .args(["build-macros", "--package", guest, "--manifest-path"])
            .arg(workspace().join(manifest))
            .arg("--out-dir")
            .arg(&components)
            .arg("--target-dir")
            .arg(folder().join("guest-target"));
        if check {
            command.arg("--check");
        }
        let _turn = turn();
        run(&mut command, &folder(), Duration::from_secs(900))
    };
    if command(true)?.code != Some(0) {
        let ended = command(false)?;
        if ended.code != Some(0) {
            bail!(
                "the guest `{guest}` could not be built:\n{}\n\
                 help: `cargo xtask setup` prepares a compiler for guests",
                ended.stderr
            );
        }
    }
    Ok(components.join(format!("{guest}.wasm")))
}

/// A component from its text.
pub(crate) fn written(text: &str) -> Result<Vec<u8>> {
    Ok(wat::parse_str(text)?)
}

/// What a user's first build compiles, and every editor loads. The limits are those that Cell
/// promises; what is reached is a little less, so that growth is seen before it is too late.
#[test]
fn components_are_small() -> Result<()> {
    for (guest, reached, promised) in
        [("one-derive", 300_000, 350_000), ("one-function", 78_000, 80_000)]
    {
        let size = std::fs::metadata(build(guest)?)?.len();
        ensure!(
            size <= reached,
            "`{guest}` has {size} bytes, more than {reached}; promised are {promised}"
        );
    }
    Ok(())
}
