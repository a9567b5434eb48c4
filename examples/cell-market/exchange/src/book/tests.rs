use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn id(by: u64, number: u64) -> OrderId {
    OrderId { by, number }
}

fn trade(maker: OrderId, price: u64, quantity: u64) -> Event {
    Event::Trade { maker, price, quantity }
}

#[test]
fn the_best_price_comes_first_then_the_oldest_order() {
    let mut book = Book::default();
    for (by, price) in [(1, 101), (2, 100), (3, 100)] {
        assert_eq!(book.place(id(by, 1), Side::Sell, price, 5), (vec![], 5));
    }
    let (events, left) = book.place(id(9, 1), Side::Buy, 101, 12);
    let expected = [trade(id(2, 1), 100, 5), trade(id(3, 1), 100, 5), trade(id(1, 1), 101, 2)];
    assert_eq!((events.as_slice(), left), (&expected[..], 0));
    assert_eq!(book.levels(9).asks, [Level { price: 101, quantity: 3, orders: 1 }]);
}

#[test]
fn what_is_left_waits_at_its_own_price() {
    let mut book = Book::default();
    book.place(id(1, 1), Side::Buy, 50, 4);
    let (events, left) = book.place(id(2, 1), Side::Sell, 48, 10);
    assert_eq!((events, left), (vec![trade(id(1, 1), 50, 4)], 6));
    let asks = vec![Level { price: 48, quantity: 6, orders: 1 }];
    assert_eq!(book.levels(9), Levels { bids: vec![], asks });
    assert_eq!(book.place(id(1, 2), Side::Buy, 47, 1), (vec![], 1), "it is not good enough");
}

#[test]
fn who_meets_themselves_has_the_older_order_cancelled() {
    let mut book = Book::default();
    book.place(id(1, 1), Side::Sell, 10, 5);
    book.place(id(2, 1), Side::Sell, 10, 5);
    let (events, left) = book.place(id(1, 2), Side::Buy, 10, 7);
    let cancelled = Event::SelfTrade { maker: id(1, 1), quantity: 5 };
    assert_eq!((events, left), (vec![cancelled, trade(id(2, 1), 10, 5)], 2));
}

#[test]
fn an_order_is_cancelled_once() {
    let mut book = Book::default();
    book.place(id(1, 1), Side::Buy, 10, 5);
    book.place(id(2, 1), Side::Sell, 10, 2);
    assert_eq!(book.cancel(id(1, 1), Side::Buy, 10), Some(3));
    assert_eq!(book.cancel(id(1, 1), Side::Buy, 10), None);
    assert_eq!(book, Book::default());
}

#[derive(Clone, Debug)]
enum Asked {
    Place(u64, Side, u64, u64),
    Cancel(prop::sample::Index),
}

fn asked() -> impl Strategy<Value = Asked> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    prop_oneof![
        4 => (1..5u64, side, 1..12u64, 1..30u64)
            .prop_map(|(by, side, price, quantity)| Asked::Place(by, side, price, quantity)),
        1 => any::<prop::sample::Index>().prop_map(Asked::Cancel),
    ]
}

/// What became of all units of an order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Fate {
    placed: u64,
    traded: u64,
    cancelled: u64,
}

proptest! {
    #[test]
    fn is_never_crossed_and_keeps_all_units(all in vec(asked(), 0..80)) {
        let (mut book, mut again) = (Book::default(), Book::default());
        let mut fates: BTreeMap<OrderId, Fate> = BTreeMap::new();
        let mut orders: Vec<(OrderId, Side, u64)> = Vec::new();
        for asked in all {
            match asked {
                Asked::Place(by, side, price, quantity) => {
                    let order = id(by, orders.len() as u64);
                    orders.push((order, side, price));
                    fates.entry(order).or_default().placed = quantity;
                    let (events, left) = book.place(order, side, price, quantity);
                    prop_assert_eq!(&again.place(order, side, price, quantity), &(events.clone(), left));
                    let mut last = None;
                    for event in &events {
                        match *event {
                            Event::Trade { maker, price: at, quantity } => {
                                prop_assert!(quantity > 0 && maker.by != by);
                                let good = if side == Side::Buy { at <= price } else { at >= price };
                                prop_assert!(good, "a price that the order does not allow");
                                let worse = |last: u64| if side == Side::Buy { last <= at } else { last >= at };
                                prop_assert!(last.is_none_or(worse), "a worse price came first");
                                last = Some(at);
                                fates.entry(maker).or_default().traded += quantity;
                                fates.entry(order).or_default().traded += quantity;
                            }
                            Event::SelfTrade { maker, quantity } => {
                                prop_assert_eq!(maker.by, by);
                                fates.entry(maker).or_default().cancelled += quantity;
                            }
                        }
                    }
                }
                Asked::Cancel(which) if !orders.is_empty() => {
                    let (order, side, price) = orders[which.index(orders.len())];
                    let cancelled = book.cancel(order, side, price);
                    prop_assert_eq!(again.cancel(order, side, price), cancelled);
                    fates.entry(order).or_default().cancelled += cancelled.unwrap_or(0);
                }
                Asked::Cancel(_) => {}
            }
            prop_assert_eq!(&book, &again);
            let levels = book.levels(usize::MAX);
            if let (Some(bid), Some(ask)) = (levels.bids.first(), levels.asks.first()) {
                prop_assert!(bid.price < ask.price, "crossed: {:?}", levels);
            }
            let waiting: u64 = levels.bids.iter().chain(&levels.asks).map(|level| level.quantity).sum();
            let left: u64 = fates.values().map(|fate| fate.placed - fate.traded - fate.cancelled).sum();
            prop_assert_eq!(waiting, left);
        }
    }
}
