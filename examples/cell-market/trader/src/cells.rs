//! The cells, as their clients see them.

pub(crate) use cell_market_exchange::{
    ExchangeClient, Fill, Order, OrderId, Refused as NotPlaced, Side,
};
pub(crate) use cell_market_ledger::LedgerClient;
