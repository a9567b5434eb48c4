//! `cell vendor`, `cell verify`, `cell expand` on a package with macros of the cell `ledger`.

use crate::command::{Project, ledger, workspace};

pub(crate) const MAIN: &str = r#"
cell::cell_remote!(Ledger = "ledger");

#[Ledger::table(name = "accounts")]
pub struct Account {
    #[Ledger::primary_key]
    pub owner: String,
    pub balance: i64,
}

fn main() {
    let account = Account { owner: String::new(), balance: 3 };
    assert_eq!(*account.get_balance(), 3);
}
"#;

pub(crate) fn project() -> Project {
    let project = Project::new();
    let sdk = workspace().join("cell-sdk");
    let manifest = format!(
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         cell-sdk = {{ path = {sdk:?}, default-features = false, features = [\"macros\"] }}\n"
    );
    project.write("Cargo.toml", manifest);
    project.write("src/main.rs", MAIN);
    project.write("cell.toml", format!("[cells.ledger]\npath = {:?}\n", ledger()));
    project.cell(&["lock"]).good();
    project
}

#[test]
fn records_verifies_shows_and_prunes() {
    let project = project();
    project.cell(&["verify"]).bad(1, &["is not recorded", "src/main.rs:4", "cell vendor"]);
    project.cell(&["vendor"]).good().says(&["Expanded ledger::table at src/main.rs:4", "1 new"]);
    let recorded = project.files(".cell/expansions");
    assert_eq!(recorded.len(), 1);
    project.cell(&["vendor"]).good().says(&["1 expansion recorded, 0 new"]);
    project.cell(&["verify"]).good().says(&["Verified"]);

    let shown = project.cell(&["expand", "--plan"]).good().stdout;
    for part in [
        "// `ledger::table` at src/main.rs:4",
        "// given: ",
        "fn get_balance",
        "// plan: ledger table",
    ] {
        assert!(shown.contains(part), "`{part}` is not in:\n{shown}");
    }
    assert!(project.cell(&["expand", "src/main.rs"]).good().stdout.contains("get_balance"));
    project.cell(&["expand", "nonsense"]).bad(1, &["`nonsense`"]);

    let shown = project.cell(&["timings", "--svg", "timings.svg"]).good().stdout;
    assert!(shown.contains("ledger::table") && shown.contains("recorded "), "{shown}");
    assert!(project.read("timings.svg").contains(">ledger::table ("));

    // Another name for the table: another expansion, and the old one is not needed.
    project.write("src/main.rs", MAIN.replace("accounts", "ledgers"));
    project.cell(&["vendor", "--no-prune"]).good();
    assert_eq!(project.files(".cell/expansions").len(), 2);
    project.cell(&["verify"]).good().says(&["not used and so not compared"]);
    project.cell(&["vendor"]).good().says(&["Removing", "which nothing uses"]);
    assert_ne!(project.files(".cell/expansions"), recorded);
}

#[test]
fn finds_what_somebody_changed() {
    let project = project();
    project.cell(&["vendor"]).good();
    let name = format!(".cell/expansions/{}", project.files(".cell/expansions")[0]);
    let good = project.read(&name);

    project.write(&name, &good[..good.len() - 9]);
    project.cell(&["verify"]).bad(1, &["CELL0206"]);
    project.cell(&["vendor"]).good().says(&["Removing", "which is damaged", "1 new"]);
    assert_eq!(project.read(&name), good);

    // With a right seal, so that only expanding it again can tell.
    let body = good[..good.rfind("sum ").unwrap()].replacen("balance", "balanze", 1);
    project.write(&name, macro_bridge::sealed::seal(body));
    project.cell(&["verify"]).bad(1, &["is not what the macro says", "src/main.rs:4"]);
    project.write(&name, &good);
    project.cell(&["verify"]).good();

    let component = format!(".cell/components/{}", project.files(".cell/components")[0]);
    project.write(&component, "x");
    project.cell(&["verify"]).bad(1, &["not that of its name"]);
}

#[test]
fn a_failing_macro_is_reported_and_removes_nothing() {
    let project = project();
    project.cell(&["vendor"]).good();
    let toml =
        format!("[cells.ledger]\npath = {:?}\n[cells.ledger.limits]\nfuel = 1000\n", ledger());
    project.write("cell.toml", toml);
    project.cell(&["vendor"]).bad(1, &["CELL0203", "cell lock"]);
    project.cell(&["lock"]).good();
    project.cell(&["vendor"]).bad(1, &["CELL0303", "src/main.rs:4", "nothing was removed"]);
    assert_eq!(project.files(".cell/expansions").len(), 1);
}

#[test]
fn other_errors_of_the_code_are_shown_as_they_are() {
    let project = project();
    project.write("src/main.rs", format!("{MAIN}\nconst X: u8 = \"text\";\n"));
    project.cell(&["vendor"]).bad(1, &["mismatched types", "does not compile"]);
}
