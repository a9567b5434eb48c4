//! Which transfers are made: a function of maker, seed and number.

use crate::Ledger::{Leg, Transfer, TransferId};

/// Accounts of a maker.
const ACCOUNTS: u64 = 1 << 20;
/// The largest maker, so that account numbers of two makers differ.
pub(crate) const MAKERS: u64 = (1 << 43) - 1;

/// The transfers of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) by: u64,
    seed: u64,
    accounts: u64,
}

impl Plan {
    pub(crate) fn new(by: u64, seed: u64, accounts: u64) -> Result<Self, String> {
        if by > MAKERS {
            return Err(format!("--by may be {MAKERS} at most"));
        }
        if !(2..=ACCOUNTS).contains(&accounts) {
            return Err(format!("--accounts may be 2 to {ACCOUNTS}"));
        }
        Ok(Self { by, seed, accounts })
    }

    /// The accounts, which no other maker has.
    pub(crate) fn accounts(&self) -> std::ops::Range<u64> {
        let first = self.by * ACCOUNTS;
        first..first + self.accounts
    }

    /// One of the transfers.
    pub(crate) fn transfer(&self, number: u64) -> Transfer {
        // An odd factor keeps all numbers apart, and neighbours far from each other.
        let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut random = fastrand::Rng::with_seed(self.seed ^ spread);
        let first = self.accounts().start;
        let from = random.u64(0..self.accounts);
        let to = (from + random.u64(1..self.accounts)) % self.accounts;
        let leg = Leg { from: first + from, to: first + to, amount: random.u64(1..=100) };
        Transfer { id: TransferId { by: self.by, number }, legs: vec![leg] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfers_are_the_same_each_time_and_between_two_own_accounts() {
        let plan = Plan::new(7, 1, 3).expect("a plan");
        for number in 0..1000 {
            let transfer = plan.transfer(number);
            assert_eq!(transfer, plan.transfer(number));
            let leg = &transfer.legs[0];
            assert!(leg.from != leg.to && leg.amount > 0);
            assert!(plan.accounts().contains(&leg.from) && plan.accounts().contains(&leg.to));
        }
        assert_ne!(plan.transfer(1).legs, plan.transfer(2).legs);
        assert!(Plan::new(MAKERS + 1, 1, 3).is_err() && Plan::new(1, 1, 1).is_err());
        let last = Plan::new(MAKERS, 1, ACCOUNTS).expect("a plan");
        assert!(last.accounts().end > last.accounts().start, "no number is too large");
    }
}
