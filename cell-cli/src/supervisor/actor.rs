//! Does what [`Core`] decides: starts keepers, asks cells how they are, and sends signals. One task
//! has all state and is told everything by messages.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

use crate::live::session::Open;
use crate::supervisor::core::{Action, Core, End, Health, Phase, Rules};
use crate::supervisor::keeper::{self, kill_rest};
use crate::supervisor::place::Place;
use crate::supervisor::probe;
use crate::supervisor::record::Record;
use crate::supervisor::service::{CellState, Spec, Standing, State};

/// A supervisor without cells ends after so long.
const IDLE: Duration = Duration::from_secs(300);
/// How often a cell is asked how it is: at first until it takes calls, then now and then.
const PACE: (Duration, Duration, Duration) =
    (Duration::from_millis(10), Duration::from_millis(100), Duration::from_secs(1));

/// What the actor is told.
pub(crate) enum Message {
    State(oneshot::Sender<State>),
    /// Whether builds may ask from now on. Says whether it is done.
    Up(BTreeMap<String, Spec>, Vec<String>, bool, oneshot::Sender<bool>),
    Stop(Vec<String>, Needs, Duration),
    /// Stop all, and end.
    Finish(Needs, Duration),
    /// Nobody has the name of a cell that is to be started.
    Free(String, u64),
    /// Somebody has it.
    Elsewhere(String, u64),
    Health(String, u64, Health),
    /// A cell could not be asked to end.
    Deaf(String, u64),
    /// A keeper is gone. Its process, if we started it.
    Ended(String, u64, Option<u32>),
}

type Needs = BTreeMap<String, Vec<String>>;

/// What is known of a cell beside what the core knows.
#[derive(Default)]
struct Known {
    record: Option<Record>,
    adopted: bool,
    last: Option<String>,
    /// Who asks it how it is, and the number of the process that is meant.
    probe: Option<(u64, AbortHandle)>,
    /// The number of the last process that there was.
    begun: u64,
    /// The keeper, if it is our child.
    keeper: Option<u32>,
}

pub(crate) struct Actor {
    place: Place,
    /// This program. It may be replaced by a newer one, which has another place for the system.
    program: PathBuf,
    /// The folder of the cells' sockets.
    sockets: PathBuf,
    core: Core,
    begin: Instant,
    specs: BTreeMap<String, Spec>,
    known: HashMap<String, Known>,
    sender: mpsc::UnboundedSender<Message>,
    finishing: bool,
    busy: Instant,
    /// Builds may ask as long as it is there: from when somebody said so until the end.
    session: Option<Open>,
}

impl Actor {
    pub(crate) fn new(
        place: Place,
        program: PathBuf,
        sockets: PathBuf,
        sender: mpsc::UnboundedSender<Message>,
    ) -> Self {
        let seed = crate::supervisor::timestamp::now() ^ u64::from(std::process::id()) << 32;
        let core = Core::new(Rules::default(), seed);
        let (begin, specs, known) = (Instant::now(), BTreeMap::new(), HashMap::new());
        Self {
            place,
            program,
            sockets,
            core,
            begin,
            specs,
            known,
            sender,
            finishing: false,
            busy: begin,
            session: None,
        }
    }

    /// Takes over what a supervisor left that was killed, and works until it is told to finish and
    /// nothing is left, or nobody needs it.
    pub(crate) async fn run(mut self, mut messages: mpsc::UnboundedReceiver<Message>) {
        for name in self.place.left() {
            if let Some(record) = self.place.orphan(&name) {
                kill_rest(&record);
                continue;
            }
            self.core.set(&name, Vec::new(), true);
            self.adopt(&name);
        }
        loop {
            for action in self.core.step(self.begin.elapsed()) {
                self.act(action);
            }
            self.end_probes();
            if self.finishing && self.core.is_empty() {
                return;
            }
            if !self.core.is_idle() {
                self.busy = Instant::now();
            } else if self.busy.elapsed() >= IDLE {
                return;
            }
            let due = self.core.due().map_or(self.busy + IDLE, |due| self.begin + due);
            tokio::select! {
                message = messages.recv() => match message {
                    Some(message) => self.take(message),
                    None => return,
                },
                () = tokio::time::sleep_until(due.into()) => {}
            }
        }
    }

