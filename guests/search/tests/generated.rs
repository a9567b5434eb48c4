//! What the macro generates, compiled, linted and used.

#![allow(clippy::multiple_bound_locations, reason = "they are where the user wrote them")]

#[path = "generated/account.rs"]
#[rustfmt::skip]
mod account;
#[path = "generated/row.rs"]
#[rustfmt::skip]
mod row;

use account::{Account, AccountIndex};
use row::{Row, RowIndex};

fn account(id: u64, owner: &str, asset: u32) -> Account {
    Account { id, owner: owner.into(), asset }
}

fn three() -> AccountIndex<u64> {
    let mut index = AccountIndex::new();
    for row in [account(3, "Ada Lovelace", 1), account(1, "Ada Byron", 2), account(2, "bob", 1)] {
        index.insert(row.id, &row);
    }
    index
}

#[test]
fn an_index_says_what_the_ledger_said() {
    assert_eq!(AccountIndex::<u8>::TABLE, "accounts");
    assert_eq!(AccountIndex::<u8>::COLUMNS, [("owner", "text"), ("asset", "u32")]);
}

#[test]
fn rows_are_found_by_all_their_words() {
    let index = three();
    assert_eq!(index.search("ADA"), [&1, &3], "in the order of the keys");
    assert_eq!(index.search("lovelace, ada!"), [&3]);
    assert_eq!(index.search("ada bob"), [&0; 0]);
    assert_eq!(index.search("ad"), [&0; 0], "words are whole");
    assert_eq!((index.search(""), index.search("--")), (vec![], vec![]));
    assert_eq!(index.search("1"), [&2, &3], "a number is a word of all columns");
    assert_eq!(index.search("ada 1"), [&3], "of different columns");
    assert_eq!((index.by_asset(1), index.by_asset(7)), (vec![&2, &3], vec![]));
    assert_eq!((index.by_owner("ada"), index.by_owner("1")), (vec![&1, &3], vec![]));
}

#[test]
fn rows_are_replaced_and_removed() {
    let mut index = three();
    index.insert(3, &account(3, "Ada King", 1));
    assert_eq!((index.search("lovelace").len(), index.search("king")), (0, vec![&3]));
    assert_eq!((index.len(), index.is_empty()), (3, false));
    assert!(index.remove(&3) && !index.remove(&3));
    assert_eq!((index.search("king").len(), index.search("ada")), (0, vec![&1]));
    let copy = index.clone();
    assert!(index.remove(&1) && index.remove(&2) && index.is_empty());
    // Nothing is left of what was removed, and a copy is its own.
    let empty = format!("{:?}", AccountIndex::<u64>::new());
    assert_eq!(format!("{index:?}"), empty);
    assert_eq!(copy.len(), 2);
}

#[test]
fn what_is_not_there_is_not_found() {
    let mut index = RowIndex::default();
    let row = |kind, id| Row { terms: 7u8, r#type: kind, id };
    index.insert("a", &row(Some("Größe M"), None));
    index.insert("b", &row(None, Some(u128::from(u64::MAX))));
    assert_eq!(index.by_type("GRÖSSE"), [&""; 0], "letters are compared, not spellings");
    assert_eq!(index.by_type("GRÖßE"), [&"a"]);
    assert_eq!(index.by_id(u64::MAX), [&"b"]);
    assert_eq!(RowIndex::<&str>::COLUMNS, [("type", "text"), ("id", "u64")]);
    assert_eq!(row(None, None).terms, 7);
}
