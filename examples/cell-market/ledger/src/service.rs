//! The ledger as a service: decide, write, apply, and then reply.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cell::{Fault, Items};
use cell_market_journal::{Durable, Journal, OpenError, SyncMode};
use tokio::sync::watch;

use crate::record::{KIND, Record};
use crate::state::{Decision, State};
use crate::tables;
use crate::types::{
    Account, Balance, Movement, NoSuchTable, Receipt, Recorded, Refused, Table, Total, Transfer,
};

/// Items of a stream that are taken out of the state at once.
const SOME: usize = 256;

/// Why there is no ledger.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// What is in it is not of this ledger.
    #[error("record {number} of the journal is not this ledger's: {why}")]
    Record {
        /// Counted from 0.
        number: usize,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// Accounts, and transfers between them.
#[cell::service]
pub struct Ledger {
    inner: Mutex<Inner>,
    /// How many records there are, for those who wait for the next.
    records: watch::Sender<u64>,
}

struct Inner {
    state: State,
    journal: Journal,
}

#[cell::handler]
impl Ledger {
    /// Opens an account. Doing it again with the same numbers does nothing.
    pub async fn open(&self, account: u64, asset: u32, balance: u64) -> Result<(), Refused> {
        let (answer, durable) = self.decide(|state| state.open(account, asset, balance));
        written(durable).await?;
        answer
    }

    /// Says whose an account is, until somebody says otherwise.
    pub async fn set_owner(&self, account: u64, owner: String) -> Result<(), Refused> {
        let (answer, durable) = self.decide(|state| state.set_owner(account, owner.clone()));
        written(durable).await?;
        answer
    }

    /// Moves money, once for each id. A repeated request has the reply of the first.
    pub async fn transfer(&self, transfer: Transfer) -> Result<Receipt, Refused> {
        let (answer, durable) = self.decide(|state| state.transfer(transfer.clone()));
        written(durable).await?;
        answer
    }

    /// What is in an account.
    pub async fn balance(&self, account: u64) -> Result<Balance, Refused> {
        self.lock().state.balance(account)
    }

    /// What is in all accounts, for each asset. Transfers do not change it.
    pub async fn totals(&self) -> Vec<Total> {
        self.lock().state.totals()
    }

    /// All accounts, by their numbers: the rows of the table `accounts`.
    pub async fn accounts(&self, items: Items<Account>) -> Result<(), Fault> {
        let mut next = Some(0);
        while let Some(from) = next {
            let some = self.lock().state.rows(from, SOME);
            next = some.last().and_then(|last| last.id.checked_add(1));
            for account in some {
                items.send(account).await?;
            }
        }
        Ok(())
    }

    /// The columns of a table, for macros that ask while an application compiles. They are the same
    /// for all ledgers of one schema.
    #[compile_time]
    pub async fn schema(&self, table: String) -> Result<Table, NoSuchTable> {
        tables::table(&table)
    }

    /// The movements of an account, those that there are and those that come, from a place in the
    /// order of all transfers on. A reader who lost its stream goes on behind what it has.
    pub async fn watch(
        &self,
        account: u64,
        from: u64,
        items: Items<Movement>,
    ) -> Result<(), Fault> {
        let (mut records, mut next) = (self.records.subscribe(), from);
        loop {
            records.mark_unchanged();
            let some = self.lock().state.movements(account, next, SOME).unwrap_or_default();
            if let Some(last) = some.last() {
                next = last.sequence + 1;
                for movement in some {
                    items.send(movement).await?;
                }
            } else if records.changed().await.is_err() {
                return Ok(());
            }
        }
    }

    /// All transfers of one maker that were decided, in their order.
    pub async fn recorded(&self, by: u64, items: Items<Recorded>) -> Result<(), Fault> {
        let mut next = 0;
        loop {
            let (some, behind) = self.lock().state.transfers(by, next, SOME);
            if some.is_empty() {
                return Ok(());
            }
            next = behind;
            for recorded in some {
                items.send(recorded).await?;
            }
        }
    }
}

impl Ledger {
    /// The ledger whose journal this is; a new one if there is none.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(journal: &Path, mode: SyncMode) -> Result<Self, StartError> {
        let (journal, opened) = Journal::open(journal, KIND, mode)?;
        let mut state = State::default();
        for (number, bytes) in opened.records.iter().enumerate() {
            let record = Record::decode(bytes).ok_or("it cannot be read");
            let applied = record.and_then(|record| state.apply(record));
            applied.map_err(|why| StartError::Record { number, why })?;
        }
        let records = watch::Sender::new(journal.records());
        Ok(Self { inner: Mutex::new(Inner { state, journal }), records })
    }

    /// How many accounts were opened and transfers decided.
    #[must_use]
    pub fn records(&self) -> u64 {
        *self.records.borrow()
    }

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
        if let Err(why) = state.apply(record) {
            return (Err(Refused::Malformed(why.to_owned())), None);
        }
        let answer = match decide(state) {
            Decision::Known(answer) => answer,
            Decision::New(_) => Err(Refused::Malformed("it was not applied".to_owned())),
        };
        self.records.send_replace(journal.records());
        (answer, Some(durable))
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
