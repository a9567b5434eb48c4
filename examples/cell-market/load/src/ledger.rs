//! The ledger, as its clients see it.

pub(crate) use cell_market_ledger::{
    Balance, LedgerClient, Leg, Recorded, Refused, Total, Transfer, TransferId,
};
