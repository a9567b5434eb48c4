//! Whatever is odd about the macro server, the macros are expanded elsewhere, and `CELL_LOG` says
//! why; whoever may have left something in its place is no hindrance.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context as _, Result, ensure};
use macro_bridge::wire::{self, HELLO};

use crate::project::Host;
use crate::report::errors;
use crate::run::unshared;
use crate::served::{SOURCE, Served};

/// What is made inside rustc, after these words.
fn falls_through(served: &Served, words: &str) -> Result<()> {
    served.forget();
    let (found, ended) = served.check(SOURCE)?;
    let how: Vec<&String> = found.values().map(|(how, _)| how).collect();
    ensure!(how == ["engine-inside-rustc"; 2], "{words}: {how:?}\n{}", ended.stderr);
    ensure!(ended.stderr.contains(words), "`{words}` is not in: {}", ended.stderr);
    Ok(())
}

#[test]
fn a_server_that_cannot_be_had() -> Result<()> {
    let mut served = Served::new("strangers-none", Host::Embedded)?;
    served.set("CELL_SERVER", "off");
    falls_through(&served, "CELL_SERVER=off")?;
    served.set("CELL_SERVER", "");
    served.set("CELL_BIN", "/bin/false");
    falls_through(&served, "it does not start: exit status: 1")?;
    // It ends well and there is no server.
    served.set("CELL_BIN", "/bin/true");
    falls_through(&served, "No such file or directory")?;
    served.set("CELL_BIN", "/nowhere/cell");
    falls_through(&served, "/nowhere/cell: No such file")?;
    served.set("CELL_BIN", "");
    let path = std::env::var_os("PATH").context("a path")?;
    let without = std::env::split_paths(&path).filter(|folder| !folder.join("cell").exists());
    served.set("PATH", std::env::join_paths(without)?.to_string_lossy());
    falls_through(&served, "there is no command `cell`")?;
    served.set("CELL_BIN", env!("CARGO_BIN_EXE_cell-end-to-end"));
    // Others may write where the socket is to be.
    let sockets = served.sockets();
    fs::create_dir_all(&sockets)?;
    fs::set_permissions(&sockets, fs::Permissions::from_mode(0o777))?;
    falls_through(&served, "is not a folder of this user alone")?;
    fs::set_permissions(&sockets, fs::Permissions::from_mode(0o700))?;
    if rustix::process::geteuid().is_root() {
        chown(&sockets, Some(4711), None)?;
        falls_through(&served, "is not a folder of this user alone")?;
    }
    fs::remove_dir_all(&sockets)?;
    fs::write(&sockets, "a file")?;
    falls_through(&served, "is not a folder of this user alone")?;
    fs::remove_file(&sockets)?;
    std::os::unix::fs::symlink(served.folder.path(), &sockets)?;
    falls_through(&served, "is not a folder of this user alone")?;
    ensure!(served.servers().is_empty(), "there is a server");
    served.project.home = served.folder.path().join("long".repeat(25));
    falls_through(&served, "the path of its socket is too long")
}

/// As in `cache`: root may write whatever modes say, so the home is a file system of its own.
#[test]
fn a_home_that_is_read_only() -> Result<()> {
    let served = Served::new("strangers-read-only", Host::Embedded)?;
    let home = served.project.home.display().to_string();
    let script = format!(
        "mount -t tmpfs -o size=64k,mode=700 tmpfs {home:?} && mount -o remount,ro {home:?} && \
         exec \"$@\""
    );
    let ended = served.project.check_by(SOURCE, |cargo| unshared(&script, &cargo))?;
    ensure!(errors(&ended)?.is_empty());
    ensure!(ended.stderr.contains("it does not start"), "{}", ended.stderr);
    ensure!(served.servers().is_empty(), "there is a server");
    Ok(())
}

/// Somebody who listens in the server's place, as long as this lives.
struct Stranger {
    socket: std::path::PathBuf,
    ended: Arc<AtomicBool>,
    guests: Arc<AtomicUsize>,
}

