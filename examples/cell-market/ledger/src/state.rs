//! The ledger without I/O: what is in the accounts, and what was decided.

use std::collections::{BTreeMap, HashMap};

use crate::record::{Record, Verdict};
use crate::types::{
    Account as Row, Balance, Leg, Movement, Receipt, Recorded, Refused, Total, Transfer, TransferId,
};

/// Legs of one transfer.
const LEGS: usize = 16;
/// Bytes of an owner's name.
const OWNER: usize = 200;
/// Of one asset there is no more, so that no sum of balances is too large for a number.
const MOST: u64 = i64::MAX as u64;

/// A pure function of the records that were applied.
#[derive(Debug, Default)]
pub(crate) struct State {
    accounts: BTreeMap<u64, Account>,
    /// In the order in which they were decided.
    transfers: Vec<(Transfer, Result<(), Verdict>)>,
    by_id: HashMap<TransferId, usize>,
    opened: BTreeMap<u32, u64>,
}

#[derive(Debug)]
struct Account {
    owner: String,
    asset: u32,
    opening: u64,
    balance: u64,
    movements: Vec<Movement>,
}

/// What to do about a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision<T> {
    /// It was decided before, or needs no record.
    Known(Result<T, Refused>),
    /// This is to be written, and then applied.
    New(Record),
}

impl State {
    pub(crate) fn open(&self, account: u64, asset: u32, balance: u64) -> Decision<()> {
        if let Some(there) = self.accounts.get(&account) {
            let same = there.asset == asset && there.opening == balance;
            let refused = Refused::OpenedOtherwise(account);
            return Decision::Known(if same { Ok(()) } else { Err(refused) });
        }
        let opened = self.opened.get(&asset).copied().unwrap_or(0);
        if opened.checked_add(balance).is_none_or(|sum| sum > MOST) {
            return Decision::Known(Err(Refused::TooMuch));
        }
        Decision::New(Record::Open { account, asset, balance })
    }

    pub(crate) fn set_owner(&self, account: u64, owner: String) -> Decision<()> {
        let Some(there) = self.accounts.get(&account) else {
            return Decision::Known(Err(Refused::NoSuchAccount(account)));
        };
        if owner.len() > OWNER {
            let why = format!("an owner of {} bytes, of which there may be {OWNER}", owner.len());
            return Decision::Known(Err(Refused::Malformed(why)));
        }
        if there.owner == owner {
            return Decision::Known(Ok(()));
        }
        Decision::New(Record::Owner { account, owner })
    }

    pub(crate) fn transfer(&self, transfer: Transfer) -> Decision<Receipt> {
        if let Err(why) = check(&transfer) {
            return Decision::Known(Err(Refused::Malformed(why)));
        }
        if let Some(sequence) = self.by_id.get(&transfer.id) {
            return Decision::Known(self.decided(*sequence, &transfer));
        }
        let verdict = self.judge(&transfer.legs);
        Decision::New(Record::Transfer(transfer, verdict))
    }

    /// What was replied to the transfer in this place, unless this is another of its id.
    fn decided(&self, sequence: usize, again: &Transfer) -> Result<Receipt, Refused> {
        match self.transfers.get(sequence) {
            Some((transfer, verdict)) if transfer == again => {
                (*verdict).map_err(Refused::from)?;
                Ok(Receipt { id: transfer.id, sequence: sequence as u64 })
            }
            _ => Err(Refused::IdTaken(again.id)),
        }
    }

    fn judge(&self, legs: &[Leg]) -> Result<(), Verdict> {
        // Balances as they are after the legs before; a handful, so a search is quick.
        let mut changed: Vec<(u64, u64)> = Vec::with_capacity(2 * legs.len());
        for leg in legs {
            let account = |number| self.accounts.get(&number).ok_or(Verdict::NoSuchAccount(number));
            let (from, to) = (account(leg.from)?, account(leg.to)?);
            if from.asset != to.asset {
                return Err(Verdict::OtherAsset { from: leg.from, to: leg.to });
            }
            let balance = |changed: &[(u64, u64)], number: u64, account: &Account| {
                let last = changed.iter().rev().find(|(changed, _)| *changed == number);
                last.map_or(account.balance, |(_, balance)| *balance)
            };
            let has = balance(&changed, leg.from, from);
            let left = has.checked_sub(leg.amount).ok_or(Verdict::Overdraft {
                account: leg.from,
                missing: leg.amount.saturating_sub(has),
            })?;
            let gets = balance(&changed, leg.to, to) + leg.amount;
            changed.extend([(leg.from, left), (leg.to, gets)]);
        }
        Ok(())
    }

