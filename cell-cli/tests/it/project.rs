//! `cell init`, `cell lock`, `cell doctor`.

use crate::command::{Project, ledger, workspace};

fn package(project: &Project) {
    project.write(
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n",
    );
    project.write("src/main.rs", "fn main() {}\n");
}

#[test]
fn init_prepares_a_package_once() {
    let project = Project::new();
    project.cell(&["init"]).bad(1, &["there is no `Cargo.toml`", "cargo init"]);
    package(&project);
    let sdk = workspace().join("cell-sdk").display().to_string();
    let cell = format!("ledger={}", ledger());
    project
        .cell(&["init", "--sdk-path", &sdk, "--cell", &cell])
        .good()
        .says(&["Created", "cell lock"]);
    assert!(
        project.read("Cargo.toml").contains("default-features = false, features = [\"macros\"]")
    );
    assert!(project.read("cell.toml").contains("alias = \"Ledger\""));
    assert!(project.read(".gitattributes").contains("cell.lock text eol=lf merge=union"));
    let before =
        (project.read("Cargo.toml"), project.read("cell.toml"), project.read(".gitattributes"));
    project.cell(&["init"]).good().says(&["Fresh", "now run `cell lock`"]);
    let after =
        (project.read("Cargo.toml"), project.read("cell.toml"), project.read(".gitattributes"));
    assert_eq!(before, after);
}

#[test]
fn lock_says_what_changed_and_check_changes_nothing() {
    let project = Project::new();
    project.cell(&["lock"]).bad(1, &["CELL0201", "cell init"]);
    project.write("cell.toml", format!("[cells.ledger]\npath = {:?}\n", ledger()));
    project.cell(&["lock", "--check"]).bad(1, &["would change", "cell lock"]);
    assert!(project.files(".").iter().all(|name| name != "cell.lock"), "nothing was written");
    project.cell(&["lock"]).good().says(&[
        "Adding ledger",
        "ledger::table (attribute)",
        "Locked 1 cell",
    ]);
    let lock = project.read("cell.lock");
    assert!(lock.contains("cell ledger macro table attribute slot="), "{lock}");
    assert_eq!(project.files(".cell/components").len(), 1);
    project.cell(&["lock", "--check"]).good().says(&["Checked"]);
    project.cell(&["lock"]).good().says(&["Fresh"]);
    assert_eq!(project.read("cell.lock"), lock);

    let toml = format!("[cells.ledger]\npath = {:?}\n[cells.ledger.limits]\nfuel = 7\n", ledger());
    project.write("cell.toml", &toml);
    project.cell(&["--locked", "lock"]).bad(1, &["Updating ledger: limits", "would change"]);
    project.cell(&["lock"]).good();
    assert!(project.read("cell.lock").contains("cell ledger limit fuel 7\n"));

    project.write("cell.toml", toml.replace("fuel", "feul"));
    project.cell(&["lock"]).bad(1, &["CELL0212", "line 4", "did you mean `fuel`"]);
    project.write("cell.toml", "[cells.ledger]\npath = \"absent.wasm\"\n");
    project.cell(&["lock"]).bad(1, &["absent.wasm", "cell build-macros"]);
    project.write("absent.wasm", "no component");
    project.cell(&["lock"]).bad(1, &["CELL04"]);
}

#[test]
fn lock_repairs_what_was_merged_or_lost() {
    let project = Project::new();
    project.write("cell.toml", format!("[cells.ledger]\npath = {:?}\n", ledger()));
    project.cell(&["lock"]).good();
    let lock = project.read("cell.lock");
    project.write("cell.lock", format!("{lock}<<<<<<< ours\n"));
    project.cell(&["lock"]).good();
    assert_eq!(project.read("cell.lock"), lock, "numbers of macros are kept");
    let component = format!(".cell/components/{}", project.files(".cell/components")[0]);
    project.write(&component, "damaged");
    project.cell(&["lock", "--check"]).bad(1, &["Missing"]);
    project.cell(&["lock"]).good();
    project.cell(&["lock", "--check"]).good();
}

#[test]
fn doctor_fails_where_something_is_to_be_done() {
    let project = Project::new();
    package(&project);
    let ended = project.cell(&["doctor"]).good();
    assert!(
        ended.stdout.contains("no `cell.toml`") && ended.stdout.contains("cache"),
        "{}",
        ended.stdout
    );
    project.write("cell.toml", "");
    let ended = project.cell(&["doctor"]).bad(1, &["1 thing is to be done"]);
    assert!(
        ended.stdout.contains("TODO") && ended.stdout.contains("cell lock"),
        "{}",
        ended.stdout
    );
    project.cell(&["lock"]).good();
    project.cell(&["doctor"]).good();
}
