//! Processes that are killed, stopped, or another user's: this test's own binary is started again
//! and plays the other side.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use cell_model::{Code, Fault};
use cell_transport::unix::{UnixPipe, UnixSocket, connect};
use cell_transport::{Handler, Limits, Local, Membrane, Request, Synapse};
use rustix::process::{Pid, Signal, kill_process};

use crate::service::{ECHO, SLEEP, Service, hello, request};

const SECOND: Duration = Duration::from_secs(1);

fn rounds(slow: usize) -> usize {
    if std::env::var_os("SLOW_TESTS").is_some() { slow } else { 15 }
}

/// This binary in another role, killed when dropped.
struct Process(Child);

impl Process {
    fn start(role: &str, folder: &Path) -> Self {
        let mut command = Self::command(role, folder);
        Self(command.spawn().expect("a process"))
    }

    fn command(role: &str, folder: &Path) -> Command {
        let mut command = Command::new(std::env::current_exe().expect("this binary"));
        command.args(["killed::plays_its_role", "--exact", "--nocapture"]);
        command.env("CELL_TEST_ROLE", role).env("CELL_TEST_FOLDER", folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.0.id() as i32).expect("a process");
        kill_process(pid, signal).expect("a signal");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn long() -> Request {
    request(SLEEP, &600_000u32.to_le_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plays_its_role() {
    let (Some(role), Some(folder)) =
        (std::env::var_os("CELL_TEST_ROLE"), std::env::var_os("CELL_TEST_FOLDER"))
    else {
        return;
    };
    let folder = Path::new(&folder);
    match role.to_str() {
        Some("cell") => {
            let listener = UnixSocket::listen(folder, "test").expect("the name");
            let _cell = Membrane::bind(listener, Arc::new(Service::default()), Limits::default());
            std::future::pending::<()>().await;
        }
        Some("client") => {
            let stream = connect(folder, "test").await.expect("a cell");
            let synapse =
                Synapse::<Local>::over(stream, hello(), Limits::default()).await.expect("a cell");
            let calls = (0..20).map(|_| synapse.call(long()));
            let calls: Vec<_> = calls.map(Box::pin).collect();
            futures_all(calls).await;
        }
        // Ends well if it is not let in.
        Some("stranger") => {
            let path = cell_transport::unix::socket(folder, "test").expect("a path");
            let stream = tokio::net::UnixStream::connect(path).await.expect("the socket is open");
            let stream = UnixPipe::new(stream).expect("a pipe");
            let refused = Synapse::<Local>::over(stream, hello(), Limits::default()).await;
            let code = refused.err().map(|fault| fault.code);
            std::process::exit(if code == Some(Code::Disconnected) { 7 } else { 8 });
        }
        other => panic!("{other:?}"),
    }
}

/// Polls all of them, for ever.
async fn futures_all<F: Future + Unpin>(mut all: Vec<F>) {
    std::future::poll_fn(|context| {
        for one in &mut all {
            let _ = std::pin::Pin::new(one).poll(context);
        }
        std::task::Poll::<()>::Pending
    })
    .await;
}

/// A connection to a cell that may just be starting.
async fn reached(folder: &Path) -> Synapse {
    let begin = Instant::now();
    loop {
        let found = match connect(folder, "test").await {
            Ok(stream) => Synapse::over(stream, hello(), Limits::default()).await,
            Err(fault) => Err(fault),
        };
        match found {
            Ok(synapse) => return synapse,
            Err(fault) => assert!(begin.elapsed() < 20 * SECOND, "{fault}"),
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_cells_leave_nothing_that_hinders() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("run");
    let mut most = 0;
    for round in 0..rounds(1_000) {
        let cell = Process::start("cell", &folder);
        let synapse = reached(&folder).await;
        let calls: Vec<_> = (0..10)
            .map(|_| {
                let synapse = synapse.clone();
                tokio::spawn(async move { synapse.call(long()).await })
            })
            .collect();
        synapse.call(request(ECHO, b"x")).await.expect("an answer");
        cell.signal(Signal::KILL);
        for call in calls {
            let ended: Result<_, Fault> = call.await.expect("a task");
            assert_eq!(ended.expect_err("a fault").code, Code::Disconnected, "round {round}");
        }
        assert!(synapse.is_over().is_some());
        drop((synapse, cell));
        // The first rounds have what stays.
        if round == 4 {
            most = descriptors() + 4;
        }
        // Other tests run beside this one, and have theirs.
        if round > 4 && std::env::var_os("SLOW_TESTS").is_some() {
            assert!(descriptors() <= most + 64, "{} descriptors, {most} before", descriptors());
        }
    }
    let names: Vec<_> = std::fs::read_dir(&folder).expect("a folder").flatten().collect();
    assert!(names.len() <= 3, "{names:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_clients_leave_no_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("run");
    let service = Arc::new(Service::default());
    let listener = UnixSocket::listen(&folder, "test").expect("the name");
    let handler = Arc::clone(&service) as Arc<dyn Handler>;
    let _cell = Membrane::bind(listener, handler, Limits::default());
    let waiting = async |count: usize| {
        let begin = Instant::now();
        while service.waiting.load(Ordering::SeqCst) != count {
            assert!(
                begin.elapsed() < 20 * SECOND,
                "{} wait",
                service.waiting.load(Ordering::SeqCst)
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    for _ in 0..rounds(1_000) {
        let client = Process::start("client", &folder);
        waiting(20).await;
        client.signal(Signal::KILL);
        waiting(0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_to_a_stopped_cell_end_by_their_deadlines() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("run");
    let cell = Process::start("cell", &folder);
    let synapse = reached(&folder).await;
    cell.signal(Signal::STOP);
    // It stops soon, and not at once.
    let stat = format!("/proc/{}/stat", cell.0.id());
    while !std::fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") T ")) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let begin = Instant::now();
    for millis in [1, 20, 100] {
        let timeout = Some(Duration::from_millis(millis));
        let ended = synapse.call(Request { timeout, ..request(ECHO, b"x") }).await;
        assert_eq!(ended.expect_err("a fault").code, Code::DeadlineExceeded);
    }
    assert!(begin.elapsed() < 10 * SECOND);
    cell.signal(Signal::CONT);
    assert_eq!(synapse.call(request(ECHO, b"x")).await.as_deref(), Ok(&b"x"[..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_user_is_not_served() {
    if !rustix::process::geteuid().is_root() {
        // Only root can become somebody else.
        return;
    }
    let folder = tempfile::tempdir_in("/tmp").expect("a folder");
    let run = folder.path().join("run");
    let listener = UnixSocket::listen(&run, "test").expect("the name");
    let open = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("permissions");
    };
    // As if somebody had opened all doors: the kernel still says who comes.
    open(listener.path(), 0o666);
    open(&run, 0o711);
    open(folder.path(), 0o711);
    let _cell = Membrane::bind(listener, Arc::new(Service::default()), Limits::default());
    // Where the other user may read it.
    let binary = folder.path().join("stranger");
    std::fs::copy(std::env::current_exe().expect("this binary"), &binary).expect("a copy");
    open(&binary, 0o755);
    let mut command = Command::new(&binary);
    command.args(["killed::plays_its_role", "--exact", "--nocapture"]);
    command.env("CELL_TEST_ROLE", "stranger").env("CELL_TEST_FOLDER", &run).current_dir("/");
    let status = command.uid(4711).gid(4711).status().expect("a process");
    assert_eq!(status.code(), Some(7));
    // And the same program as this user is.
    let status = command.uid(0).gid(0).status().expect("a process");
    assert_eq!(status.code(), Some(8));
}
