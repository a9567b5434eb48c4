//! The process of a supervisor: takes its place, serves, and ends when nothing is left to do.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use cell::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::connection::folder;
use crate::supervisor::actor::{Actor, Message};
use crate::supervisor::client::listens;
use crate::supervisor::place::Place;
use crate::supervisor::service::Supervisor;

/// How long cells may take to end if the supervisor itself is told to.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long another supervisor may take to end.
const OTHER: Duration = Duration::from_secs(60);

/// Who needs whom, of cells that were found running.
type Needs = BTreeMap<String, Vec<String>>;

/// Looks after a project's cells until it is told to end. `begun` is called when it has its place,
/// with what takes messages for it; what it returns goes on beside it. False if there is a supervisor
/// already.
pub(crate) async fn serve<F: Future<Output = ()>>(
    place: &Place,
    needs: &Needs,
    begun: impl FnOnce(mpsc::UnboundedSender<Message>) -> F,
) -> Result<bool> {
    place.prepare()?;
    let begin = Instant::now();
    loop {
        if let Some(lock) = place.lock(Place::LOCK)? {
            // Given back by the kernel at the very end: who waits for it finds no process left.
            std::mem::forget(lock);
            break;
        }
        if listens(place)? {
            return Ok(false);
        }
        if begin.elapsed() > OTHER {
            bail!("another supervisor of this project does not end");
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (sender, messages) = mpsc::unbounded_channel();
    let sockets = folder()?;
    // Before anybody can reach us: what is told is for us to act on.
    let mut signals = [
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
        signal(SignalKind::hangup())?,
    ];
    let cell = Builder::new(&place.supervisor())
        .with(Supervisor::new(sender.clone()))
        .version(env!("CARGO_PKG_VERSION"))
        .without_signals()
        .start();
    let cell = match cell {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Ok(false),
        cell => cell.context("the supervisor cannot take its name")?,
    };
    let actor = Actor::new(place.clone(), std::env::current_exe()?, sockets, sender.clone());
    let actor = tokio::spawn(actor.run(messages));
    let beside = begun(sender.clone());
    let told = cell.until_stopped();
    tokio::pin!(actor, told, beside);
    let (mut asked, mut over, mut patience) = (false, false, PATIENCE);
    loop {
        let [terminate, interrupt, hang_up] = &mut signals;
        let signal = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hang_up.recv() => {}
            }
        };
        let patience = tokio::select! {
            ended = &mut actor => {
                ended.context("the supervisor has a bug")?;
                return Ok(true);
            }
            _ = &mut told, if !asked => {
                asked = true;
                PATIENCE
            }
            () = &mut beside, if !over => {
                over = true;
                continue;
            }
            // Who sends a second one does not want to wait.
            () = signal => std::mem::take(&mut patience),
        };
        let _ = sender.send(Message::Finish(needs.clone(), patience));
    }
}
