//! The exchange without I/O: orders, trades, and what became of them.

use std::collections::{BTreeSet, HashMap};

use crate::Ledger::{Leg, Transfer, TransferId};
use crate::book::{Book, Event};
use crate::record::Record;
use crate::types::{Cancelled, Fill, Levels, Order, OrderId, Placed, Refused, Side, Status};

/// What an order may cost in all: what the ledger may have of an asset.
const MOST: u64 = i64::MAX as u64;

/// A pure function of the records that were applied.
#[derive(Debug, Default)]
pub(crate) struct State {
    book: Book,
    orders: HashMap<OrderId, Known>,
    trades: Vec<Trade>,
    unsettled: BTreeSet<u64>,
    broken: u64,
    open: u64,
    fills: HashMap<u64, Vec<Fill>>,
}

#[derive(Debug)]
struct Known {
    order: Order,
    /// What was said when it was placed.
    placed: Placed,
    /// Units in the book.
    left: u64,
    /// What was said when it was cancelled.
    cancelled: Option<Cancelled>,
}

/// Two orders that met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trade {
    buyer: Order,
    seller: Order,
    price: u64,
    quantity: u64,
}

/// What to do about a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision<T> {
    /// It was decided before, or needs no record.
    Known(Result<T, Refused>),
    /// This is to be written, and then applied.
    New(Record),
}

impl State {
    /// With at most `limit` trades that wait for the ledger.
    pub(crate) fn place(&self, order: &Order, limit: u64) -> Decision<Placed> {
        if let Some(known) = self.orders.get(&order.id) {
            let same = known.order == *order;
            let taken = Refused::IdTaken(order.id);
            return Decision::Known(if same { Ok(known.placed) } else { Err(taken) });
        }
        let malformed = |why: &str| Decision::Known(Err(Refused::Malformed(why.to_owned())));
        if order.price == 0 || order.quantity == 0 {
            return malformed("a price or a quantity of 0");
        }
        if order.price.checked_mul(order.quantity).is_none_or(|cost| cost > MOST) {
            return malformed("it costs more than i64::MAX");
        }
        if order.cash == order.goods {
            return malformed("one account for money and goods");
        }
        let trades = self.unsettled.len() as u64;
        if trades >= limit {
            return Decision::Known(Err(Refused::Unsettled { trades, limit }));
        }
        Decision::New(Record::Place(*order))
    }

    pub(crate) fn cancel(&self, id: OrderId) -> Decision<Cancelled> {
        match self.orders.get(&id) {
            None => Decision::Known(Err(Refused::NoSuchOrder(id))),
            Some(Known { cancelled: Some(cancelled), .. }) => Decision::Known(Ok(*cancelled)),
            Some(Known { left: 0, .. }) => Decision::Known(Err(Refused::NotOpen(id))),
            Some(_) => Decision::New(Record::Cancel(id)),
        }
    }

