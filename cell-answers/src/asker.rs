//! Asks, and gives up in time.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cell_model::question::{Asked, find};
use cell_model::{Schema, SchemaHash};
use cell_transport::unix;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, timeout_at};

use crate::breaker::{Breaker, Says, Socket};
use crate::connection::{Connection, Failed, pause};
use crate::refusal::{Refusal, Why};

/// Bytes of the largest answer, and of the largest arguments.
pub const REPLY: usize = 1 << 20;

/// How long a cell that hung up may take to come back, within the caller's patience.
const RESTART: Duration = Duration::from_secs(1);
/// Who waited less does not know that a cell is silent, only that there was no time.
const ENOUGH: Duration = Duration::from_millis(100);
/// Before something is tried again, at first.
const FIRST: Duration = Duration::from_millis(2);

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The method's value as MessagePack, as its schema says.
    pub reply: Vec<u8>,
    /// The schema of the service, of the cell that answered.
    pub schema: SchemaHash,
    /// The digest of the component that it publishes, if any.
    pub component: Option<String>,
}

/// Asks cells of this user on this machine. Any number of threads may use it at the same time; they
/// share one connection to each cell. Dropping it ends the connections, and waits for nothing.
pub struct Asker {
    folder: PathBuf,
    /// `None` when it is dropped.
    runtime: Option<Runtime>,
    cells: Mutex<HashMap<String, Arc<Cell>>>,
}

/// What is known of a cell.
#[derive(Default)]
struct Cell {
    /// Locked while connecting: many who need the connection make one.
    connection: tokio::sync::Mutex<Option<Arc<Connection>>>,
    breaker: Mutex<Breaker>,
}

