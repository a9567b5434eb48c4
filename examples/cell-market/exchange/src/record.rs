//! What stands in the exchange's journal: bytes in, records out.
//!
//! Numbers are little endian. An order is `1 by u64 number u64 side u8 price u64 quantity u64 cash u64
//! goods u64`, its cancellation `2 by u64 number u64`, and what became of a trade
//! `3 trade u64 settled u8`.

use crate::types::{Order, OrderId, Side};

/// The kind of the journal. A change of what is below, or of how orders are matched, is another
/// number: an old journal would be replayed to other trades.
pub(crate) const KIND: &str = "exchange 1";

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    Place(Order),
    Cancel(OrderId),
    Settled { trade: u64, settled: bool },
}

impl Record {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(58);
        let put = |bytes: &mut Vec<u8>, number: u64| bytes.extend(number.to_le_bytes());
        match self {
            Self::Place(Order { id, side, price, quantity, cash, goods }) => {
                bytes.push(1);
                put(&mut bytes, id.by);
                put(&mut bytes, id.number);
                bytes.push(match side {
                    Side::Buy => 0,
                    Side::Sell => 1,
                });
                for number in [price, quantity, cash, goods] {
                    put(&mut bytes, *number);
                }
            }
            Self::Cancel(id) => {
                bytes.push(2);
                put(&mut bytes, id.by);
                put(&mut bytes, id.number);
            }
            Self::Settled { trade, settled } => {
                bytes.push(3);
                put(&mut bytes, *trade);
                bytes.push(u8::from(*settled));
            }
        }
        bytes
    }

    /// `None` if the bytes are no record.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let record = match byte(&mut rest)? {
            1 => {
                let id = OrderId { by: number(&mut rest)?, number: number(&mut rest)? };
                let side = match byte(&mut rest)? {
                    0 => Side::Buy,
                    1 => Side::Sell,
                    _ => return None,
                };
                let (price, quantity) = (number(&mut rest)?, number(&mut rest)?);
                let (cash, goods) = (number(&mut rest)?, number(&mut rest)?);
                Self::Place(Order { id, side, price, quantity, cash, goods })
            }
            2 => Self::Cancel(OrderId { by: number(&mut rest)?, number: number(&mut rest)? }),
            3 => {
                let trade = number(&mut rest)?;
                let settled = match byte(&mut rest)? {
                    0 => false,
                    1 => true,
                    _ => return None,
                };
                Self::Settled { trade, settled }
            }
            _ => return None,
        };
        rest.is_empty().then_some(record)
    }
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    Some(*first)
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let (first, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(u64::from_le_bytes(*first))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn record() -> impl Strategy<Value = Record> {
        let id = || any::<[u64; 2]>().prop_map(|[by, number]| OrderId { by, number });
        let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
        let order = (id(), side, any::<[u64; 4]>()).prop_map(
            |(id, side, [price, quantity, cash, goods])| {
                Record::Place(Order { id, side, price, quantity, cash, goods })
            },
        );
        let settled = (any::<u64>(), any::<bool>())
            .prop_map(|(trade, settled)| Record::Settled { trade, settled });
        prop_oneof![order, id().prop_map(Record::Cancel), settled]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(record in record()) {
            prop_assert_eq!(Record::decode(&record.encode()), Some(record));
        }

        #[test]
        fn any_bytes_are_a_record_or_none(bytes in vec(any::<u8>(), 0..70)) {
            if let Some(record) = Record::decode(&bytes) {
                prop_assert_eq!(record.encode(), bytes);
            }
        }
    }
}
