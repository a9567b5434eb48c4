//! What commands know of units that cargo does not compile again, and `cell why` and `cell tree`.

use std::collections::BTreeMap;

use crate::command::Project;
use crate::vendoring::{MAIN, project};

const TRACES: &str = "target/cell/trace-1";

/// The files of units, with what is in them.
fn traces(project: &Project) -> BTreeMap<String, String> {
    let names = project.files(TRACES).into_iter().filter(|name| name.ends_with(".trace"));
    names.map(|name| (name.clone(), project.read(&format!("{TRACES}/{name}")))).collect()
}

fn expansions(project: &Project) -> Vec<String> {
    project.files(".cell/expansions")
}

/// A struct in the table of this name.
fn table(name: &str, structure: &str) -> String {
    format!(
        "#[cell::wasm(ledger::table(name = {name:?}))]\n\
         pub struct {structure} {{\n    #[ledger::primary_key]\n    pub id: u64,\n}}\n"
    )
}

#[test]
fn what_is_up_to_date_is_not_compiled_again() {
    let project = project();
    project.cell(&["vendor"]).good();
    let before = traces(&project);
    assert!(!before.is_empty());
    project.cell(&["vendor"]).good().says(&["1 expansion recorded, 0 new"]);
    project.cell(&["verify"]).good();
    assert_eq!(traces(&project), before, "the head of a file names the run that it is of");

    // What is recorded is looked up; the trace says how it was when rustc ran.
    let recorded = format!(".cell/expansions/{}", expansions(&project)[0]);
    let text = project.read(&recorded);
    std::fs::remove_file(project.root.join(&recorded)).unwrap();
    project.cell(&["verify"]).bad(1, &["is not recorded", "src/main.rs:4", "cell vendor"]);
    let why = project.cell(&["why", "src/main.rs"]).good().stdout;
    assert!(why.contains("`cell vendor` ") && !why.contains("recorded in"), "{why}");
    project.cell(&["vendor"]).good().says(&["Expanded ledger::table at src/main.rs:4", "1 new"]);
    assert_eq!(project.read(&recorded), text);
    assert_eq!(traces(&project), before);

    // Those who want to know how long it takes compile again.
    let shown = project.cell(&["timings"]).good().stdout;
    assert!(shown.contains("ledger::table") && shown.contains("recorded "), "{shown}");
    assert_ne!(traces(&project), before);
}

#[test]
fn what_is_not_known_is_compiled_again_before_anything_is_removed() {
    let project = project();
    project.cell(&["vendor"]).good();
    let recorded = expansions(&project);
    let keeps = || {
        project.cell(&["vendor"]).good().says(&["1 expansion recorded, 0 new"]);
        assert_eq!(expansions(&project), recorded);
    };
    std::fs::remove_dir_all(project.root.join(TRACES)).unwrap();
    keeps();
    std::fs::remove_dir_all(project.root.join(TRACES).join("request")).unwrap();
    keeps();
    // A command was killed, and what it left says that there are no macros.
    for (name, text) in traces(&project) {
        let head: String = text.split_inclusive('\n').take(3).collect();
        project.write(&format!("{TRACES}/{name}"), head);
    }
    project.write(&format!("{TRACES}/unfinished"), "");
    keeps();

    // Of another release of the SDK: refused, once.
    project.write(&format!("{TRACES}/app-77.trace"), "expansion\n");
    project.cell(&["vendor"]).bad(1, &["is of another format", "cell-sdk"]);
    assert_eq!(expansions(&project), recorded);
    keeps();
}

#[test]
fn units_come_and_go() {
    let project = project();
    let manifest =
        project.read("Cargo.toml").replace("[workspace]\n", "[workspace]\n[features]\nmore = []\n");
    let sdk = manifest.lines().last().unwrap().to_owned();
    project.write("Cargo.toml", format!("{manifest}[build-dependencies]\n{sdk}\n"));
    let more = format!("#[cfg(feature = \"more\")]\nmod more {{\n{}}}\n", table("more", "More"));
    project.write("src/lib.rs", format!("{}{more}", table("lib", "Lib")));
    project.write("src/more.rs", "");
    project.write("build.rs", format!("{}fn main() {{}}\n", table("build", "Build")));
    project.write("examples/one.rs", format!("{}fn main() {{}}\n", table("one", "One")));
    let vendor = |words: &[&str], expected: usize| {
        project.cell(&[&["vendor"][..], words].concat()).good();
        assert_eq!(expansions(&project).len(), expected, "{words:?}");
    };
    // Of the program, the library, the build script and the example.
    vendor(&[], 4);
    vendor(&["--all-features"], 5);
    // What stands behind a feature that is off is not seen, and so stays.
    vendor(&[], 5);
    // Fresh in both selections now: neither has lost the other's traces.
    let before = traces(&project);
    vendor(&["--all-features"], 5);
    vendor(&[], 5);
    vendor(&["--lib"], 5);
    assert_eq!(traces(&project), before);

    // Macros that are gone.
    project.write("build.rs", "fn main() {}\n");
    vendor(&["--all-features"], 4);
    std::fs::remove_file(project.root.join("examples/one.rs")).unwrap();
    vendor(&[], 4);
    // The other selection has it until it is compiled again.
    vendor(&["--all-features"], 3);
    vendor(&[], 3);
    let after = traces(&project);
    assert!(!after.keys().any(|name| name.starts_with("one-")), "{:?}", after.keys());

    // The library does not compile, and so nothing is known of the program, which stays as it is.
    project.write("src/lib.rs", "pub const X: u8 = \"\";\n");
    project.cell(&["vendor"]).bad(1, &["mismatched types", "nothing was removed"]);
    assert_eq!(expansions(&project).len(), 3);
    project.write("src/lib.rs", "pub const X: u8 = 1;\n");
    vendor(&["--all-features"], 1);
    assert!(project.cell(&["why", "src/lib.rs"]).bad(1, &["no macro of a cell"]).stdout.is_empty());
}