impl Cell {
    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an attempt ended with.
enum Ended {
    For(Why),
    /// As somebody else found out meanwhile.
    Known(Why),
}

impl From<Why> for Ended {
    fn from(why: Why) -> Self {
        Self::For(why)
    }
}

impl Asker {
    /// Asks cells whose sockets are in this folder: `cell_transport::unix::folder` is the user's.
    ///
    /// # Errors
    /// Those of the system: it has one thread of its own.
    pub fn new(folder: PathBuf) -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).thread_name("cell-answers").enable_all().build()?;
        Ok(Self { folder, runtime: Some(runtime), cells: Mutex::default() })
    }

    /// Asks a cell's method, as the schema that was locked has it, and waits for the answer: so long
    /// at most, all of connecting, greeting, learning what the cell serves, asking, and the last byte of
    /// the answer. The arguments are MessagePack, as is the answer, and both are what the schema says.
    ///
    /// A cell that starts or is started anew is waited for. A question whose connection was lost is
    /// asked once more. A cell that is absent, silent or broken is not asked again for 5 s by the same
    /// `build`, be it for another question: whoever starts another build thinks that it is well again.
    ///
    /// # Errors
    /// [`Refusal`]: why there is no answer.
    ///
    /// # Panics
    /// In a task of an asynchronous runtime, which it would block.
    pub fn ask(
        &self,
        cell: &str,
        locked: &Schema,
        method: &str,
        arguments: &[u8],
        patience: Duration,
        build: u32,
    ) -> Result<Answered, Refusal> {
        let began = Instant::now();
        let refusal = |why, known| {
            let waited = if known { Duration::ZERO } else { began.elapsed() };
            Refusal { why, waited, known }
        };
        let asked = question(locked, method, arguments).map_err(|why| refusal(why, false))?;
        // What is longer than programs run is for ever.
        let until = began + patience.min(Duration::from_secs(24 * 60 * 60));
        let known = self.cell(cell);
        let socket = self.socket(cell);
        let Some(runtime) = &self.runtime else { return Err(refusal(Why::Silent, false)) };
        // What was seen last, should the time end while something is tried again.
        let seen = RefCell::new(None);
        let answered = runtime.block_on(async {
            let answer = self.answer(cell, &known, (asked, arguments), until, build, &seen);
            let late = |_| Err(Ended::For(seen.take().unwrap_or(Why::Silent)));
            timeout_at(until, answer).await.unwrap_or_else(late)
        });
        match answered {
            Ok(answered) => {
                known.breaker().reset();
                Ok(answered)
            }
            Err(Ended::Known(why)) => Err(refusal(why, true)),
            Err(Ended::For(why)) => {
                if why.is_of_cell() && (why != Why::Silent || began.elapsed() >= ENOUGH) {
                    // The socket from before: one that came meanwhile is worth a new attempt.
                    let now = std::time::Instant::now();
                    known.breaker().trip(why.clone(), socket, build, now);
                }
                Err(refusal(why, false))
            }
        }
    }

    fn cell(&self, name: &str) -> Arc<Cell> {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cells.get(name) {
            return Arc::clone(known);
        }
        let new = Arc::<Cell>::default();
        cells.insert(name.to_owned(), Arc::clone(&new));
        new
    }

    fn socket(&self, name: &str) -> Option<Socket> {
        Socket::at(&unix::socket(&self.folder, name).ok()?)
    }

    /// Asks until there is an answer, or something that asking again does not change.
    async fn answer(
        &self,
        name: &str,
        cell: &Cell,
        (asked, arguments): (Asked<'_>, &[u8]),
        until: Instant,
        build: u32,
        seen: &RefCell<Option<Why>>,
    ) -> Result<Answered, Ended> {
        let (mut away, mut lost, mut wait) = (None, 0, FIRST);
        loop {
            let connected = self.connected(name, cell, until, build, away.is_some()).await?;
            let failed = match connected {
                Ok(connection) => match connection.ask(asked, arguments, until).await {
                    Ok(answered) => return Ok(answered),
                    Err(failed) => failed,
                },
                Err(failed) => failed,
            };
            let why = match failed {
                Failed::For(Why::Absent) if away.is_some() => Why::Absent,
                Failed::For(why) => return Err(why.into()),
                Failed::Full => Why::Silent,
                Failed::NotReady(fault) => Why::Refused(fault),
                Failed::Closing(fault) => {
                    away.get_or_insert_with(Instant::now);
                    Why::Broken(fault)
                }
                Failed::Lost(fault) => {
                    lost += 1;
                    away.get_or_insert_with(Instant::now);
                    if lost > 1 {
                        return Err(Why::Broken(fault).into());
                    }
                    Why::Broken(fault)
                }
            };
            // It was there when this began: it may be on its way back.
            let is_late = away.is_some_and(|since| since.elapsed() >= RESTART)
                && !matches!(why, Why::Refused(_) | Why::Silent);
            seen.replace(Some(why.clone()));
            if is_late || !pause(&mut wait, until).await {
                return Err(why.into());
            }
        }
    }

    /// The connection to a cell: the one that there is, else a new one, unless it is known that nobody
    /// answers.
    async fn connected(
        &self,
        name: &str,
        cell: &Cell,
        until: Instant,
        build: u32,
        again: bool,
    ) -> Result<Result<Arc<Connection>, Failed>, Ended> {
        let mut current = cell.connection.lock().await;
        let socket = self.socket(name);
        // What is known by now was not known to who had a connection a moment ago.
        let says = cell.breaker().says(socket, build, std::time::Instant::now());
        match says {
            Says::Refuse(why) if !again => return Err(Ended::Known(why)),
            Says::AskAnew => *current = None,
            _ => {}
        }
        if let Some(connection) = current.as_ref().filter(|connection| !connection.is_over()) {
            return Ok(Ok(Arc::clone(connection)));
        }
        *current = None;
        let made = Connection::new(&self.folder, name, until).await.map(Arc::new);
        if let Ok(connection) = &made {
            *current = Some(Arc::clone(connection));
        }
        Ok(made)
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        // Waiting for its thread would be wrong in a task.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What is asked, if it may be, and with these arguments.
fn question<'a>(locked: &'a Schema, method: &str, arguments: &[u8]) -> Result<Asked<'a>, Why> {
    let asked = find([locked], method)?;
    if arguments.len() > REPLY {
        return Err(Why::TooLarge { arguments: true, most: REPLY });
    }
    asked.check_arguments(arguments).map_err(Why::WrongArguments)?;
    Ok(asked)
}
