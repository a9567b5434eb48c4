//! The macro server as a place to ask: warm engines in an optimised process of this user, started
//! when first needed. Whatever is odd about it, the next place is asked; `CELL_LOG` says why.
//!
//! It is this user's, of this release, and checks what guests return; so that is not done again.

use crate::digest::Digest;
use crate::expansion::Expansion;
use crate::failure::Failure;
use crate::host::Engine;
use crate::project::Project;
use crate::request::Request;

/// The macro server. On systems without unix sockets it is never there.
pub struct Server;

impl Engine for Server {
    fn name(&self) -> &'static str {
        "macro server"
    }

    #[cfg(unix)]
    fn expand(
        &self,
        project: &Project,
        request: &Request,
        _key: &Digest,
    ) -> Option<Result<Expansion, Failure>> {
        unix::expand(project, request)
    }

    #[cfg(not(unix))]
    fn expand(
        &self,
        _project: &Project,
        _request: &Request,
        _key: &Digest,
    ) -> Option<Result<Expansion, Failure>> {
        None
    }
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::UnixStream;
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, Stdio};
    use std::sync::{Mutex, PoisonError};
    use std::time::{Duration, Instant};

    use crate::asking::Asking;
    use crate::expansion::{Expansion, compact};
    use crate::failure::Failure;
    use crate::host::home;
    use crate::host::jobs::Tokens;
    use crate::project::Project;
    use crate::request::{self, Request};
    use crate::wire::{self, Asked, HELLO, Reply};

    /// A server that says nothing for so long is greeted once more by another connection, and
    /// waited for as long as it greets back: the first expansion of a large component compiles it,
    /// and others may be before us. One that is stopped or stuck does not greet.
    const PATIENCE: Duration = Duration::from_secs(3);
    /// Past this it is left also if it greets. Guests end before: fuel bounds them.
    const LONGEST: Duration = Duration::from_secs(300);
    /// How long a server that was just started may take until it listens.
    const START: Duration = Duration::from_secs(10);
    /// Servers that are tried for one expansion: each may be killed while it works, or end because
    /// it was idle just now. What ends all of them is the expansion itself.
    const SERVERS: usize = 3;
    /// rust-analyzer lives for days: after this it tries again what could not be had.
    const AGAIN: Duration = Duration::from_secs(30);

    /// This process's way to the server.
    enum Way {
        /// Not yet tried, or the server went away.
        Unknown,
        Connected(UnixStream),
        /// Not to be tried before long.
        None(Instant),
    }

    static WAY: Mutex<Way> = Mutex::new(Way::Unknown);

    pub(super) fn expand(
        project: &Project,
        request: &Request,
    ) -> Option<Result<Expansion, Failure>> {
        let mut way = WAY.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(&*way, Way::None(since) if since.elapsed() > AGAIN) {
            *way = Way::Unknown;
        }
        for _ in 0..SERVERS {
            if matches!(*way, Way::Unknown) {
                *way = match connect() {
                    Ok(stream) => Way::Connected(stream),
                    Err(error) if is_gone(&error) => {
                        log(&error.to_string());
                        continue;
                    }
                    Err(error) => {
                        log(&error.to_string());
                        Way::None(Instant::now())
                    }
                };
            }
            let Way::Connected(stream) = &mut *way else { return None };
            match ask(stream, project, request) {
                Ok(Reply::Expansion(bytes)) => match compact::decode(&bytes) {
                    // It read the answers where it found them; in a container those may be others.
                    Some(expansion) => {
                        let same = project.has_answers(&expansion).ok()?;
                        return same.then_some(Ok(expansion));
                    }
                    None => log("its expansion cannot be read"),
                },
                Ok(Reply::Failure(failure)) => return Some(Err(*failure)),
                // `ask` has answered the other one.
                Ok(Reply::Pass | Reply::Threads) => return None,
                Err(error) if is_gone(&error) => {
                    log(&format!("it went away: {error}"));
                    *way = Way::Unknown;
                    continue;
                }
                Err(error) => log(&error.to_string()),
            }
            *way = Way::None(Instant::now());
        }
        None
    }

    fn ask(stream: &mut UnixStream, project: &Project, request: &Request) -> io::Result<Reply> {
        let request = request::compact::encode(request);
        let root = project.root.as_os_str().as_bytes();
        let (asking, build) = (Asking::of_process(), std::os::unix::process::parent_id());
        Asked { asking, build, root, request: &request }.write(stream)?;
        let begin = Instant::now();
        // Kept until it has replied.
        let mut tokens = None;
        loop {
            let frame = wire::read_patiently(stream, &mut || {
                begin.elapsed() < LONGEST && socket().is_ok_and(|socket| greet(&socket).is_ok())
            })?;
            match Reply::read(frame) {
                Some(Reply::Threads) => {
                    let threads = tokens.get_or_insert_with(Tokens::take).threads();
                    if std::env::var_os("CELL_LOG").is_some() {
                        eprintln!(
                            "cell: the macro server compiles a component, threads: {threads}"
                        );
                    }
                    wire::write_threads(stream, threads)?;
                }
                Some(reply) => return Ok(reply),
                None => return Err(io::Error::other("it says what nobody knows")),
            }
        }
    }

    /// The server ended. Not that it takes too long: the next one would as well.
    fn is_gone(error: &io::Error) -> bool {
        use io::ErrorKind::{
            BrokenPipe, ConnectionRefused, ConnectionReset, NotFound, UnexpectedEof,
        };
        matches!(
            error.kind(),
            // Nobody listens: no socket, or one that a killed server left.
            NotFound | ConnectionRefused | BrokenPipe | ConnectionReset | UnexpectedEof
        )
    }

    /// A server, started if there is none. If [`is_gone`] is true of the error, one was there.
    fn connect() -> io::Result<UnixStream> {
        if std::env::var_os("CELL_SERVER").is_some_and(|value| value == "off") {
            return Err(io::Error::other("CELL_SERVER=off"));
        }
        let socket = socket()?;
        match greet(&socket) {
            Err(error) if is_gone(&error) => {}
            found => return found,
        }
        let begin = Instant::now();
        let mut launcher = Launcher(start()?);
        loop {
            // It ends when there is a server, whoever started that one.
            if let Some(status) = launcher.0.try_wait()? {
                return match status.code() {
                    Some(0) | None => greet(&socket),
                    Some(_) => greet(&socket)
                        .map_err(|_| io::Error::other(format!("it does not start: {status}"))),
                };
            }
            if begin.elapsed() > START {
                return Err(io::Error::other("it takes too long to start"));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn socket() -> io::Result<PathBuf> {
        let folder = home::sockets().ok_or_else(|| io::Error::other("this user has no home"))?;
        let socket = home::socket(&folder)
            .ok_or_else(|| io::Error::other("the path of its socket is too long"))?;
        // What is not there will be made by the server, for this user alone.
        if folder.symlink_metadata().is_ok() && !home::is_ours(&folder) {
            let folder = folder.display();
            return Err(io::Error::other(format!("{folder} is not a folder of this user alone")));
        }
        Ok(socket)
    }

    fn greet(socket: &Path) -> io::Result<UnixStream> {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        wire::write(&mut stream, &[HELLO.as_bytes()])?;
        let theirs = wire::read(&mut stream)?;
        if theirs != HELLO.as_bytes() {
            let theirs = theirs[..theirs.len().min(80)].escape_ascii();
            return Err(io::Error::other(format!("it is `{theirs}`, this is `{HELLO}`")));
        }
        Ok(stream)
    }

    /// The command that starts the server; it ends when that one listens. Whatever it is, nobody
    /// waits for it longer than this lives.
    struct Launcher(Child);

    impl Drop for Launcher {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn start() -> io::Result<Child> {
        let command = command()
            .ok_or_else(|| io::Error::other("there is no command `cell`: see CELL_BIN"))?;
        // Its own streams: cargo waits until all who have rustc's have closed them.
        Command::new(&command)
            .arg("macro-server")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| io::Error::other(format!("{}: {error}", command.display())))
    }

    /// `CELL_BIN`, else `cell` in `PATH`. Looked for here: starting what is not there costs a fork.
    fn command() -> Option<PathBuf> {
        if let Some(named) = std::env::var_os("CELL_BIN").filter(|named| !named.is_empty()) {
            return std::path::absolute(named).ok();
        }
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join("cell"))
            .find(|command| command.is_file())
    }

    fn log(why: &str) {
        if std::env::var_os("CELL_LOG").is_some() {
            eprintln!("cell: the macro server is not used: {why}");
        }
    }
}
