//! Into the background, away from the compiler that started it.
//!
//! The process that a compiler starts is not the server: it closes what it inherited, starts the
//! server, and ends as soon as that one listens. So the compiler has nobody to wait for later, and
//! the server is no child of a compiler, which would have to bury it.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take until it listens, on a machine that does other things. A compiler
/// waits less.
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts a server, which is to call [`leave`], and returns when somebody listens at `socket`. Only
/// what it needs to know of the environment goes with it: it outlives the build.
///
/// To be called first of all, before this process has opened anything itself.
///
/// # Errors
/// If it could not be started, or ended instead.
pub fn launch(mut server: Command, socket: &Path) -> io::Result<()> {
    close_inherited()?;
    let kept: Vec<_> =
        std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_needed)).collect();
    server
        .env_clear()
        .envs(kept)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begin = Instant::now();
    let mut child = server.spawn()?;
    while UnixStream::connect(socket).is_err() {
        if let Some(status) = child.try_wait()? {
            match status.code() {
                // Another one had the place, and is gone or about to listen.
                Some(0) => return Ok(()),
                Some(_) => return Err(io::Error::other(status.to_string())),
                // Somebody killed it, which says nothing about the next one.
                None => child = server.spawn()?,
            }
        }
        if begin.elapsed() > PATIENCE {
            return Err(io::ErrorKind::TimedOut.into());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Where the user's folders are, and what is meant for the server.
fn is_needed(name: &str) -> bool {
    let folders = ["HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "TMPDIR", "PATH", "RUST_BACKTRACE"];
    folders.contains(&name) || name.starts_with("CELL_")
}

/// Closes everything that was inherited except standard input, output and error: among it are
/// cargo's job server and pipes that cargo waits on.
fn close_inherited() -> io::Result<()> {
    let listing = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
    let numbers: Vec<i32> = std::fs::read_dir(listing)?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|number| *number > 2)
        .collect();
    for number in numbers {
        // The listing had a number too, which is closed again.
        if std::fs::symlink_metadata(format!("{listing}/{number}")).is_err() {
            continue;
        }
        // SAFETY: nothing in this process owns a descriptor yet except the standard streams, which
        // are left alone: the caller has opened nothing, so all others are open and inherited.
        unsafe { rustix::io::close(number) };
    }
    Ok(())
}

/// Leaves the session of the terminal: an interrupt that is meant for a build does not end what
/// other builds use.
pub fn leave() {
    // It fails only for the first of a group, which has a group of its own already.
    let _ = rustix::process::setsid();
}