    /// Makes a record happen.
    ///
    /// # Errors
    /// If it contradicts those before it: then it is not one that this ledger decided.
    pub(crate) fn apply(&mut self, record: Record) -> Result<(), &'static str> {
        match record {
            Record::Open { account, asset, balance } => {
                if !matches!(self.open(account, asset, balance), Decision::New(_)) {
                    return Err("it opens an account that cannot be opened");
                }
                let (owner, movements) = (String::new(), Vec::new());
                let new = Account { owner, asset, opening: balance, balance, movements };
                self.accounts.insert(account, new);
                *self.opened.entry(asset).or_insert(0) += balance;
            }
            Record::Transfer(transfer, verdict) => {
                let again = Record::Transfer(transfer, verdict);
                let Record::Transfer(transfer, _) = &again else { return Ok(()) };
                if self.transfer(transfer.clone()) != Decision::New(again.clone()) {
                    return Err("its verdict is not what follows from the records before it");
                }
                let (transfer, sequence) = (transfer.clone(), self.transfers.len());
                if verdict.is_ok() {
                    for leg in &transfer.legs {
                        self.change(leg.from, sequence as u64, transfer.id, -(leg.amount as i64));
                        self.change(leg.to, sequence as u64, transfer.id, leg.amount as i64);
                    }
                }
                self.by_id.insert(transfer.id, sequence);
                self.transfers.push((transfer, verdict));
            }
            Record::Owner { account, owner } => {
                if !matches!(self.set_owner(account, owner.clone()), Decision::New(_)) {
                    return Err("it gives an account to an owner that it cannot have, or has");
                }
                if let Some(there) = self.accounts.get_mut(&account) {
                    there.owner = owner;
                }
            }
        }
        Ok(())
    }

    fn change(&mut self, account: u64, sequence: u64, id: TransferId, amount: i64) {
        if let Some(account) = self.accounts.get_mut(&account) {
            account.balance = account.balance.saturating_add_signed(amount);
            account.movements.push(Movement { sequence, id, amount, balance: account.balance });
        }
    }

    pub(crate) fn balance(&self, account: u64) -> Result<Balance, Refused> {
        let there = self.accounts.get(&account).ok_or(Refused::NoSuchAccount(account))?;
        let Account { asset, opening, balance, .. } = *there;
        Ok(Balance { account, asset, amount: balance, opening })
    }

    /// Some rows of the table `accounts`, from a number on.
    pub(crate) fn rows(&self, from: u64, most: usize) -> Vec<Row> {
        let row = |(id, account): (&u64, &Account)| {
            let Account { owner, asset, opening, balance, .. } = account;
            let (asset, balance, opening) = (*asset, *balance, *opening);
            Row { id: *id, owner: owner.clone(), asset, balance, opening }
        };
        self.accounts.range(from..).take(most).map(row).collect()
    }

    pub(crate) fn totals(&self) -> Vec<Total> {
        let mut totals: BTreeMap<u32, Total> = BTreeMap::new();
        for account in self.accounts.values() {
            let asset = account.asset;
            let none = Total { asset, accounts: 0, opened: 0, amount: 0 };
            let total = totals.entry(asset).or_insert(none);
            total.accounts += 1;
            total.opened += account.opening;
            total.amount += account.balance;
        }
        totals.into_values().collect()
    }

    /// Some movements of an account, from a place in the order of all transfers on.
    pub(crate) fn movements(&self, account: u64, from: u64, most: usize) -> Option<Vec<Movement>> {
        let all = &self.accounts.get(&account)?.movements;
        let begin = all.partition_point(|movement| movement.sequence < from);
        let some = &all[begin..];
        let mut end = some.len().min(most);
        // A transfer's movements stay together, since the next question names the transfer after it.
        while end > 0 && end < some.len() && some[end].sequence == some[end - 1].sequence {
            end += 1;
        }
        Some(some[..end].to_vec())
    }

    /// Some transfers of one maker, from a place in the order of all on, and where to go on.
    pub(crate) fn transfers(&self, by: u64, from: u64, most: usize) -> (Vec<Recorded>, u64) {
        let mut next = usize::try_from(from).unwrap_or(usize::MAX);
        let mut some = Vec::new();
        while let Some((transfer, verdict)) = self.transfers.get(next)
            && some.len() < most
        {
            if transfer.id.by == by {
                let (transfer, refused) = (transfer.clone(), verdict.err().map(Refused::from));
                some.push(Recorded { sequence: next as u64, transfer, refused });
            }
            next += 1;
        }
        (some, next as u64)
    }
}

/// What needs no look at the accounts.
fn check(transfer: &Transfer) -> Result<(), String> {
    if transfer.legs.is_empty() || transfer.legs.len() > LEGS {
        return Err(format!("{} legs, of which there may be 1 to {LEGS}", transfer.legs.len()));
    }
    for leg in &transfer.legs {
        if leg.amount == 0 || leg.amount > MOST {
            return Err(format!("an amount of {}", leg.amount));
        }
        if leg.from == leg.to {
            return Err(format!("from account {} to itself", leg.from));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
