//! Many compilers at once, and servers and compilers that are killed: every compiler that was not
//! killed succeeds, and nothing that is left blocks the next.
//!
//! rustc is started here as cargo starts it, so that each one can be killed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use cell_tests::Progress;
use macro_bridge::host::home::EXPANSIONS;
use serde_json::Value;

use crate::guests::{ledger, misbehave};
use crate::project::{Host, clean};
use crate::report::errors;
use crate::run::turn;
use crate::served::{SOURCE, Served, servers};

const COMPILERS: usize = 16;

fn rounds() -> usize {
    if std::env::var_os("SLOW_TESTS").is_some() { 1_000 } else { 3 }
}

/// What cargo would tell rustc of the project's dependency.
struct Rustc {
    served: Served,
    library: PathBuf,
}

impl Rustc {
    fn new(name: &str) -> Result<Self> {
        let served = Served::new(name, Host::Thin)?;
        let ended = served.project.check("")?;
        ensure!(errors(&ended)?.is_empty());
        let library = ended
            .stdout
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|line| {
                line["reason"] == "compiler-artifact" && line["target"]["name"] == "cell"
            })
            .find_map(|line| Some(PathBuf::from(line["filenames"][0].as_str()?)));
        Ok(Self { served, library: library.context("the library `cell`")? })
    }

    /// Starts the compiler on one crate; `home` is in the folder of the test.
    fn start(&self, krate: &str, home: &Path, source: &str) -> Result<Child> {
        let folder = self.served.project.root.join("crates");
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{krate}.rs"));
        fs::write(&path, format!("#![allow(warnings)]\n{source}"))?;
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut command = clean(Command::new(rustc))?;
        command
            .args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata"])
            .args(["--crate-name", krate])
            .arg("--extern")
            .arg(format!("cell={}", self.library.display()))
            .arg("-L")
            .arg(format!("dependency={}", self.library.with_file_name("").display()))
            .arg("--out-dir")
            .args([&folder, &path])
            .envs(self.served.project.environment.iter().map(|(name, value)| (name, value)))
            .env("CELL_HOME", home)
            .env("CARGO_MANIFEST_DIR", &self.served.project.root)
            .env("CARGO_PKG_NAME", krate)
            .env("CARGO_CRATE_NAME", krate)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(path.with_extension("err"))?);
        command.spawn().context("rustc could not be started")
    }

    fn said(&self, krate: &str) -> String {
        let path = self.served.project.root.join("crates").join(format!("{krate}.err"));
        fs::read_to_string(path).unwrap_or_default()
    }
}

