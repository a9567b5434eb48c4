//! This test's own binary, started again to play another process: a cell, a client, a stranger.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cell_model::frame::Format;
use cell_model::{Code, Fault};
use cell_transport::unix::{UnixPipe, UnixSocket, connect};
use cell_transport::{Limits, Local, Membrane, Request, Synapse};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};

use crate::bounded;
use crate::service::{SLEEP, Service, hello, request};

/// This binary in a role, killed when dropped.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(role: &str, folder: &Path) -> Self {
        let mut command = Self::command(role, folder);
        Self(command.spawn().expect("a process"))
    }

    pub(crate) fn command(role: &str, folder: &Path) -> Command {
        Self::command_of(&std::env::current_exe().expect("this binary"), role, folder)
    }

    pub(crate) fn command_of(binary: &Path, role: &str, folder: &Path) -> Command {
        let mut command = Command::new(binary);
        command.args(["process::plays_its_role", "--exact", "--nocapture"]);
        command.env("CELL_TEST_ROLE", role).env("CELL_TEST_FOLDER", folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.id() as i32).expect("a process");
        kill_process(pid, signal).expect("a signal");
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Bytes, by a name of `/proc/<process>/status`: `VmRSS` now, `VmHWM` at most.
    pub(crate) fn memory(&self, name: &str) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()));
        let status = status.expect("a process that runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let words = line.expect("its memory").split_whitespace().next();
        words.and_then(|number| number.parse::<usize>().ok()).expect("a number") << 10
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A call that nobody answers.
pub(crate) fn long() -> Request {
    request(SLEEP, &600_000u32.to_le_bytes())
}

/// A connection to a cell that may just be starting.
pub(crate) async fn reached(folder: &Path) -> Synapse {
    let begin = Instant::now();
    loop {
        match dialled(folder).await {
            Ok(synapse) => return synapse,
            Err(fault) => assert!(begin.elapsed() < Duration::from_secs(20), "{fault}"),
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn dialled(folder: &Path) -> Result<Synapse, Fault> {
    let pipe = connect(folder, "test").await?;
    Synapse::over(pipe, hello(Format::Rkyv), Limits::default()).await
}

/// No test of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plays_its_role() {
    let (Some(role), Some(folder)) =
        (std::env::var_os("CELL_TEST_ROLE"), std::env::var_os("CELL_TEST_FOLDER"))
    else {
        return;
    };
    let folder = Path::new(&folder);
    match role.to_str() {
        Some("cell") => serve(folder, Limits { connections: 2_048, ..Limits::default() }).await,
        Some("bounded cell") => serve(folder, bounded::limits()).await,
        Some("client") => {
            let synapse = dialled(folder).await.expect("a cell");
            let mut calls: Vec<_> = (0..20).map(|_| Box::pin(synapse.call(long()))).collect();
            std::future::poll_fn(|context| {
                for call in &mut calls {
                    let _ = call.as_mut().poll(context);
                }
                std::task::Poll::<()>::Pending
            })
            .await;
        }
        Some("idle client") => {
            open_more_files();
            let mut idle = Vec::new();
            for _ in 0..bounded::IDLE {
                idle.push(dialled(folder).await.expect("a cell"));
            }
            std::fs::write(folder.join("connected"), "").expect("a file");
            std::future::pending::<()>().await;
        }
        // Ends well if it is not let in.
        Some("stranger") => {
            let path = cell_transport::unix::socket(folder, "test").expect("a path");
            let Ok(stream) = tokio::net::UnixStream::connect(path).await else {
                std::process::exit(6)
            };
            let stream = UnixPipe::new(stream).expect("a pipe");
            let refused =
                Synapse::<Local>::over(stream, hello(Format::Rkyv), Limits::default()).await;
            let code = refused.err().map(|fault| fault.code);
            std::process::exit(if code == Some(Code::Disconnected) { 7 } else { 8 });
        }
        other => panic!("{other:?}"),
    }
}

async fn serve(folder: &Path, limits: Limits) {
    open_more_files();
    let listener = UnixSocket::listen(folder, "test").expect("the name");
    let _cell = Membrane::bind(listener, Service::new(Format::Rkyv), limits);
    std::future::pending::<()>().await;
}

/// As many as the system lets this user have.
fn open_more_files() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).expect("a limit");
}
