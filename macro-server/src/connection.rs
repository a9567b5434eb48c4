//! One compiler: a greeting, then requests and replies until it hangs up.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use macro_bridge::digest::Digest;
use macro_bridge::expansion;
use macro_bridge::failure::{Failure, Kind};
use macro_bridge::lock::Lock;
use macro_bridge::project::Project;
use macro_bridge::request::compact;
use macro_bridge::wire::{self, Asked, HELLO, Reply};
use macro_runtime::Runtime;

use crate::gate::Gate;
use crate::keeping::{Keeping, Made};
use crate::live::Answers;
use crate::threads::Compiler;

/// Compilers at the same time: each costs a thread that mostly waits. A build has as many as jobs.
const CONNECTIONS: usize = 512;
/// So long a compiler may take for its greeting, and to take a reply.
const PATIENCE: Duration = Duration::from_secs(30);

/// What all connections share.
pub(crate) struct Workshop {
    pub(crate) runtime: Runtime,
    pub(crate) keeping: Option<Keeping>,
    pub(crate) answers: Answers,
    pub(crate) gate: Arc<Gate>,
}

/// Takes connections for ever.
pub(crate) fn accept(listener: &UnixListener, workshop: &Arc<Workshop>) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // Out of file descriptors, say: others end before long.
            std::thread::sleep(Duration::from_millis(10));
            continue;
        };
        let open = Open::new();
        if open.0 >= CONNECTIONS || !is_this_users(&stream) {
            continue;
        }
        let workshop = Arc::clone(workshop);
        let thread = std::thread::Builder::new().name("compiler".to_owned());
        // Without a thread, and however it ends, the compiler sees that it was hung up on.
        let _ = thread.spawn(move || {
            let _open = open;
            let _ = talk(stream, &workshop);
        });
    }
}

/// A connection is open; the number is of those that were before.
struct Open(usize);

static OPEN: AtomicUsize = AtomicUsize::new(0);

impl Open {
    fn new() -> Self {
        Self(OPEN.fetch_add(1, Ordering::Relaxed))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
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
    while !workshop.gate.is_closing() {
        let frame = wire::read(&mut stream)?;
        let visit = workshop.gate.visit();
        let turn = visit.turn();
        // A panic of ours costs this expansion, which is then made elsewhere, and nobody else's.
        let answered = catch_unwind(AssertUnwindSafe(|| workshop.answer(&frame, &stream)));
        // A compiler that is slow to read keeps nobody waiting.
        drop(turn);
        let (reply, made) = answered.unwrap_or((Reply::Pass, None));
        reply.write(&mut stream)?;
        // Nobody waits for this: the compiler has its reply.
        if let (Some(made), Some(keeping)) = (made, &workshop.keeping) {
            keeping.keep(made);
        }
    }
    Ok(())
}

impl Workshop {
    /// The reply, and the expansion in it, which may be kept.
    fn answer(&self, frame: &[u8], stream: &UnixStream) -> (Reply, Option<Made>) {
        let Some(asked) = Asked::read(frame) else { return (Reply::Pass, None) };
        let Some(request) = compact::decode(asked.request) else { return (Reply::Pass, None) };
        let root = PathBuf::from(std::ffi::OsString::from_vec(asked.root.to_vec()));
        // Components and answers, each checked by its digest; what the lock says is in the request.
        let lock = Lock {
            manifest: Digest::of(b""),
            profile: String::new(),
            profiles: BTreeMap::new(),
            cells: BTreeMap::new(),
            packages: BTreeSet::new(),
        };
        let project = Project { root, lock };
        let answers = {
            let whose = (asked.asking, asked.build);
            self.answers.of(&project, &request, whose, &self.gate)
        };
        let compiler = Compiler { project: &project, stream };
        match self.runtime.expand(&request, &compiler, &answers) {
            Ok(expansion) => {
                let mut bytes = Vec::new();
                expansion::compact::encode(&mut bytes, &expansion);
                let made = Made { bytes: bytes.len(), request, expansion };
                (Reply::Expansion(bytes), Some(made))
            }
            // Ours or the machine's, not the macro's: elsewhere it may go well.
            Err(Failure { kind: Kind::Internal, .. }) => (Reply::Pass, None),
            Err(failure) => (Reply::Failure(Box::new(failure)), None),
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_says_who_is_at_the_other_end() {
        let (one, _other) = UnixStream::pair().unwrap();
        assert!(is_this_users(&one));
    }
}