    fn take(&mut self, message: Message) {
        let now = self.begin.elapsed();
        match message {
            Message::State(reply) => {
                let _ = reply.send(self.state());
            }
            // Whoever finishes begins nothing.
            Message::Up(.., reply) if self.finishing => {
                let _ = reply.send(false);
            }
            Message::Up(specs, wanted, session, reply) => {
                if session && self.session.is_none() {
                    self.session = Open::begin(&self.place).ok();
                }
                for (name, spec) in specs {
                    self.core.set(&name, spec.needs.clone(), spec.command.is_some());
                    self.specs.insert(name, spec);
                }
                self.core.want(wanted.iter().map(String::as_str));
                let _ = reply.send(!session || self.session.is_some());
            }
            Message::Stop(cells, needs, patience) => {
                self.order(needs);
                self.core.stop(cells.iter().map(String::as_str), patience);
            }
            Message::Finish(needs, patience) => {
                self.order(needs);
                self.finishing = true;
                let names: Vec<String> =
                    self.core.cells().map(|(name, _)| name.to_owned()).collect();
                self.core.stop(names.iter().map(String::as_str), patience);
            }
            Message::Free(name, run) => self.start(&name, run),
            Message::Elsewhere(name, run) if self.is_stopping(&name, run) => {
                self.core.ended(now, &name, run, End::Well);
            }
            Message::Elsewhere(name, run) => {
                self.core.elsewhere(&name, run);
                self.probe(&name, run, true);
            }
            Message::Health(name, run, health) => self.core.health(now, &name, run, health),
            Message::Deaf(name, run) => self.core.deaf(now, &name, run),
            Message::Ended(name, run, keeper) => self.ended(&name, run, keeper),
        }
    }

