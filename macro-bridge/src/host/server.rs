//! The macro server as a place to ask: warm engines in an optimised process of this user, started
//! when first needed. Whatever is odd about it, the next place is asked; `CELL_LOG` says why.

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
        key: &Digest,
    ) -> Option<Result<Expansion, Failure>> {
        unix::expand(project, request, key)
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
    use std::process::{Command, Stdio};
    use std::sync::{Mutex, PoisonError};
    use std::time::{Duration, Instant};

    use crate::digest::Digest;
    use crate::expansion::{Expansion, file};
    use crate::failure::Failure;
    use crate::host::home;
    use crate::project::Project;
    use crate::request::{self, Request};
    use crate::wire::{self, Asked, HELLO, Reply};

    /// How long one expansion may take: the first of a large component compiles it. Past this the
    /// server is taken for stuck.
    const PATIENCE: Duration = Duration::from_secs(60);
    /// How long a server that was just started may take until it listens.
    const START: Duration = Duration::from_secs(2);

    /// This process's way to the server.
    #[derive(Default)]
    enum Way {
        /// Not yet tried.
        #[default]
        Unknown,
        Connected(UnixStream),
        /// Not to be tried again in this process.
        None,
    }

    static WAY: Mutex<Way> = Mutex::new(Way::Unknown);

    pub(super) fn expand(
        project: &Project,
        request: &Request,
        key: &Digest,
    ) -> Option<Result<Expansion, Failure>> {
        let mut way = WAY.lock().unwrap_or_else(PoisonError::into_inner);
        // A server may end between two expansions, being idle: then another one is started, once.
        for attempt in 0..2 {
            if matches!(*way, Way::Unknown) {
                *way = connect().map_or_else(
                    |why| {
                        log(&why);
                        Way::None
                    },
                    Way::Connected,
                );
            }
            let Way::Connected(stream) = &mut *way else { return None };
            match ask(stream, project, request) {
                Ok(Reply::Expansion(bytes)) => match file::decode(&bytes, key) {
                    Ok(expansion) => return Some(Ok(expansion)),
                    Err(damage) => log(&format!("the macro server's expansion: {damage}")),
                },
                Ok(Reply::Failure(failure)) => return Some(Err(*failure)),
                Ok(Reply::Pass) => return None,
                Err(error) if attempt == 0 && is_gone(&error) => {
                    *way = Way::Unknown;
                    continue;
                }
                Err(error) => log(&format!("the macro server: {error}")),
            }
            *way = Way::None;
        }
        None
    }

    fn ask(stream: &mut UnixStream, project: &Project, request: &Request) -> io::Result<Reply> {
        let request = request::file::encode(request);
        let root = project.root.as_os_str().as_bytes();
        Asked { root, request: request.as_bytes() }.write(stream)?;
        Reply::read(wire::read(stream)?)
            .ok_or_else(|| io::Error::other("it says what nobody knows"))
    }

    /// The server ended. Not that it takes too long: the next one would as well.
    fn is_gone(error: &io::Error) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
    }

    fn connect() -> Result<UnixStream, String> {
        if std::env::var_os("CELL_SERVER").is_some_and(|value| value == "off") {
            return Err("CELL_SERVER=off".to_owned());
        }
        let folder = home::sockets().ok_or("this user has no home")?;
        let socket = home::socket(&folder).ok_or("the path of the socket is too long")?;
        match greet(&socket) {
            Ok(stream) => return Ok(stream),
            Err(error) if !is_nobody(&error) => return Err(format!("the macro server: {error}")),
            Err(_) => {}
        }
        start()?;
        let begin = Instant::now();
        loop {
            match greet(&socket) {
                Err(error) if is_nobody(&error) && begin.elapsed() < START => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                found => return found.map_err(|error| format!("the macro server: {error}")),
            }
        }
    }

    /// Nobody listens: no socket, or one that a killed server left.
    fn is_nobody(error: &io::Error) -> bool {
        matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
    }

    fn greet(socket: &Path) -> io::Result<UnixStream> {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        wire::write(&mut stream, &[HELLO.as_bytes()])?;
        let theirs = wire::read(&mut stream)?;
        if theirs != HELLO.as_bytes() {
            let theirs = theirs.escape_ascii();
            return Err(io::Error::other(format!("it is `{theirs}`, this is `{HELLO}`")));
        }
        Ok(stream)
    }

    /// Starts the command, which puts itself into the background: what it inherits of rustc's would
    /// keep cargo waiting.
    fn start() -> Result<(), String> {
        let command = command().ok_or("there is no command `cell`: see CELL_BIN")?;
        Command::new(&command)
            .arg("macro-server")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(drop)
            .map_err(|error| format!("{}: {error}", command.display()))
    }

    /// `CELL_BIN`, else `cell` in `PATH`. Looked for here: starting what is not there costs a fork.
    fn command() -> Option<PathBuf> {
        if let Some(named) = std::env::var_os("CELL_BIN").filter(|named| !named.is_empty()) {
            return Some(named.into());
        }
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join("cell"))
            .find(|command| command.is_file())
    }

    fn log(why: &str) {
        if std::env::var_os("CELL_LOG").is_some() {
            eprintln!("cell: not asked: {why}");
        }
    }
}
