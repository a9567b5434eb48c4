//! What the exchange is asked, and what it says.

/// Names an order, for good.
#[cell::protein]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderId {
    /// Whose it is.
    pub by: u64,
    /// Which one of theirs.
    pub number: u64,
}

/// Which way the goods go.
#[cell::protein]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// To who places the order.
    Buy,
    /// From who places the order.
    Sell,
}

/// A limit order: so many at this price, or a better one.
#[cell::protein]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Chosen by who places it.
    pub id: OrderId,
    /// Buys or sells.
    pub side: Side,
    /// Of one unit; not 0.
    pub price: u64,
    /// Units; not 0.
    pub quantity: u64,
    /// The account in the ledger that pays, or is paid.
    pub cash: u64,
    /// The account in the ledger that takes the goods, or gives them.
    pub goods: u64,
}

/// An order was accepted.
#[cell::protein]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Which one.
    pub id: OrderId,
    /// Its place in the order of all.
    pub sequence: u64,
    /// Units that were traded at once.
    pub filled: u64,
    /// Units that wait in the book.
    pub resting: u64,
}

/// An order is not in the book any more.
#[cell::protein]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled {
    /// Which one.
    pub id: OrderId,
    /// Units that will not be traded.
    pub quantity: u64,
}

/// A trade of an order, and what became of it.
#[cell::protein]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Its place among the fills of this trader.
    pub index: u64,
    /// Of which order.
    pub order: OrderId,
    /// The number of the trade; two fills have it.
    pub trade: u64,
    /// Bought or sold.
    pub side: Side,
    /// Of one unit.
    pub price: u64,
    /// Units.
    pub quantity: u64,
    /// Did it happen in the ledger? Else it is broken: nothing happened, and nothing will.
    pub settled: bool,
}

/// All orders at one price.
#[cell::protein]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Of one unit.
    pub price: u64,
    /// Units of all orders.
    pub quantity: u64,
    /// How many orders.
    pub orders: u64,
}

/// What is in the book, the best prices first.
#[cell::protein]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Who buys.
    pub bids: Vec<Level>,
    /// Who sells.
    pub asks: Vec<Level>,
}

/// How much there was to do.
#[cell::protein]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Orders that were accepted.
    pub orders: u64,
    /// Orders in the book.
    pub open: u64,
    /// Trades that were made.
    pub trades: u64,
    /// Those that happened in the ledger.
    pub settled: u64,
    /// Those that the ledger refused.
    pub broken: u64,
    /// Those that it has not answered yet.
    pub unsettled: u64,
}

/// Why the exchange does not do something.
#[cell::protein]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// More trades wait for the ledger than the exchange takes upon itself. Try again later.
    Unsettled {
        /// How many wait.
        trades: u64,
        /// How many may.
        limit: u64,
    },
    /// An order of this id is another.
    IdTaken(OrderId),
    /// There is no such order.
    NoSuchOrder(OrderId),
    /// Nothing of the order is in the book any more.
    NotOpen(OrderId),
    /// The request is not one, whatever is in the book.
    Malformed(String),
    /// The journal did not take it. It is not known whether it will be there after a start: ask
    /// again.
    NotWritten(String),
    /// Something newer.
    #[protein(default)]
    Other,
}
