//! Random crash schedules: whatever is killed when, money stays, and what was answered is there once.
//!
//! `SLOW_TESTS=1` makes many rounds. A seed that failed is tried again with `CELL_MARKET_SEED`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cell_market_exchange::{Fill, Order, OrderId, Placed, Refused as NotPlaced, Side};
use cell_market_ledger::{Leg, Receipt, Recorded, Refused, Transfer, TransferId};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::market::{LONG, Market, answer, has_own_home};

const ACCOUNTS: u64 = 8;
const TRADERS: u64 = 3;
/// Of each trader: few, so that some trades are refused.
const MONEY: u64 = 20_000;
const GOODS: u64 = 60;
/// Transfers and orders that each client makes in a round, and how often something is killed.
const TRANSFERS: u64 = 150;
const ORDERS: u64 = 60;
const KILLS: u64 = 4;

/// The makers of transfers that are not trades.
const MAKERS: std::ops::Range<u64> = 500..504;
/// What the exchange calls itself in the ledger unless it is told otherwise.
const EXCHANGE: u64 = 1_000_000;

type Answers = HashMap<TransferId, (Transfer, Result<Receipt, Refused>)>;

#[tokio::test(flavor = "multi_thread")]
async fn money_stays_and_nothing_happens_twice() {
    if !has_own_home("crash::money_stays_and_nothing_happens_twice") {
        return;
    }
    let slow = std::env::var_os("SLOW_TESTS").is_some();
    let asked: Option<u64> = std::env::var("CELL_MARKET_SEED").ok().and_then(|s| s.parse().ok());
    let first = asked.unwrap_or_else(|| fastrand::u64(0..1 << 32));
    let rounds = if asked.is_some() || !slow { 1 } else { 100 };
    for round in 0..rounds {
        let seed = first + round * 3;
        eprintln!("crash schedules {} to {} of {}", 3 * round + 1, 3 * round + 3, 3 * rounds);
        // One after the other they would mostly wait.
        let all: Vec<_> = (seed..seed + 3).map(|seed| tokio::spawn(one(seed))).collect();
        for (one, seed) in all.into_iter().zip(seed..) {
            if let Err(error) = one.await {
                panic!("the schedule of CELL_MARKET_SEED={seed} failed: {error}");
            }
        }
    }
}

/// One schedule.
async fn one(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let sync = ["none", "each", "group"][random.usize(0..3)];
    let market = Market::start(&seed.to_string(), sync);
    open(&market).await;
    let before = totals(&market).await;

    let mut transfers = JoinSet::new();
    for by in MAKERS {
        let (ledger, random) = (market.ledger_client.clone(), random.fork());
        transfers.spawn(transfer(ledger, by, random));
    }
    let mut orders = JoinSet::new();
    for by in 1..=TRADERS {
        let (exchange, random) = (market.exchange_client.clone(), random.fork());
        orders.spawn(trade(exchange, by, random));
    }
    // How many movements there are, once that is known.
    let count = Arc::new(AtomicUsize::new(usize::MAX));
    let watcher = tokio::spawn(watch(market.ledger_client.clone(), 1, Arc::clone(&count)));

    let mut market = kill(market, &mut random).await;
    let mut answers = Answers::new();
    while let Some(some) = transfers.join_next().await {
        answers.extend(some.expect("a client"));
    }
    let mut placed = Vec::new();
    while let Some(some) = orders.join_next().await {
        placed.extend(some.expect("a trader"));
    }
    settled(&market).await;

    assert_eq!(totals(&market).await, before, "money came or went");
    let balances = check_books(&market, &answers).await;
    check_fills(&market, &placed, &balances).await;
    count.store(balances[&1].1.len(), Ordering::Relaxed);
    let watched = tokio::time::timeout(LONG, watcher).await.expect("movements are missing");
    let watched = watched.expect("a watcher");
    assert_eq!(watched, balances[&1].1, "movements that were watched");

    // Once more, from the journals alone.
    market.ledger.kill_and_restart();
    market.exchange.kill_and_restart();
    settled(&market).await;
    assert_eq!(totals(&market).await, before, "money came or went");
    let balances = check_books(&market, &answers).await;
    check_fills(&market, &placed, &balances).await;
}

