//! Asking the ledger until it answers.

use std::future::Future;
use std::time::{Duration, Instant};

use cell::{CallError, Fault};
use tokio::time::{sleep, timeout};

use crate::Ledger::{Balance, LedgerClient, Recorded, Refused, Total, Transfer};

const FIRST: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_millis(100);

/// What the ledger said to a transfer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    /// It happened, in this place in the order of all.
    Done(u64),
    Refused(Refused),
    /// The reply was one to another transfer.
    Wrong,
    /// There was none, for this reason.
    None(String),
}

/// The way to the ledger, one connection for all, and how patient its users are.
#[derive(Clone)]
pub(crate) struct Asker {
    ledger: LedgerClient,
    patience: Duration,
    give_up: Duration,
}

/// How an attempt ended.
enum Attempt<T> {
    Over(T),
    Again(String),
}

impl Asker {
    pub(crate) fn new(name: &str, patience: Duration, give_up: Duration) -> Result<Self, String> {
        let ledger = LedgerClient::of(name).map_err(|fault| fault.to_string())?;
        Ok(Self { ledger, patience, give_up })
    }

    /// Makes a transfer; how often it was asked for in vain comes with the reply.
    pub(crate) async fn transfer(&self, transfer: &Transfer) -> (Reply, u64) {
        let attempt = async || match self.ledger.transfer(transfer.clone()).await {
            Ok(receipt) if receipt.id == transfer.id => Ok(Reply::Done(receipt.sequence)),
            Ok(_) => Ok(Reply::Wrong),
            Err(CallError::Remote(Refused::NotWritten(why))) => Err(Err(why)),
            Err(CallError::Remote(refused)) => Ok(Reply::Refused(refused)),
            Err(CallError::Fault(fault)) => Err(Ok(fault)),
        };
        let (reply, retries) = self.again(attempt).await;
        (reply.unwrap_or_else(Reply::None), retries)
    }

    pub(crate) async fn open(&self, account: u64, asset: u32, opening: u64) -> Result<(), String> {
        let attempt = async || match self.ledger.open(account, asset, opening).await {
            Ok(()) => Ok(Ok(())),
            Err(CallError::Remote(refused)) => Ok(Err(format!("{refused:?}"))),
            Err(CallError::Fault(fault)) => Err(Ok(fault)),
        };
        self.again(attempt).await.0?
    }

    pub(crate) async fn balance(&self, account: u64) -> Result<Balance, String> {
        let attempt = async || match self.ledger.balance(account).await {
            Ok(balance) => Ok(Ok(balance)),
            Err(CallError::Remote(refused)) => Ok(Err(format!("{refused:?}"))),
            Err(CallError::Fault(fault)) => Err(Ok(fault)),
        };
        self.again(attempt).await.0?
    }

    pub(crate) async fn totals(&self) -> Result<Vec<Total>, String> {
        self.again(async || self.ledger.totals().await.map_err(Ok)).await.0
    }

    /// All transfers of a maker; read from the beginning when the ledger was lost meanwhile.
    pub(crate) async fn recorded(&self, by: u64) -> Result<Vec<Recorded>, String> {
        let begun = Instant::now();
        loop {
            match self.read(by).await {
                Err(fault) if fault.code.is_transient() && begun.elapsed() < self.give_up => {
                    sleep(LONGEST).await;
                }
                outcome => return outcome.map_err(|fault| fault.to_string()),
            }
        }
    }

    async fn read(&self, by: u64) -> Result<Vec<Recorded>, Fault> {
        let mut stream = self.ledger.recorded(by).await?;
        let mut all = Vec::new();
        while let Some(recorded) = stream.next().await {
            all.push(recorded?);
        }
        Ok(all)
    }

    /// Tries until it is answered, or nobody believes in it any more.
    async fn again<T, F>(&self, attempt: impl Fn() -> F) -> (Result<T, String>, u64)
    where
        F: Future<Output = Result<T, Result<Fault, String>>>,
    {
        let (begun, mut pause, mut retries) = (Instant::now(), FIRST, 0);
        loop {
            let why = match self.once(attempt()).await {
                Attempt::Over(outcome) => return (outcome, retries),
                Attempt::Again(why) => why,
            };
            if begun.elapsed() + pause > self.give_up {
                return (Err(why), retries);
            }
            retries += 1;
            sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            pause = (pause * 2).min(LONGEST);
        }
    }

    async fn once<T>(
        &self,
        attempt: impl Future<Output = Result<T, Result<Fault, String>>>,
    ) -> Attempt<Result<T, String>> {
        match timeout(self.patience, attempt).await {
            Ok(Ok(value)) => Attempt::Over(Ok(value)),
            // It will not help to ask again.
            Ok(Err(Ok(fault))) if !fault.code.is_transient() => {
                Attempt::Over(Err(fault.to_string()))
            }
            Ok(Err(Ok(fault))) => Attempt::Again(fault.to_string()),
            Ok(Err(Err(why))) => Attempt::Again(why),
            Err(_) => Attempt::Again(format!("no answer in {} ms", self.patience.as_millis())),
        }
    }
}
