//! The commands for cells, with a cell that runs.

mod actor;
mod added;
mod attended;
mod project;
mod supervised;

use std::path::Path;
use std::process::{Command, Output};

use cell::{Builder, Service as _};
use cell_services::Ledger;
use tempfile::TempDir;

struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn cell(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cell"));
        command.args(words).env("CELL_HOME", self.0.path()).current_dir(self.0.path());
        command.env_remove("CARGO_TERM_COLOR").output().expect("the command")
    }

    /// What it prints, if it ends as it should.
    fn says(&self, code: i32, words: &[&str]) -> (String, String) {
        let ended = self.cell(words);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&ended.stdout), text(&ended.stderr));
        assert_eq!(ended.status.code(), Some(code), "{words:?}: {out}{err}");
        (out, err)
    }

    fn run(&self) -> Builder {
        Builder::new("ledger")
            .with(Ledger::default())
            .version("1.2.3")
            .in_folder(self.0.path().join("run"))
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).expect("a file");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cell_is_found_asked_and_stopped() {
    let home = Home::new();
    assert!(home.says(0, &["ls"]).1.contains("Running no cell"));
    let (_, none) = home.says(1, &["inspect", "ledger"]);
    assert!(none.contains("error: the cell `ledger` does not run\nhelp: `cell ls`"), "{none}");
    let (_, none) = home.says(1, &["health", "led/ger"]);
    assert!(none.contains("does not run"), "{none}");

    let serving = tokio::spawn(home.run().start().expect("a free name").until_stopped());
    let (table, _) = home.says(0, &["ls"]);
    let row: Vec<&str> = table.lines().nth(1).expect("a row").split_whitespace().collect();
    let process = std::process::id().to_string();
    assert_eq!(row[..3], ["ledger", "1.2.3", &process]);
    assert_eq!(row.last(), Some(&"Ledger"));
    assert_eq!(home.says(0, &["ls", "--names"]).0, "ledger\n");
    let (about, _) = home.says(0, &["inspect", "ledger"]);
    let hash = Ledger::schema().hash().to_string();
    assert!(about.contains("version    1.2.3\n") && about.contains(&hash), "{about}");
    assert_eq!(home.says(0, &["health", "ledger"]).0, "ready\n");
    assert_eq!(home.says(0, &["schema", "ledger"]).0, Ledger::schema().to_string());
    assert_eq!(home.says(0, &["schema", "ledger", "Ledger"]).0, Ledger::schema().to_string());
    let (_, unknown) = home.says(1, &["schema", "ledger", "Leger"]);
    assert!(unknown.contains("serves Ledger, not `Leger`"), "{unknown}");
    let (metrics, _) = home.says(0, &["metrics", "ledger"]);
    assert!(metrics.contains("cell_") && metrics.ends_with("# EOF\n"), "{metrics}");
    // The process does not end with it, since it has another cell.
    let other = Builder::new("other").with(Ledger::default()).in_folder(home.0.path().join("run"));
    let _other = other.start().expect("a free name");
    assert!(home.says(0, &["stop", "ledger"]).1.contains("Stopped ledger"));
    serving.await.expect("a task").expect("it ends well");
    assert!(home.says(1, &["health", "ledger"]).1.contains("does not run"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cell_that_starts_is_waited_for() {
    let home = Home::new();
    let waits = {
        let folder = home.0.path().to_owned();
        std::thread::spawn(move || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_cell"));
            command.args(["health", "ledger", "--wait", "20"]).env("CELL_HOME", folder);
            command.output().expect("the command")
        })
    };
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let _cell = home.run().start().expect("a free name");
    let ended =
        tokio::task::spawn_blocking(|| waits.join()).await.expect("a task").expect("a thread");
    assert_eq!(ended.stdout, b"ready\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_cell_left_is_not_listed() {
    let home = Home::new();
    let run = home.0.path().join("run");
    drop(home.run().start().expect("a free name"));
    std::fs::create_dir_all(&run).expect("a folder");
    drop(std::os::unix::net::UnixListener::bind(run.join("dead.sock")).expect("a socket"));
    assert!(Path::new(&run.join("dead.sock")).exists());
    assert_eq!(home.says(0, &["ls", "--names"]).0, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_a_schema_are_judged() {
    let home = Home::new();
    let text = Ledger::schema().to_string();
    home.write("old.schema", &text);
    home.write("same.schema", &text);
    assert!(
        home.says(0, &["compare", "same.schema", "--against", "old.schema"])
            .1
            .contains("is the same")
    );
    let more = text.replace("owner: string", "owner: string, limit: option<u64> or default");
    home.write("more.schema", &more);
    let (changes, said) = home.says(0, &["compare", "more.schema", "--against", "old.schema"]);
    assert_eq!(changes, "open.limit: it is new\n");
    assert!(said.contains("clients of `Ledger` go on working"), "{said}");
    let (changes, said) = home.says(1, &["compare", "old.schema", "--against", "more.schema"]);
    assert_eq!(changes, "breaks clients: open.limit: it is gone, and clients still send it\n");
    assert!(said.contains("Broken by 1 change"), "{said}");
    home.write("bad.schema", "cell-schema 1\nservice S\nmethod f( -> unit\n");
    let (_, said) = home.says(1, &["compare", "bad.schema", "--against", "old.schema"]);
    assert!(said.contains("bad.schema is no schema") && said.contains("line 3"), "{said}");

    let _cell = home.run().start().expect("a free name");
    assert!(
        home.says(0, &["compare", "--cell", "ledger", "--against", "old.schema"])
            .1
            .contains("the same")
    );
    let (changes, _) = home.says(1, &["compare", "--cell", "ledger", "--against", "more.schema"]);
    assert!(changes.starts_with("breaks clients"), "{changes}");
    home.says(2, &["compare", "--against", "old.schema"]);
}
