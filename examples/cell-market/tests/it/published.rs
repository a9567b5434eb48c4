//! Clients are made of what the cells published: is that what they are today?

use std::fs;
use std::path::Path;

use cell::Service;
use cell_market_exchange::Exchange;
use cell_market_ledger::Ledger;
use cell_market_search::Search;

fn assert_is_published<S: Service>(folder: &str, clients: &[&str]) {
    let market = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let schema = S::schema();
    let read = |path: &str| fs::read_to_string(market.join(path)).unwrap_or_default();
    assert_eq!(
        read(&format!("{folder}/{folder}.schema")),
        schema.to_string(),
        "start the cell, run `cell schema {folder} > {folder}/{folder}.schema`, then `cell lock` in \
         {clients:?}"
    );
    for client in clients {
        let kept = read(&format!("{client}/.cell/schemas/{}", schema.hash()));
        assert_eq!(kept, schema.to_string(), "run `cell lock` in {client}");
    }
}

#[test]
fn clients_are_made_of_what_the_cells_publish() {
    assert_is_published::<Ledger>("ledger", &["exchange", "load", "trader"]);
    assert_is_published::<Exchange>("exchange", &["trader"]);
    assert_is_published::<Search>("search", &[]);
}

#[test]
fn macros_ask_what_the_ledger_answers() {
    let market = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let asked = fs::read_to_string(market.join("../../guests/search/ledger.schema"));
    assert_eq!(
        asked.unwrap_or_default(),
        <Ledger as Service>::schema().to_string(),
        "copy ledger/ledger.schema to guests/search and run `cell build-macros` there"
    );
}
