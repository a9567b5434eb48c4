//! A cell that runs, and how it ends.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use cell_transport::Membrane;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, JoinSet};

use crate::health::{Condition, Phase};

/// A cell that runs. Dropping it ends it.
pub struct Running {
    membranes: Vec<Membrane>,
    stop: Arc<Notify>,
    condition: Arc<Condition>,
    _beginning: Beginning,
    patience: Duration,
    signals: bool,
}

/// What the cell does before it takes calls; given up with it.
struct Beginning(Option<AbortHandle>);

impl Drop for Beginning {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}

impl Running {
    pub(crate) fn new(
        membranes: Vec<Membrane>,
        stop: Arc<Notify>,
        condition: Arc<Condition>,
        beginning: Option<AbortHandle>,
        patience: Duration,
        signals: bool,
    ) -> Self {
        let _beginning = Beginning(beginning);
        Self { membranes, stop, condition, _beginning, patience, signals }
    }

    /// Waits until it takes calls.
    ///
    /// # Errors
    /// Why it never will.
    pub async fn ready(&self) -> io::Result<()> {
        match self.condition.begun().await {
            Phase::Failed(why) => Err(io::Error::other(why)),
            _ => Ok(()),
        }
    }

    /// Ends it well: no new calls, and those that are under way end. Says whether they did in time.
    pub async fn stop(self) -> bool {
        let patience = tokio::time::sleep(self.patience);
        self.stop_until(patience).await.is_none()
    }

    /// Serves until somebody asks it to stop: over its channel for those who run cells, with SIGTERM,
    /// or with SIGINT, which is what Ctrl-C sends. Then it takes no new calls, and those that are under
    /// way end. A second signal gives them up. The name is free when this returns.
    ///
    /// The signals do nothing else any more in this process, not even afterwards; a program that wants
    /// them for itself says so with [`Builder::without_signals`](crate::Builder::without_signals).
    ///
    /// # Errors
    /// `TimedOut` if calls did not end in time, `Interrupted` after a second signal; why it could not
    /// start.
    ///
    /// # Panics
    /// In a runtime without I/O, unless signals are left to the program.
    pub async fn until_stopped(self) -> io::Result<()> {
        let signals = Signals::for_program(self.signals)?;
        self.until(signals).await
    }

    /// As [`Running::until_stopped`], with signals that were listened to before.
    pub(crate) async fn until(self, mut signals: Option<Signals>) -> io::Result<()> {
        let failed = tokio::select! {
            () = self.stop.notified() => None,
            () = any(&mut signals) => None,
            why = self.condition.failed() => Some(why),
        };
        let patience = tokio::time::sleep(self.patience);
        let given_up = self.stop_until(async {
            tokio::select! {
                () = any(&mut signals) => io::ErrorKind::Interrupted,
                () = patience => io::ErrorKind::TimedOut,
            }
        });
        match (failed, given_up.await) {
            (Some(why), _) => Err(io::Error::other(why)),
            (None, Some(kind)) => Err(kind.into()),
            (None, None) => Ok(()),
        }
    }

    async fn stop_until<T>(self, give_up: impl Future<Output = T>) -> Option<T> {
        self.condition.enter(Phase::Stopping);
        let given_up = watch::Sender::new(false);
        let stop = |membrane: Membrane| {
            let mut given_up = given_up.subscribe();
            membrane.stop_until(async move {
                let _ = given_up.wait_for(|given_up| *given_up).await;
            })
        };
        let mut stopping: JoinSet<_> = self.membranes.into_iter().map(stop).collect();
        tokio::pin!(give_up);
        let mut said = None;
        loop {
            tokio::select! {
                biased;
                ended = stopping.join_next() => if ended.is_none() { return said },
                word = &mut give_up, if said.is_none() => {
                    said = Some(word);
                    given_up.send_replace(true);
                }
            }
        }
    }
}

/// Those that ask a process to end.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens to them from now on, if it is to.
    pub(crate) fn for_program(wanted: bool) -> io::Result<Option<Self>> {
        if !wanted {
            return Ok(None);
        }
        let terminate = signal(SignalKind::terminate())?;
        Ok(Some(Self { terminate, interrupt: signal(SignalKind::interrupt())? }))
    }
}

/// Waits for one of them; for ever, if there are none.
async fn any(signals: &mut Option<Signals>) {
    let Some(Signals { terminate, interrupt }) = signals else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
