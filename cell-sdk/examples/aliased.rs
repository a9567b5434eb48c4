//! Every sort of macro, behind an alias.

cell::cell_remote!(Ledger = "ledger");

#[Ledger::table(name = "accounts")]
#[derive(Clone, Debug, Ledger::Model)]
struct Account {
    #[Ledger::primary_key]
    owner: String,
    balance: i64,
}

fn main() {
    let before = Account { owner: "ada".to_owned(), balance: 12 };
    let after = Account { balance: 7, ..before.clone() };
    assert_eq!(after.get_balance(), &7);
    assert_eq!(before.changes(&after), ["balance"]);
    assert!(Account::CREATE_TABLE.starts_with("create table accounts (owner text primary key"));
    assert_eq!(
        Ledger::query!("select balance from accounts where owner = ?").parameters,
        ["owner"]
    );
}

#[test]
fn runs() {
    main();
}
