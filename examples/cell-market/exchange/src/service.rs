//! The exchange as a service: decide, write, apply, and then reply.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cell::{Fault, Items};
use cell_market_journal::{Durable, Journal, OpenError, SyncMode};
use tokio::sync::{mpsc, watch};

use crate::Ledger::Transfer;
use crate::record::{KIND, Record};
use crate::settle::Settler;
use crate::state::{Decision, State};
use crate::types::{Cancelled, Fill, Levels, Order, OrderId, Placed, Refused, Status};

/// Items of a stream that are taken out of the state at once.
const SOME: usize = 256;
/// Prices of each side that are shown.
const LEVELS: usize = 20;

/// Why there is no exchange.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// What is in it is not of this exchange.
    #[error("record {number} of the journal is not this exchange's: {why}")]
    Record {
        /// Counted from 0.
        number: usize,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// An order book whose trades are settled in the ledger.
#[cell::service]
pub struct Exchange {
    shared: Arc<Shared>,
    limit: u64,
}

/// What the service and its settler have in common.
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    /// Trades that are to be settled.
    trades: mpsc::UnboundedSender<Made>,
    /// How many trades were settled, for those who wait for the next.
    settled: watch::Sender<u64>,
}

/// Trades that an order made.
pub(crate) struct Made {
    /// The order is in the journal to stay. Before, nobody may hear of its trades: were it lost,
    /// others would get their numbers, and the ledger would take those for settled.
    pub(crate) durable: Durable,
    pub(crate) trades: Vec<u64>,
}

struct Inner {
    state: State,
    journal: Journal,
}

#[cell::handler]
impl Exchange {
    /// Places an order, once for each id. A repeated request has the reply of the first.
    pub async fn place(&self, order: Order) -> Result<Placed, Refused> {
        let (answer, durable) = self.shared.decide(|state| state.place(&order, self.limit));
        written(durable).await?;
        answer
    }

    /// Takes an order out of the book. A repeated request has the reply of the first.
    pub async fn cancel(&self, id: OrderId) -> Result<Cancelled, Refused> {
        let (answer, durable) = self.shared.decide(|state| state.cancel(id));
        written(durable).await?;
        answer
    }

    /// The fills of a trader whose trades the ledger has answered for, those that there are and those
    /// that come. A reader who lost its stream goes on behind what it has.
    pub async fn fills(&self, by: u64, from: u64, items: Items<Fill>) -> Result<(), Fault> {
        let (mut settled, mut next) = (self.shared.settled.subscribe(), from);
        loop {
            settled.mark_unchanged();
            let some = self.shared.lock().state.fills(by, next, SOME);
            if some.is_empty() && settled.changed().await.is_err() {
                return Ok(());
            }
            next += some.len() as u64;
            for fill in some {
                items.send(fill).await?;
            }
        }
    }

    /// The best prices of both sides.
    pub async fn book(&self) -> Levels {
        self.shared.lock().state.levels(LEVELS)
    }

    /// How much there was to do, and is.
    pub async fn status(&self) -> Status {
        self.shared.lock().state.status()
    }
}

impl Exchange {
    /// The exchange whose journal this is, a new one if there is none, and what settles its trades.
    /// It accepts no order while `limit` trades wait for the ledger.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(
        journal: &Path,
        mode: SyncMode,
        limit: u64,
    ) -> Result<(Self, Settler), StartError> {
        let (journal, opened) = Journal::open(journal, KIND, mode)?;
        let mut state = State::default();
        for (number, bytes) in opened.records.iter().enumerate() {
            let record = Record::decode(bytes).ok_or("it cannot be read");
            let applied = record.and_then(|record| state.apply(record));
            applied.map_err(|why| StartError::Record { number, why })?;
        }
        let (trades, made) = mpsc::unbounded_channel();
        // The ledger may have answered for some of them; asking again does nothing twice.
        let waiting = Made { durable: journal.end(), trades: state.unsettled() };
        let _ = trades.send(waiting);
        let (inner, settled) = (Mutex::new(Inner { state, journal }), watch::Sender::new(0));
        let shared = Arc::new(Shared { inner, trades, settled });
        let settler = Settler { shared: Arc::clone(&shared), made };
        Ok((Self { shared, limit }, settler))
    }
}

impl Shared {
    /// Nothing in here waits: a caller that goes away cannot stop it half way.
    fn decide<T>(
        &self,
        decide: impl Fn(&State) -> Decision<T>,
    ) -> (Result<T, Refused>, Option<Durable>) {
        let mut inner = self.lock();
        let Inner { state, journal } = &mut *inner;
        let record = match decide(state) {
            // The first reply may not have left yet, since the disk was busy: wait with it.
            Decision::Known(answer) => return (answer, Some(journal.end())),
            Decision::New(record) => record,
        };
        let durable = match journal.append(&record.encode()) {
            Ok(durable) => durable,
            Err(error) => return (Err(Refused::NotWritten(error.to_string())), None),
        };
        match state.apply(record) {
            Ok(trades) if trades.is_empty() => {}
            // Nobody takes them when the process ends; the next start finds them in the journal.
            Ok(trades) => drop(self.trades.send(Made { durable: journal.end(), trades })),
            Err(why) => return (Err(Refused::Malformed(why.to_owned())), None),
        }
        let answer = match decide(state) {
            Decision::Known(answer) => answer,
            Decision::New(_) => Err(Refused::Malformed("it was not applied".to_owned())),
        };
        (answer, Some(durable))
    }

    /// The transfer that settles a trade.
    pub(crate) fn transfer(&self, trade: u64, by: u64) -> Option<Transfer> {
        self.lock().state.transfer(trade, by)
    }

    /// Writes down what the ledger said to a trade, and tells those who wait for it. If that is
    /// lost, the ledger says the same once more.
    pub(crate) fn settled(&self, trade: u64, settled: bool) -> std::io::Result<()> {
        let mut inner = self.lock();
        let Inner { state, journal } = &mut *inner;
        let record = Record::Settled { trade, settled };
        drop(journal.append(&record.encode())?);
        state.apply(record).map_err(std::io::Error::other)?;
        self.settled.send_modify(|count| *count += 1);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn written(durable: Option<Durable>) -> Result<(), Refused> {
    match durable {
        Some(durable) => {
            durable.wait().await.map_err(|error| Refused::NotWritten(error.to_string()))
        }
        None => Ok(()),
    }
}
