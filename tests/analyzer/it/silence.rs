//! What the server does to the machine while it expands: it reads.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;
use cell_analyzer_tests::{Analyzer, File, Kind, strace};

use crate::world::{World, files};

const SOURCE: &str = "
    cell::cell_remote!(Ledger = \"ledger\");
    #[Ledger::table(name = \"accounts\")]
    #[derive(Clone, Debug, Ledger::Model)]
    struct Account {
        #[Ledger::primary_key]
        owner: String,
        balance: i64,
    }
    fn sql() -> &'static str { Ledger::query!(\"select balance from accounts where owner = ?\").sql }
";

/// The server under strace, with one variable more, and the log.
fn traced(world: &World, variable: Option<(&'static str, &Path)>) -> Result<(Analyzer, PathBuf)> {
    let log = world.path().join("system-calls");
    let mut variables = world.variables();
    variables.extend(variable.map(|(name, path)| (name, path.as_os_str().to_owned())));
    let launcher = strace::launcher(&log)?;
    Ok((Analyzer::start_under(&launcher, &world.host.library, &variables)?, log))
}

/// What the log tells but reading. The server has a temporary folder of its own.
fn deeds(world: &World, log: &Path) -> Result<Vec<String>> {
    Ok(strace::deeds(&fs::read_to_string(log)?, &world.path().join("tmp")))
}

/// All files of a project, what is in them, and when they were written.
fn contents(folder: &Path) -> Result<BTreeMap<PathBuf, (Vec<u8>, SystemTime)>> {
    let read = |path: PathBuf| {
        let content = (fs::read(&path)?, fs::metadata(&path)?.modified()?);
        Ok((path, content))
    };
    files(folder)?.into_iter().map(read).collect()
}

fn projects(world: &World) -> PathBuf {
    world.path().join("projects")
}

#[test]
fn the_server_connects_nowhere_and_changes_nothing() -> Result<()> {
    let world = World::new()?;
    let package = world.sdk()?;
    let before = contents(&projects(&world))?;
    let (mut analyzer, log) = traced(&world, None)?;
    let file = File::expand(SOURCE, &mut analyzer, &package.variables())?;
    assert!(!file.text().contains("compile_error"), "{}", file.text());
    let ended = analyzer.end()?;
    assert!(ended.status.success(), "{ended:?}");
    let read = fs::read_to_string(&log)?;
    // It was looked at: all that is recorded was read.
    for name in [".cell/expansions/", "cell.lock", "cell.toml"] {
        let path = package.folder.join(name).display().to_string();
        assert!(read.contains(&path), "{path} is not in the log");
    }
    assert_eq!(deeds(&world, &log)?, Vec::<String>::new());
    assert_eq!(contents(&projects(&world))?, before);
    for folder in [world.path().join("home"), world.path().join("path"), world.run().to_owned()] {
        assert_eq!(files(&folder)?, Vec::<PathBuf>::new(), "{}", folder.display());
    }
    Ok(())
}

/// The test above would see a write.
#[test]
fn a_trace_in_the_project_is_seen() -> Result<()> {
    let world = World::new()?;
    let package = world.sdk()?;
    let folder = package.folder.join("trace");
    let (mut analyzer, log) = traced(&world, Some(("CELL_TRACE", &folder)))?;
    File::expand(SOURCE, &mut analyzer, &package.variables())?;
    analyzer.end()?;
    let deeds = deeds(&world, &log)?;
    assert!(deeds.iter().any(|line| line.starts_with("mkdir") && line.contains("/trace")));
    assert!(deeds.iter().any(|line| line.contains(".trace") && line.contains("O_APPEND")));
    assert!(deeds.iter().all(|line| line.contains("trace")), "{deeds:?}");
    Ok(())
}

/// And a connection: what is not recorded is looked for at this user's macro server.
#[test]
fn looking_for_the_macro_server_is_seen() -> Result<()> {
    let world = World::new()?;
    let package = world.sdk()?;
    let (mut analyzer, log) = traced(&world, None)?;
    let input = "ledger::query(\"select nothing\")";
    let made = analyzer.expand("expand", Kind::Function, None, input, &package.variables())?;
    assert!(made.contains("CELL0205"), "{made}");
    analyzer.end()?;
    let deeds = deeds(&world, &log)?;
    let run = world.run().display().to_string();
    let (known, unknown): (Vec<_>, Vec<_>) =
        deeds.iter().partition(|line| line.starts_with("socket(AF_UNIX") || line.contains(&run));
    assert!(known.iter().any(|line| line.starts_with("connect(")), "{deeds:?}");
    assert_eq!(unknown, Vec::<&String>::new());
    Ok(())
}