async fn open(market: &Market) {
    let ledger = &market.ledger_client;
    for account in 0..ACCOUNTS {
        answer(|| ledger.open(account, 1, 1_000)).await.expect("an account");
    }
    for by in 1..=TRADERS {
        answer(|| ledger.open(by * 100, 1, MONEY)).await.expect("an account");
        answer(|| ledger.open(by * 100 + 1, 2, GOODS)).await.expect("an account");
    }
}

async fn totals(market: &Market) -> BTreeMap<u32, u64> {
    let ledger = &market.ledger_client;
    let totals = answer(async || ledger.totals().await.map_err(cell::CallError::<()>::Fault));
    let totals = totals.await.expect("it cannot be refused");
    for total in &totals {
        assert_eq!(total.amount, total.opened, "{total:?}");
    }
    totals.into_iter().map(|total| (total.asset, total.amount)).collect()
}

/// Makes transfers one after the other, each until it is answered.
async fn transfer(
    ledger: cell_market_ledger::LedgerClient,
    by: u64,
    mut random: fastrand::Rng,
) -> Answers {
    let mut answers = Answers::new();
    for number in 0..TRANSFERS {
        let id = TransferId { by, number };
        let mut leg = || {
            let from = random.u64(0..ACCOUNTS);
            let to = (from + random.u64(1..ACCOUNTS)) % ACCOUNTS;
            Leg { from, to, amount: random.u64(1..600) }
        };
        let first = leg();
        let legs = if first.amount.is_multiple_of(3) { vec![first, leg()] } else { vec![first] };
        let transfer = Transfer { id, legs };
        let reply = answer(|| ledger.transfer(transfer.clone())).await;
        if let Ok(receipt) = &reply {
            assert_eq!(receipt.id, id, "a reply for somebody else");
        }
        // As somebody would who does not know that it was answered.
        if random.u8(0..4) == 0 {
            let again = answer(|| ledger.transfer(transfer.clone())).await;
            assert_eq!(again, reply, "another answer to the same transfer");
        }
        answers.insert(id, (transfer, reply));
        sleep(Duration::from_millis(random.u64(0..8))).await;
    }
    answers
}

/// Places orders one after the other, each until it is answered, and takes some back.
async fn trade(
    exchange: cell_market_exchange::ExchangeClient,
    by: u64,
    mut random: fastrand::Rng,
) -> Vec<(Order, Placed)> {
    let mut all = Vec::new();
    for number in 0..ORDERS {
        let id = OrderId { by, number };
        let side = if random.bool() { Side::Buy } else { Side::Sell };
        let (price, quantity) = (random.u64(95..=105), random.u64(1..=9));
        let order = Order { id, side, price, quantity, cash: by * 100, goods: by * 100 + 1 };
        let placed = answer(|| exchange.place(order)).await.expect("a good order");
        assert_eq!(placed.id, id, "a reply for somebody else");
        assert_eq!(placed.filled + placed.resting, quantity);
        if random.u8(0..4) == 0 {
            let again = answer(|| exchange.place(order)).await;
            assert_eq!(again, Ok(placed), "another answer to the same order");
        }
        if random.u8(0..5) == 0 {
            let id = OrderId { by, number: random.u64(0..=number) };
            let cancelled = answer(|| exchange.cancel(id)).await;
            let open = |refused: &NotPlaced| *refused == NotPlaced::NotOpen(id);
            assert!(
                cancelled.as_ref().is_ok_and(|c| c.id == id) || cancelled.is_err_and(|e| open(&e))
            );
        }
        all.push((order, placed));
        sleep(Duration::from_millis(random.u64(0..8))).await;
    }
    all
}

