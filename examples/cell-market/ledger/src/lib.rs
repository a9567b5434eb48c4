//! A ledger: accounts, transfers between them, no overdraft.
//!
//! Each transfer has an id that its maker chose. Whoever got no reply, since the reply or the ledger
//! was lost, asks again with the same id: nothing is done twice, and the reply is that of the first
//! time, a refusal too. So "at most once" of the transport becomes "exactly once".
//!
//! What was replied is in the journal before the reply leaves. All ids are kept for ever, in memory;
//! a ledger that lives for years would need a day after which an id is refused as too old.
#![forbid(unsafe_code)]
// Of enums with named fields rkyv's derive makes a type whose fields it does not document.
#![allow(missing_docs)]

pub mod cli;
mod record;
mod service;
mod state;
mod tables;
mod types;

pub use service::{Ledger, LedgerClient, StartError};
pub use types::{
    Account, Balance, Column, ColumnType, Leg, Movement, NoSuchTable, Receipt, Recorded, Refused,
    Table, Total, Transfer, TransferId,
};
