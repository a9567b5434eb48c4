//! Commands for those who write macros, on a package with macros of the cell `ledger`.

use macro_bridge::sealed::{escape, seal, unescape};
use serde_json::Value;

use crate::command::{Project, ledger, workspace};
use crate::vendoring::project;

#[test]
fn macros_are_what_their_components_say() {
    let project = project();
    let listed = project.cell(&["macros", "list"]).good().stdout;
    assert!(listed.contains("ledger::table  attribute  "), "{listed}");
    assert!(listed.contains("ledger::Model  derive     "), "{listed}");
    let info = project.cell(&["macros", "info", "ledger::table"]).good().stdout;
    for part in
        ["ledger::table (attribute)", "helpers    primary_key", "KiB, API 0.1.0", "src/main.rs:4"]
    {
        assert!(info.contains(part), "{part} is not in {info}");
    }
    let quiet = project.cell(&["macros", "info", "ledger::table", "--no-calls"]).good().stdout;
    assert!(!quiet.contains("used "), "{quiet}");
    project.cell(&["macros", "info", "ledger::tabel"]).bad(2, &["did you mean `table`?"]);
    project.cell(&["macros", "info", "ledgr::table"]).bad(2, &["did you mean `ledger`?"]);
    project.cell(&["macros", "info", "table"]).bad(2, &["`ledger::table`"]);
    project.cell(&["macros", "list", "other"]).bad(2, &["no cell `other`"]);

    // A file needs no project.
    let nowhere = Project::new();
    let json = nowhere.cell(&["macros", "info", "table", "--json", "--component", &ledger()]);
    let json: Value = serde_json::from_str(&json.good().stdout).unwrap();
    assert_eq!((json["kind"].as_str(), json["used"].is_null()), (Some("attribute"), true));
    let bytes = std::fs::read(ledger()).unwrap();
    let digest = macro_bridge::digest::Digest::of(&bytes).to_string();
    assert_eq!(json["component"]["sha256"].as_str(), Some(&*digest));
    assert_eq!(json["component"]["bytes"].as_u64(), Some(bytes.len() as u64));
    let json = nowhere.cell(&["macros", "list", "--json", "--component", &ledger()]).good().stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["components"][0]["macros"].as_array().map(Vec::len), Some(4));
}

#[test]
fn expansions_are_shown_in_colours_and_found_by_their_line() {
    let project = project();
    let shown =
        project.cell(&["expand", "src/main.rs:9"]).good().says(&["the nearest is on line 4"]);
    assert!(shown.stdout.contains("fn get_balance") && !shown.stdout.contains('\u{1b}'));
    let colours = project.cell(&["expand", "ledger::table", "--color", "always"]).good().stdout;
    assert!(colours.contains("\u{1b}[35mpub"), "{colours}");
    assert_eq!(
        anstream::adapter::strip_str(&colours).to_string().lines().count(),
        shown.stdout.lines().count()
    );
}

#[test]
fn what_was_saved_is_expanded_without_the_project() {
    let project = project();
    project
        .cell(&["expand", "--save", "good.replay"])
        .good()
        .says(&["1 expansion in `good.replay`"]);
    let toml =
        format!("[cells.ledger]\npath = {:?}\n[cells.ledger.limits]\nfuel = 1000\n", ledger());
    project.write("cell.toml", toml);
    project.cell(&["lock"]).good();
    let failed = project.cell(&["expand", "--save", "bad.replay"]).bad(1, &["1 expansion in"]);
    assert!(failed.stdout.contains("// fails: macro `ledger::table`"), "{}", failed.stdout);
    // A build says the same, and how its author gets to see it.
    project.cell(&["vendor"]).bad(1, &["CELL0303", "`cell expand --save bug.replay`"]);

    let elsewhere = Project::new();
    for name in ["good.replay", "bad.replay"] {
        std::fs::copy(project.root.join(name), elsewhere.root.join(name)).unwrap();
    }
    drop(project);
    let good = elsewhere.cell(&["replay", "good.replay", "--plan"]).good();
    let good = good.says(&["1 expansion: byte for byte"]).stdout;
    assert!(good.contains("fn get_balance") && good.contains("// plan: ledger table"), "{good}");
    let bad = elsewhere.cell(&["replay", "bad.replay"]).good().stdout;
    assert!(bad.contains("CELL0303") && !bad.contains("fn get_balance"), "{bad}");
    elsewhere.cell(&["replay", "good.replay", "--component", &ledger()]).good();

    // Another component, with another result: not what was saved.
    let other = workspace().join("guests/components/search.wasm").display().to_string();
    elsewhere
        .cell(&["replay", "good.replay", "--component", &other])
        .bad(1, &["has no attribute `table`"]);
    let good = elsewhere.read("good.replay");
    elsewhere.write("other.replay", with_other_result(&good));
    let other = elsewhere.cell(&["replay", "other.replay"]).bad(1, &["1 result is not"]).stdout;
    for part in ["not what was saved: there were tokens", "get_balanze", "get_balance"] {
        assert!(other.contains(part), "{part} is not in {other}");
    }
    elsewhere.write("cut.replay", &good[..good.len() / 2]);
    elsewhere.cell(&["replay", "cut.replay"]).bad(1, &["cut.replay", "cut off"]);
    elsewhere.cell(&["replay", "absent.replay"]).bad(1, &["absent.replay"]);
}