/// Reads so many movements of an account, also over crashes.
async fn watch(
    ledger: cell_market_ledger::LedgerClient,
    account: u64,
    count: Arc<AtomicUsize>,
) -> Vec<(u64, i64)> {
    let mut all: Vec<(u64, i64)> = Vec::new();
    // Of the last transfer maybe not all was read: it is read again, from its first movement on.
    while all.len() < count.load(Ordering::Relaxed) {
        let from = all.last().map_or(0, |(sequence, _)| *sequence);
        all.retain(|(sequence, _)| *sequence < from);
        let Ok(mut movements) = ledger.watch(account, from).await else {
            sleep(Duration::from_millis(5)).await;
            continue;
        };
        let patience = Duration::from_millis(500);
        while let Ok(Some(Ok(movement))) = tokio::time::timeout(patience, movements.next()).await {
            all.push((movement.sequence, movement.amount));
            if all.len() >= count.load(Ordering::Relaxed) {
                break;
            }
        }
    }
    all
}

/// Kills and restarts, at random moments.
async fn kill(mut market: Market, random: &mut fastrand::Rng) -> Market {
    for _ in 0..KILLS {
        sleep(Duration::from_millis(random.u64(5..250))).await;
        match random.u8(0..4) {
            0 | 1 => market.ledger.kill_and_restart(),
            2 => market.exchange.kill_and_restart(),
            _ => {
                // Both, and the ledger is away for a while.
                market.ledger.kill();
                market.exchange.kill();
                market.exchange.restart();
                sleep(Duration::from_millis(random.u64(0..200))).await;
                market.ledger.restart();
            }
        }
    }
    market
}

