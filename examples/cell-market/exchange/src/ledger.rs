//! The ledger, as its clients see it.

pub(crate) use cell_market_ledger::{LedgerClient, Leg, Refused, Transfer, TransferId};