impl Stranger {
    fn new(socket: &Path, says: fn(&mut UnixStream, usize)) -> Result<Self> {
        fs::create_dir_all(socket.parent().context("a folder")?)?;
        let _ = fs::remove_file(socket);
        let listener = UnixListener::bind(socket)?;
        let (ended, guests) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let (end, count) = (Arc::clone(&ended), Arc::clone(&guests));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                if end.load(Ordering::Relaxed) {
                    break;
                }
                let number = count.fetch_add(1, Ordering::Relaxed);
                std::thread::spawn(move || says(&mut stream, number));
            }
        });
        Ok(Self { socket: socket.to_owned(), ended, guests })
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = UnixStream::connect(&self.socket);
        let _ = fs::remove_file(&self.socket);
    }
}

fn greet(stream: &mut UnixStream) {
    let _ = wire::read(stream);
    let _ = wire::write(stream, &[HELLO.as_bytes()]);
}

/// Reads until the other side has enough.
fn listen(stream: &mut UnixStream) {
    let _ = stream.read_to_end(&mut Vec::new());
}

#[test]
fn somebody_else_listens() -> Result<()> {
    let served = Served::new("strangers-others", Host::Embedded)?;
    let meets = |words: &str, guests: usize, says: fn(&mut UnixStream, usize)| -> Result<()> {
        let stranger = Stranger::new(&served.socket()?, says)?;
        falls_through(&served, words)?;
        let came = stranger.guests.load(Ordering::Relaxed);
        ensure!(came == guests, "{words}: asked {came} times");
        Ok(())
    };
    meets("it is `cell-macro-server 0 0.0.1`", 1, |stream, _| {
        let _ = wire::write(stream, &[b"cell-macro-server 0 0.0.1"]);
        listen(stream);
    })?;
    meets("a frame of more than 80 MiB", 1, |stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        listen(stream);
    })?;
    meets("it says what nobody knows", 1, |stream, _| {
        greet(stream);
        let _ = wire::read(stream);
        let _ = wire::write(stream, &[b"Qwhat"]);
        listen(stream);
    })?;
    meets("its expansion cannot be read", 1, |stream, _| {
        greet(stream);
        let _ = wire::read(stream);
        let _ = wire::write(stream, &[b"E", b"not much"]);
        listen(stream);
    })?;
    // Gone in the middle of it, whoever is asked: three times for one expansion, for two of them.
    meets("it went away: ", 6, |stream, _| {
        greet(stream);
        let _ = wire::read(stream);
        let _ = stream.write_all(&[0, 1, 0, 0, b'E', b'c']);
    })?;
    // It takes the request and is silent; asked whether it is still there, it is silent too.
    meets("timed out", 2, |stream, number| {
        if number == 0 {
            greet(stream);
        }
        listen(stream);
    })?;
    meets("timed out", 1, |stream, _| listen(stream))?;
    ensure!(served.servers().is_empty(), "there is a server");
    Ok(())
}

#[test]
fn a_server_that_is_gone_is_replaced() -> Result<()> {
    let served = Served::new("strangers-gone", Host::Thin)?;
    // Killed long ago: a socket at which nobody listens.
    fs::create_dir_all(served.sockets())?;
    drop(UnixListener::bind(served.socket()?)?);
    served.expect("macro-server", SOURCE)?;
    let first = served.server()?;
    served.kill_servers();
    served.forget();
    served.expect("macro-server", SOURCE)?;
    ensure!(served.server()? != first, "it lives on");
    // It is stopped: whoever comes does without it, and does not wait long.
    let _ = rustix::process::kill_process(served.server()?, rustix::process::Signal::STOP);
    served.forget();
    let error = served.check(SOURCE).unwrap_err().to_string();
    ensure!(error.contains("timed out") && error.contains("CELL0205"), "{error}");
    Ok(())
}
