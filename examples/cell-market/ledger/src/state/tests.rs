use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn id(number: u64) -> TransferId {
    TransferId { by: 1, number }
}

fn one(number: u64, from: u64, to: u64, amount: u64) -> Transfer {
    Transfer { id: id(number), legs: vec![Leg { from, to, amount }] }
}

/// Accounts 1 and 2 with 100 of asset 0, and 3 with 100 of asset 1.
fn three_accounts() -> State {
    let mut state = State::default();
    for (account, asset) in [(1, 0), (2, 0), (3, 1)] {
        let Decision::New(record) = state.open(account, asset, 100) else { panic!() };
        state.apply(record).expect("it was decided");
    }
    state
}

fn make(state: &mut State, transfer: Transfer) -> Result<Receipt, Refused> {
    let again = transfer.clone();
    match state.transfer(transfer) {
        Decision::Known(answer) => answer,
        Decision::New(record) => {
            state.apply(record).expect("it was decided");
            match state.transfer(again) {
                Decision::Known(answer) => answer,
                Decision::New(_) => panic!("it was forgotten"),
            }
        }
    }
}

#[test]
fn a_repeated_transfer_has_the_first_reply_and_does_nothing() {
    let mut state = three_accounts();
    let receipt = make(&mut state, one(7, 1, 2, 60));
    assert_eq!(receipt, Ok(Receipt { id: id(7), sequence: 0 }));
    let refused = make(&mut state, one(8, 1, 2, 60));
    assert_eq!(refused, Err(Refused::Overdraft { account: 1, missing: 20 }));
    // Now there would be enough; but it was refused.
    make(&mut state, one(9, 2, 1, 60)).expect("there is enough");
    assert_eq!(make(&mut state, one(8, 1, 2, 60)), refused);
    assert_eq!(make(&mut state, one(7, 1, 2, 60)), receipt);
    assert_eq!(make(&mut state, one(7, 1, 2, 61)), Err(Refused::IdTaken(id(7))));
    assert_eq!(state.balance(1).map(|balance| balance.amount), Ok(100));
}

#[test]
fn legs_all_happen_or_none() {
    let mut state = three_accounts();
    let legs = vec![Leg { from: 1, to: 2, amount: 150 }, Leg { from: 2, to: 1, amount: 150 }];
    let refused = make(&mut state, Transfer { id: id(1), legs: legs.clone() });
    assert_eq!(refused, Err(Refused::Overdraft { account: 1, missing: 50 }));
    let legs = vec![Leg { from: 1, to: 2, amount: 100 }, Leg { from: 2, to: 1, amount: 200 }];
    make(&mut state, Transfer { id: id(2), legs }).expect("one after the other");
    assert_eq!(state.balance(1).map(|balance| balance.amount), Ok(200));
    let legs = vec![Leg { from: 1, to: 2, amount: 1 }, Leg { from: 1, to: 3, amount: 1 }];
    let refused = make(&mut state, Transfer { id: id(3), legs });
    assert_eq!(refused, Err(Refused::OtherAsset { from: 1, to: 3 }));
    assert_eq!(state.movements(2, 0, 1).map(|some| some.len()), Some(2), "both of one transfer");
}

#[test]
fn what_is_no_transfer_is_refused_and_not_remembered() {
    let mut state = three_accounts();
    for transfer in [
        one(1, 1, 2, 0),
        one(1, 1, 2, u64::MAX),
        one(1, 1, 1, 5),
        Transfer { id: id(1), legs: vec![] },
        Transfer { id: id(1), legs: vec![Leg { from: 1, to: 2, amount: 1 }; 17] },
    ] {
        let refused = make_known(&state, transfer);
        assert!(matches!(refused, Err(Refused::Malformed(_))), "{refused:?}");
    }
    make(&mut state, one(1, 1, 2, 1)).expect("the id is free");
    assert_eq!(state.open(9, 0, i64::MAX as u64), Decision::Known(Err(Refused::TooMuch)));
    assert_eq!(state.open(1, 0, 100), Decision::Known(Ok(())));
    assert_eq!(state.open(1, 0, 99), Decision::Known(Err(Refused::OpenedOtherwise(1))));
}

#[test]
fn an_account_has_the_owner_that_was_said_last() {
    let mut state = three_accounts();
    let mut records = Vec::new();
    for owner in ["ada", "bob", "bob"] {
        match state.set_owner(2, owner.to_owned()) {
            Decision::New(record) => {
                state.apply(record.clone()).expect("it was decided");
                records.push(record);
            }
            Decision::Known(answer) => assert_eq!(answer, Ok(())),
        }
    }
    assert_eq!(records.len(), 2, "what is so already needs no record");
    let refused = Decision::Known(Err(Refused::NoSuchAccount(9)));
    assert_eq!(state.set_owner(9, "ada".to_owned()), refused);
    let long = state.set_owner(1, "x".repeat(201));
    assert!(matches!(long, Decision::Known(Err(Refused::Malformed(_)))), "{long:?}");
    let rows = state.rows(2, 1);
    let expected = Row { id: 2, owner: "bob".to_owned(), asset: 0, balance: 100, opening: 100 };
    assert_eq!(rows, [expected]);
    assert_eq!(state.rows(0, 9).iter().map(|row| row.id).collect::<Vec<_>>(), [1, 2, 3]);
    let mut again = three_accounts();
    for record in records {
        again.apply(record).expect("it was decided");
    }
    assert_eq!(again.rows(2, 1), rows);
    let lie = Record::Owner { account: 9, owner: "ada".to_owned() };
    assert!(again.apply(lie).is_err());
}

fn make_known(state: &State, transfer: Transfer) -> Result<Receipt, Refused> {
    match state.transfer(transfer) {
        Decision::Known(answer) => answer,
        Decision::New(record) => panic!("{record:?}"),
    }
}

#[test]
fn records_that_nobody_decided_are_refused() {
    let mut state = three_accounts();
    let lie = Record::Transfer(one(1, 1, 2, 1000), Ok(()));
    assert!(state.apply(lie).is_err());
    assert!(state.apply(Record::Open { account: 1, asset: 0, balance: 100 }).is_err());
}

proptest! {
    /// Money is neither made nor lost, nobody has less than nothing, and what the records say is
    /// what there is.
    #[test]
    fn totals_stay(requests in vec((0..20u64, 1..5u64, 1..5u64, 1..120u64), 0..60)) {
        let mut state = three_accounts();
        let mut records = Vec::new();
        for (number, from, to, amount) in requests {
            let transfer = one(number, from, to, amount);
            if let Decision::New(record) = state.transfer(transfer) {
                state.apply(record.clone()).expect("it was decided");
                records.push(record);
            }
            for total in state.totals() {
                prop_assert_eq!(total.amount, total.opened);
            }
        }
        let mut again = three_accounts();
        for record in records {
            again.apply(record).expect("it was decided");
        }
        for account in 1..=3 {
            prop_assert_eq!(again.balance(account), state.balance(account));
            let moved: i64 = state.movements(account, 0, 1000).into_iter().flatten().map(|m| m.amount).sum();
            let balance = state.balance(account).expect("it is there");
            prop_assert_eq!(balance.opening as i64 + moved, balance.amount as i64);
        }
    }
}
