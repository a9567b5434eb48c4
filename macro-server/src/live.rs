//! Questions that no record answers: whether somebody may be asked, each question once however many
//! compilers want it, and the record of the answer.
//!
//! Who asks, and over what, is [`Live`]'s; nothing here opens a connection.

mod builds;
mod records;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use macro_bridge::answer::{Answer, Question};
use macro_bridge::asking::Asking;
use macro_bridge::digest::Digest;
use macro_bridge::failure::{Failure, Kind, texts};
use macro_bridge::lock;
use macro_bridge::project::{Project, Projects};
use macro_bridge::request::Request;
use macro_runtime::Lookup;
use macro_runtime::store::Age;

use crate::gate::Gate;
use builds::Builds;
use records::Records;

/// All cells together may keep one build waiting for so long.
pub const BUILD: Duration = Duration::from_secs(30);

/// Running cells.
pub trait Live: Send + Sync {
    /// May the builds of this project ask them now?
    ///
    /// # Errors
    /// Why not, for people.
    fn session(&self, root: &Path) -> Result<(), String>;

    /// Asks. `project` is as its files are now; a cell that did not answer is not waited for again by the
    /// same `build`.
    ///
    /// # Errors
    /// 06xx, or what is wrong with the question.
    fn ask(
        &self,
        project: &Project,
        question: &Question,
        patience: Duration,
        build: u32,
    ) -> Result<Answer, Failure>;
}

/// The questions of all compilers.
pub(crate) struct Answers {
    live: Option<Arc<dyn Live>>,
    flights: Mutex<HashMap<(PathBuf, Digest), Arc<Flight>>>,
    builds: Builds,
    records: Records,
    projects: Projects,
}

/// A question that some build is asking.
struct Flight {
    build: u32,
    landed: Mutex<Option<Result<Answer, Failure>>>,
    changed: Condvar,
}

impl Answers {
    pub(crate) fn new(live: Option<Arc<dyn Live>>) -> Self {
        Self {
            live,
            flights: Mutex::default(),
            builds: Builds::default(),
            records: Records::default(),
            projects: Projects::default(),
        }
    }

    /// The answers for one request of a compiler, which `build` started.
    pub(crate) fn of<'a>(
        &'a self,
        project: &'a Project,
        request: &Request,
        (asking, build): (Asking, u32),
        gate: &'a Gate,
    ) -> OfBuild<'a> {
        let is_tracked = request.has_room_behind();
        let why_not = RefCell::default();
        OfBuild { answers: self, project, is_tracked, asking, build, gate, why_not }
    }

    /// The answer, asked by this thread or by one that asks the same just now.
    fn once(
        &self,
        root: &Path,
        build: u32,
        question: &Question,
        ask: impl Fn() -> Result<Answer, Failure>,
    ) -> Result<Answer, Failure> {
        let key = (root.to_owned(), question.key());
        loop {
            let (theirs, outcome) = self.once_of(&key, build, &ask);
            match outcome {
                // Another build's time was over, not this one's.
                Err(failure) if failure.kind == Kind::CellSilent && theirs != build => {}
                outcome => return outcome,
            }
        }
    }

    /// The outcome, and whose it is.
    fn once_of(
        &self,
        key: &(PathBuf, Digest),
        build: u32,
        ask: impl Fn() -> Result<Answer, Failure>,
    ) -> (u32, Result<Answer, Failure>) {
        let (flight, is_first) = {
            let mut flights = guard(&self.flights);
            match flights.get(key) {
                Some(flight) => (Arc::clone(flight), false),
                None => {
                    let (landed, changed) = (Mutex::default(), Condvar::default());
                    let flight = Arc::new(Flight { build, landed, changed });
                    flights.insert(key.clone(), Arc::clone(&flight));
                    (flight, true)
                }
            }
        };
        if is_first {
            // Also if this panics: nobody shall wait for ever.
            let landing = Landing { answers: self, key: key.clone(), flight };
            let outcome = ask();
            return (build, landing.land(outcome));
        }
        let mut landed = guard(&flight.landed);
        loop {
            if let Some(outcome) = &*landed {
                return (flight.build, outcome.clone());
            }
            landed = flight.changed.wait(landed).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A panic elsewhere leaves what is guarded here whole.
fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Landing<'a> {
    answers: &'a Answers,
    key: (PathBuf, Digest),
    flight: Arc<Flight>,
}

impl Landing<'_> {
    fn land(self, outcome: Result<Answer, Failure>) -> Result<Answer, Failure> {
        *guard(&self.flight.landed) = Some(outcome.clone());
        outcome
    }
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        guard(&self.answers.flights).remove(&self.key);
        let lost = || Err(texts::engine::internal("who asked the cell is gone", ""));
        guard(&self.flight.landed).get_or_insert_with(lost);
        self.flight.changed.notify_all();
    }
}

