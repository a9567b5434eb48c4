//! How a cell is: whether it has begun, and what it lacks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cell_model::ops::Health;
use cell_model::{Code, Fault};
use tokio::sync::watch;

/// Says what a cell lacks, while it serves. Clones say it for the same cell.
///
/// [`Builder::health`](crate::Builder::health) hands it out before the cell starts, so that a service
/// can keep it.
#[derive(Clone, Debug, Default)]
pub struct HealthReporter(Arc<Mutex<BTreeMap<String, String>>>);

impl HealthReporter {
    /// The cell is degraded because of `what`, which `why` explains, until [`HealthReporter::clear`].
    /// Said again, the new explanation takes the place of the old one.
    pub fn set(&self, what: &str, why: &str) {
        self.reasons().insert(what.to_owned(), why.to_owned());
    }

    /// `what` is well again.
    pub fn clear(&self, what: &str) {
        self.reasons().remove(what);
    }

    fn reasons(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far a cell has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Starting,
    Ready,
    /// It will never be ready.
    Failed(String),
    Stopping,
}

/// How a cell is.
#[derive(Debug)]
pub(crate) struct Condition {
    phase: watch::Sender<Phase>,
    /// What each call looks at.
    takes_calls: AtomicBool,
    reporter: HealthReporter,
}

impl Condition {
    pub(crate) fn new(phase: Phase, reporter: HealthReporter) -> Self {
        let takes_calls = AtomicBool::new(phase == Phase::Ready);
        Self { phase: watch::Sender::new(phase), takes_calls, reporter }
    }

    /// Goes on to a phase, from which no earlier one comes back.
    pub(crate) fn enter(&self, phase: Phase) {
        let ready = phase == Phase::Ready;
        self.phase.send_if_modified(|current| {
            let goes_on = matches!(current, Phase::Starting) || phase == Phase::Stopping;
            if goes_on {
                *current = phase;
                // Those who wait for it to be ready may call at once.
                self.takes_calls.fetch_or(ready, Ordering::Release);
            }
            goes_on
        });
    }

    /// The phase after [`Phase::Starting`].
    pub(crate) async fn begun(&self) -> Phase {
        let mut phase = self.phase.subscribe();
        // The sender is `self`'s.
        let begun = phase.wait_for(|phase| *phase != Phase::Starting).await;
        begun.map_or(Phase::Stopping, |phase| phase.clone())
    }

    /// Waits until it is certain that it will never be ready.
    pub(crate) async fn failed(&self) -> String {
        let mut phase = self.phase.subscribe();
        loop {
            if let Phase::Failed(why) = &*phase.borrow_and_update() {
                return why.clone();
            }
            if phase.changed().await.is_err() {
                // The sender is `self`'s.
                return std::future::pending().await;
            }
        }
    }

    /// May calls begin?
    ///
    /// # Errors
    /// [`Code::NotReady`] while it starts.
    pub(crate) fn takes_calls(&self) -> Result<(), Fault> {
        // A cell that stops refuses calls on its connections, and answers those that came before.
        if self.takes_calls.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(match &*self.phase.borrow() {
            Phase::Failed(why) => {
                Fault::new(Code::NotReady, format!("the cell could not start: {why}"))
            }
            Phase::Stopping => Fault::new(Code::Closing, "the cell takes no new calls"),
            _ => Fault::new(Code::NotReady, "the cell starts"),
        })
    }

    pub(crate) fn health(&self) -> Health {
        match &*self.phase.borrow() {
            Phase::Starting => Health::Starting,
            Phase::Failed(_) | Phase::Stopping => Health::Stopping,
            Phase::Ready => {
                let reasons = self.reporter.reasons();
                let why: Vec<String> =
                    reasons.iter().map(|(what, why)| format!("{what}: {why}")).collect();
                if why.is_empty() { Health::Ready } else { Health::Degraded { why } }
            }
        }
    }
}