#[test]
fn a_crate_that_does_not_track_the_lock_is_compiled_when_it_changes() {
    let project = project();
    let source = "fn main() {\n    let all = \
                  cell::expand!(ledger::query(\"select id from accounts\"));\n    \
                  assert_eq!(all.table, \"accounts\");\n}\n";
    project.write("src/main.rs", source);
    project.cell(&["vendor"]).good();
    let before = expansions(&project);
    let toml = project.read("cell.toml");
    project.write("cell.toml", format!("{toml}[cells.ledger.limits]\nfuel = 1_999_999_999\n"));
    project.cell(&["lock"]).good();
    project.cell(&["vendor"]).good().says(&["1 new", "which nothing uses"]);
    assert_ne!(expansions(&project), before, "limits are part of the key");
}

#[test]
fn why_and_tree_say_what_is_there() {
    let project = project();
    project.cell(&["why", "src/none.rs"]).bad(1, &["there is no file `src/none.rs`"]);
    let exact = project.cell(&["why", "src/main.rs:4"]).good().stdout;
    // Another test of this user may have made it, but it is not recorded.
    for part in ["src/main.rs:4:", "ledger::table", "`app`", "; `cell vendor` "] {
        assert!(exact.contains(part), "`{part}`:\n{exact}");
    }
    project.cell(&["vendor"]).good();
    let near = project.cell(&["why", "src/main.rs:7"]).good();
    assert!(
        near.stderr.contains("no call begins on line 7; the nearest is on line 4"),
        "{}",
        near.stderr
    );
    for part in ["src/main.rs:4:", "sha256 ", "recorded in `.cell/expansions/", "table `accounts`"]
    {
        assert!(near.stdout.contains(part), "`{part}`:\n{}", near.stdout);
    }

    let tree = project.cell(&["tree"]).good().stdout;
    assert!(tree.contains("└── ledger ") && tree.contains("table (attribute): 1 call\n"), "{tree}");
    let tree = project.cell(&["tree", "--no-calls"]).good().stdout;
    assert!(tree.contains("table (attribute)\n"), "{tree}");
    project.write("src/main.rs", MAIN.replace("main() {", "main() { let x: u8 = ();"));
    let broken = project.cell(&["tree"]).good();
    assert!(broken.stderr.contains("does not compile"), "{}", broken.stderr);
    assert!(broken.stdout.contains("table (attribute): 1 call\n"), "{}", broken.stdout);
}

#[test]
fn macros_of_a_dependency_are_of_its_own_project() {
    let project = project();
    let sdk = project.read("Cargo.toml").lines().last().unwrap().to_owned();
    let toml = project.read("cell.toml");
    project.write(
        "../dep/Cargo.toml",
        format!(
            "[package]\nname = \"dep\"\nversion = \"1.2.3\"\nedition = \"2024\"\n[workspace]\n\
             [dependencies]\n{sdk}\n"
        ),
    );
    project.write("../dep/src/lib.rs", table("theirs", "Theirs"));
    let grant = "[cells.ledger.grants]\ncalls = [\"search::schema\"]\n";
    project.write("../dep/cell.toml", format!("{toml}{grant}"));
    project.cell(&["lock", "--manifest-path", "../dep/cell.toml"]).good();
    let manifest = project.read("Cargo.toml");
    project.write("Cargo.toml", format!("{manifest}dep = {{ path = \"../dep\" }}\n"));

    let tree = project.cell(&["tree", "--no-calls"]).good().stdout;
    let (own, theirs) = tree.split_once("── dependencies\n").expect(&tree);
    assert!(own.contains("ledger ") && !own.contains("search::schema"), "{tree}");
    assert!(theirs.contains("└── dep 1.2.3 ("), "{tree}");
    assert!(theirs.contains("search::schema: granted, asked by no macro"), "{tree}");

    project.cell(&["vendor", "--manifest-path", "../dep/Cargo.toml"]).good();
    project.cell(&["vendor"]).good().says(&["1 expansion recorded, 1 new"]);
    assert_eq!(
        (expansions(&project).len(), project.files("../dep/.cell/expansions").len()),
        (1, 1)
    );
    project.cell(&["vendor"]).good().says(&["1 expansion recorded, 0 new"]);
}
