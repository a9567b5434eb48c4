//! What the ledger is asked, and what it says.

/// Names a transfer, for good.
#[cell::protein]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransferId {
    /// Who makes it. Two makers with one number would take each other's transfers for their own.
    pub by: u64,
    /// Which one of theirs.
    pub number: u64,
}

/// One movement of a transfer.
#[cell::protein]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The account that pays.
    pub from: u64,
    /// The account that is paid, of the same asset.
    pub to: u64,
    /// How much, in the asset's smallest unit; not 0.
    pub amount: u64,
}

/// Movements that all happen, one after the other, or none of them.
#[cell::protein]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Chosen by who makes it.
    pub id: TransferId,
    /// 1 to 16.
    pub legs: Vec<Leg>,
}

/// A transfer happened.
#[cell::protein]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Which one.
    pub id: TransferId,
    /// Its place in the order of all transfers, refused ones counted too.
    pub sequence: u64,
}

/// What an account has.
#[cell::protein]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Which account.
    pub account: u64,
    /// Of what.
    pub asset: u32,
    /// How much.
    pub amount: u64,
    /// With how much it was opened.
    pub opening: u64,
}

/// Something came into an account, or left it.
#[cell::protein]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The place of its transfer in the order of all.
    pub sequence: u64,
    /// By which transfer.
    pub id: TransferId,
    /// How much; negative if it left.
    pub amount: i64,
    /// What was there afterwards.
    pub balance: u64,
}

/// An account: a row of the table `accounts`.
#[cell::protein]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: u64,
    /// Whose it is; empty until it was said.
    pub owner: String,
    /// What is in it.
    pub asset: u32,
    /// How much.
    pub balance: u64,
    /// With how much it was opened.
    pub opening: u64,
}

/// All accounts of an asset together.
#[cell::protein]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// Which asset.
    pub asset: u32,
    /// How many accounts.
    pub accounts: u64,
    /// With how much they were opened.
    pub opened: u64,
    /// What is in them.
    pub amount: u64,
}

/// A transfer that the ledger decided about.
#[cell::protein]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its place in the order of all.
    pub sequence: u64,
    /// What was asked.
    pub transfer: Transfer,
    /// Why nothing happened, if so.
    pub refused: Option<Refused>,
}

/// A table, as macros are told of it.
#[cell::protein]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// In the order in which rows have them.
    pub columns: Vec<Column>,
}

/// A column of a table.
#[cell::protein]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub ty: ColumnType,
}

/// What is in a column.
#[cell::protein]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Words.
    Text,
    /// An integer.
    Integer {
        /// How large it may be.
        bits: u8,
        /// May it be negative?
        signed: bool,
    },
    /// Something else.
    #[protein(default)]
    Other,
}

/// There is no table of this name.
#[cell::protein]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchTable {
    /// Those that there are.
    pub known: Vec<String>,
}

/// Why the ledger does not do something.
#[cell::protein]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such account.
    NoSuchAccount(u64),
    /// There is not enough in it.
    Overdraft {
        /// The account that should pay.
        account: u64,
        /// How much is missing.
        missing: u64,
    },
    /// The two accounts of a leg are of different assets.
    OtherAsset {
        /// The account that should pay.
        from: u64,
        /// The account that should be paid.
        to: u64,
    },
    /// A transfer of this id has other legs.
    IdTaken(TransferId),
    /// The account is there, and was opened otherwise.
    OpenedOtherwise(u64),
    /// Of one asset there is no more than `i64::MAX`.
    TooMuch,
    /// The request is not one, whatever is in the accounts.
    Malformed(String),
    /// The journal did not take it. It is not known whether it will be there after a start: ask
    /// again.
    NotWritten(String),
    /// Something newer.
    #[protein(default)]
    Other,
}