    /// Makes a record happen. Returns the numbers of the trades that it made.
    ///
    /// # Errors
    /// If it contradicts those before it: then it is not one that this exchange decided.
    pub(crate) fn apply(&mut self, record: Record) -> Result<Vec<u64>, &'static str> {
        match record {
            Record::Place(order) => {
                if !matches!(self.place(&order, u64::MAX), Decision::New(_)) {
                    return Err("it places an order that cannot be placed");
                }
                Ok(self.matched(order))
            }
            Record::Cancel(id) => {
                let known = self.orders.get_mut(&id).filter(|known| known.cancelled.is_none());
                let Some(known) = known else { return Err("it cancels what is not there") };
                let left = self.book.cancel(id, known.order.side, known.order.price);
                let Some(quantity) = left else { return Err("it cancels what is not in the book") };
                known.left = 0;
                known.cancelled = Some(Cancelled { id, quantity });
                self.open -= 1;
                Ok(Vec::new())
            }
            Record::Settled { trade, settled } => {
                if !self.unsettled.remove(&trade) {
                    return Err("it settles a trade that does not wait for it");
                }
                self.broken += u64::from(!settled);
                self.fill(trade, settled);
                Ok(Vec::new())
            }
        }
    }

    fn matched(&mut self, order: Order) -> Vec<u64> {
        let Order { id, side, price, quantity, .. } = order;
        let (events, left) = self.book.place(id, side, price, quantity);
        let mut numbers = Vec::new();
        for event in events {
            let (maker, traded) = match event {
                Event::Trade { maker, quantity, .. } => (maker, quantity),
                Event::SelfTrade { maker, quantity } => (maker, quantity),
            };
            // The book has only orders that are known.
            let Some(known) = self.orders.get_mut(&maker) else { continue };
            known.left -= traded;
            if known.left == 0 {
                self.open -= 1;
            }
            match event {
                Event::SelfTrade { .. } => {
                    known.cancelled = Some(Cancelled { id: maker, quantity: traded });
                }
                Event::Trade { price, quantity, .. } => {
                    let (buyer, seller) = match side {
                        Side::Buy => (order, known.order),
                        Side::Sell => (known.order, order),
                    };
                    let number = self.trades.len() as u64;
                    self.trades.push(Trade { buyer, seller, price, quantity });
                    self.unsettled.insert(number);
                    numbers.push(number);
                }
            }
        }
        self.open += u64::from(left > 0);
        let sequence = self.orders.len() as u64;
        let placed = Placed { id, sequence, filled: quantity - left, resting: left };
        self.orders.insert(id, Known { order, placed, left, cancelled: None });
        numbers
    }

    fn fill(&mut self, trade: u64, settled: bool) {
        let found = usize::try_from(trade).ok().and_then(|trade| self.trades.get(trade));
        let Some(Trade { buyer, seller, price, quantity }) = found.copied() else { return };
        for order in [buyer, seller] {
            let fills = self.fills.entry(order.id.by).or_default();
            let (index, side) = (fills.len() as u64, order.side);
            fills.push(Fill { index, order: order.id, trade, side, price, quantity, settled });
        }
    }

    /// The transfer that settles a trade: always the same one, since `by` is this exchange's.
    pub(crate) fn transfer(&self, trade: u64, by: u64) -> Option<Transfer> {
        let found = self.trades.get(usize::try_from(trade).ok()?)?;
        let Trade { buyer, seller, price, quantity } = *found;
        // No more than the order that has this price may cost, which was checked.
        let money = Leg { from: buyer.cash, to: seller.cash, amount: price.checked_mul(quantity)? };
        let goods = Leg { from: seller.goods, to: buyer.goods, amount: quantity };
        Some(Transfer { id: TransferId { by, number: trade }, legs: vec![money, goods] })
    }

    pub(crate) fn unsettled(&self) -> Vec<u64> {
        self.unsettled.iter().copied().collect()
    }

    /// Some fills of a trader, from one on.
    pub(crate) fn fills(&self, by: u64, from: u64, most: usize) -> Vec<Fill> {
        let all = self.fills.get(&by).map_or(&[][..], Vec::as_slice);
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        all.iter().skip(from).take(most).copied().collect()
    }

    pub(crate) fn levels(&self, most: usize) -> Levels {
        self.book.levels(most)
    }

    pub(crate) fn status(&self) -> Status {
        let (trades, unsettled) = (self.trades.len() as u64, self.unsettled.len() as u64);
        Status {
            orders: self.orders.len() as u64,
            open: self.open,
            trades,
            settled: trades - unsettled - self.broken,
            broken: self.broken,
            unsettled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(by: u64, number: u64, side: Side, price: u64, quantity: u64) -> Order {
        let id = OrderId { by, number };
        Order { id, side, price, quantity, cash: by * 2, goods: by * 2 + 1 }
    }

    fn place(state: &mut State, order: Order) -> Vec<u64> {
        let Decision::New(record) = state.place(&order, 2) else { panic!("{order:?}") };
        state.apply(record).expect("it was decided")
    }

    #[test]
    fn a_trade_is_one_transfer_both_ways() {
        let mut state = State::default();
        place(&mut state, order(1, 1, Side::Sell, 100, 5));
        assert_eq!(place(&mut state, order(2, 1, Side::Buy, 110, 3)), [0]);
        let legs = vec![Leg { from: 4, to: 2, amount: 300 }, Leg { from: 3, to: 5, amount: 3 }];
        let transfer = Transfer { id: TransferId { by: 77, number: 0 }, legs };
        assert_eq!(state.transfer(0, 77), Some(transfer));
        assert_eq!(state.fills(1, 0, 9), [], "it is not settled yet");
        state.apply(Record::Settled { trade: 0, settled: true }).expect("it waits");
        assert!(state.apply(Record::Settled { trade: 0, settled: true }).is_err());
        let fill = state.fills(1, 0, 9)[0];
        assert_eq!((fill.index, fill.side, fill.quantity, fill.settled), (0, Side::Sell, 3, true));
        assert_eq!(state.status().settled, 1);
    }

    #[test]
    fn repeated_requests_have_the_first_reply() {
        let mut state = State::default();
        let first = order(1, 1, Side::Sell, 100, 5);
        place(&mut state, first);
        place(&mut state, order(2, 1, Side::Buy, 100, 2));
        let placed = Placed { id: first.id, sequence: 0, filled: 0, resting: 5 };
        assert_eq!(state.place(&first, 2), Decision::Known(Ok(placed)));
        let other = Order { price: 1, ..first };
        assert_eq!(state.place(&other, 2), Decision::Known(Err(Refused::IdTaken(first.id))));
        let Decision::New(record) = state.cancel(first.id) else { panic!() };
        state.apply(record).expect("it was decided");
        let cancelled = Cancelled { id: first.id, quantity: 3 };
        assert_eq!(state.cancel(first.id), Decision::Known(Ok(cancelled)));
        assert!(state.apply(record).is_err());
        let done = OrderId { by: 2, number: 1 };
        assert_eq!(state.cancel(done), Decision::Known(Err(Refused::NotOpen(done))));
        assert_eq!(state.status().open, 0);
    }

    #[test]
    fn no_orders_while_too_much_is_unsettled() {
        let mut state = State::default();
        place(&mut state, order(1, 1, Side::Sell, 100, 5));
        place(&mut state, order(2, 1, Side::Buy, 100, 1));
        place(&mut state, order(2, 2, Side::Buy, 100, 1));
        let refused = Refused::Unsettled { trades: 2, limit: 2 };
        let third = order(2, 3, Side::Buy, 100, 1);
        assert_eq!(state.place(&third, 2), Decision::Known(Err(refused)));
        state.apply(Record::Settled { trade: 1, settled: false }).expect("it waits");
        place(&mut state, third);
        assert_eq!((state.unsettled(), state.status().broken), (vec![0, 2], 1));
    }
}
