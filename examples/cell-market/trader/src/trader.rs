//! One trader: an account with money, one with goods, and orders at random.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::Exchange::{ExchangeClient, Fill, Order, OrderId, Refused as NotPlaced, Side};
use crate::Ledger::LedgerClient;
use crate::again::{again, answered};

const MONEY: u32 = 1;
const GOODS: u32 = 2;
/// What the goods are worth, as all begin to think.
const PRICE: u64 = 1_000;
/// How long fills may take to arrive, after everything is settled.
const PATIENCE: Duration = Duration::from_secs(30);

/// The two cells.
#[derive(Clone)]
pub(crate) struct Market {
    exchange: ExchangeClient,
    ledger: LedgerClient,
}

impl Market {
    pub(crate) fn of(exchange: &str, ledger: &str) -> Result<Self, String> {
        let exchange = ExchangeClient::of(exchange).map_err(|fault| fault.to_string())?;
        let ledger = LedgerClient::of(ledger).map_err(|fault| fault.to_string())?;
        Ok(Self { exchange, ledger })
    }
}

/// What became of one trader, or of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) placed: u64,
    pub(crate) refused: u64,
    pub(crate) cancelled: u64,
    pub(crate) fills: u64,
    pub(crate) broken: u64,
    /// Have the accounts what the fills say?
    pub(crate) good: bool,
}

impl Outcome {
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            placed: self.placed + other.placed,
            refused: self.refused + other.refused,
            cancelled: self.cancelled + other.cancelled,
            fills: self.fills + other.fills,
            broken: self.broken + other.broken,
            good: self.good && other.good,
        }
    }

    fn counts(&self) -> [(&'static str, u64); 5] {
        let Self { placed, refused, cancelled, fills, broken, good: _ } = *self;
        [
            ("placed", placed),
            ("refused", refused),
            ("cancelled", cancelled),
            ("fills", fills),
            ("broken", broken),
        ]
    }

    pub(crate) fn table(&self) -> String {
        let check = if self.good { "good" } else { "FAILED" };
        let rows = self.counts().map(|(name, count)| format!("{name:<28}{count}\n"));
        format!("{}{:<28}{check}\n", rows.concat(), "check")
    }

    pub(crate) fn json(&self) -> String {
        let rows = self.counts().map(|(name, count)| format!("  \"{name}\": {count},\n"));
        format!("{{\n{}  \"good\": {}\n}}\n", rows.concat(), self.good)
    }
}

/// What the fills come to.
#[derive(Clone, Copy, Debug, Default)]
struct Position {
    money: i128,
    goods: i128,
    fills: u64,
    broken: u64,
    price: Option<u64>,
    /// A fill of another's order, or one that came twice, or not in its turn.
    odd: bool,
}

impl Position {
    fn take(&mut self, by: u64, fill: &Fill) {
        self.odd |= fill.order.by != by || fill.index != self.fills;
        self.fills += 1;
        self.price = Some(fill.price);
        if !fill.settled {
            self.broken += 1;
            return;
        }
        let (cost, quantity) =
            (i128::from(fill.price) * i128::from(fill.quantity), i128::from(fill.quantity));
        let (money, goods) = match fill.side {
            Side::Buy => (-cost, quantity),
            Side::Sell => (cost, -quantity),
        };
        self.money += money;
        self.goods += goods;
    }
}

/// One who trades.
pub(crate) struct Trader {
    market: Market,
    by: u64,
    position: Arc<Mutex<Position>>,
    opening: (u64, u64),
}

impl Trader {
    /// Opens its accounts.
    pub(crate) async fn open(
        market: Market,
        by: u64,
        money: u64,
        goods: u64,
    ) -> Result<Self, String> {
        let trader = Self { market, by, position: Arc::default(), opening: (money, goods) };
        let accounts = [(trader.cash(), MONEY, money), (trader.goods(), GOODS, goods)];
        for (account, asset, balance) in accounts {
            let opened =
                again(|| trader.market.ledger.open(account, asset, balance), |_| false).await?;
            opened.map_err(|refused| format!("trader {by} has no account: {refused:?}"))?;
        }
        Ok(trader)
    }

