//! The macros that ship with Cell do natively what they do as components: tokens and their places, what
//! they tell the user and where, plan entries, files, questions. `native` has the macros and compares,
//! here is the engine that runs their components.
//!
//! 10,000 items that people wrote for each guest, and 3,000 that are partial, invalid or made to fit;
//! 1,000,000 in all with `SLOW_TESTS`. `CELL_CASE=ledger:17` tries one again, with `SLOW_TESTS` if
//! it was found with that.

// Compiled there with optimisations, and here for their tests.
#[allow(dead_code, reason = "see above")]
#[path = "../native/src/broken.rs"]
mod broken;
mod engine;
#[allow(dead_code, reason = "see above")]
#[path = "../native/src/harvest.rs"]
mod harvest;
#[path = "../native/src/pipe.rs"]
mod pipe;

use std::collections::BTreeSet;
use std::io::{BufReader, BufWriter, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, ensure};

use engine::Engine;
use serde_json::Value;

/// Cases of each guest; ten of thirteen are of items as somebody wrote them.
const CASES: u64 = 13_000;
/// Cases of all guests together, with `SLOW_TESTS`.
const SLOWLY: u64 = 1_000_000;
const GUESTS: u64 = 6;

/// The program with the macros, and the items that it collected.
fn native() -> &'static (PathBuf, PathBuf) {
    static NATIVE: OnceLock<(PathBuf, PathBuf)> = OnceLock::new();
    NATIVE.get_or_init(|| prepare().unwrap_or_else(|error| panic!("{error:#}")))
}

fn prepare() -> Result<(PathBuf, PathBuf)> {
    let target = cell_tests::target()?.join("fixtures");
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("native/Cargo.toml");
    let built = cargo()
        .args(["build", "--locked", "--quiet", "--manifest-path"])
        .arg(manifest)
        .arg("--target-dir")
        .arg(&target)
        .status()?;
    ensure!(built.success(), "the native macros do not build");
    let program =
        target.join("debug/native-guests").with_extension(std::env::consts::EXE_EXTENSION);
    let items = target.join("native-guests.items");
    let mut harvest = Command::new(&program);
    harvest.arg("harvest").arg(&items).args(packages()?);
    ensure!(harvest.status()?.success(), "no items were found");
    Ok((program, items))
}

/// Folders of the packages from a registry that this workspace is built of on this machine, in order.
fn packages() -> Result<BTreeSet<PathBuf>> {
    let rustc = Command::new("rustc").arg("-vV").output()?;
    let said = String::from_utf8_lossy(&rustc.stdout).into_owned();
    let host = said.lines().find_map(|line| line.strip_prefix("host: ")).context("no host")?;
    let output = cargo()
        .current_dir(cell_tests::workspace())
        .args(["metadata", "--locked", "--format-version", "1", "--filter-platform", host])
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let registry = packages.iter().filter(|package| package["source"].is_string());
    let manifests = registry.filter_map(|package| package["manifest_path"].as_str());
    Ok(manifests.filter_map(|path| Path::new(path).parent().map(Path::to_owned)).collect())
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn agree(guest: &str) -> Result<()> {
    let chosen = std::env::var("CELL_CASE").ok();
    let chosen = chosen.as_deref().map(|text| text.split_once(':').unwrap_or((text, "")));
    let slow = std::env::var_os("SLOW_TESTS").is_some();
    let (from, to) = match chosen {
        Some((other, _)) if other != guest => return Ok(()),
        Some((_, number)) => number.parse().map(|number: u64| (number, number + 1))?,
        None if slow => (0, SLOWLY.div_ceil(GUESTS)),
        None => (0, CASES),
    };
    let (program, items) = native();
    let mut child = Command::new(program)
        .arg(guest)
        .arg(items)
        .args([from.to_string(), to.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(if slow { Stdio::inherit() } else { Stdio::piped() })
        .spawn()?;
    let mut asked = BufReader::new(child.stdout.take().context("a pipe")?);
    let mut told = BufWriter::new(child.stdin.take().context("a pipe")?);
    // As it comes, or the other would wait for room.
    let said = child.stderr.take().map(|mut from| {
        std::thread::spawn(move || {
            let mut said = String::new();
            from.read_to_string(&mut said).map(|_| said)
        })
    });
    // It ends by itself when one of the pipes does.
    let served = Engine::shared().serve(&mut asked, &mut told);
    drop((asked, told));
    let status = child.wait()?;
    let said = said.and_then(|thread| thread.join().ok()?.ok()).unwrap_or_default();
    ensure!(status.success(), "{guest}: {said}");
    eprint!("{said}");
    served
}

macro_rules! guests {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() -> Result<()> {
            agree(stringify!($name))
        }
    )*};
}

guests!(ledger search cache postgres auth telemetry);
