//! What stands in the ledger's journal: bytes in, records out.
//!
//! Numbers are little endian. An opened account is `1 account u64 asset u32 balance u64`; a transfer
//! is `2 by u64 number u64 verdict legs` with a leg being `from u64 to u64 amount u64`, and a verdict
//! `0` if it happened, else `1 account u64`, `2 account u64 missing u64` or `3 from u64 to u64`. Whose
//! an account is now is `3 account u64 owner`, a text to the end.

use crate::types::{Leg, Refused, Transfer, TransferId};

/// The kind of the journal. A change of what a record means is another number; another sort of records
/// is not, since a ledger that does not know one refuses the journal.
pub(crate) const KIND: &str = "ledger 1";

/// Something that happened, or did not for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    Open { account: u64, asset: u32, balance: u64 },
    Transfer(Transfer, Result<(), Verdict>),
    Owner { account: u64, owner: String },
}

/// Why a transfer did not happen: what depends on the accounts, and so has to be remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    NoSuchAccount(u64),
    Overdraft { account: u64, missing: u64 },
    OtherAsset { from: u64, to: u64 },
}

impl From<Verdict> for Refused {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::NoSuchAccount(account) => Self::NoSuchAccount(account),
            Verdict::Overdraft { account, missing } => Self::Overdraft { account, missing },
            Verdict::OtherAsset { from, to } => Self::OtherAsset { from, to },
        }
    }
}

impl Record {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(48);
        let mut put = |number: u64| bytes.extend(number.to_le_bytes());
        match self {
            Self::Open { account, asset, balance } => {
                put(*account);
                put(*balance);
                bytes.extend(asset.to_le_bytes());
                bytes.insert(0, 1);
            }
            Self::Transfer(Transfer { id, legs }, verdict) => {
                put(id.by);
                put(id.number);
                bytes.insert(0, 2);
                let (tag, numbers) = match *verdict {
                    Ok(()) => (0, vec![]),
                    Err(Verdict::NoSuchAccount(account)) => (1, vec![account]),
                    Err(Verdict::Overdraft { account, missing }) => (2, vec![account, missing]),
                    Err(Verdict::OtherAsset { from, to }) => (3, vec![from, to]),
                };
                bytes.push(tag);
                let legs = legs.iter().flat_map(|leg| [leg.from, leg.to, leg.amount]);
                numbers.into_iter().chain(legs).for_each(|n| bytes.extend(n.to_le_bytes()));
            }
            Self::Owner { account, owner } => {
                put(*account);
                bytes.insert(0, 3);
                bytes.extend(owner.as_bytes());
            }
        }
        bytes
    }

    /// `None` if the bytes are no record.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let record = match take::<1>(&mut rest)? {
            [1] => {
                let (account, balance) = (number(&mut rest)?, number(&mut rest)?);
                Self::Open { account, asset: u32::from_le_bytes(take(&mut rest)?), balance }
            }
            [2] => {
                let id = TransferId { by: number(&mut rest)?, number: number(&mut rest)? };
                let verdict = match take::<1>(&mut rest)? {
                    [0] => Ok(()),
                    [1] => Err(Verdict::NoSuchAccount(number(&mut rest)?)),
                    [2] => {
                        let (account, missing) = (number(&mut rest)?, number(&mut rest)?);
                        Err(Verdict::Overdraft { account, missing })
                    }
                    [3] => {
                        let (from, to) = (number(&mut rest)?, number(&mut rest)?);
                        Err(Verdict::OtherAsset { from, to })
                    }
                    _ => return None,
                };
                let mut legs = Vec::with_capacity(rest.len() / 24);
                while !rest.is_empty() {
                    let (from, to) = (number(&mut rest)?, number(&mut rest)?);
                    legs.push(Leg { from, to, amount: number(&mut rest)? });
                }
                Self::Transfer(Transfer { id, legs }, verdict)
            }
            [3] => {
                let account = number(&mut rest)?;
                let owner = String::from_utf8(std::mem::take(&mut rest).to_vec()).ok()?;
                Self::Owner { account, owner }
            }
            _ => return None,
        };
        rest.is_empty().then_some(record)
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(*first)
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    take(rest).map(u64::from_le_bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn verdict() -> impl Strategy<Value = Result<(), Verdict>> {
        prop_oneof![
            Just(Ok(())),
            any::<u64>().prop_map(|account| Err(Verdict::NoSuchAccount(account))),
            any::<[u64; 2]>()
                .prop_map(|[account, missing]| Err(Verdict::Overdraft { account, missing })),
            any::<[u64; 2]>().prop_map(|[from, to]| Err(Verdict::OtherAsset { from, to })),
        ]
    }

    fn record() -> impl Strategy<Value = Record> {
        let leg = any::<[u64; 3]>().prop_map(|[from, to, amount]| Leg { from, to, amount });
        prop_oneof![
            (any::<u64>(), any::<u32>(), any::<u64>())
                .prop_map(|(account, asset, balance)| Record::Open { account, asset, balance }),
            (any::<[u64; 2]>(), vec(leg, 0..5), verdict()).prop_map(
                |([by, number], legs, verdict)| {
                    let id = TransferId { by, number };
                    Record::Transfer(Transfer { id, legs }, verdict)
                }
            ),
            any::<(u64, String)>().prop_map(|(account, owner)| Record::Owner { account, owner }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(record in record()) {
            prop_assert_eq!(Record::decode(&record.encode()), Some(record));
        }

        #[test]
        fn any_bytes_are_a_record_or_none(bytes in vec(any::<u8>(), 0..80)) {
            if let Some(record) = Record::decode(&bytes) {
                prop_assert_eq!(record.encode(), bytes);
            }
        }
    }
}
