//! Settlement: every trade is a transfer in the ledger, asked for until it is answered.

use std::sync::Arc;
use std::time::Duration;

use cell::{CallError, Fault};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep, timeout};

use crate::Ledger::{LedgerClient, Refused, Transfer};
use crate::service::{Made, Shared};

/// How long to wait before the second attempt; each further one waits twice as long.
const FIRST: Duration = Duration::from_millis(10);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(1);

/// How the ledger is asked.
#[derive(Clone, Copy, Debug)]
pub struct Settling {
    /// Who this exchange is in the ledger: the `by` of its transfers.
    pub by: u64,
    /// How long an answer may take before it is asked for again.
    pub patience: Duration,
    /// How many trades are asked for at the same time.
    pub at_once: usize,
}

/// Asks the ledger for the trades of an exchange.
pub struct Settler {
    pub(crate) shared: Arc<Shared>,
    pub(crate) made: mpsc::UnboundedReceiver<Made>,
}

impl Settler {
    /// Settles in the ledger of this name, as long as it is polled. Trades are begun in the order of
    /// their numbers.
    ///
    /// # Errors
    /// If this user has no folder for sockets.
    pub async fn run(mut self, ledger: String, how: Settling) -> Result<(), Fault> {
        let ledger = LedgerClient::of(&ledger)?;
        let room = Arc::new(Semaphore::new(how.at_once.max(1)));
        while let Some(Made { durable, trades }) = self.made.recv().await {
            if let Err(error) = durable.wait().await {
                // Orders are refused from here on, and a start settles what is left.
                eprintln!("settlement stopped, since the journal takes nothing more: {error}");
                return Ok(());
            }
            for trade in trades {
                let Ok(turn) = Arc::clone(&room).acquire_owned().await else { return Ok(()) };
                let (shared, ledger) = (Arc::clone(&self.shared), ledger.clone());
                tokio::spawn(async move {
                    settle(&shared, &ledger, how, trade).await;
                    drop(turn);
                });
            }
        }
        Ok(())
    }
}

async fn settle(shared: &Shared, ledger: &LedgerClient, how: Settling, trade: u64) {
    let Some(transfer) = shared.transfer(trade, how.by) else { return };
    let mut pause = FIRST;
    loop {
        let failed = match answer(ledger, &transfer, how.patience).await {
            Ok(settled) => match shared.settled(trade, settled) {
                Ok(()) => return,
                Err(error) => error.to_string(),
            },
            Err(why) => why,
        };
        if pause == FIRST {
            eprintln!("trade {trade} is not settled yet: {failed}");
        }
        // Those that wait for one ledger do not all come back in one moment.
        sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        pause = (pause * 2).min(LONGEST);
    }
}

/// Did it happen? An error if that is not known yet.
async fn answer(
    ledger: &LedgerClient,
    transfer: &Transfer,
    patience: Duration,
) -> Result<bool, String> {
    match timeout(patience, ledger.transfer(transfer.clone())).await {
        Ok(Ok(receipt)) if receipt.id == transfer.id => Ok(true),
        Ok(Ok(receipt)) => Err(format!("the ledger answered for {:?}", receipt.id)),
        Ok(Err(CallError::Fault(fault))) => Err(fault.to_string()),
        // It did not decide, or says something that we do not understand.
        Ok(Err(CallError::Remote(refused @ (Refused::NotWritten(_) | Refused::Other)))) => {
            Err(format!("{refused:?}"))
        }
        Ok(Err(CallError::Remote(refused))) => {
            if let Refused::IdTaken(_) = refused {
                // The journal of this exchange is not the one that the ledger knows it by.
                eprintln!("trade {} is broken: {refused:?}", transfer.id.number);
            }
            Ok(false)
        }
        Err(_) => Err(format!("the ledger does not answer within {} ms", patience.as_millis())),
    }
}
