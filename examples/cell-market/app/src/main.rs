//! A small market that uses macros of two cells. Of `ledger` all sorts: the attributes `table` and
//! `cache` and the derive `Model` on one struct, and the function-like `query`. Of `search` the
//! attribute `index`, on the same struct, which asks the ledger what its table looks like.
//!
//! Not one of them runs when this is built from a clone: what they made is in `../.cell`.
#![forbid(unsafe_code)]

mod account;
mod rows;

use account::{Account, AccountCache, AccountIndex, RichestOf};
use rows::Rows;

cell::cell_remote!(Ledger = "ledger");
cell::cell_remote!(Search = "search");

fn main() -> Result<(), String> {
    println!("{};", Account::CREATE_TABLE);
    for (name, sql) in Account::COLUMNS {
        println!("  {name}: {sql}");
    }

    let mut rows = Rows::new(&[("ada", 1_200), ("bob", 300), ("ada", 5_000), ("cleo", 0)]);
    let mut cache = AccountCache::new();
    transfer(&mut rows, &mut cache, 1, 2, 250)?;
    transfer(&mut rows, &mut cache, 1, 2, 50)?;
    println!("two transfers, {} loads, {} rows in memory", rows.loads, cache.len());
    if let Err(why) = transfer(&mut rows, &mut cache, 4, 1, 1) {
        println!("refused: {why}");
    }

    let mut index = AccountIndex::new();
    for account in rows.all() {
        index.insert(account.id, account);
    }
    let columns = AccountIndex::<u64>::COLUMNS.iter().map(|(name, ty)| format!("{name}: {ty}"));
    println!("indexed by {}", columns.collect::<Vec<_>>().join(", "));
    println!("  Ada: {:?}, 4: {:?}", index.by_owner("Ada"), index.by_id(4));

    println!("{}", RichestOf::SQL);
    for (id, balance) in rows.richest_of("ada", 1) {
        println!("  {}: {id}, {}: {balance}", RichestOf::COLUMNS[0], RichestOf::COLUMNS[1]);
    }
    let count = Ledger::query!("select id from accounts where balance > ?");
    println!("{} of {} by {:?}", count.columns[0], count.table, count.parameters);
    Ok(())
}

/// Moves money, by way of the cache, and says what it wrote.
fn transfer(
    rows: &mut Rows,
    cache: &mut AccountCache,
    from: u64,
    to: u64,
    cents: i64,
) -> Result<(), String> {
    for (id, change) in [(from, -cents), (to, cents)] {
        let found = cache.get(&id, |id| Ok::<_, String>(rows.load(*id)))?;
        let mut row = found.ok_or_else(|| format!("there is no account {id}"))?.clone();
        row.balance += change;
        if row.balance < 0 {
            return Err(format!("account {id} of {} holds too little", row.owner));
        }
        let changed = rows.save(&row);
        println!("  {} {id}: {} written, now {}", Account::TABLE, changed.join(", "), row.balance);
        cache.insert(row);
    }
    Ok(())
}