    /// Cells that were found running are stopped in the order of what `cell.toml` says.
    fn order(&mut self, needs: Needs) {
        let known: Vec<String> = self.core.cells().map(|(name, _)| name.to_owned()).collect();
        for name in known {
            if let (Some(needs), false) = (needs.get(&name), self.specs.contains_key(&name)) {
                self.core.set(&name, needs.clone(), true);
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Start(name, run) => {
                // A keeper that has not been noticed: its supervisor was killed just now.
                if self.place.is_locked(&name) {
                    self.adopt(&name);
                    return;
                }
                if let Some(record) = self.place.orphan(&name) {
                    kill_rest(&record);
                }
                let (sockets, sender) = (self.sockets.clone(), self.sender.clone());
                tokio::spawn(async move {
                    let message = match probe::health(&sockets, &name).await.1 {
                        Some(fault) if fault.code == cell_model::Code::Disconnected => {
                            Message::Free(name, run)
                        }
                        _ => Message::Elsewhere(name, run),
                    };
                    let _ = sender.send(message);
                });
            }
            Action::Watch(name, run) => self.probe(&name, run, true),
            // It has no process yet, and will have none: who is asked would be somebody else's.
            Action::Ask(name, run) | Action::Terminate(name, run) | Action::Kill(name, run)
                if self.known.get(&name).is_none_or(|known| known.begun != run) => {}
            Action::Ask(name, run) => {
                let (sockets, sender) = (self.sockets.clone(), self.sender.clone());
                tokio::spawn(async move {
                    if probe::stop(&sockets, &name).await.is_err() {
                        let _ = sender.send(Message::Deaf(name, run));
                    }
                });
            }
            Action::Terminate(name, _) => self.signal(&name, Signal::TERM),
            Action::Kill(name, _) => self.signal(&name, Signal::USR1),
        }
    }

    /// Tells a cell's keeper. One of ours has its number until we take its status, another one as long
    /// as it has its lock.
    fn signal(&self, name: &str, signal: Signal) {
        let child = self.known.get(name).and_then(|known| known.keeper);
        let found = || self.place.keeper(name);
        if let Some(keeper) = child.or_else(found).and_then(|id| Pid::from_raw(id.cast_signed())) {
            let _ = kill_process(keeper, signal);
        }
    }

    fn phase(&self, name: &str, run: u64) -> Option<&Phase> {
        let cell = self.core.cells().find(|(other, cell)| *other == name && cell.run == run);
        cell.map(|(_, cell)| &cell.phase)
    }

    fn is_stopping(&self, name: &str, run: u64) -> bool {
        matches!(self.phase(name, run), Some(Phase::Stopping(_)))
    }

    /// Starts a cell's keeper.
    fn start(&mut self, name: &str, run: u64) {
        let now = self.begin.elapsed();
        if self.is_stopping(name, run) {
            return self.core.ended(now, name, run, End::Well);
        }
        if self.phase(name, run) != Some(&Phase::Starting) {
            return;
        }
        let spawned = match self.specs.get(name) {
            Some(spec) => keeper::spawn(&self.program, &self.place, name, spec)
                .map_err(|error| format!("its keeper cannot be started: {error}")),
            None => Err("cell.toml does not say how to start it".to_owned()),
        };
        let known = self.known.entry(name.to_owned()).or_default();
        (known.record, known.adopted, known.begun) = (None, false, run);
        match spawned {
            Ok(mut child) => {
                known.keeper = Some(child.id());
                let (sender, name_) = (self.sender.clone(), name.to_owned());
                std::thread::spawn(move || {
                    let process = child.id();
                    let _ = child.wait();
                    let _ = sender.send(Message::Ended(name_, run, Some(process)));
                });
                self.probe(name, run, false);
            }
            Err(how) => {
                known.last = Some(how);
                self.core.ended(now, name, run, End::Badly);
            }
        }
    }

    /// Looks after a keeper that another supervisor started.
    fn adopt(&mut self, name: &str) {
        let Some(run) = self.core.adopt(name) else { return };
        let known = self.known.entry(name.to_owned()).or_default();
        (known.record, known.adopted, known.begun) = (None, true, run);
        let (sender, place, name_) = (self.sender.clone(), self.place.clone(), name.to_owned());
        std::thread::spawn(move || {
            let _ = place.wait_for(&name_);
            let _ = sender.send(Message::Ended(name_, run, None));
        });
        self.probe(name, run, false);
    }

    /// Asks a cell how it is, again and again. Of one that is somebody else's, a missing answer says
    /// nothing; only a name without an owner does.
    fn probe(&mut self, name: &str, run: u64, elsewhere: bool) {
        let (sockets, sender) = (self.sockets.clone(), self.sender.clone());
        let cell = name.to_owned();
        let task = tokio::spawn(async move {
            let (mut pace, longest, calm) = PACE;
            loop {
                let (health, fault) = probe::health(&sockets, &cell).await;
                let well = !matches!(health, Health::Silent(_));
                let gone = fault.is_some_and(|f| f.code == cell_model::Code::Disconnected);
                if (well || gone || !elsewhere)
                    && sender.send(Message::Health(cell.clone(), run, health)).is_err()
                {
                    return;
                }
                pace = if well { calm } else { (pace * 3 / 2).min(longest) };
                tokio::time::sleep(pace).await;
            }
        });
        let known = self.known.entry(name.to_owned()).or_default();
        if let Some((_, old)) = known.probe.replace((run, task.abort_handle())) {
            old.abort();
        }
    }

    /// Nobody is asked any more about a process that is not the cell's now.
    fn end_probes(&mut self) {
        for (name, known) in &mut self.known {
            if let Some((_, old)) =
                known.probe.take_if(|(run, _)| !self.core.is_current(name, *run))
            {
                old.abort();
            }
        }
    }

    fn ended(&mut self, name: &str, run: u64, keeper: Option<u32>) {
        if !self.core.is_current(name, run) {
            return;
        }
        let known = self.known.entry(name.to_owned()).or_default();
        known.keeper = None;
        if let Some((_, probe)) = known.probe.take() {
            probe.abort();
        }
        let record = Record::read(&self.place.file(name, "keeper"));
        let record = record.filter(|record| keeper.is_none_or(|keeper| record.keeper == keeper));
        let (end, how) = match record {
            Some(Record { ended: Some((well, how)), .. }) => {
                (if well { End::Well } else { End::Badly }, how)
            }
            Some(record) => {
                kill_rest(&record);
                (End::Badly, "was killed, since its keeper was".to_owned())
            }
            // Another keeper of this cell was quicker.
            None if self.place.is_locked(name) => {
                self.adopt(name);
                return;
            }
            None => (End::Badly, "its keeper could not start".to_owned()),
        };
        known.record = None;
        known.last = Some(how);
        self.core.ended(self.begin.elapsed(), name, run, end);
    }

    fn state(&mut self) -> State {
        let now = self.begin.elapsed();
        let mut cells = BTreeMap::new();
        for (name, cell) in self.core.cells() {
            let known = self.known.entry(name.to_owned()).or_default();
            if cell.runs() && known.record.is_none() {
                // Not yet that of the last run: it has an end, or a keeper that was killed.
                let record = Record::read(&self.place.file(name, "keeper"));
                let ours = |record: &Record| known.keeper.is_none_or(|id| id == record.keeper);
                known.record = record.filter(|record| record.ended.is_none() && ours(record));
            }
            let standing = match &cell.phase {
                Phase::Stopped => Standing::Stopped,
                Phase::Waiting => Standing::Waiting(self.core.missing(cell)),
                Phase::Starting => Standing::Starting,
                // Its keeper has not come to writing down whom it started.
                Phase::Up(..) if known.record.is_none() => Standing::Starting,
                Phase::Up(_, why) if why.is_empty() => Standing::Ready,
                Phase::Up(_, why) => Standing::Degraded(why.clone()),
                Phase::Restarting(at) => {
                    Standing::Restarting(at.saturating_sub(now).as_millis() as u64)
                }
                Phase::Stopping(_) => Standing::Stopping,
                Phase::GivenUp => Standing::GivenUp,
                Phase::Elsewhere(ready) => Standing::Elsewhere(*ready),
            };
            let record = known.record.as_ref().filter(|_| cell.runs());
            let state = CellState {
                standing,
                process: record.map(|record| record.cell),
                since: record.map(|record| record.started),
                restarts: cell.restarts,
                adopted: known.adopted,
                digest: record.map(|record| record.digest.clone()).unwrap_or_default(),
                last: known.last.clone(),
            };
            cells.insert(name.to_owned(), state);
        }
        State { root: self.place.root.display().to_string(), cells }
    }
}
