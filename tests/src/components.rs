//! Components that tests use: built once a run from `tests/guests` (by the toolchain that
//! `cell build-macros` uses), or committed in `guests/components`.

use std::path::PathBuf;

/// The workspace's folder.
#[must_use]
pub fn workspace() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}

/// Cargo's target folder, where this test's binary is.
#[must_use]
pub fn target() -> PathBuf {
    // <target>/debug/deps/<test>
    let binary = std::env::current_exe().unwrap_or_default();
    binary.ancestors().nth(3).map_or_else(|| workspace().join("target"), PathBuf::from)
}

/// The `cell` command, built by the test runner before the tests.
#[must_use]
pub fn cell() -> PathBuf {
    target().join("debug/cell")
}

/// A component of `tests/guests`, built by the test runner before the tests.
///
/// # Errors
/// If it is not there.
pub fn test_guest(name: &str) -> anyhow::Result<PathBuf> {
    let path = workspace().join(format!("tests/guests/components/{name}.wasm"));
    anyhow::ensure!(path.exists(), "{} is not built: run `cargo xtask test`", path.display());
    Ok(path)
}