/// The recorded answers of a project, and those of its cells where they may be asked.
pub(crate) struct OfBuild<'a> {
    answers: &'a Answers,
    project: &'a Project,
    /// Does the expansion tell cargo which answers it used?
    is_tracked: bool,
    asking: Asking,
    build: u32,
    gate: &'a Gate,
    why_not: RefCell<String>,
}

impl Lookup for OfBuild<'_> {
    fn ask(&self, question: &Question) -> Result<Option<Answer>, Failure> {
        if let Some(recorded) = self.project.answer(question)? {
            return Ok(Some(recorded));
        }
        match self.may_ask(question)? {
            // Who waits for a cell lets others compute.
            Ok(asked) => self.gate.aside(|| self.once(&asked, question)).map(Some),
            Err(reason) => {
                *self.why_not.borrow_mut() = reason;
                Ok(None)
            }
        }
    }

    fn why_not(&self) -> Cow<'_, str> {
        Cow::Owned(self.why_not.borrow().clone())
    }
}

/// Who is asked, and for how long.
struct Asked<'a> {
    live: &'a dyn Live,
    project: Arc<Project>,
    within: Duration,
}

impl OfBuild<'_> {
    /// Whether somebody may be asked; if not, why.
    fn may_ask(&self, question: &Question) -> Result<Result<Asked<'_>, String>, Failure> {
        if let Some(reason) = self.asking.reason() {
            return Ok(Err(reason.to_owned()));
        }
        let Some(live) = self.answers.live.as_deref() else {
            return Ok(Err("this macro server asks no cells".to_owned()));
        };
        if let Err(reason) = live.session(&self.project.root) {
            return Ok(Err(reason));
        }
        // A request names components; what a cell may be asked, only the files say.
        let project = self.answers.projects.load(&self.project.root)?;
        let cell = project.lock.cells.get(&question.cell);
        match cell.ok_or_else(|| texts::live::no_services(question))?.live {
            lock::Live::Within(millis) => {
                let within = Duration::from_millis(u64::from(millis));
                Ok(Ok(Asked { live, project, within }))
            }
            lock::Live::No => {
                let cell = &question.cell;
                Ok(Err(format!("`live = false` under `[cells.{cell}]` in cell.toml")))
            }
        }
    }

    fn once(&self, asked: &Asked<'_>, question: &Question) -> Result<Answer, Failure> {
        let Asked { live, project, within } = asked;
        let (root, build, builds) = (&project.root, self.build, &self.answers.builds);
        self.answers.once(root, build, question, || {
            // It may have landed since this thread looked.
            if let Some(recorded) = project.answer(question)? {
                return Ok(recorded);
            }
            let left = builds.left(root, build);
            if left.is_zero() {
                return Err(texts::live::build_waited(question, BUILD));
            }
            let ask = || live.ask(project, question, left.min(*within), build);
            let answer = builds.wait(root, build, ask).map_err(|failure| match failure.kind {
                // Not the cell's time was over, but the build's: more for the cell would not help.
                Kind::CellSilent if left < *within => texts::live::build_waited(question, BUILD),
                _ => failure,
            });
            let age = builds.began(root, build).map_or(Age::Settled, Age::Since);
            self.answers.records.keep(project, answer?, age, self.is_tracked)
        })
    }
}

#[cfg(test)]
mod tests;