async fn settled(market: &Market) {
    let (exchange, begun) = (&market.exchange_client, Instant::now());
    loop {
        let ask = async || exchange.status().await.map_err(cell::CallError::<()>::Fault);
        let status = answer(ask).await.expect("it cannot be refused");
        if status.unsettled == 0 {
            assert!(status.trades > 0, "nothing was traded: {status:?}");
            return;
        }
        assert!(begun.elapsed() < LONG, "{status:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// What an account has, and what came into it and left it.
type Balances = HashMap<u64, (i128, Vec<(u64, i64)>)>;

/// Every answer is in the books once, as it was given; balances are what the books come to.
async fn check_books(market: &Market, answers: &Answers) -> Balances {
    let ledger = &market.ledger_client;
    let mut books = Vec::new();
    for by in MAKERS.chain([EXCHANGE]) {
        let mut stream = ledger.recorded(by).await.expect("a ledger");
        let mut some: Vec<Recorded> = Vec::new();
        while let Some(recorded) = stream.next().await {
            some.push(recorded.expect("a ledger"));
        }
        assert!(some.iter().all(|recorded| recorded.transfer.id.by == by));
        books.extend(some);
    }
    books.sort_by_key(|recorded| recorded.sequence);
    let mut seen = HashMap::new();
    let mut balances = Balances::new();
    for account in (0..ACCOUNTS).chain((1..=TRADERS).flat_map(|by| [by * 100, by * 100 + 1])) {
        let balance = answer(|| ledger.balance(account)).await.expect("an account");
        balances.insert(account, (balance.opening.into(), Vec::new()));
    }
    for (place, recorded) in books.iter().enumerate() {
        assert_eq!(recorded.sequence, place as u64, "a place in the order that nobody has");
        let id = recorded.transfer.id;
        assert!(seen.insert(id, recorded).is_none(), "{id:?} is there twice");
        for leg in recorded.transfer.legs.iter().filter(|_| recorded.refused.is_none()) {
            let amount = leg.amount as i64;
            for (account, amount) in [(leg.from, -amount), (leg.to, amount)] {
                let (balance, movements) = balances.get_mut(&account).expect("an account");
                *balance += i128::from(amount);
                assert!(*balance >= 0, "account {account} was overdrawn");
                movements.push((recorded.sequence, amount));
            }
        }
    }
    for (account, (expected, _)) in &balances {
        let balance = answer(|| ledger.balance(*account)).await.expect("an account");
        assert_eq!(i128::from(balance.amount), *expected, "account {account}");
    }
    for (id, (transfer, reply)) in answers {
        let recorded = seen.get(id).unwrap_or_else(|| panic!("{id:?} was answered and is gone"));
        assert_eq!(recorded.transfer, *transfer);
        assert_eq!(recorded.refused.as_ref(), reply.as_ref().err());
        if let Ok(receipt) = reply {
            assert_eq!(receipt.sequence, recorded.sequence);
        }
    }
    let asked = seen.keys().filter(|id| id.by != EXCHANGE).count();
    assert_eq!(asked, answers.len(), "transfers that nobody asked for");
    balances
}

/// Both sides of a trade hear of it once, and their accounts have what their fills come to.
async fn check_fills(market: &Market, placed: &[(Order, Placed)], balances: &Balances) {
    let status = market.exchange_client.status().await.expect("an exchange");
    assert_eq!(status.orders, placed.len() as u64, "orders that nobody placed, or that are gone");
    let mut of_trades: HashMap<u64, Vec<Fill>> = HashMap::new();
    let all = fills(market, status.trades).await;
    for by in 1..=TRADERS {
        let (mut money, mut goods) = (i128::from(MONEY), i128::from(GOODS));
        for fill in all.get(&by).into_iter().flatten().copied() {
            assert_eq!(fill.order.by, by, "a fill for somebody else");
            of_trades.entry(fill.trade).or_default().push(fill);
            let cost = i128::from(fill.price) * i128::from(fill.quantity);
            if fill.settled {
                let sign = if fill.side == Side::Buy { 1 } else { -1 };
                money -= sign * cost;
                goods += sign * i128::from(fill.quantity);
            }
        }
        assert_eq!(balances[&(by * 100)].0, money, "money of trader {by}");
        assert_eq!(balances[&(by * 100 + 1)].0, goods, "goods of trader {by}");
    }
    assert_eq!(of_trades.len() as u64, status.trades);
    for (trade, sides) in &of_trades {
        let [one, other] = sides.as_slice() else { panic!("trade {trade}: {sides:?}") };
        assert!(one.side != other.side && one.order.by != other.order.by, "{sides:?}");
        assert_eq!((one.price, one.quantity), (other.price, other.quantity));
        assert_eq!(one.settled, other.settled);
    }
    let settled = of_trades.values().filter(|sides| sides[0].settled).count();
    assert_eq!(
        (settled as u64, of_trades.len() as u64 - settled as u64),
        (status.settled, status.broken)
    );
}

/// All fills of all traders. The streams go on for ever, but each trade has two fills.
async fn fills(market: &Market, trades: u64) -> HashMap<u64, Vec<Fill>> {
    let (sender, mut fills) = tokio::sync::mpsc::unbounded_channel();
    let mut reading = JoinSet::new();
    for by in 1..=TRADERS {
        let (sender, exchange) = (sender.clone(), market.exchange_client.clone());
        reading.spawn(async move {
            let mut stream = exchange.fills(by, 0).await.expect("an exchange");
            while let Some(fill) = stream.next().await {
                let _ = sender.send((by, fill.expect("an exchange")));
            }
        });
    }
    let mut all: HashMap<u64, Vec<Fill>> = HashMap::new();
    for _ in 0..2 * trades {
        let fill = tokio::time::timeout(LONG, fills.recv()).await;
        let (by, fill) = fill.expect("a fill is missing").expect("a reader");
        let of_trader = all.entry(by).or_default();
        assert_eq!(fill.index, of_trader.len() as u64);
        of_trader.push(fill);
    }
    all
}