/// The same file with another name in what came out, and right sums.
fn with_other_result(file: &str) -> String {
    let unsealed = |text: &str| text[..text.rfind("sum ").unwrap()].to_owned();
    let body = unsealed(file);
    let lines = body.lines().map(|line| match line.strip_prefix("made ") {
        Some(made) => {
            let made = unsealed(&unescape(made).unwrap()).replace("get_balance", "get_balanze");
            format!("made {}\n", escape(&seal(made)))
        }
        None => format!("{line}\n"),
    });
    seal(lines.collect::<Vec<_>>().concat())
}

#[test]
fn a_macro_that_fails_has_its_inputs_and_errors_saved() {
    let project = project();
    let main = project.read("src/main.rs").replace("\"accounts\"", "\"\"");
    project.write("src/main.rs", main);
    project.cell(&["expand", "--save", "error.replay"]).good();
    let shown = project.cell(&["replay", "error.replay"]).good().stdout;
    assert!(shown.contains("// error: ") && shown.contains("//   at: \"\""), "{shown}");
}

#[test]
fn a_new_macro_is_named_and_placed_where_it_can_be() {
    let project = Project::new();
    for name in ["Bad", "a b", "../a", "fn", "cell"] {
        project.cell(&["new", "macro", name]).bad(1, &["cannot be the name of a new macro"]);
    }
    let sdk = workspace().join("cell-sdk").display().to_string();
    project.cell(&["new", "macro", "order-book", "--no-build", "--sdk-path", &sdk]).good();
    project.cell(&["new", "macro", "order-book", "--no-build"]).bad(1, &["exists already"]);
    let manifest = project.read("order-book/Cargo.toml");
    assert!(manifest.contains("\n[workspace]\n") && manifest.contains("features = [\"syn\"] }"));
    assert!(project.read("order-book/src/lib.rs").contains("pub fn order_book("));
    assert!(project.files("order-book/tests/golden").contains(&"enum.expanded.rs".to_owned()));

    // Its folder is a workspace of guests now: what is made there becomes a member.
    let at = project.root.join("order-book/Cargo.toml").display().to_string();
    project
        .cell(&["new", "macro", "second", "--no-build", "--manifest-path", &at])
        .good()
        .says(&["Adding it to `", "order-book/Cargo.toml"]);
    assert!(project.read("order-book/Cargo.toml").contains("members = [\"second\"]"));
    assert!(!project.read("order-book/second/Cargo.toml").contains("[workspace]"));
    assert!(project.read("order-book/second/README.md").contains("cell test-macros -p second"));

    // In a workspace of programs it would be built for the wrong machine.
    project.write("Cargo.toml", "[workspace]\nmembers = [\"app\"]\nresolver = \"3\"\n");
    project.write("app/Cargo.toml", "[package]\nname = \"app\"\n");
    project.write("app/src/lib.rs", "");
    project.cell(&["new", "macro", "third", "--no-build"]).good();
    assert!(project.read("third/Cargo.toml").contains("\n[workspace]\n"));
}

#[test]
fn man_pages_are_written_once() {
    let project = Project::new();
    project.cell(&["man", "man"]).good().says(&["pages to `man`"]);
    let pages = project.files("man");
    assert!(pages.contains(&"cell-replay.1".to_owned()), "{pages:?}");
    let page = project.read("man/cell-replay.1");
    assert!(
        page.contains("\\-\\-component") && page.contains("cell replay table.replay"),
        "{page}"
    );
    // Every command that is in one has one, and its completion.
    let completions = project.cell(&["completions", "bash"]).good().stdout;
    for command in ["artifacts", "replay", "macros", "test-macros", "man"] {
        assert!(pages.contains(&format!("cell-{command}.1")) && completions.contains(command));
    }
}
