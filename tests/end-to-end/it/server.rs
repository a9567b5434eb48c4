//! The macro server as builds meet it: started by the first that needs it, in nobody's way, found
//! by the next, and gone when nobody needs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::background::{children, stat};
use crate::project::{Host, clean, workspace};
use crate::report::errors;
use crate::run::turn;
use crate::served::{Found, SOURCE, Served};

/// Key and digest of each expansion, without how it was found.
fn outputs(found: &Found) -> Vec<(&String, &String)> {
    found.iter().map(|(key, (_, output))| (key, output)).collect()
}

#[test]
fn expansions_are_the_same_wherever_they_are_made() -> Result<()> {
    let served = Served::new("server-same", Host::Thin)?;
    let by_server = served.expect("macro-server", SOURCE)?;
    ensure!(by_server.len() == 2 && by_server.values().all(|(_, output)| output.len() == 64));
    let server = served.server()?;
    // Another crate, other flags: the same user.
    let mut other = Served::new("server-other", Host::Thin)?;
    other.project.home = served.project.home.clone();
    other.set("CELL_SERVER", "off");
    let cached = other.expect("expansion-cache", SOURCE)?;
    // Other server, other rustc, and what was recorded.
    let mut embedded = Served::new("server-embedded", Host::Embedded)?;
    embedded.set("CELL_SERVER", "off");
    let by_rustc = embedded.expect("engine-inside-rustc", SOURCE)?;
    let kept = embedded.expect("expansion-cache", SOURCE)?;
    other.project.cell_does(&["vendor"])?;
    let recorded = other.expect("recorded", SOURCE)?;
    for found in [&cached, &by_rustc, &kept, &recorded] {
        ensure!(outputs(found) == outputs(&by_server), "{found:?} {by_server:?}");
    }
    ensure!(served.server()? == server, "another server was started");
    Ok(())
}

#[test]
fn a_component_is_compiled_with_the_jobs_that_cargo_may_use() -> Result<()> {
    let served = Served::new("server-jobs", Host::Thin)?;
    let check = |jobs: usize| -> Result<String> {
        // Neither code nor expansions are there.
        served.kill_servers();
        served.no_server()?;
        fs::remove_dir_all(served.project.home.join("cache"))?;
        let ended = served.project.check_by(SOURCE, |mut command| {
            command.args(["--jobs", &jobs.to_string()]);
            command
        })?;
        ensure!(errors(&ended)?.is_empty(), "{}", ended.stderr);
        let line = ended.stderr.lines().find(|line| line.contains("compiles a component"));
        Ok(line.with_context(|| format!("nothing was compiled: {}", ended.stderr))?.to_owned())
    };
    let cores = std::thread::available_parallelism()?.get();
    // Only this crate is compiled, and what its compiler does not use is there for the taking.
    for (jobs, threads) in [(1, 1), (2, cores.min(2))] {
        let said = check(jobs)?;
        ensure!(said.ends_with(&format!("threads: {threads}")), "-j{jobs}: {said}");
    }
    Ok(())
}

/// A target folder of its own, and cargo's own profile.
/// KiB that the files two levels down take on the disk, in blocks of four.
fn blocks(folder: &Path) -> Result<u64> {
    let mut all = 0;
    for inner in fs::read_dir(folder)? {
        for file in fs::read_dir(inner?.path())? {
            all += 4 * file?.metadata()?.len().div_ceil(4096);
        }
    }
    Ok(all)
}

