//! Accounts of the ledger are found by the words of their owners.

use cell::{CallError, Fault};
use cell_market_search::SearchClient;

use crate::market::{Cell, Market, answer, has_own_home};

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_found_by_their_owners() {
    if !has_own_home("search::accounts_are_found_by_their_owners") {
        return;
    }
    let mut market = Market::start("search", "none");
    let ledger = market.ledger_client.clone();
    let owners = [(7, "Ada Lovelace"), (8, "Bob"), (u64::MAX, "ada king")];
    for (account, owner) in owners {
        answer(|| ledger.open(account, 1, 10)).await.expect("an account");
        answer(|| ledger.set_owner(account, owner.to_owned())).await.expect("an owner");
    }
    answer(|| ledger.set_owner(8, "Bob Ada Byron".to_owned())).await.expect("another owner");
    market.ledger.kill_and_restart();
    let none = answer(|| ledger.set_owner(9, "Eve".to_owned())).await;
    assert_eq!(none, Err(cell_market_ledger::Refused::NoSuchAccount(9)));

    let name = "search-search";
    let words = ["--name", name].map(str::to_owned).to_vec();
    let mut cell = Cell::start(env!("CARGO_BIN_EXE_search-under-test"), name, words);
    let search = SearchClient::of(name).expect("a folder for sockets");
    let mut accounts = ledger.accounts().await.expect("rows");
    while let Some(account) = accounts.next().await {
        let account = account.expect("a row");
        assert_eq!((account.balance, account.opening, account.asset), (10, 10, 1));
        answer(|| search.put(account.id, account.owner.clone())).await.expect("room");
    }
    let size = answer(|| sure(search.size())).await.expect("it answers");
    assert_eq!((size.rows, size.words), (3, 5));
    let found = |words: &'static str| {
        let search = search.clone();
        async move { answer(|| sure(search.search(words.to_owned()))).await }
    };
    assert_eq!(found("ADA").await, Ok(vec![7, 8, u64::MAX]));
    assert_eq!(found("bob ada").await, Ok(vec![8]));
    assert_eq!(found("eve").await, Ok(vec![]));
    let long = answer(|| search.put(1, "x".repeat(70_000))).await;
    let refused = cell_market_search::Refused::TooLong { bytes: 70_000, most: 65_536 };
    assert_eq!(long, Err(refused));
    // It knows nothing that its rows do not say.
    cell.kill_and_restart();
    assert_eq!(answer(|| sure(search.size())).await.map(|size| size.rows), Ok(0));
}

/// A call of a method without errors of its own.
async fn sure<T>(call: impl Future<Output = Result<T, Fault>>) -> Result<T, CallError<()>> {
    call.await.map_err(CallError::Fault)
}