    fn cash(&self) -> u64 {
        self.by << 20
    }

    fn goods(&self) -> u64 {
        self.cash() + 1
    }

    fn position(&self) -> MutexGuard<'_, Position> {
        self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Places so many orders, then waits until all is settled, and looks at its accounts.
    pub(crate) async fn trade(
        &self,
        seed: u64,
        orders: u64,
        pause: Duration,
    ) -> Result<Outcome, String> {
        let (exchange, position) = (self.market.exchange.clone(), Arc::clone(&self.position));
        let watching = tokio::spawn(watch(exchange, self.by, position));
        let mut outcome = Outcome::default();
        let mut random = fastrand::Rng::with_seed(seed);
        for number in 0..orders {
            let order = self.order(number, &mut random);
            let placed = again(|| self.market.exchange.place(order.clone()), is_for_now).await?;
            match placed {
                Ok(placed) if placed.id == order.id => outcome.placed += 1,
                Ok(placed) => return Err(format!("a reply for {:?}", placed.id)),
                Err(_) => outcome.refused += 1,
            }
            if random.u8(0..10) == 0 {
                let id = OrderId { by: self.by, number: random.u64(0..=number) };
                let cancelled =
                    again(|| self.market.exchange.cancel(id.clone()), is_for_now).await?;
                outcome.cancelled += u64::from(cancelled.is_ok());
            }
            sleep(pause).await;
        }
        outcome.good = self.agrees().await?;
        watching.abort();
        let Position { fills, broken, .. } = *self.position();
        Ok(Outcome { fills, broken, ..outcome })
    }

    /// A little more or less than what goods went for last.
    fn order(&self, number: u64, random: &mut fastrand::Rng) -> Order {
        let last = self.position().price.unwrap_or(PRICE);
        let side = if random.bool() { Side::Buy } else { Side::Sell };
        let price = (last + random.u64(0..=10)).saturating_sub(5).max(1);
        let id = OrderId { by: self.by, number };
        let quantity = random.u64(1..=10);
        Order { id, side, price, quantity, cash: self.cash(), goods: self.goods() }
    }

    /// Do accounts and fills agree, at the latest some time after everything is settled? Others may
    /// still trade with us, so both move meanwhile.
    async fn agrees(&self) -> Result<bool, String> {
        let begun = Instant::now();
        loop {
            let status = answered(|| self.market.exchange.status()).await?;
            let has = (self.balance(self.cash()).await?, self.balance(self.goods()).await?);
            let Position { money, goods, odd, .. } = *self.position();
            let (opened_money, opened_goods) = self.opening;
            let expected = (i128::from(opened_money) + money, i128::from(opened_goods) + goods);
            if odd || status.unsettled == 0 && has == expected {
                return Ok(!odd);
            }
            if begun.elapsed() > PATIENCE {
                eprintln!("trader {}: has {has:?}, by its fills {expected:?}", self.by);
                return Ok(false);
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn balance(&self, account: u64) -> Result<i128, String> {
        let balance = again(|| self.market.ledger.balance(account), |_| false).await?;
        balance.map(|balance| balance.amount.into()).map_err(|refused| format!("{refused:?}"))
    }
}

fn is_for_now(refused: &NotPlaced) -> bool {
    matches!(refused, NotPlaced::Unsettled { .. } | NotPlaced::NotWritten(_))
}

/// Reads fills for ever; when the stream is lost, from where it was.
async fn watch(exchange: ExchangeClient, by: u64, position: Arc<Mutex<Position>>) {
    let lock = || position.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let from = lock().fills;
        if let Ok(mut fills) = exchange.fills(by, from).await {
            while let Some(Ok(fill)) = fills.next().await {
                lock().take(by, &fill);
            }
        }
        sleep(Duration::from_millis(20)).await;
    }
}