#[test]
fn another_target_folder_uses_the_cache() -> Result<()> {
    let mut served = Served::new("server-target", Host::Thin)?;
    let first = served.expect("macro-server", SOURCE)?;
    served.project.write(
        "Cargo.toml",
        format!(
            "[package]\nname = \"app-server-target\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
             [workspace]\n[dependencies]\ncell-sdk = {{ path = {:?}, default-features = false, \
             features = [\"macros\"] }}\n",
            workspace().join("cell-sdk"),
        ),
    )?;
    let target = served.project.root.join("target");
    served.set("CARGO_TARGET_DIR", target.display().to_string());
    let second = served.expect("expansion-cache", SOURCE)?;
    ensure!(outputs(&first) == outputs(&second));
    let stats = served.project.cell(&["cache", "stats"])?;
    let lines: Vec<Vec<&str>> =
        stats.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    ensure!(lines.len() == 3, "{}", stats.stdout);
    ensure!(lines[0] == ["folder", &served.project.home.join("cache").display().to_string()]);
    let size = blocks(&served.expansions())?;
    ensure!(lines[1] == ["expansions", "2", &size.to_string(), "KiB"], "{}", stats.stdout);
    ensure!(lines[2][..2] == ["compiled", "1"], "{}", stats.stdout);
    let verified = served.project.cell(&["cache", "verify"])?;
    ensure!(verified.stderr.contains("Verified 2 expansions"), "{}", verified.stderr);
    let removed = served.project.cell(&["cache", "gc"])?;
    ensure!(removed.stderr.contains("Removed 0 expansions"), "{}", removed.stderr);
    let all = format!("Removed 2 expansions, {size} KiB");
    let removed = served.project.cell(&["cache", "gc", "--keep", "0"])?;
    ensure!(removed.stderr.contains(&all), "{}", removed.stderr);
    served.expect("macro-server", SOURCE)?;
    Ok(())
}

#[test]
fn a_server_is_in_nobodys_way_and_ends() -> Result<()> {
    let mut served = Served::new("server-ends", Host::Thin)?;
    // As long would cargo wait for it.
    served.set("CELL_SERVER_IDLE", "120");
    served.set("SECRET_OF_THE_BUILD", "x");
    served.project.write("src/lib.rs", SOURCE)?;
    let mut cargo = served.project.cargo()?;
    // Pipes end when all who hold them have closed them.
    cargo.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = {
        let _turn = turn();
        cargo.output()?
    };
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let server = served.server().context("cargo waited for the server, or none was started")?;
    let process = format!("/proc/{}", server.as_raw_nonzero());
    let words = stat(Path::new(&process))?;
    ensure!(words[3] == server.as_raw_nonzero().to_string(), "its session is {}", words[3]);
    ensure!(words[4] == "0", "it has a terminal");
    // Not of rustc, which ended, nor of who started it: nobody has to bury it but the system.
    let parent = fs::read_to_string(format!("/proc/{}/comm", words[1]))?;
    ensure!(!["cell", "rustc", "cargo"].iter().any(|name| parent.starts_with(name)), "{parent}");
    ensure!(children(server).is_empty(), "it has children: {:?}", children(server));
    ensure!(fs::read_link(format!("{process}/cwd"))?.as_os_str() == "/");
    for entry in fs::read_dir(format!("{process}/fd"))? {
        let entry = entry?;
        let open = fs::read_link(entry.path())?.display().to_string();
        let number = entry.file_name();
        let standard = ["0", "1", "2"].iter().any(|standard| *standard == number);
        let home = served.project.home.display().to_string();
        let own = if standard {
            open == "/dev/null"
        } else {
            open.starts_with("socket:") || open.starts_with(&home)
        };
        ensure!(own, "{number:?} is {open}");
    }
    let environment = fs::read(format!("{process}/environ"))?;
    let environment = String::from_utf8_lossy(&environment);
    ensure!(!environment.contains("CARGO_") && !environment.contains("SECRET"), "{environment}");
    let doctor = |served: &Served| -> Result<String> {
        let ended = served.project.cell(&["doctor"])?;
        Ok(ended.stdout)
    };
    let socket = served.socket()?;
    let running = doctor(&served)?;
    ensure!(running.contains(&format!("a server runs at {}", socket.display())), "{running}");
    served.kill_servers();
    served.set("CELL_SERVER_IDLE", "2");
    served.forget();
    served.expect("macro-server", SOURCE)?;
    served.no_server()?;
    ensure!(!socket.exists(), "the socket is still there");
    let ended = doctor(&served)?;
    ensure!(ended.contains("none runs"), "{ended}");
    Ok(())
}

#[test]
fn by_hand_it_says_what_it_does() -> Result<()> {
    let served = Served::new("server-hand", Host::Thin)?;
    let ended = served.project.cell(&["macro-server", "--idle", "60"])?;
    ensure!(ended.code == Some(0) && ended.stderr.contains("Started"), "{}", ended.stderr);
    let server = served.server()?;
    let again = served.project.cell(&["macro-server"])?;
    ensure!(again.code == Some(0), "{}", again.stderr);
    let fresh = served.project.cell(&["macro-server", "--foreground"])?;
    ensure!(fresh.stderr.contains("is running"), "{}", fresh.stderr);
    ensure!(served.server()? == server, "another one was started");
    served.kill_servers();
    fs::remove_dir_all(served.sockets())?;
    fs::write(served.sockets(), "")?;
    let broken = served.project.cell(&["macro-server"])?;
    ensure!(broken.code == Some(1) && broken.stderr.contains("--foreground"), "{}", broken.stderr);
    let why = served.project.cell(&["macro-server", "--foreground"])?;
    ensure!(why.code == Some(1) && why.stderr.contains("cannot run"), "{}", why.stderr);
    Ok(())
}

/// Without `CELL_HOME` the socket is in the system's folder for sockets, or else beside the cache.
#[test]
fn the_users_own_folders() -> Result<()> {
    for (name, runtime, expected) in
        [("server-xdg", true, "r/cell"), ("server-no-xdg", false, "c/cell/run")]
    {
        let mut served = Served::new(name, Host::Thin)?;
        let folder = served.folder.path().to_owned();
        served.project.home = "".into();
        served.set("XDG_CACHE_HOME", folder.join("c").display().to_string());
        let runtime = if runtime { folder.join("r").display().to_string() } else { String::new() };
        served.set("XDG_RUNTIME_DIR", runtime);
        served.expect("macro-server", SOURCE)?;
        served.server()?;
        let folder = folder.join(expected);
        let socket = macro_bridge::host::home::socket(&folder).context("a short path")?;
        ensure!(socket.exists(), "no socket in {}", folder.display());
        served.expect("expansion-cache", SOURCE)?;
    }
    Ok(())
}

#[test]
fn another_user_is_refused() -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    use std::os::unix::fs::PermissionsExt as _;
    let served = Served::new("server-user", Host::Thin)?;
    served.expect("macro-server", SOURCE)?;
    let socket = served.socket()?;
    // A copy, since our own folders may be closed to that user.
    let program = served.folder.path().join("it");
    fs::copy(std::env::current_exe()?, &program)?;
    let open = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o777));
    let knock = |user: &str| -> Result<String> {
        let mut command = clean(Command::new("setpriv"))?;
        command.args(["--reuid", user, "--regid", user, "--clear-groups"]).arg(&program);
        command.args(["--exact", "server::knocks", "--nocapture"]).env("KNOCK_AT", &socket);
        let output = command.output()?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    open(served.folder.path())?;
    open(&served.project.home)?;
    open(&served.project.home.join("cache"))?;
    let said = knock("4711")?;
    ensure!(said.contains("not let in: Permission denied"), "{said}");
    // Even if somebody opened it: the kernel says who knocks.
    open(&served.sockets())?;
    open(&socket)?;
    let said = knock("4711")?;
    ensure!(said.contains("hung up on"), "{said}");
    let said = knock("0")?;
    ensure!(said.contains("greeted"), "{said}");
    Ok(())
}

/// The other user of [`another_user_is_refused`].
#[test]
fn knocks() -> Result<()> {
    use std::io::Write as _;

    use macro_bridge::wire;
    let Some(socket) = std::env::var_os("KNOCK_AT") else { return Ok(()) };
    let said = match std::os::unix::net::UnixStream::connect(socket) {
        Err(error) => format!("not let in: {error}"),
        Ok(mut stream) => {
            let _ = wire::write(&mut stream, &[wire::HELLO.as_bytes()]);
            match wire::read(&mut stream) {
                Ok(_) => "greeted".to_owned(),
                Err(_) => "hung up on".to_owned(),
            }
        }
    };
    writeln!(std::io::stdout(), "{said}")?;
    Ok(())
}
