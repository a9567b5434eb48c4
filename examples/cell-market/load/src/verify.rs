//! Does what the ledger has in its books agree with what it answered?

use std::collections::HashMap;

use tokio::task::JoinSet;

use crate::Ledger::{Recorded, Total};
use crate::ask::{Asker, Reply};
use crate::drive::Driven;
use crate::plan::Plan;

/// Accounts that are opened at the same time.
const AT_ONCE: usize = 64;

/// What there was before the first transfer.
pub(crate) struct Before {
    opening: u64,
    totals: Vec<Total>,
}

impl Before {
    /// Opens the accounts.
    pub(crate) async fn open(
        asker: &Asker,
        plan: &Plan,
        asset: u32,
        opening: u64,
    ) -> Result<Self, String> {
        let mut opened = JoinSet::new();
        for account in plan.accounts() {
            let asker = asker.clone();
            opened.spawn(async move { asker.open(account, asset, opening).await });
            if opened.len() >= AT_ONCE {
                ended(opened.join_next().await)?;
            }
        }
        while let Some(one) = opened.join_next().await {
            ended(Some(one))?;
        }
        Ok(Self { opening, totals: asker.totals().await? })
    }
}

fn ended(one: Option<Result<Result<(), String>, tokio::task::JoinError>>) -> Result<(), String> {
    one.unwrap_or(Ok(Ok(()))).map_err(|error| error.to_string())?
}

/// What was found. All but the first two should be 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) done: u64,
    /// Refused by the ledger, for lack of money.
    pub(crate) refused: u64,
    /// Transfers that were given up.
    pub(crate) unanswered: u64,
    /// Replies that were for another transfer.
    pub(crate) wrong: u64,
    /// Transfers that were answered and are not in the books, or not as they were answered.
    pub(crate) missing: u64,
    /// Transfers that are in the books more than once.
    pub(crate) double: u64,
    /// Transfers in the books that nobody asked for.
    pub(crate) invented: u64,
    /// Accounts that have not what the transfers in the books leave in them.
    pub(crate) balances: u64,
    /// Assets of which there is not as much as before.
    pub(crate) totals: u64,
}

impl Found {
    pub(crate) fn is_good(&self) -> bool {
        let Self { done: _, refused: _, unanswered, wrong, missing, double, .. } = *self;
        let Self { invented, balances, totals, .. } = *self;
        [unanswered, wrong, missing, double, invented, balances, totals] == [0; 7]
    }
}

/// Reads the books.
pub(crate) async fn verify(
    asker: &Asker,
    plan: &Plan,
    driven: &Driven,
    before: &Before,
) -> Result<Found, String> {
    let recorded = asker.recorded(plan.by).await?;
    let mut found = compare(plan, &driven.replies, &recorded);
    let mut expected: HashMap<u64, i128> =
        plan.accounts().map(|account| (account, i128::from(before.opening))).collect();
    for recorded in recorded.iter().filter(|recorded| recorded.refused.is_none()) {
        for leg in &recorded.transfer.legs {
            *expected.entry(leg.from).or_insert(0) -= i128::from(leg.amount);
            *expected.entry(leg.to).or_insert(0) += i128::from(leg.amount);
        }
    }
    for (account, expected) in expected {
        let balance = asker.balance(account).await?;
        found.balances += u64::from(i128::from(balance.amount) != expected);
    }
    let after = asker.totals().await?;
    for total in &after {
        // Others may open accounts meanwhile; money comes into the ledger in no other way.
        let first = before.totals.iter().find(|first| first.asset == total.asset);
        let grew = total.opened - first.map_or(total.opened, |first| first.opened);
        let expected = first.map_or(total.opened, |first| first.amount + grew);
        found.totals += u64::from(total.amount != expected);
    }
    Ok(found)
}

/// Compares replies with the books.
fn compare(plan: &Plan, replies: &[Reply], recorded: &[Recorded]) -> Found {
    let mut found = Found::default();
    let mut books: HashMap<u64, &Recorded> = HashMap::new();
    for one in recorded {
        let number = one.transfer.id.number;
        let asked = (number as usize) < replies.len() && one.transfer == plan.transfer(number);
        found.invented += u64::from(!asked);
        found.double += u64::from(books.insert(number, one).is_some());
    }
    for (number, reply) in replies.iter().enumerate() {
        let book = books.get(&(number as u64));
        match reply {
            Reply::Done(sequence) => {
                found.done += 1;
                let there =
                    book.is_some_and(|one| one.sequence == *sequence && one.refused.is_none());
                found.missing += u64::from(!there);
            }
            Reply::Refused(refused) => {
                found.refused += 1;
                let there = book.is_some_and(|one| one.refused.as_ref() == Some(refused));
                found.missing += u64::from(!there);
            }
            Reply::Wrong => found.wrong += 1,
            Reply::None(_) => found.unanswered += 1,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ledger::Refused;

    #[test]
    fn finds_what_is_missing_double_invented_or_wrong() {
        let plan = Plan::new(7, 1, 10).expect("a plan");
        let book = |number: u64, sequence| Recorded {
            sequence,
            transfer: plan.transfer(number),
            refused: None,
        };
        let overdraft = Refused::Overdraft { account: 1, missing: 1 };
        let refused = Recorded { refused: Some(overdraft.clone()), ..book(1, 1) };
        let replies = [Reply::Done(0), Reply::Refused(overdraft), Reply::Done(2)];
        let books = [book(0, 0), refused, book(2, 2)];
        let good = Found { done: 2, refused: 1, ..Found::default() };
        assert_eq!(compare(&plan, &replies, &books), good);
        assert!(good.is_good());

        let found = |replies: &[Reply], books: &[Recorded]| compare(&plan, replies, books);
        assert_eq!(found(&replies, &books[..2]).missing, 1);
        assert_eq!(found(&replies[..2], &books).invented, 1);
        assert_eq!(found(&[Reply::Done(1)], &books[..1]).missing, 1, "in another place");
        assert_eq!(found(&replies[..1], &[book(0, 0), book(0, 1)]).double, 1);
        assert_eq!(found(&[Reply::Wrong, Reply::None(String::new())], &[]).wrong, 1);
        let other = Recorded { transfer: plan.transfer(9), ..book(0, 0) };
        assert!(!found(&replies[..1], &[other]).is_good());
    }
}
