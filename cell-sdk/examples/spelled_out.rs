//! The same without an alias.

#[cell::wasm(ledger::table(name = "accounts"))]
#[cell::wasm_derive(ledger::Model)]
struct Account {
    #[ledger::primary_key]
    owner: String,
    balance: i64,
}

fn main() {
    let account = Account { owner: "ada".to_owned(), balance: 12 };
    assert_eq!(account.get_owner(), "ada");
    assert_eq!(Account::FIELDS, ["owner", "balance"]);
    let query = cell::expand!(ledger::query("select * from accounts"));
    assert_eq!(query.table, Account::TABLE);
}

#[test]
fn runs() {
    main();
}
