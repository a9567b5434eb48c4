//! One compiler: a greeting, then requests and replies until it hangs up.

use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use macro_bridge::digest::Digest;
use macro_bridge::expansion::file;
use macro_bridge::failure::{Failure, Kind};
use macro_bridge::project::Projects;
use macro_bridge::request;
use macro_bridge::wire::{self, Asked, HELLO, Reply};
use macro_runtime::{Expansions, Runtime};

use crate::gate::Gate;

/// Compilers at the same time: each costs a thread that mostly waits. A build has as many as jobs.
const CONNECTIONS: usize = 512;
/// A compiler that begins a message has so long to end it.
const PATIENCE: Duration = Duration::from_secs(30);

/// What all connections share.
pub(crate) struct Workshop {
    pub(crate) runtime: Runtime,
    pub(crate) expansions: Option<Expansions>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) projects: Projects,
}

/// Takes connections for ever.
pub(crate) fn accept(listener: &UnixListener, workshop: &Arc<Workshop>) {
    static OPEN: AtomicUsize = AtomicUsize::new(0);
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // Out of file descriptors, say: others end before long.
            std::thread::sleep(Duration::from_millis(10));
            continue;
        };
        if OPEN.load(Ordering::Relaxed) >= CONNECTIONS || !is_this_users(&stream) {
            continue;
        }
        OPEN.fetch_add(1, Ordering::Relaxed);
        let workshop = Arc::clone(workshop);
        let thread = std::thread::Builder::new().name("compiler".to_owned());
        let started = thread.spawn(move || {
            // However it ends, the compiler sees that it was hung up on and asks elsewhere.
            let _ = talk(stream, &workshop);
            OPEN.fetch_sub(1, Ordering::Relaxed);
        });
        if started.is_err() {
            OPEN.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// The folder lets no other user in; the kernel says so once more.
#[cfg(target_os = "linux")]
fn is_this_users(stream: &UnixStream) -> bool {
    let peer = rustix::net::sockopt::socket_peercred(stream);
    peer.is_ok_and(|peer| peer.uid == rustix::process::geteuid())
}

#[cfg(not(target_os = "linux"))]
fn is_this_users(_stream: &UnixStream) -> bool {
    true
}

fn talk(mut stream: UnixStream, workshop: &Workshop) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    workshop.gate.touch();
    let theirs = wire::read(&mut stream)?;
    wire::write(&mut stream, &[HELLO.as_bytes()])?;
    if theirs != HELLO.as_bytes() {
        return Ok(());
    }
    // Between two macros a compiler may compile for minutes.
    stream.set_read_timeout(None)?;
    loop {
        let frame = wire::read(&mut stream)?;
        let turn = workshop.gate.enter();
        // A panic of ours costs this expansion, which is then made elsewhere, and nobody else's.
        let answered = catch_unwind(AssertUnwindSafe(|| workshop.answer(&frame)));
        let (reply, keep) = answered.unwrap_or((Reply::Pass, None));
        reply.write(&mut stream)?;
        drop(turn);
        if let (Some(keep), Some(expansions), Reply::Expansion(file)) =
            (keep, &workshop.expansions, &reply)
        {
            expansions.save_file(&keep, file);
        }
    }
}

impl Workshop {
    /// The reply, and the key under which its expansion may be kept.
    fn answer(&self, frame: &[u8]) -> (Reply, Option<Digest>) {
        let Some(asked) = Asked::read(frame) else { return (Reply::Pass, None) };
        let Ok(request) = request::file::decode(asked.request) else { return (Reply::Pass, None) };
        let root = PathBuf::from(std::ffi::OsString::from_vec(asked.root.to_vec()));
        let Ok(project) = self.projects.load(&root) else { return (Reply::Pass, None) };
        match self.runtime.expand(&request, &*project, &*project) {
            Ok(expansion) => {
                let key = request.key();
                let file = file::encode(&key, &request.title(), &expansion);
                (Reply::Expansion(file.into_bytes()), Some(key))
            }
            // Ours or the machine's, not the macro's: elsewhere it may go well.
            Err(Failure { kind: Kind::Internal, .. }) => (Reply::Pass, None),
            Err(failure) => (Reply::Failure(Box::new(failure)), None),
        }
    }
}
