//! Replies reach who asked, and only them; and what happens when a cell is not there.

use std::time::Duration;

use cell::CallError;
use cell_market_exchange::{Order, OrderId, Refused as NotPlaced, Side};
use cell_market_ledger::{Leg, Transfer, TransferId};
use tokio::task::JoinSet;

use crate::market::{Market, answer, has_own_home};

/// Many callers over one connection, with replies that differ, while the ledger is killed.
#[tokio::test(flavor = "multi_thread")]
async fn each_caller_gets_their_own_reply() {
    if !has_own_home("replies::each_caller_gets_their_own_reply") {
        return;
    }
    const CALLERS: u64 = 64;
    let mut market = Market::start("replies", "group");
    let ledger = market.ledger_client.clone();
    for account in 0..=CALLERS {
        answer(|| ledger.open(account, 1, 1_000)).await.expect("an account");
    }
    let mut callers = JoinSet::new();
    for caller in 1..=CALLERS {
        let ledger = ledger.clone();
        callers.spawn(async move {
            for number in 0..60 {
                let id = TransferId { by: caller, number };
                let legs = vec![Leg { from: caller, to: 0, amount: 1 }];
                let transfer = Transfer { id, legs };
                let receipt = answer(|| ledger.transfer(transfer.clone())).await;
                assert_eq!(receipt.map(|receipt| receipt.id), Ok(id));
                let balance = answer(|| ledger.balance(caller)).await;
                let balance = balance.expect("an account");
                assert_eq!((balance.account, balance.amount), (caller, 999 - number));
            }
        });
    }
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(60)).await;
        market.ledger.kill_and_restart();
    }
    while let Some(caller) = callers.join_next().await {
        caller.expect("a caller with their own replies");
    }
    let balance = answer(|| ledger.balance(0)).await.expect("an account");
    assert_eq!(balance.amount, 1_000 + 60 * CALLERS);
}

/// Orders are accepted while the ledger is away, until too many trades wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn trades_wait_for_the_ledger_up_to_a_limit() {
    if !has_own_home("replies::trades_wait_for_the_ledger_up_to_a_limit") {
        return;
    }
    let mut market = Market::start("limit", "none");
    let (ledger, exchange) = (market.ledger_client.clone(), market.exchange_client.clone());
    for by in [1u64, 2] {
        answer(|| ledger.open(by * 100, 1, 1 << 40)).await.expect("an account");
        answer(|| ledger.open(by * 100 + 1, 2, 1 << 40)).await.expect("an account");
    }
    market.exchange.kill();
    market.exchange.limit_unsettled(10);
    market.exchange.restart();
    market.ledger.kill();
    let order = |number: u64| {
        let (by, side) = if number.is_multiple_of(2) { (1, Side::Sell) } else { (2, Side::Buy) };
        let id = OrderId { by, number };
        Order { id, side, price: 10, quantity: 1, cash: by * 100, goods: by * 100 + 1 }
    };
    for number in 0..20 {
        answer(|| exchange.place(order(number))).await.expect("there is room");
    }
    let refused = exchange.place(order(20)).await;
    let full = NotPlaced::Unsettled { trades: 10, limit: 10 };
    assert_eq!(refused, Err(CallError::Remote(full)));
    // What was accepted before still has its answer.
    assert!(exchange.place(order(19)).await.is_ok());
    market.ledger.restart();
    loop {
        match answer(|| exchange.place(order(20))).await {
            Ok(_) => break,
            Err(refused) => assert!(matches!(refused, NotPlaced::Unsettled { .. }), "{refused:?}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A journal that was changed is refused, and stays as it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_journal_is_not_served() {
    if !has_own_home("replies::a_changed_journal_is_not_served") {
        return;
    }
    let mut market = Market::start("damage", "each");
    let ledger = market.ledger_client.clone();
    for account in 0..4 {
        answer(|| ledger.open(account, 1, 1_000)).await.expect("an account");
    }
    market.ledger.kill();
    let journal = market.folder().join("ledger");
    let mut bytes = std::fs::read(&journal).expect("a journal");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&journal, &bytes).expect("a disk");
    assert!(!market.ledger.run_to_its_end().success());
    assert_eq!(std::fs::read(&journal).expect("a journal"), bytes);
}
