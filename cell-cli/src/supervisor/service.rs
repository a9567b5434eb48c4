//! The supervisor as a cell: what commands can ask it.
//!
//! It uses this project's own services rather than a protocol of its own: commands of another release
//! are told what does not fit, and `cell inspect` and `cell health` work on it too.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::supervisor::actor::Message;

/// How a cell is started.
#[cell::protein]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spec {
    /// The program and its arguments; none if it is somebody else's.
    pub(crate) command: Option<Vec<String>>,
    /// The cells that have to take calls before.
    pub(crate) needs: Vec<String>,
    /// Its environment.
    pub(crate) environment: BTreeMap<String, String>,
    /// Of what `cell.toml` says about it.
    pub(crate) digest: String,
}

/// Where a cell stands.
#[cell::protein]
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Standing {
    /// Nobody wants it.
    Stopped,
    /// It is started when these take calls.
    Waiting(Vec<String>),
    /// It does not take calls yet.
    Starting,
    /// It takes calls.
    Ready,
    /// It takes calls, and something is missing.
    Degraded(Vec<String>),
    /// It failed, and is started again in so many milliseconds.
    Restarting(u64),
    /// It was asked to end.
    Stopping,
    /// It failed too often.
    GivenUp,
    /// It is somebody else's process. Does it take calls?
    Elsewhere(bool),
    /// Something newer.
    #[protein(default)]
    Other,
}

/// One cell.
#[cell::protein]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CellState {
    /// Where it stands.
    pub(crate) standing: Standing,
    /// Its process.
    pub(crate) process: Option<u32>,
    /// When that started: milliseconds since 1970.
    pub(crate) since: Option<u64>,
    /// How often it was started again because it failed.
    pub(crate) restarts: u32,
    /// It ran before this supervisor did.
    pub(crate) adopted: bool,
    /// What `cell.toml` said when it was started.
    pub(crate) digest: String,
    /// How it ended last.
    pub(crate) last: Option<String>,
}

/// All of it.
#[cell::protein]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    /// The project's folder.
    pub(crate) root: String,
    /// The cells by name.
    pub(crate) cells: BTreeMap<String, CellState>,
}

/// Looks after the cells of one project.
#[cell::service]
pub(crate) struct Supervisor {
    actor: mpsc::UnboundedSender<Message>,
}

impl Supervisor {
    pub(crate) fn new(actor: mpsc::UnboundedSender<Message>) -> Self {
        Self { actor }
    }

    fn tell(&self, message: Message) -> bool {
        self.actor.send(message).is_ok()
    }
}

#[cell::handler]
impl Supervisor {
    /// How all cells are. Nothing if the supervisor is about to end.
    async fn state(&self) -> Option<State> {
        let (reply, answer) = oneshot::channel();
        self.tell(Message::State(reply));
        answer.await.ok()
    }

    /// Starts these cells and all that they need, and looks after them. What runs is left as it is.
    /// With `session` the project's builds may ask cells until this supervisor ends.
    /// Says whether it will: not if the supervisor is about to end. So do those below.
    async fn up(&self, cells: BTreeMap<String, Spec>, wanted: Vec<String>, session: bool) -> bool {
        let (reply, answer) = oneshot::channel();
        self.tell(Message::Up(cells, wanted, session, reply));
        answer.await.unwrap_or(false)
    }

    /// Ends these cells, those that need others of them first; after so many milliseconds they are
    /// killed. `needs` is what `cell.toml` says, of cells that it says anything about.
    async fn stop(
        &self,
        cells: Vec<String>,
        needs: BTreeMap<String, Vec<String>>,
        millis: u64,
    ) -> bool {
        self.tell(Message::Stop(cells, needs, Duration::from_millis(millis)))
    }

    /// Ends all cells, and then the supervisor.
    async fn finish(&self, needs: BTreeMap<String, Vec<String>>, millis: u64) -> bool {
        self.tell(Message::Finish(needs, Duration::from_millis(millis)))
    }
}
