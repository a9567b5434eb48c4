//! What the macros generate, compiled, linted and used.

#![allow(clippy::collapsible_if, reason = "generated code is written for all editions")]

#[path = "generated/account.rs"]
#[rustfmt::skip]
mod account;
#[path = "generated/entry.rs"]
#[rustfmt::skip]
mod entry;
#[path = "generated/queries.rs"]
#[rustfmt::skip]
mod queries;

use account::{Account, AccountCache};
use entry::{Entry, EntryCache};

fn account(id: u64, owner: &str, balance: i64) -> Account {
    Account { id, owner: owner.into(), balance, note: None }
}

#[test]
fn a_table_describes_itself() {
    assert_eq!(Account::TABLE, "accounts");
    assert_eq!(Account::COLUMNS[2], ("balance", "bigint"));
    let create = "create table accounts (id numeric(20) primary key, owner text not null, \
                  balance bigint not null, note text)";
    assert_eq!(Account::CREATE_TABLE, create);
    assert_eq!(account(1, "ann", 5).get_owner(), "ann");
    assert_eq!((Entry::<u8>::COLUMNS.len(), Entry::<u8>::TABLE), (3, "entry"));
    assert!(Entry::<u8>::CREATE_TABLE.ends_with("absent smallint)"));
    let entry = Entry { key: 'k', r#type: "t", row: true };
    assert_eq!((entry.get_type(), entry.get_row()), (&"t", &true));
}

#[test]
fn a_cache_loads_once_and_forgets_the_oldest() {
    let mut cache = AccountCache::new();
    let mut loads = Vec::new();
    let mut get = |cache: &mut AccountCache, id: u64| {
        let load = |id: &u64| {
            loads.push(*id);
            if *id == 0 { Err("no such id") } else { Ok((*id < 9).then(|| account(*id, "x", 0))) }
        };
        cache.get(&id, load).map(|row| row.map(|row| row.id))
    };
    assert_eq!(get(&mut cache, 1), Ok(Some(1)));
    assert_eq!(get(&mut cache, 2), Ok(Some(2)));
    assert_eq!(get(&mut cache, 1), Ok(Some(1)));
    assert_eq!(get(&mut cache, 3), Ok(Some(3)), "there is room for two: 2 goes");
    assert_eq!(get(&mut cache, 1), Ok(Some(1)));
    assert_eq!(get(&mut cache, 9), Ok(None));
    assert_eq!(get(&mut cache, 0), Err("no such id"));
    assert_eq!(get(&mut cache, 2), Ok(Some(2)), "loaded again: 3 goes");
    assert_eq!(loads, [1, 2, 3, 9, 0, 2]);
    assert!(cache.peek(&1).is_some() && cache.peek(&3).is_none());
    assert_eq!((cache.len(), cache.is_empty(), AccountCache::TABLE), (2, false, "accounts"));
}

#[test]
fn a_cache_replaces_and_removes() {
    let mut cache = AccountCache::with_capacity(0);
    assert_eq!(cache.insert(account(1, "ann", 1)), None);
    let old = cache.insert(account(1, "ann", 2)).expect("the old row");
    assert_eq!((old.balance, cache.len()), (1, 1));
    assert_eq!(cache.insert(account(2, "bob", 3)), None);
    assert_eq!(cache.len(), 1, "a cache has room for one at least");
    assert_eq!(cache.remove(&2).map(|row| row.owner), Some("bob".into()));
    assert_eq!((cache.remove(&2), cache.is_empty()), (None, true));
    let mut entries = EntryCache::default();
    entries.insert(Entry { key: 7u8, r#type: "t", row: false });
    assert_eq!(entries.peek(&7).map(|entry| entry.r#type), Some("t"));
}

#[test]
fn a_model_says_what_changed() {
    let (before, mut after) = (account(1, "ann", 5), account(1, "bob", 6));
    after.note = Some("not compared".into());
    assert_eq!(Account::FIELDS, ["id", "owner", "balance"]);
    assert_eq!(before.changes(&after), ["owner", "balance"]);
    let mut merged = before.clone();
    merged.apply(&after, &["balance", "nonsense"]);
    assert_eq!(merged, account(1, "ann", 6));
    let entry = |key| Entry { key, r#type: "t", row: true };
    assert_eq!(entry(1).changes(&entry(2)), ["key"]);
}

#[test]
fn queries_know_their_parts() {
    assert_eq!(queries::ByOwner::COLUMNS, ["owner", "balance"]);
    assert_eq!(queries::ByOwner::PARAMETERS, ["owner"]);
    assert_eq!((queries::All::COLUMNS, queries::All::TABLE), ([""; 0], "accounts"));
    assert!(queries::All::SQL.starts_with("select *"));
    let sql = "select id from accounts where balance > ? limit ?";
    assert_eq!(queries::parts(), (sql, 1, ["balance", "limit"]));
}
