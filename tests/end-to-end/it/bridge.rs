//! The tests of the token bridge (`tests/bridge`) with a component in wasmtime instead of ordinary
//! code: the same items, streams, programs and places.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use cell_tests::bridge::Side;

use crate::guests;
use crate::project::{clean, folder, workspace};
use crate::run::{run, turn};

fn side() -> Result<&'static Side> {
    static SIDE: LazyLock<Result<Side>> = LazyLock::new(|| {
        let component = std::fs::read(guests::build("identity")?)?;
        Ok(Side { library: library()?, component })
    });
    SIDE.as_ref().map_err(|error| anyhow!("{error:#}"))
}

/// The host's macros with wasmtime, and `compare!`. Built together with `one-build`: wasmtime is
/// there already.
fn library() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = clean(Command::new(cargo))?;
    command.args(["build", "--locked", "--quiet", "--message-format", "json"]);
    command.args(["--package", "compare-components", "--package", "one-build"]);
    command.current_dir(workspace());
    let ended = {
        let _turn = turn();
        run(&mut command, &folder(), Duration::from_secs(900))?
    };
    ensure!(ended.code == Some(0), "compare-components does not build: {}", ended.stderr);
    let library = ended.stdout.lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let ours = message["target"]["name"] == "compare_components";
        let files = message["filenames"].as_array().filter(|_| ours)?;
        files.first()?.as_str().map(PathBuf::from)
    });
    library.context("cargo names no library of compare-components")
}

cell_tests::bridge_tests!(side);
