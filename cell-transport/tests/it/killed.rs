//! Processes that are killed, stopped, or another user's: this test's own binary is started again
//! and plays the other side.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use cell_model::frame::Format;
use cell_model::{Code, Fault};
use cell_transport::unix::UnixSocket;
use cell_transport::{Handler, Limits, Membrane, Request};
use rustix::process::Signal;

use crate::process::{Process, long, reached};
use crate::service::{COUNT, ECHO, Service, request};

const SECOND: Duration = Duration::from_secs(1);

fn rounds(slow: usize) -> usize {
    if std::env::var_os("SLOW_TESTS").is_some() { slow } else { 15 }
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
    let service = Service::new(Format::Rkyv);
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
    let stat = format!("/proc/{}/stat", cell.id());
    while !std::fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") T ")) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let begin = Instant::now();
    for millis in [1, 20, 100] {
        let timeout = Some(Duration::from_millis(millis));
        let ended = synapse.call(Request { timeout, ..request(ECHO, b"x") }).await;
        assert_eq!(ended.expect_err("a fault").code, Code::DeadlineExceeded);
    }
    // Many at once, with payloads that no socket takes, and a stream.
    let calls: Vec<_> = (0..60u64)
        .map(|number| {
            let (synapse, timeout) = (synapse.clone(), Duration::from_millis(5 + 3 * number));
            let payload = vec![7; if number % 3 == 0 { 1 << 20 } else { 10 }];
            tokio::spawn(async move {
                let asked = Request { timeout: Some(timeout), ..request(ECHO, &payload) };
                let begin = Instant::now();
                let ended = synapse.call(asked).await;
                assert!(begin.elapsed() >= timeout, "it ended before its deadline");
                assert_eq!(ended.expect_err("a fault").code, Code::DeadlineExceeded);
            })
        })
        .collect();
    let timeout = Some(Duration::from_millis(50));
    let counted = Request { timeout, ..request(COUNT, &9u32.to_le_bytes()) };
    let mut stream = synapse.stream(counted).await.expect("a stream");
    let ended = stream.next().await.expect("an end").expect_err("a fault");
    assert_eq!(ended.code, Code::DeadlineExceeded);
    for call in calls {
        call.await.expect("a call that ends");
    }
    assert!(begin.elapsed() < 10 * SECOND);
    cell.signal(Signal::CONT);
    assert_eq!(synapse.call(request(ECHO, b"x")).await.as_deref(), Ok(&b"x"[..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_user_is_not_served() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can become another user");
        return;
    }
    let folder = tempfile::tempdir_in("/tmp").expect("a folder");
    let run = folder.path().join("run");
    let listener = UnixSocket::listen(&run, "test").expect("the name");
    let open = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("permissions");
    };
    let socket = listener.path().to_owned();
    let _cell = Membrane::bind(listener, Service::new(Format::Rkyv), Limits::default());
    // Where the other user may read it.
    let binary = folder.path().join("stranger");
    std::fs::copy(std::env::current_exe().expect("this binary"), &binary).expect("a copy");
    open(&binary, 0o755);
    open(folder.path(), 0o711);
    let ends = |user: u32| {
        let mut command = Process::command_of(&binary, "stranger", &run);
        command.current_dir("/").uid(user).gid(user);
        loop {
            match command.status() {
                // A process that another test just starts still has the file open that was written.
                Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                ended => return ended.expect("a process").code(),
            }
        }
    };
    // The folder keeps it out, and so does the socket.
    assert_eq!(ends(4711), Some(6));
    open(&run, 0o711);
    assert_eq!(ends(4711), Some(6));
    // As if somebody had opened all doors: the kernel still says who comes.
    open(&socket, 0o666);
    assert_eq!(ends(4711), Some(7));
    // And the same program as this user is.
    assert_eq!(ends(0), Some(8));
}

/// Whoever wants to reach a cell has its socket, and no other way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cell_listens_to_one_socket_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("run");
    let cell = Process::start("cell", &folder);
    let _synapse = reached(&folder).await;
    let proc = format!("/proc/{}", cell.id());
    let links = std::fs::read_dir(format!("{proc}/fd")).expect("its files").flatten();
    let links = links.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    let sockets: Vec<String> = links
        .filter_map(|link| {
            Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        })
        .collect();
    assert!(sockets.len() >= 2, "the listening one, and a connection");
    // Columns: 7 is the inode of the tables of unix sockets, 10 that of the others.
    let table =
        |name: &str| std::fs::read_to_string(format!("{proc}/net/{name}")).unwrap_or_default();
    let owned = |line: &&str, column: usize| {
        let inode = line.split_whitespace().nth(column - 1);
        inode.is_some_and(|inode| sockets.iter().any(|socket| socket == inode))
    };
    for name in ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"] {
        let table = table(name);
        let found: Vec<_> = table.lines().filter(|line| owned(line, 10)).collect();
        assert!(found.is_empty(), "{name}: {found:?}");
    }
    let unix = table("unix");
    // The flag of a socket that takes connections.
    let listens = |line: &&str| line.split_whitespace().nth(3) == Some("00010000");
    let found: Vec<_> = unix.lines().filter(|line| owned(line, 7)).filter(listens).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    // The kernel knows it by the name under which it was bound.
    let path = folder.join("test.new");
    assert!(found[0].ends_with(path.to_str().expect("a path")), "{found:?}");
}
