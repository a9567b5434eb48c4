//! An exchange: one order book, matched by price, then by time; its trades are settled in a ledger.
//!
//! An order is accepted when it stands in the exchange's journal. Matching is a pure function of the
//! orders and cancellations in it, so a start that replays them makes the same trades with the same
//! numbers. A trade becomes one transfer of two legs in the ledger, money one way and goods the
//! other, whose id is made of the trade's number: it is asked for until the ledger answers, however
//! often either of the two is killed meanwhile, and happens once.
//!
//! Orders are not funded beforehand. A trade whose buyer lacks the money, or whose seller lacks the
//! goods, is refused by the ledger as a whole; both then see that it is broken.
//!
//! Who would trade with an order of their own has that order cancelled, and goes on with the next.
#![forbid(unsafe_code)]
// Of enums with named fields rkyv's derive makes a type whose fields it does not document.
#![allow(missing_docs)]

cell::cell_remote!(Ledger = "ledger");

pub mod book;
pub mod cli;
mod record;
mod service;
mod settle;
mod state;
mod types;

pub use service::{Exchange, ExchangeClient, StartError};
pub use settle::{Settler, Settling};
pub use types::{Cancelled, Fill, Level, Levels, Order, OrderId, Placed, Refused, Side, Status};
