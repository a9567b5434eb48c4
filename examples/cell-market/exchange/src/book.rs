//! The order book: matching by price, then by time. No I/O, no clock, no randomness: the same orders
//! in the same order make the same trades.

use std::collections::{BTreeMap, VecDeque};

use crate::types::{Level, Levels, OrderId, Side};

/// Orders that wait for somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    bids: Queues,
    asks: Queues,
}

/// Orders by price, at each price the oldest first. None is empty.
type Queues = BTreeMap<u64, VecDeque<Resting>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Resting {
    id: OrderId,
    quantity: u64,
}

/// What an order that comes does to those that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// So many change hands, at the price of the order that waited.
    Trade {
        /// The order that waited.
        maker: OrderId,
        /// Of one unit.
        price: u64,
        /// Units.
        quantity: u64,
    },
    /// The order that waited is of the same owner, and is cancelled.
    SelfTrade {
        /// The order that waited.
        maker: OrderId,
        /// Units of it that were left.
        quantity: u64,
    },
}

impl Book {
    /// Matches an order, and lets what is left of it wait. Returns what happened, and what is left.
    pub fn place(
        &mut self,
        id: OrderId,
        side: Side,
        price: u64,
        quantity: u64,
    ) -> (Vec<Event>, u64) {
        let (mut events, mut left) = (Vec::new(), quantity);
        while left > 0 {
            let best = match side {
                Side::Buy => self.asks.first_entry().filter(|best| *best.key() <= price),
                Side::Sell => self.bids.last_entry().filter(|best| *best.key() >= price),
            };
            let Some(mut best) = best else { break };
            let at = *best.key();
            let queue = best.get_mut();
            if let Some(maker) = queue.front_mut() {
                let quantity = maker.quantity.min(left);
                if maker.id.by == id.by {
                    let (maker, quantity) = (maker.id, maker.quantity);
                    events.push(Event::SelfTrade { maker, quantity });
                    queue.pop_front();
                } else {
                    left -= quantity;
                    maker.quantity -= quantity;
                    events.push(Event::Trade { maker: maker.id, price: at, quantity });
                    if maker.quantity == 0 {
                        queue.pop_front();
                    }
                }
            }
            if queue.is_empty() {
                best.remove();
            }
        }
        if left > 0 {
            let queue = self.side(side).entry(price).or_default();
            queue.push_back(Resting { id, quantity: left });
        }
        (events, left)
    }

    /// Takes an order out; how much of it was left, if it was there.
    pub fn cancel(&mut self, id: OrderId, side: Side, price: u64) -> Option<u64> {
        let queue = self.side(side).get_mut(&price)?;
        let place = queue.iter().position(|resting| resting.id == id)?;
        let resting = queue.remove(place);
        if queue.is_empty() {
            self.side(side).remove(&price);
        }
        resting.map(|resting| resting.quantity)
    }

    /// The best prices of both sides, so many of each at most.
    #[must_use]
    pub fn levels(&self, most: usize) -> Levels {
        let level = |(price, queue): (&u64, &VecDeque<Resting>)| {
            let quantity =
                queue.iter().map(|resting| resting.quantity).fold(0, u64::saturating_add);
            Level { price: *price, quantity, orders: queue.len() as u64 }
        };
        let bids = self.bids.iter().rev().take(most).map(level).collect();
        Levels { bids, asks: self.asks.iter().take(most).map(level).collect() }
    }

    fn side(&mut self, side: Side) -> &mut Queues {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
}

#[cfg(test)]
mod tests;