/// Waits, but not for ever.
fn wait(child: &mut Child, what: &str) -> Result<bool> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if begin.elapsed() > Duration::from_secs(120) {
            child.kill()?;
            child.wait()?;
            bail!("{what} hangs");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Five items whose expansions nobody has made yet.
fn source(krate: usize) -> String {
    let item = |number| {
        format!(
            "#[cell::wasm(ledger::table(name = \"t{number}\"))]\n\
             pub struct T{number} {{ #[ledger::primary_key] pub id{krate}: u64 }}\n"
        )
    };
    (0..5).map(item).collect()
}

/// How many compiled components there are in a home, and leftovers of writing one.
fn compiled(home: &Path) -> (usize, usize) {
    let entries = fs::read_dir(home.join("cache/compiled")).into_iter().flatten().flatten();
    let names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let whole = names.iter().filter(|name| name.len() > 64).count();
    (whole, names.iter().filter(|name| name.starts_with(".new")).count())
}

#[test]
fn sixteen_compilers_have_one_server() -> Result<()> {
    let rustc = Rustc::new("storm-one")?;
    let home = rustc.served.folder.path().join("s");
    let _turn = turn();
    let names: Vec<String> = (0..COMPILERS).map(|number| format!("one{number}")).collect();
    let mut compilers = Vec::new();
    for (number, krate) in names.iter().enumerate() {
        compilers.push(rustc.start(krate, &home, &source(number))?);
    }
    for (krate, compiler) in names.iter().zip(&mut compilers) {
        ensure!(wait(compiler, krate)?, "{}", rustc.said(krate));
    }
    ensure!(rustc.served.servers().len() == 1, "{} servers", rustc.served.servers().len());
    // One compiled it, the others waited: it was written once and read by nobody.
    ensure!(compiled(&home) == (1, 0), "{:?}", compiled(&home));
    // The server replies first, and a thread of its own keeps what it replied.
    let begun = Instant::now();
    let mut kept = 0;
    while kept != COMPILERS * 5 {
        ensure!(begun.elapsed() < Duration::from_secs(60), "{kept} expansions");
        std::thread::sleep(Duration::from_millis(20));
        kept = 0;
        for folder in fs::read_dir(home.join("cache").join(EXPANSIONS))? {
            kept += fs::read_dir(folder?.path())?.count();
        }
    }
    Ok(())
}

#[test]
fn who_is_not_killed_succeeds() -> Result<()> {
    let rustc = Rustc::new("storm-kill")?;
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |most: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % most
    };
    let (mut killed, mut servers_killed) = (0, 0);
    let mut progress = Progress::new("storm", rounds() as u64);
    for round in 0..rounds() {
        let _turn = turn();
        // Every other round starts where the one before ended, without what that one kept.
        let home = rustc.served.folder.path().join(format!("k{}", round / 2));
        let _ = fs::remove_dir_all(home.join("cache").join(EXPANSIONS));
        let names: Vec<String> = (0..COMPILERS).map(|number| format!("k{number}")).collect();
        let mut compilers = Vec::new();
        for (number, krate) in names.iter().enumerate() {
            compilers.push((number, rustc.start(krate, &home, &source(number))?));
        }
        // A client tries three servers for one expansion: so many deaths it survives wherever they
        // hit it, with one more.
        let mut deaths = 2;
        let mut victims: Vec<usize> = (0..4).map(|_| random(COMPILERS as u64) as usize).collect();
        victims.dedup();
        while compilers.iter_mut().any(|(_, one)| matches!(one.try_wait(), Ok(None))) {
            std::thread::sleep(Duration::from_millis(random(150)));
            if deaths > 0
                && let Some(server) = servers(&home).first()
            {
                let _ = rustix::process::kill_process(*server, rustix::process::Signal::KILL);
                deaths -= 1;
                servers_killed += 1;
            } else if deaths == 0
                && let Some(victim) = victims.pop()
            {
                let (_, victim) = &mut compilers[victim];
                killed += usize::from(victim.try_wait()?.is_none());
                victim.kill()?;
                victims.truncate(3);
            }
        }
        for (number, compiler) in &mut compilers {
            let status = compiler.wait()?;
            let said = rustc.said(&names[*number]);
            // Ended by our signal, or well.
            let fine = status.success() || status.code().is_none();
            ensure!(fine, "round {round}, crate {number}: {status}\n{said}");
        }
        // And the next one, with whatever is left of them.
        let mut last = rustc.start("last", &home, SOURCE)?;
        ensure!(wait(&mut last, "the last")?, "round {round}: {}", rustc.said("last"));
        ensure!(servers(&home).len() == 1, "round {round}: {} servers", servers(&home).len());
        ensure!(compiled(&home) == (1, 0), "round {round}: {:?}", compiled(&home));
        if round % 2 == 1 {
            for server in servers(&home) {
                let _ = rustix::process::kill_process(server, rustix::process::Signal::KILL);
            }
            let _ = fs::remove_dir_all(&home);
        }
        progress.done(round as u64 + 1);
    }
    ensure!(killed > 0 && servers_killed >= 2, "{killed} and {servers_killed} were killed");
    Ok(())
}

/// A macro that loops until its fuel is used up has every turn that there is; others go on.
#[test]
fn one_bad_component_disturbs_nobody() -> Result<()> {
    let mut rustc = Rustc::new("storm-bad")?;
    rustc.served.set("CELL_SERVER_JOBS", "1");
    let home = rustc.served.folder.path().join("b");
    // Units for many minutes: on a machine that does other things the others take that long, too.
    // Killed compilers leave the server at it, which is killed at the end.
    let cell_toml = format!(
        "[cells.bad]\npath = {:?}\n[cells.bad.limits]\nfuel = 2000000000000\n\
         [cells.ledger]\npath = {:?}\n",
        misbehave()?,
        ledger()
    );
    rustc
        .served
        .project
        .lock_only(&cell_toml, |name| ["table", "cache", "spin", "grow"].contains(&name))?;
    let _turn = turn();
    let mut warm = rustc.start("warm", &home, SOURCE)?;
    ensure!(wait(&mut warm, "the first")?, "{}", rustc.said("warm"));
    let bad = |name: &str| format!("#[cell::wasm(bad::{name})]\npub struct A {{ pub id: u64 }}\n");
    let mut stuck =
        [rustc.start("spin0", &home, &bad("spin"))?, rustc.start("spin1", &home, &bad("spin"))?];
    let mut grows = rustc.start("grow", &home, &bad("grow"))?;
    std::thread::sleep(Duration::from_millis(500));
    for number in 0..3 {
        let krate = format!("good{number}");
        let mut good = rustc.start(&krate, &home, &source(number))?;
        ensure!(wait(&mut good, &krate)?, "{}", rustc.said(&krate));
    }
    for one in &mut stuck {
        ensure!(one.try_wait()?.is_none(), "it ended too early: {}", rustc.said("spin0"));
        one.kill()?;
        one.wait()?;
    }
    ensure!(!wait(&mut grows, "grow")?);
    ensure!(rustc.said("grow").contains("MiB of memory"), "{}", rustc.said("grow"));
    ensure!(servers(&home).len() == 1, "the server is gone");
    Ok(())
}
