//! A cell's keeper: starts it in a process group of its own, writes what it says to its log, and
//! leaves nobody of the group behind when it ends.
//!
//! It is told what to do by signals, since they reach it whoever its supervisor is: SIGTERM is passed
//! on to the group, SIGUSR1 kills it.

use std::fs::File;
use std::io::{BufReader, Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::signal::unix::{SignalKind, signal};

use crate::Exit;
use crate::arguments::up::Keep;
use crate::supervisor::log::{Log, MOST, Source, lines};
use crate::supervisor::place::Place;
use crate::supervisor::record::{Record, token};
use crate::supervisor::service::Spec;
use crate::supervisor::timestamp;

/// How long to read on when the cell has ended: only who left the group can still hold its streams.
const REST: Duration = Duration::from_secs(1);

/// Starts a cell's keeper: `program` is the one that this is.
pub(crate) fn spawn(
    program: &Path,
    place: &Place,
    name: &str,
    spec: &Spec,
) -> std::io::Result<Child> {
    Command::new(program)
        .args(["keep", "--digest", &spec.digest, "--folder"])
        .arg(place.folder())
        .args([name, "--"])
        .args(spec.command.iter().flatten())
        .env_clear()
        .envs(&spec.environment)
        .current_dir(&place.root)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// A keeper was killed: what it kept goes with it, if it is still that. Its output goes nowhere, and
/// nobody would see it end.
pub(crate) fn kill_rest(record: &Record) {
    if let Some(group) = Pid::from_raw(record.cell.cast_signed()).filter(|_| record.lives()) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Runs one cell to its end.
pub(crate) fn run(options: &Keep) -> Result<Exit> {
    let Keep { folder, name, digest, become_it, command } = options;
    if *become_it {
        return Err(become_cell(command));
    }
    let place = Place::at(Path::new("."), folder);
    let Some(lock) = lock(&place, name)? else { return Ok(Exit::Failed) };
    // Given back by the kernel at the very end: who waits for it finds no process left.
    std::mem::forget(lock);
    let path = place.file(name, "keeper");
    let most = std::env::var("CELL_LOG_BYTES").ok().and_then(|text| text.parse().ok());
    let log = Log::open(&place.file(name, "log"), most.unwrap_or(MOST))?;
    let log = Arc::new(Mutex::new(log));
    let mut record = Record {
        keeper: std::process::id(),
        started: timestamp::now(),
        digest: digest.clone(),
        ..Record::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        // Before there is a cell: from here on no signal ends us without ending it.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut kill = signal(SignalKind::user_defined1())?;
        let mut others = [signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?];
        let [interrupt, hang_up] = &mut others;
        let mut child = start(options).context("cannot start another process")?;
        record.cell = child.id();
        record.token = token(child.id()).unwrap_or_default();
        note(&log, &format!("started as process {}", child.id()));
        let readers = [
            child.stdout.take().map(|pipe| reader(pipe, Source::Output, &log)),
            child.stderr.take().map(|pipe| reader(pipe, Source::Errors, &log)),
        ];
        let group = Arc::new(Group { id: Pid::from_child(&child), over: Mutex::new(false) });
        record.write(&path).context("cannot write down that the cell runs")?;
        // It goes on to be the cell. Should it be gone, that is noticed below.
        if let Some(mut pipe) = child.stdin.take() {
            let _ = pipe.write_all(b"1");
        }
        let mut end = {
            let group = Arc::clone(&group);
            tokio::task::spawn_blocking(move || bury(child, &group))
        };
        let status = loop {
            tokio::select! {
                end = &mut end => break end??,
                _ = terminate.recv() => group.signal(Signal::TERM),
                _ = kill.recv() => group.signal(Signal::KILL),
                _ = interrupt.recv() => {}
                _ = hang_up.recv() => {}
            }
        };
        let begin = Instant::now();
        while readers.iter().flatten().any(|reader| !reader.is_finished()) && begin.elapsed() < REST
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok::<_, anyhow::Error>((status.success(), how(status)))
    });
    // A thread may still wait for a stream that somebody holds.
    runtime.shutdown_background();
    let (well, how) = ended?;
    note(&log, &how);
    record.ended = Some((well, how));
    record.write(&path).context("cannot write down that the cell ended")?;
    Ok(Exit::Done)
}

/// The cell's lock, `None` if it has a keeper. Who only looks has it for a moment.
fn lock(place: &Place, name: &str) -> Result<Option<File>> {
    for _ in 0..20 {
        if let Some(lock) = place.lock(name)? {
            return Ok(Some(lock));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(None)
}

/// Starts a process that is to become the cell once it is written down who it is: a keeper that is
/// killed before leaves nobody whom no one knows.
fn start(options: &Keep) -> std::io::Result<Child> {
    let Keep { folder, name, digest, command, .. } = options;
    Command::new(std::env::current_exe()?)
        .args(["keep", "--become-it", "--digest", digest, "--folder"])
        .arg(folder)
        .args([name, "--"])
        .args(command)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// Waits until the keeper says so, and becomes the cell. Returns only why it does not.
fn become_cell(command: &[String]) -> anyhow::Error {
    let mut said = [0];
    if let Err(error) = std::io::stdin().read_exact(&mut said) {
        return anyhow::Error::new(error).context("the keeper is gone");
    }
    let Some((program, arguments)) = command.split_first() else {
        return anyhow::anyhow!("no command");
    };
    let error = Command::new(program).args(arguments).stdin(Stdio::null()).exec();
    anyhow::anyhow!("cannot start `{program}`: {error}")
}

/// For people.
pub(crate) fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with code {code}"),
        (None, Some(signal)) => format!("ended by signal {signal}"),
        (None, None) => status.to_string(),
    }
}

fn note(log: &Mutex<Log>, text: &str) {
    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
    // A full disk is no reason to stop a cell.
    let _ = log.write(Source::Keeper, text.as_bytes());
}

fn reader(
    pipe: impl Read + Send + 'static,
    source: Source,
    log: &Arc<Mutex<Log>>,
) -> JoinHandle<()> {
    let log = Arc::clone(log);
    std::thread::spawn(move || {
        let _ = lines(BufReader::new(pipe), |line| {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = log.write(source, line);
        });
    })
}

/// A process group. As long as its first process is not buried, nobody else can have its number.
struct Group {
    id: Pid,
    over: Mutex<bool>,
}

impl Group {
    fn signal(&self, signal: Signal) {
        let over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        if !*over {
            // It fails only if nobody is left.
            let _ = kill_process_group(self.id, signal);
        }
    }
}

/// Waits until the cell ends, kills what is left of its group, and takes its status.
fn bury(mut child: Child, group: &Group) -> std::io::Result<ExitStatus> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(error) = waitid(WaitId::Pid(group.id), options) {
        if error != rustix::io::Errno::INTR {
            return Err(error.into());
        }
    }
    group.signal(Signal::KILL);
    let mut over = group.over.lock().unwrap_or_else(PoisonError::into_inner);
    *over = true;
    child.wait()
}
