//! `cell add`: what a cell publishes, taken into a project.

use std::fs;

use cell::Service as _;
use cell_services::Ledger;

use crate::Home;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_cells_services_are_taken_and_stay() {
    let home = Home::new();
    let (_, none) = home.says(1, &["add", "ledger", "--from", "running"]);
    assert!(none.contains("the cell `ledger` does not run"), "{none}");
    assert!(!home.0.path().join("cell.toml").exists(), "a command that fails writes nothing");

    let cell = home.run().start().expect("a free name");
    let (_, said) = home.says(0, &["add", "ledger", "--from", "running"]);
    assert!(said.contains("Adding ledger::Ledger (service)"), "{said}");
    assert!(said.contains("`cell::cell_remote!(Ledger = \"ledger\");`"), "{said}");
    let text = Ledger::schema().to_string();
    let kept = home.0.path().join(".cell/schemas").join(Ledger::schema().hash().to_string());
    assert_eq!(fs::read_to_string(&kept).expect("the schema"), text);
    assert!(home.says(0, &["add", "ledger", "--from", "running"]).1.contains("Fresh `ledger`"));

    // From here on nobody needs the cell.
    cell.stop().await;
    home.says(0, &["lock", "--check"]);
    fs::write(&kept, "x").expect("a file");
    let (_, said) = home.says(1, &["lock"]);
    assert!(said.contains("is not the schema that `cell.lock` names"), "{said}");
    assert!(said.contains("help: with the cell running: `cell add ledger"), "{said}");
    fs::remove_file(&kept).expect("a file");
    assert!(home.says(1, &["lock", "--check"]).1.contains("cannot read the schema"));
    let _cell = home.run().start().expect("a free name");
    home.says(0, &["add", "ledger", "--from", "running"]);
    assert_eq!(fs::read_to_string(&kept).expect("the schema"), text);
    home.says(0, &["lock", "--check"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_new_schema_breaks_is_said() {
    let home = Home::new();
    let text = Ledger::schema().to_string();
    let old = text.replace("open(owner: string)", "open(owner: string, limit: u64)");
    home.write("ledger.schema", &old);
    home.says(0, &["add", "ledger", "--from", "ledger.schema", "--as", "Books"]);
    let manifest = fs::read_to_string(home.0.path().join("cell.toml")).expect("a manifest");
    assert!(manifest.contains("schemas = [\"ledger.schema\"]\nalias = \"Books\"\n"), "{manifest}");

    let _cell = home.run().start().expect("a free name");
    let (_, said) = home.says(1, &["--locked", "add", "ledger", "--from", "running"]);
    assert!(said.contains("would change"), "{said}");
    let (_, said) = home.says(0, &["add", "ledger", "--from", "running"]);
    let broken = "ledger::Ledger breaks clients: open.limit: it is gone, and clients still send it";
    assert!(said.contains(broken), "{said}");
    let manifest = fs::read_to_string(home.0.path().join("cell.toml")).expect("a manifest");
    assert!(manifest.contains("alias = \"Books\"\nfrom = \"running\"\n"), "{manifest}");
    home.says(0, &["lock", "--check"]);
}

#[test]
fn what_cannot_be_added() {
    let home = Home::new();
    home.write("text.txt", "x");
    home.write("bad.schema", "cell-schema 1\n");
    let check = |from: &str, words: &str| {
        let (_, said) = home.says(1, &["add", "ledger", "--from", from]);
        assert!(said.contains(words), "{said}");
        assert!(!home.0.path().join("cell.toml").exists(), "{from}");
    };
    check("nowhere", "there is no `nowhere`");
    check("text.txt", "is no schema (`*.schema`), no component");
    check("bad.schema", "bad.schema is no schema");
    home.write("bad.wasm", "x");
    check("bad.wasm", "CELL04");
    let (_, said) = home.says(1, &["add", "led ger", "--from", "text.txt"]);
    assert!(!said.is_empty());
    let (_, said) = home.says(1, &["add", "ledger"]);
    assert!(said.contains("the cell `ledger` does not run"), "{said}");
}
